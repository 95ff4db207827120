//! Cross-entropy of logits.

use super::classes::{Classes, Counting, Hard, Walk, class_targets};
use super::reduce::{Reduction, reductions, scale};
use super::softmax_row::{Row, row};
use super::{Expects, Loss, MicroBatch, TERMS, math};
use crate::batch::IndicesBatch;
use crate::layout::Layout;
use crate::{Batch, Const, Dim, LANES, Tensor, setting};
use core::array;

/// Cross-entropy of logits x against classes: −ln softmax(x)ᵧ, as `torch.nn.CrossEntropyLoss`, computed as
/// ln Σ e^(x − max) + max − xᵧ, so that no logit is too large.
///
/// | outputs | targets |
/// |---|---|
/// | `[K]` | `&IndexBatch<K>`, or probabilities `&Batch<shape![K]>` |
/// | `[T, K]` | `&IndicesBatch<K, T>`, or probabilities of the same shape |
/// | `[K, H, W]` | `&IndicesBatch<K, {H · W}>`, row by row, or probabilities of the same shape |
///
/// ```
/// use fireclay::loss::evaluate;
/// use fireclay::prelude::*;
/// let logits = Batch::from_samples([&Tensor::from([0.0, 0.0, 1000.0])]);
/// let class = IndexBatch::from_samples(Index::<3>::new(2));
/// assert_eq!(evaluate(&CrossEntropy, &logits, &class).0, 0.0);
///
/// let even = Batch::from_samples([&Tensor::from([1.0, 1.0, 1.0])]);
/// let (loss, gradient) = evaluate(&CrossEntropy, &even, &class);
/// assert!((loss - 3.0_f32.ln()).abs() < 1e-6);
/// assert!((gradient.sample(0)[2] + 2.0 / 3.0).abs() < 1e-6);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub struct CrossEntropy {
    counting: Counting,
    smoothing: f32,
    reduction: Reduction,
}

/// With the mean over all samples and positions.
#[expect(non_upper_case_globals, reason = "the type's plain value, written as a unit struct would be")]
pub const CrossEntropy: CrossEntropy = CrossEntropy { counting: Counting::ALL, smoothing: 0.0, reduction: Reduction::Mean };

impl CrossEntropy {
    /// How much each class counts. The mean is then divided by the weights of the targets.
    ///
    /// ```
    /// use fireclay::loss::evaluate;
    /// use fireclay::prelude::*;
    /// let even = Batch::from_samples([&Tensor::from([1.0, 1.0])]);
    /// let class = IndexBatch::from_samples(Index::<2>::new(1));
    /// let (loss, _) = evaluate(&CrossEntropy.class_weights([1.0, 3.0]).sum(), &even, &class);
    /// assert!((loss - 3.0 * 2.0_f32.ln()).abs() < 1e-6);
    /// ```
    ///
    /// # Panics
    /// If one is below 0 or not finite, or none is greater than 0.
    #[track_caller]
    pub fn class_weights(mut self, weights: impl Into<Vec<f32>>) -> Self {
        self.counting.weights = weights.into();
        setting::weights("CrossEntropy: class_weights", &self.counting.weights);
        self
    }

    /// Gives this share of the target to all classes alike (Szegedy et al. 2015, arXiv 1512.00567).
    ///
    /// # Panics
    /// If it is not from 0 to 1.
    #[track_caller]
    pub const fn smoothing(mut self, share: f32) -> Self {
        setting::share("CrossEntropy: smoothing", share);
        self.smoothing = share;
        self
    }

    /// Targets of this class do not count.
    pub const fn ignore(mut self, class: usize) -> Self {
        self.counting.ignored = Some(class);
        self
    }

    /// Takes targets with one class more than the logits have: the last one says that nothing is known there, and does not count
    /// (PyTorch's `ignore_index`).
    ///
    /// ```
    /// use fireclay::loss::evaluate;
    /// use fireclay::prelude::*;
    /// let logits = Batch::from_samples([&Tensor::from([0.0, 9.0]), &Tensor::from([1.0, 1.0])]);
    /// let classes = IndexBatch::from_samples([2, 0].map(|class| Index::<3>::new(class).unwrap()));
    /// assert!((evaluate(&CrossEntropy.unlabeled(), &logits, &classes).0 - 2.0_f32.ln()).abs() < 1e-6);
    /// ```
    ///
    /// # Panics
    /// If a class is ignored already: `unlabeled` says which targets do not count.
    #[track_caller]
    pub const fn unlabeled(self) -> Unlabeled {
        assert!(
            self.counting.ignored.is_none(),
            "`ignore` and `unlabeled` each name the targets that do not count: take one of them"
        );
        Unlabeled(self)
    }

