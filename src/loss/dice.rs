//! How well regions cover each other.

use super::classes::{Hard, Walk, class_targets};
use super::logits::Logit;
use super::reduce::{Reduction, reductions, scale};
use super::scratch::with_room;
use super::softmax_row::{Row, row};
use super::{Expects, Loss, MicroBatch, TERMS};
use crate::batch::IndicesBatch;
use crate::{Batch, Const, Dim, LANES, Shape, Tensor, setting};

/// Dice loss of logits (Milletari et al. 2016, arXiv 1606.04797): 1 − (2·Σ p·t + s) / (Σ p + Σ t + s), one minus the share in which what is predicted and what is
/// there cover each other; large regions count no more than small ones. s, 1 at first, keeps it smooth where there is nothing.
///
/// | outputs | targets | p |
/// |---|---|---|
/// | any shape | `&Batch` of the same shape, numbers from 0 to 1 | sigmoid of each; the sums are over all numbers of a sample |
/// | `[K]`, `[T, K]`, `[K, H, W]` | classes, as [`CrossEntropy`](struct@super::CrossEntropy) takes them | softmax over the classes; the sums are over the positions of a sample, one loss for each class |
///
/// ```
/// use fireclay::loss::{Dice, evaluate};
/// use fireclay::prelude::*;
/// let y = Batch::from_samples([&Tensor::from([99.0, 99.0, -99.0, -99.0])]);
/// let t = Batch::from_samples([&Tensor::from([1.0, 0.0, 0.0, 0.0])]);
/// let (loss, _) = evaluate(&Dice.smooth(0.0), &y, &t);
/// assert!((loss - 1.0 / 3.0).abs() < 1e-6); // 1 − 2 / (2 + 1)
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[must_use]
pub struct Dice {
    smooth: f32,
    squared: bool,
    ignored: Option<usize>,
    reduction: Reduction,
}

/// With s = 1 and the mean over samples and classes.
#[expect(non_upper_case_globals, reason = "the type's plain value, written as a unit struct would be")]
pub const Dice: Dice = Dice { smooth: 1.0, squared: false, ignored: None, reduction: Reduction::Mean };

/// One Dice loss: its value, and its derivative by a probability, −over·t + under·(1, or 2p where squared).
#[derive(Clone, Copy)]
struct Slope {
    loss: f64,
    over: f64,
    under: f64,
}

impl Slope {
    /// Of what counts for nothing, or is right.
    const NONE: Self = Self { loss: 0.0, over: 0.0, under: 0.0 };
}

impl Dice {
    /// What is added above and below.
    ///
    /// # Panics
    /// If it is not a finite number of at least 0.
    #[track_caller]
    pub const fn smooth(mut self, smooth: f32) -> Self {
        setting::not_negative("Dice: smooth", smooth);
        self.smooth = smooth;
        self
    }

    /// Squares below, as in the paper: Σ p² + Σ t².
    pub const fn squared(mut self) -> Self {
        self.squared = true;
        self
    }

    /// Targets of this class do not count, and it has no loss of its own.
    pub const fn ignore(mut self, class: usize) -> Self {
        self.ignored = Some(class);
        self
    }

    /// A number as it is summed below.
    fn size(&self, x: f32) -> f64 {
        let x = f64::from(x);
        if self.squared { x * x } else { x }
    }

    /// From Σ p·t and Σ p + Σ t.
    fn slope(&self, both: f64, all: f64) -> Slope {
        let smooth = f64::from(self.smooth);
        let (above, below) = (2.0 * both + smooth, all + smooth);
        // Nothing is there and nothing predicted: that is right.
        if below == 0.0 {
            return Slope::NONE;
        }
        Slope { loss: 1.0 - above / below, over: 2.0 / below, under: above / (below * below) }
    }

    /// The derivative by a probability.
    fn derivative(&self, Slope { over, under, .. }: Slope, p: f32, t: f32) -> f32 {
        let growth = if self.squared { 2.0 * f64::from(p) } else { 1.0 };
        crate::narrow(under * growth - over * f64::from(t))
    }
}

reductions!(Dice);

