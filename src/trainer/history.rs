//! What happened in each epoch.

use super::validation::{Measured, ShownMetric};
use std::fmt;

/// The numbers of one epoch.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Epoch {
    /// Counted from 1.
    pub number: usize,
    /// Over all its samples, as if they were one batch (each with the parameters of its step). It does not depend on the size of batches:
    /// a mean with class weights divides by all of them, a sum is of all samples.
    pub loss: f32,
    /// The same on the validation data.
    pub validation_loss: Option<f32>,
    /// What the [penalties](crate::optim::Group::l1) of groups of parameters are at its end; it is no part of `loss`.
    pub penalty: f32,
    /// Metric on the validation data; of several the first.
    pub metric: Option<f32>,
    pub(super) measured: Measured,
    /// Learning rate of its last step.
    pub learning_rate: f32,
    /// Spent in training, without validation.
    pub seconds: f64,
    /// Of them, those in which training stood still for want of data.
    pub waited: f64,
    /// That it went through.
    pub samples: usize,
}

impl Epoch {
    /// Samples per second.
    #[must_use]
    pub fn speed(&self) -> f64 {
        self.samples as f64 / self.seconds
    }

    /// All metrics on the validation data, in the order in which [`Trainer::validate`](super::Trainer::validate) took them.
    #[must_use]
    pub fn metrics(&self) -> &[f32] {
        self.measured.as_slice()
    }
}

/// All epochs of a training.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    epochs: Vec<Epoch>,
    best: usize,
    metrics: Vec<ShownMetric>,
}

impl History {
    pub(super) fn new(metrics: Vec<ShownMetric>) -> Self {
        Self { epochs: Vec::new(), best: 0, metrics }
    }

    pub(super) fn push(&mut self, epoch: Epoch, best: bool) {
        if best {
            self.best = self.epochs.len();
        }
        self.epochs.push(epoch);
    }

    /// In order.
    #[must_use]
    pub fn epochs(&self) -> &[Epoch] {
        &self.epochs
    }

    /// The epoch after which the network was as it is now: the best by validation, or the last. `None` after no epochs at all.
    #[must_use]
    pub fn best(&self) -> Option<&Epoch> {
        self.epochs.get(self.best)
    }

    /// What [`Epoch::metric`] is, `accuracy`.
    #[must_use]
    pub fn metric_name(&self) -> Option<&'static str> {
        self.metrics.first().map(|metric| metric.name)
    }

    /// What [`Epoch::metrics`] are.
    pub fn metric_names(&self) -> impl Iterator<Item = &'static str> {
        self.metrics.iter().map(|metric| metric.name)
    }

    pub(super) fn shown_metrics(&self) -> &[ShownMetric] {
        &self.metrics
    }

    /// Seconds of all epochs.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.epochs.iter().map(|e| e.seconds).sum()
    }
}

impl fmt::Display for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "epoch       loss")?;
        if !self.metrics.is_empty() {
            write!(f, "  val. loss")?;
        }
        for metric in &self.metrics {
            write!(f, "  {:>10}", metric.name)?;
        }
        write!(f, "  learning rate  samples/s")?;
        for (i, e) in self.epochs.iter().enumerate() {
            write!(f, "\n{:>5}  {:>9.4}", e.number, e.loss)?;
            if let Some(loss) = e.validation_loss {
                write!(f, "  {loss:>9.4}")?;
            }
            for (metric, value) in self.metrics.iter().zip(e.metrics()) {
                write!(f, "  {:>width$}", metric.value(*value), width = metric.name.chars().count().max(10))?;
            }
            write!(f, "  {:>13.3e}  {:>9.0}", e.learning_rate, e.speed())?;
            if i == self.best && !self.metrics.is_empty() {
                write!(f, "  best")?;
            }
        }
        Ok(())
    }
}
