//! The focal loss of classes.

use super::classes::{Counting, Hard, Walk, class_targets};
use super::reduce::{Reduction, reductions, scale};
use super::softmax_row::{Row, row};
use super::{Expects, Loss, MicroBatch, TERMS, math};
use crate::batch::IndicesBatch;
use crate::{Const, Dim, Tensor, setting};

/// Focal loss over classes (Lin et al. 2017, arXiv 1708.02002, with a softmax): −wᵧ·(1 − p)^γ·ln p, where p = softmax(x)ᵧ is the probability given to the
/// right class. What is easy counts less; with γ = 0 it is [`CrossEntropy`](struct@super::CrossEntropy). The paper's α are the class weights.
/// Shapes as for `CrossEntropy`; of one logit, yes or no, [`Focal`](struct@super::Focal).
///
/// ```
/// use fireclay::loss::{SoftmaxFocal, evaluate};
/// use fireclay::prelude::*;
/// let even = Batch::from_samples([&Tensor::from([0.0, 0.0])]);
/// let class = IndexBatch::from_samples(Index::<2>::new(1));
/// assert!((evaluate(&SoftmaxFocal, &even, &class).0 - 0.25 * 2.0_f32.ln()).abs() < 1e-6);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub struct SoftmaxFocal {
    gamma: f32,
    counting: Counting,
    reduction: Reduction,
}

/// With γ = 2 and the mean over all samples and positions.
#[expect(non_upper_case_globals, reason = "the type's plain value, written as a unit struct would be")]
pub const SoftmaxFocal: SoftmaxFocal = SoftmaxFocal { gamma: 2.0, counting: Counting::ALL, reduction: Reduction::Mean };

impl SoftmaxFocal {
    /// How much less counts what is easy.
    ///
    /// # Panics
    /// If it is not a finite number of at least 0.
    #[track_caller]
    pub const fn gamma(mut self, gamma: f32) -> Self {
        setting::not_negative("SoftmaxFocal: gamma", gamma);
        self.gamma = gamma;
        self
    }

    /// How much each class counts. The mean is then divided by the weights of the targets.
    ///
    /// # Panics
    /// If one is below 0 or not finite, or none is greater than 0.
    #[track_caller]
    pub fn class_weights(mut self, weights: impl Into<Vec<f32>>) -> Self {
        self.counting.weights = weights.into();
        setting::weights("SoftmaxFocal: class_weights", &self.counting.weights);
        self
    }

    /// Targets of this class do not count.
    pub const fn ignore(mut self, class: usize) -> Self {
        self.counting.ignored = Some(class);
        self
    }
}

reductions!(SoftmaxFocal);

impl Hard for SoftmaxFocal {
    const EXPECTS: Expects = Expects::Logits;

    fn hard(
        &self,
        part: MicroBatch,
        walk: Walk,
        outputs: &[f32],
        gradient: &mut [f32],
        class: impl Fn(usize, usize) -> usize,
    ) -> f32 {
        let scale = scale(Hard::divisor(self, part.samples, walk, &class));
        let mut total = 0.0_f64;
        for position in 0..walk.positions() {
            let Row { most, sum } = row(walk, part.layout, position, outputs, gradient);
            for lane in 0..part.count {
                let place = |class| walk.number(position, class) * part.lanes() + lane;
                let target = class(part.first + lane, position);
                let weight = self.counting.weight(target);
                // What does not count has no loss, however far off, also where it is no number.
                if weight == 0.0 {
                    (0..walk.classes).for_each(|class| gradient[place(class)] = 0.0);
                    continue;
                }
                // The gradient holds e^(x − most). 1 − p is summed, not subtracted, so that nothing cancels.
                let others: f32 = (0..walk.classes).filter(|class| *class != target).map(|class| gradient[place(class)]).sum();
                let short = most[lane] - outputs[place(target)];
                let ce = if short == 0.0 { math::ln_1p(others) } else { short + math::ln(sum[lane]) };
                let (p, miss) = (gradient[place(target)] / sum[lane], others / sum[lane]);
                let focus = math::powf(miss, self.gamma);
                total += f64::from(weight * math::share(focus, ce));
                // −p·ln p / (1 − p), which is 1 where p is.
                let steep = if miss == 0.0 { 1.0 } else { math::share(p, ce) / miss };
                let slope = weight * focus * (self.gamma * steep + 1.0) * scale;
                for class in 0..walk.classes {
                    let at = place(class);
                    gradient[at] = if class == target { -slope * miss } else { slope * gradient[at] / sum[lane] };
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

class_targets!(SoftmaxFocal);