    /// Everything: `masses(position)` gives for each class what it counts in the targets of the samples, of which `W` lie side by side.
    fn run<const W: usize, M: Fn(usize) -> [f32; W]>(
        &self,
        scale: f32,
        part: MicroBatch,
        walk: Walk,
        outputs: &[f32],
        gradient: &mut [f32],
        masses: impl Fn(usize) -> M,
    ) -> f32 {
        let mut total = 0.0_f64;
        for position in 0..walk.positions() {
            let lines = |class| {
                let at = walk.number(position, class) * part.lanes();
                at..at + part.lanes()
            };
            let Row { most, sum } = row(walk, part.layout, position, outputs, gradient);
            let mut all = [0.0_f32; W];
            let rest: [f32; W] = array::from_fn(|lane| math::ln(sum[lane]));
            let masses = masses(position);
            for class in 0..walk.classes {
                let (xs, masses) = (&outputs[lines(class)], masses(class));
                if masses == [0.0; W] {
                    continue;
                }
                for lane in 0..part.count {
                    all[lane] += masses[lane];
                    if masses[lane] != 0.0 {
                        total += f64::from(masses[lane] * (most[lane] - xs[lane] + rest[lane]));
                    }
                }
            }
            for class in 0..walk.classes {
                let (gs, masses) = (&mut gradient[lines(class)], masses(class));
                for (((g, mass), all), sum) in gs.iter_mut().zip(&masses).zip(&all).zip(&sum) {
                    // Where nothing counts, what is no number does not either.
                    let share = if *all == 0.0 { 0.0 } else { *g / sum * all };
                    *g = (share - mass) * scale;
                }
            }
        }
        crate::narrow(total * f64::from(scale))
    }

    /// Against a class of each position; so many samples lie side by side.
    fn of_classes<const W: usize>(
        &self,
        part: MicroBatch,
        walk: Walk,
        outputs: &[f32],
        gradient: &mut [f32],
        class: impl Fn(usize, usize) -> usize,
    ) -> f32 {
        let scale = scale(Hard::divisor(self, part.samples, walk, &class));
        let shares = [0.0, 1.0].map(|share| self.smoothed(walk.classes, share));
        self.run::<W, _>(scale, part, walk, outputs, gradient, |position| {
            // Padding lanes, and targets that do not count, have no class.
            let mut targets = [usize::MAX; W];
            let mut others = [0.0; W];
            for lane in 0..part.count {
                let target = class(part.first + lane, position);
                if self.counting.ignored != Some(target) {
                    (targets[lane], others[lane]) = (target, shares[0]);
                }
            }
            move |k| {
                let weight = self.counting.weights.get(k).copied().unwrap_or(1.0);
                array::from_fn(|lane| weight * if targets[lane] == k { shares[1] } else { others[lane] })
            }
        })
    }

    /// Against a probability of each class.
    fn of_probabilities<const W: usize>(
        &self,
        scale: f32,
        part: MicroBatch,
        walk: Walk,
        outputs: &[f32],
        gradient: &mut [f32],
        targets: impl Fn(usize, usize) -> f32,
    ) -> f32 {
        self.run::<W, _>(scale, part, walk, outputs, gradient, |position| {
            let targets = &targets;
            move |class| {
                let (at, weight) = (walk.number(position, class), self.counting.weight(class));
                array::from_fn(|lane| match lane < part.count {
                    true => self.smoothed(walk.classes, targets(at, lane)) * weight,
                    false => 0.0,
                })
            }
        })
    }

    /// The target of one class after smoothing.
    #[expect(clippy::cast_precision_loss, reason = "a count of classes")]
    fn smoothed(&self, classes: usize, share: f32) -> f32 {
        (1.0 - self.smoothing) * share + self.smoothing / classes as f32
    }
}

reductions!(CrossEntropy);

impl Hard for CrossEntropy {
    const EXPECTS: Expects = Expects::Logits;

