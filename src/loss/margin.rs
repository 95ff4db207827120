//! Margins between the right class and the others.

use super::classes::{Hard, Walk, class_targets};
use super::reduce::{Reduction, reductions, scale};
use super::{Expects, Loss, MicroBatch, TERMS};
use crate::batch::IndicesBatch;
use crate::{Const, Dim, Tensor, setting};

/// Multi-class margin of scores x: Σ over the other classes j of max(0, m − xᵧ + xⱼ)ᵖ / K, as `torch.nn.MultiMarginLoss`.
/// Shapes as for [`CrossEntropy`](struct@super::CrossEntropy).
///
/// ```
/// use fireclay::loss::{MultiMargin, evaluate};
/// use fireclay::prelude::*;
/// let scores = Batch::from_samples([&Tensor::from([1.0, 0.5, -3.0])]);
/// let class = IndexBatch::from_samples(Index::<3>::new(0));
/// assert!((evaluate(&MultiMargin, &scores, &class).0 - 0.5 / 3.0).abs() < 1e-6);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub struct MultiMargin {
    margin: f32,
    squared: bool,
    weights: Vec<f32>,
    reduction: Reduction,
}

/// With a margin of 1, p = 1 and the mean over the samples.
#[expect(non_upper_case_globals, reason = "the type's plain value, written as a unit struct would be")]
pub const MultiMargin: MultiMargin = MultiMargin { margin: 1.0, squared: false, weights: Vec::new(), reduction: Reduction::Mean };

impl MultiMargin {
    /// How far the right class should be ahead.
    ///
    /// # Panics
    /// If it is not a finite number of at least 0.
    #[track_caller]
    pub const fn margin(mut self, margin: f32) -> Self {
        setting::not_negative("MultiMargin: margin", margin);
        self.margin = margin;
        self
    }

    /// p = 2.
    pub const fn squared(mut self) -> Self {
        self.squared = true;
        self
    }

    /// How much each class counts as the right one. (The mean still divides by the samples, as PyTorch's.)
    ///
    /// # Panics
    /// If one is below 0 or not finite, or none is greater than 0.
    #[track_caller]
    pub fn class_weights(mut self, weights: impl Into<Vec<f32>>) -> Self {
        self.weights = weights.into();
        setting::weights("MultiMargin: class_weights", &self.weights);
        self
    }
}

reductions!(MultiMargin);

impl Hard for MultiMargin {
    #[expect(clippy::cast_precision_loss, reason = "a count of classes")]
    fn hard(
        &self,
        part: MicroBatch,
        walk: Walk,
        outputs: &[f32],
        gradient: &mut [f32],
        class: impl Fn(usize, usize) -> usize,
    ) -> f32 {
        let scale = scale(self.reduction.divisor(part.samples, walk.positions())) / walk.classes as f32;
        let weight = |class: usize| self.weights.get(class).copied().unwrap_or(1.0);
        margins(self.margin, self.squared, scale, weight, part, walk, outputs, gradient, class)
    }

    fn divisor(&self, samples: usize, walk: Walk, _: impl Fn(usize, usize) -> usize) -> Option<f64> {
        self.reduction.divisor(samples, walk.positions())
    }

    #[track_caller]
    fn check(&self, classes: usize) {
        let weights = self.weights.len();
        assert!(weights == 0 || weights == classes, "{weights} class weights for {classes} classes");
    }
}

class_targets!(MultiMargin);

/// Hinge of a multi-class support vector machine (Weston and Watkins 1999): Σ over the other classes j of max(0, m − xᵧ + xⱼ), averaged over
/// the samples: [`MultiMargin`](struct@MultiMargin) without the division by the number of classes.
///
/// ```
/// use fireclay::loss::{SvmHinge, evaluate};
/// use fireclay::prelude::*;
/// let scores = Batch::from_samples([&Tensor::from([1.0, 0.5, -3.0])]);
/// let class = IndexBatch::from_samples(Index::<3>::new(0));
/// assert_eq!(evaluate(&SvmHinge, &scores, &class).0, 0.5);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[must_use]
pub struct SvmHinge {
    margin: f32,
    reduction: Reduction,
}

/// With a margin of 1 and the mean over the samples.
#[expect(non_upper_case_globals, reason = "the type's plain value, written as a unit struct would be")]
pub const SvmHinge: SvmHinge = SvmHinge { margin: 1.0, reduction: Reduction::Mean };

impl SvmHinge {
    /// How far the right class should be ahead.
    ///
    /// # Panics
    /// If it is not a finite number of at least 0.
    #[track_caller]
    pub const fn margin(mut self, margin: f32) -> Self {
        setting::not_negative("SvmHinge: margin", margin);
        self.margin = margin;
        self
    }
}

reductions!(SvmHinge);

impl Hard for SvmHinge {
    fn hard(
        &self,
        part: MicroBatch,
        walk: Walk,
        outputs: &[f32],
        gradient: &mut [f32],
        class: impl Fn(usize, usize) -> usize,
    ) -> f32 {
        let scale = scale(self.reduction.divisor(part.samples, walk.positions()));
        margins(self.margin, false, scale, |_| 1.0, part, walk, outputs, gradient, class)
    }

    fn divisor(&self, samples: usize, walk: Walk, _: impl Fn(usize, usize) -> usize) -> Option<f64> {
        self.reduction.divisor(samples, walk.positions())
    }

    fn check(&self, _: usize) {}
}

class_targets!(SvmHinge);

/// Σ of weightᵧ · max(0, margin − xᵧ + xⱼ)ᵖ over j ≠ y.
#[expect(clippy::too_many_arguments, reason = "one loop for both")]
fn margins(
    margin: f32,
    squared: bool,
    scale: f32,
    weight: impl Fn(usize) -> f32,
    part: MicroBatch,
    walk: Walk,
    outputs: &[f32],
    gradient: &mut [f32],
    class: impl Fn(usize, usize) -> usize,
) -> f32 {
    gradient.fill(0.0);
    let mut total = 0.0_f64;
    for position in 0..walk.positions() {
        for lane in 0..part.count {
            let target = class(part.first + lane, position);
            let right = walk.number(position, target) * part.lanes() + lane;
            let weight = weight(target);
            // What does not count has no loss, however far off: 0 · ∞ would be NaN.
            if weight == 0.0 {
                continue;
            }
            for other in (0..walk.classes).filter(|other| *other != target) {
                let at = walk.number(position, other) * part.lanes() + lane;
                let short = margin - outputs[right] + outputs[at];
                // What is no number is not far enough either, and has no slope.
                if short > 0.0 || short.is_nan() {
                    let (loss, slope) = match squared {
                        true => (short * short, 2.0 * short),
                        false => (short, if short.is_nan() { short } else { 1.0 }),
                    };
                    total += f64::from(weight * loss);
                    gradient[at] = weight * slope * scale;
                    gradient[right] -= weight * slope * scale;
                }
            }
        }
    }
    crate::narrow(total * f64::from(scale))
}
