//! Several labels of a sample at once.

use super::expects::extremes;
use super::logits::Logit;
use super::pointwise::Pointwise;
use super::reduce::{Reduction, reductions, scale};
use super::{Expects, Loss, MicroBatch, TERMS, math};
use crate::{Batch, Shape, Tensor, setting};

/// Binary cross-entropy of a logit for each label, averaged over the labels of a sample: −(1/K)·Σ wₖ·(tₖ·ln s(xₖ) + (1 − tₖ)·ln(1 − s(xₖ))) with s = sigmoid, as
/// `torch.nn.MultiLabelSoftMarginLoss`. Targets are 1 for each label that a sample has and 0 for the others, in the shape of the outputs.
///
/// Without weights its mean is that of [`BceWithLogits`](struct@super::BceWithLogits).
///
/// ```
/// use fireclay::loss::{MultiLabelSoftMargin, evaluate};
/// use fireclay::prelude::*;
/// let y = Batch::from_samples([&Tensor::from([0.0, 0.0, -200.0])]);
/// let t = Batch::from_samples([&Tensor::from([1.0, 0.0, 0.0])]);
/// let (loss, _) = evaluate(&MultiLabelSoftMargin.sum(), &y, &t);
/// assert!((loss - 2.0 / 3.0 * 2.0_f32.ln()).abs() < 1e-6);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub struct MultiLabelSoftMargin {
    weights: Vec<f32>,
    reduction: Reduction,
}

/// With all labels alike and the mean over the samples.
#[expect(non_upper_case_globals, reason = "the type's plain value, written as a unit struct would be")]
pub const MultiLabelSoftMargin: MultiLabelSoftMargin = MultiLabelSoftMargin { weights: Vec::new(), reduction: Reduction::Mean };

impl MultiLabelSoftMargin {
    /// How much each label counts. (The mean over the labels still divides by their number, as PyTorch's.)
    ///
    /// # Panics
    /// If one is below 0 or not finite, or none is greater than 0.
    #[track_caller]
    pub fn class_weights(mut self, weights: impl Into<Vec<f32>>) -> Self {
        self.weights = weights.into();
        setting::weights("MultiLabelSoftMargin: class_weights", &self.weights);
        self
    }

    #[track_caller]
    fn check(&self, labels: usize) {
        let weights = self.weights.len();
        assert!(weights == 0 || weights == labels, "{weights} weights for {labels} labels");
    }
}

impl Pointwise for MultiLabelSoftMargin {
    fn point(&self, at: usize, x: f32, t: f32) -> (f32, f32) {
        let weight = self.weights.get(at).copied().unwrap_or(1.0);
        let Logit { up, down, miss_up, miss_down } = Logit::of(x);
        let loss = math::share(t, miss_up) + math::share(1.0 - t, miss_down);
        (math::share(weight, loss), weight * ((1.0 - t) * up - t * down))
    }

    fn reduction(&self) -> Reduction {
        self.reduction
    }

    fn expects_of(&self, _: [f32; 2]) -> Expects {
        Expects::BinaryLogits
    }
}

reductions!(MultiLabelSoftMargin);

impl<'a, S: Shape> Loss<Tensor<S>, &'a Batch<S>> for MultiLabelSoftMargin {
    #[track_caller]
    fn targets(&self, targets: &'a Batch<S>) -> Option<usize> {
        self.check(S::LEN);
        Some(targets.len())
    }

    fn divisor(&self, _: usize, samples: usize, _: &'a Batch<S>) -> Option<f64> {
        self.reduction.divisor(samples, 1)
    }

    #[expect(clippy::cast_precision_loss, reason = "a count of labels")]
    fn micro(&self, part: MicroBatch, outputs: &[f32], targets: &'a Batch<S>, gradient: &mut [f32]) -> f32 {
        let scale = scale(self.reduction.divisor(part.samples, 1)) / S::LEN as f32;
        self.run_scaled(scale, part, outputs, gradient, targets.part(part.first))
    }

    fn expects(&self, targets: &'a Batch<S>) -> [Expects; TERMS] {
        self.expects_of(extremes(targets)).alone()
    }
}
