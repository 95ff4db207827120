//! Scoring a network on other data after each epoch.

use crate::data::{Dataset, Scratch, in_order};
use crate::loss::{LossOn, Tally};
use crate::metrics::{MOST_METRICS, MetricSet};
use crate::network::{Memory, Mode, Network, Train};
use crate::trainer::feed::Prepared;
use crate::{Error, Result, Values};

/// The values of the metrics of an epoch.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Measured {
    values: [f32; MOST_METRICS],
    count: usize,
}

impl Measured {
    /// As many as there are, at most [`MOST_METRICS`].
    pub fn of(values: &[f32]) -> Self {
        let mut measured = Self { values: [0.0; MOST_METRICS], count: values.len().min(MOST_METRICS) };
        measured.values[..measured.count].copy_from_slice(&values[..measured.count]);
        measured
    }

    pub fn as_slice(&self) -> &[f32] {
        &self.values[..self.count]
    }
}

/// Loss and metrics of a network on data it does not learn from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scores {
    /// Of all samples, as if they were one batch.
    pub loss: f32,
    /// The first metric.
    pub metric: f32,
    /// Of the first metric.
    pub higher_is_better: bool,
    /// All metrics.
    pub(super) all: Measured,
}

impl Scores {
    /// By the metric and, among equals, the loss.
    pub(super) fn better_than(&self, other: &Self) -> bool {
        let (mine, others) = if self.higher_is_better { (self.metric, other.metric) } else { (-self.metric, -other.metric) };
        // Anything beats what is no number.
        if others.is_nan() {
            return !mine.is_nan();
        }
        mine > others || (mine == others && self.loss < other.loss)
    }
}

/// What a metric is called, and how its values are shown.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShownMetric {
    pub(crate) name: &'static str,
    /// A share of 1, in percent.
    pub(crate) share: bool,
    pub(crate) higher_is_better: bool,
}

impl ShownMetric {
    /// `98.1 %` for a share, plain otherwise.
    pub(super) fn value(self, value: f32) -> String {
        if self.share { format!("{:.1} %", 100.0 * value) } else { format!("{value:.4}") }
    }
}

/// What [`Trainer::validate`](super::Trainer::validate) sets. `How` tells kinds of metrics apart ([`MetricSet`]); rustc infers it.
#[diagnostic::on_unimplemented(message = "these validation data and this metric do not fit `{N}` with the loss `{L}`")]
pub trait Validate<N: Network, L, How> {
    /// The metrics, as histories show them; none where nothing is validated.
    #[doc(hidden)]
    fn metrics(&self) -> Vec<ShownMetric>;

    /// Before any training: what cannot work.
    #[doc(hidden)]
    fn check(&self) -> Result<()>;

    /// The scores.
    #[doc(hidden)]
    fn scores(&mut self, net: &mut N, loss: &L, memory: &mut Memory<N>) -> Result<Option<Scores>>;
}

/// No data to validate with.
#[derive(Debug, Clone, Copy)]
pub struct NoValidation;

impl<N: Network, L> Validate<N, L, ()> for NoValidation {
    fn metrics(&self) -> Vec<ShownMetric> {
        Vec::new()
    }
    fn check(&self) -> Result<()> {
        Ok(())
    }
    fn scores(&mut self, _: &mut N, _: &L, _: &mut Memory<N>) -> Result<Option<Scores>> {
        Ok(None)
    }
}

/// Data to validate with.
pub struct Validation<'a, D, M> {
    pub(super) data: &'a D,
    pub(super) metric: M,
}

impl<D, M> core::fmt::Debug for Validation<'_, D, M> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Validation")
    }
}

impl<N, L, D, M, How> Validate<N, L, How> for Validation<'_, D, M>
where
    N: Network,
    D: Dataset<N::Input>,
    M: MetricSet<N::Output, D::Target, How>,
    L: LossOn<N::TrainOutput, D::Target>,
{
    fn metrics(&self) -> Vec<ShownMetric> {
        let mut shown = Vec::new();
        self.metric.shown(&mut shown);
        shown
    }

    fn check(&self) -> Result<()> {
        if self.data.is_empty() { Err(Error::Empty { what: "the validation data" }) } else { Ok(()) }
    }

    fn scores(&mut self, net: &mut N, loss: &L, memory: &mut Memory<N>) -> Result<Option<Scores>> {
        let len = self.data.len();
        let size = memory.capacity().min(len);
        let mut room: Prepared<N::Input, D::Target> = Prepared::new(size, memory.layout());
        let mut scratch = Scratch::new();
        let mut tally = Tally::new(size, memory.layout());
        let loss = loss.against();
        let mut state = self.metric.begin();
        for first in (0..len).step_by(size) {
            let count = (len - first).min(size);
            scratch.fill(self.data, in_order(first..first + count), &mut room.inputs, &mut room.targets)?;
            room.places.clear();
            room.places.extend(first..first + count);
            let targets = D::Target::refs(&room.targets);
            let mut forward = net.forward(Mode::Eval, N::Input::refs(&room.inputs), memory);
            let value = forward.loss(tally.hear(&loss), targets);
            if let (false, Some(sample)) = (value.is_finite(), room.not_finite("the validation data")) {
                return Err(sample);
            }
            self.metric.see(&mut state, N::inferred(forward.output()), targets);
            tally.add(&loss, count, targets);
        }
        let higher_is_better = Validate::<N, L, How>::metrics(self).first().is_some_and(|metric| metric.higher_is_better);
        let loss = tally.loss();
        let mut values = Vec::new();
        if loss.is_finite() {
            self.metric.values(&state, &mut values)?;
        } else {
            // The training ends with the loss; that metrics have no value says nothing more.
            values.push(f32::NAN);
        }
        let all = Measured::of(&values);
        Ok(Some(Scores { loss, metric: all.values[0], higher_is_better, all }))
    }
}