impl Hard for Dice {
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
        let (lanes, classes) = (part.lanes(), walk.classes);
        let counts = |lane, position| {
            let target = class(part.first + lane, position);
            (self.ignored != Some(target)).then_some(target)
        };
        with_room(2 * classes * lanes, |sums| {
            let (both, all) = sums.split_at_mut(classes * lanes);
            both.fill(0.0);
            all.fill(0.0);
            // The gradient holds the probabilities meanwhile.
            for position in 0..walk.positions() {
                let Row { sum, .. } = row(walk, part.layout, position, outputs, gradient);
                for (lane, sum) in sum.iter().enumerate().take(part.count) {
                    let target = counts(lane, position);
                    for class in 0..classes {
                        let (at, own) = (walk.number(position, class) * lanes + lane, class * lanes + lane);
                        gradient[at] /= sum;
                        if let Some(target) = target {
                            let there = if class == target { 1.0 } else { 0.0 };
                            both[own] += f64::from(gradient[at] * there);
                            all[own] += self.size(gradient[at]) + f64::from(there);
                        }
                    }
                }
            }
            // The sums become what the derivatives are made of.
            let mut total = 0.0;
            for class in 0..classes {
                for own in class * lanes..class * lanes + part.count {
                    let slope = if self.ignored == Some(class) { Slope::NONE } else { self.slope(both[own], all[own]) };
                    total += slope.loss;
                    (both[own], all[own]) = (slope.over, slope.under);
                }
            }
            for position in 0..walk.positions() {
                for lane in 0..part.count {
                    let target = counts(lane, position);
                    let place = |class| walk.number(position, class) * lanes + lane;
                    let Some(target) = target else {
                        (0..classes).for_each(|class| gradient[place(class)] = 0.0);
                        continue;
                    };
                    let derivative = |class: usize, p: f32| {
                        let own = class * lanes + lane;
                        let slope = Slope { loss: 0.0, over: both[own], under: all[own] };
                        self.derivative(slope, p, if class == target { 1.0 } else { 0.0 })
                    };
                    // Through the softmax.
                    let probabilities = (0..classes).map(|class| (class, gradient[place(class)]));
                    let mean: f32 = probabilities.map(|(class, p)| p * derivative(class, p)).sum();
                    for class in 0..classes {
                        let p = gradient[place(class)];
                        gradient[place(class)] = scale * p * (derivative(class, p) - mean);
                    }
                }
            }
            crate::narrow(total * f64::from(scale))
        })
    }

    fn divisor(&self, samples: usize, walk: Walk, _: impl Fn(usize, usize) -> usize) -> Option<f64> {
        self.reduction.divisor(samples, walk.classes - usize::from(self.ignored.is_some()))
    }

    #[track_caller]
    fn check(&self, classes: usize) {
        if let Some(class) = self.ignored {
            assert!(class < classes, "`ignore({class})` of {classes} classes: they are counted from 0");
        }
    }
}

class_targets!(Dice);

impl<'a, S: Shape> Loss<Tensor<S>, &'a Batch<S>> for Dice {
    #[track_caller]
    fn targets(&self, targets: &'a Batch<S>) -> Option<usize> {
        assert!(self.ignored.is_none(), "`ignore` is for classes: here each number is a target");
        Some(targets.len())
    }

    fn divisor(&self, _: usize, samples: usize, _: &'a Batch<S>) -> Option<f64> {
        self.reduction.divisor(samples, 1)
    }

    fn micro(&self, part: MicroBatch, outputs: &[f32], targets: &'a Batch<S>, gradient: &mut [f32]) -> f32 {
        let (lanes, target) = (part.lanes(), targets.part(part.first));
        let scale = scale(self.reduction.divisor(part.samples, 1));
        let (mut both, mut all) = ([0.0_f64; LANES], [0.0_f64; LANES]);
        for (at, xs) in outputs.chunks_exact(lanes).enumerate() {
            for lane in 0..part.count {
                let (p, t) = (Logit::of(xs[lane]).up, target(at, lane));
                both[lane] += f64::from(p * t);
                all[lane] += self.size(p) + self.size(t);
            }
        }
        let mut total = 0.0;
        let slopes: [Slope; LANES] = core::array::from_fn(|lane| self.slope(both[lane], all[lane]));
        for (at, (xs, gs)) in outputs.chunks_exact(lanes).zip(gradient.chunks_exact_mut(lanes)).enumerate() {
            for lane in 0..part.count {
                let Logit { up, down, .. } = Logit::of(xs[lane]);
                gs[lane] = scale * up * down * self.derivative(slopes[lane], up, target(at, lane));
            }
        }
        for slope in &slopes[..part.count] {
            total += slope.loss;
        }
        crate::narrow(total * f64::from(scale))
    }

    fn expects(&self, _: &'a Batch<S>) -> [Expects; TERMS] {
        Expects::BinaryLogits.alone()
    }
}
