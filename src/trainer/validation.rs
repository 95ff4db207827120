//! What is done with a network after each epoch: scoring it on other data, and what the user asks for.

use super::Epoch;
use crate::data::Dataset;
use crate::layout::Layout;
use crate::loss::{LossOn, Tally};
use crate::metrics::{Metric, outputs};
use crate::network::{Memory, Mode, Network, Train};
use crate::{Error, Result, Values};

/// Loss and metric of a network on data it does not learn from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scores {
    /// Of all samples, as if they were one batch.
    pub loss: f32,
    /// Mean of the metric.
    pub metric: f32,
    /// Of the metric.
    pub higher_is_better: bool,
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
    pub(super) name: &'static str,
    /// A share of 1, in percent.
    pub(super) share: bool,
}

impl ShownMetric {
    /// `98.1 %` for a share, plain otherwise.
    pub(super) fn value(self, value: f32) -> String {
        if self.share { format!("{:.1} %", 100.0 * value) } else { format!("{value:.4}") }
    }
}

/// What [`Trainer::validate`](super::Trainer::validate) sets.
#[diagnostic::on_unimplemented(message = "these validation data and this metric do not fit `{N}` with the loss `{L}`")]
pub trait Validate<N: Network, L> {
    /// The metric, as histories show it.
    #[doc(hidden)]
    fn metric(&self) -> Option<ShownMetric>;

    /// Before any training: what cannot work.
    #[doc(hidden)]
    fn check(&self) -> Result<()>;

    /// The scores.
    #[doc(hidden)]
    fn scores(&self, net: &mut N, loss: &L, memory: &mut Memory<N>) -> Option<Scores>;
}

/// No data to validate with.
#[derive(Debug, Clone, Copy)]
pub struct NoValidation;

impl<N: Network, L> Validate<N, L> for NoValidation {
    fn metric(&self) -> Option<ShownMetric> {
        None
    }
    fn check(&self) -> Result<()> {
        Ok(())
    }
    fn scores(&self, _: &mut N, _: &L, _: &mut Memory<N>) -> Option<Scores> {
        None
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

impl<N, L, D, M> Validate<N, L> for Validation<'_, D, M>
where
    N: Network,
    D: Dataset<N::Input>,
    M: Metric<N::Output, D::Target>,
    L: LossOn<N::TrainOutput, D::Target>,
{
    fn metric(&self) -> Option<ShownMetric> {
        Some(ShownMetric { name: self.metric.name(), share: self.metric.is_share() })
    }

    fn check(&self) -> Result<()> {
        if self.data.is_empty() { Err(Error::Empty { what: "the validation data" }) } else { Ok(()) }
    }

    fn scores(&self, net: &mut N, loss: &L, memory: &mut Memory<N>) -> Option<Scores> {
        let len = self.data.len();
        let size = memory.capacity().min(len);
        let mut inputs = N::Input::in_layout(size, memory.layout());
        let mut targets = D::Target::in_layout(size, Layout::default());
        let mut tally = Tally::new(size, memory.layout());
        let loss = loss.against();
        for first in (0..len).step_by(size) {
            let count = (len - first).min(size);
            super::fit::fill::<N, D>(self.data, first..first + count, &mut inputs, &mut targets);
            let targets = D::Target::refs(&targets);
            net.forward(Mode::Eval, N::Input::refs(&inputs), memory).loss(tally.hear(&loss), targets);
            tally.add(&loss, count, targets);
        }
        let mut score = 0.0_f64;
        outputs(net, self.data, |i, output| score += f64::from(self.metric.score(output, self.data.target(i))));
        #[expect(clippy::cast_possible_truncation, reason = "a mean of f32")]
        let metric = (score / len as f64) as f32;
        Some(Scores { loss: tally.loss(), metric, higher_is_better: self.metric.higher_is_better() })
    }
}

/// What [`Trainer::on_epoch`](super::Trainer::on_epoch) sets.
pub trait OnEpoch<N: Network> {
    /// After an epoch.
    #[doc(hidden)]
    fn call(&mut self, epoch: &Epoch, net: &N);
}

/// Nobody listens.
#[derive(Debug, Clone, Copy)]
pub struct Silent;

impl<N: Network> OnEpoch<N> for Silent {
    fn call(&mut self, _: &Epoch, _: &N) {}
}

impl<N: Network, F: FnMut(&Epoch, &N)> OnEpoch<N> for F {
    fn call(&mut self, epoch: &Epoch, net: &N) {
        self(epoch, net);
    }
}