    fn hard(
        &self,
        part: MicroBatch,
        walk: Walk,
        outputs: &[f32],
        gradient: &mut [f32],
        class: impl Fn(usize, usize) -> usize,
    ) -> f32 {
        match part.layout {
            Layout::Chw => self.of_classes::<1>(part, walk, outputs, gradient, class),
            Layout::Chwn16 => self.of_classes::<LANES>(part, walk, outputs, gradient, class),
        }
    }

    fn divisor(&self, samples: usize, walk: Walk, class: impl Fn(usize, usize) -> usize) -> Option<f64> {
        self.counting.divisor(self.reduction, samples, walk, class)
    }

    #[track_caller]
    fn check(&self, classes: usize) {
        self.counting.check(classes);
    }
}

class_targets!(CrossEntropy);

impl<'a, S: Classes> Loss<Tensor<S>, &'a Batch<S>> for CrossEntropy {
    #[track_caller]
    fn targets(&self, targets: &'a Batch<S>) -> Option<usize> {
        self.counting.check(S::CLASSES);
        Some(targets.len())
    }

    fn divisor(&self, _: usize, samples: usize, _: &'a Batch<S>) -> Option<f64> {
        self.reduction.divisor(samples, Walk::of::<S>().positions())
    }

    fn expects(&self, _: &'a Batch<S>) -> [Expects; TERMS] {
        Expects::Logits.alone()
    }

    fn micro(&self, part: MicroBatch, outputs: &[f32], targets: &'a Batch<S>, gradient: &mut [f32]) -> f32 {
        let walk = Walk::of::<S>();
        let targets = targets.part(part.first);
        let scale = scale(self.reduction.divisor(part.samples, walk.positions()));
        match part.layout {
            Layout::Chw => self.of_probabilities::<1>(scale, part, walk, outputs, gradient, targets),
            Layout::Chwn16 => self.of_probabilities::<LANES>(scale, part, walk, outputs, gradient, targets),
        }
    }
}

/// Cross-entropy against targets that may be unknown; made by [`CrossEntropy::unlabeled`].
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub struct Unlabeled(CrossEntropy);

impl Unlabeled {
    /// The loss that passes over the class beyond those of the logits.
    fn known(&self, walk: Walk) -> CrossEntropy {
        CrossEntropy { counting: Counting { ignored: Some(walk.classes), ..self.0.counting.clone() }, ..self.0.clone() }
    }
}

macro_rules! unlabeled {
    ($shape:ty, $len:expr, $known:ident, $given:ident, $p:ident) => {
        #[track_caller]
        fn targets(&self, targets: &'a IndicesBatch<$given, $p>) -> Option<usize> {
            const {
                assert!(
                    $given == $known + 1,
                    "the targets must know one class more than the logits: the last one says that nothing is known"
                )
            };
            const { assert!($p == $len, "there must be a class for each position") };
            self.0.counting.check($known);
            Some(targets.len())
        }
        fn divisor(&self, term: usize, samples: usize, targets: &'a IndicesBatch<$given, $p>) -> Option<f64> {
            let (walk, class) = (Walk::of::<$shape>(), |sample, position| targets.get(sample, position).get());
            if term == 0 { Hard::divisor(&self.known(walk), samples, walk, class) } else { None }
        }
        fn micro(&self, part: MicroBatch, outputs: &[f32], targets: &'a IndicesBatch<$given, $p>, gradient: &mut [f32]) -> f32 {
            let walk = Walk::of::<$shape>();
            self.known(walk).hard(part, walk, outputs, gradient, |sample, position| targets.get(sample, position).get())
        }
        fn expects(&self, _: &'a IndicesBatch<$given, $p>) -> [Expects; TERMS] {
            Expects::Logits.alone()
        }
    };
}

impl<'a, const K: usize, const B: usize, const P: usize> Loss<Tensor<(Const<K>,)>, &'a IndicesBatch<B, P>> for Unlabeled {
    unlabeled!((Const<K>,), 1, K, B, P);
}

impl<'a, const T: usize, const K: usize, const B: usize, const P: usize>
    Loss<Tensor<(Const<T>, Const<K>)>, &'a IndicesBatch<B, P>> for Unlabeled
{
    unlabeled!((Const<T>, Const<K>), T, K, B, P);
}

impl<'a, const K: usize, H: Dim, W: Dim, const B: usize, const P: usize> Loss<Tensor<(Const<K>, H, W)>, &'a IndicesBatch<B, P>>
    for Unlabeled
{
    unlabeled!((Const<K>, H, W), H::N * W::N, K, B, P);
}
