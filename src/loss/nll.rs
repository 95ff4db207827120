//! Cross-entropy of log-probabilities.

use super::classes::{Counting, Hard, Walk, class_targets};
use super::reduce::{Reduction, reductions, scale};
use super::{Expects, Loss, MicroBatch, TERMS};
use crate::batch::IndicesBatch;
use crate::{Const, Dim, Tensor, setting};

/// Negative log-likelihood of log-probabilities x against classes: −xᵧ, as `torch.nn.NLLLoss`. Shapes as for [`CrossEntropy`](struct@super::CrossEntropy).
///
/// ```
/// use fireclay::loss::{Nll, evaluate};
/// use fireclay::prelude::*;
/// let y = Batch::from_samples([&Tensor::from([-0.5, -1.0])]);
/// let class = IndexBatch::from_samples(Index::<2>::new(1));
/// assert_eq!(evaluate(&Nll, &y, &class).0, 1.0);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub struct Nll {
    counting: Counting,
    reduction: Reduction,
}

/// With the mean over all samples and positions.
#[expect(non_upper_case_globals, reason = "the type's plain value, written as a unit struct would be")]
pub const Nll: Nll = Nll { counting: Counting::ALL, reduction: Reduction::Mean };

impl Nll {
    /// How much each class counts. The mean is then divided by the weights of the targets.
    ///
    /// # Panics
    /// If one is below 0 or not finite, or none is greater than 0.
    #[track_caller]
    pub fn class_weights(mut self, weights: impl Into<Vec<f32>>) -> Self {
        self.counting.weights = weights.into();
        setting::weights("Nll: class_weights", &self.counting.weights);
        self
    }

    /// Targets of this class do not count.
    pub const fn ignore(mut self, class: usize) -> Self {
        self.counting.ignored = Some(class);
        self
    }
}

reductions!(Nll);

impl Hard for Nll {
    const EXPECTS: Expects = Expects::LogProbabilities;

    fn hard(
        &self,
        part: MicroBatch,
        walk: Walk,
        outputs: &[f32],
        gradient: &mut [f32],
        class: impl Fn(usize, usize) -> usize,
    ) -> f32 {
        let scale = scale(Hard::divisor(self, part.samples, walk, &class));
        gradient.fill(0.0);
        let mut total = 0.0_f64;
        for position in 0..walk.positions() {
            for lane in 0..part.count {
                let target = class(part.first + lane, position);
                let (at, weight) = (walk.number(position, target) * part.lanes() + lane, self.counting.weight(target));
                if weight != 0.0 {
                    total -= f64::from(weight * outputs[at]);
                    gradient[at] = if outputs[at].is_nan() { outputs[at] } else { -weight * scale };
                }
            }
        }
        crate::narrow(total * f64::from(scale))
    }

    fn divisor(&self, samples: usize, walk: Walk, class: impl Fn(usize, usize) -> usize) -> Option<f64> {
        self.counting.divisor(self.reduction, samples, walk, class)
    }

    #[track_caller]
    fn check(&self, classes: usize) {
        self.counting.check(classes);
    }
}

class_targets!(Nll);
