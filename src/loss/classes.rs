//! Losses of scores against a class: what they share.

use super::reduce::Reduction;
use super::{Expects, MicroBatch};
pub use crate::classes::Classes;
pub(super) use crate::classes::Walk;

/// Weights of classes and the class that does not count.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Counting {
    pub weights: Vec<f32>,
    pub ignored: Option<usize>,
}

impl Counting {
    pub(super) const ALL: Self = Self { weights: Vec::new(), ignored: None };

    /// How much a class counts.
    pub(super) fn weight(&self, class: usize) -> f32 {
        if self.ignored == Some(class) { 0.0 } else { self.weights.get(class).copied().unwrap_or(1.0) }
    }

    /// What the sum over a batch is divided by: a mean by the weights of all targets.
    pub(super) fn divisor(
        &self,
        reduction: Reduction,
        samples: usize,
        walk: Walk,
        class: impl Fn(usize, usize) -> usize,
    ) -> Option<f64> {
        if reduction != Reduction::Mean || (self.weights.is_empty() && self.ignored.is_none()) {
            return reduction.divisor(samples, walk.positions());
        }
        let mut sum = 0.0_f64;
        for sample in 0..samples {
            for position in 0..walk.positions() {
                sum += f64::from(self.weight(class(sample, position)));
            }
        }
        Some(sum)
    }

    #[track_caller]
    pub(super) fn check(&self, classes: usize) {
        let weights = self.weights.len();
        assert!(weights == 0 || weights == classes, "{weights} class weights for {classes} classes");
        if let Some(class) = self.ignored {
            assert!(
                class < classes,
                "`ignore({class})` of {classes} classes: they are counted from 0; targets that may have no class at all (PyTorch's `ignore_index`) are those of `CrossEntropy.unlabeled()`"
            );
        }
    }
}

/// A loss against one class per position.
pub(super) trait Hard {
    /// What it takes outputs for.
    const EXPECTS: Expects = Expects::Anything;

    /// The part's share of the loss, and its gradient; `class(sample, position)` is the target.
    fn hard(
        &self,
        part: MicroBatch,
        walk: Walk,
        outputs: &[f32],
        gradient: &mut [f32],
        class: impl Fn(usize, usize) -> usize,
    ) -> f32;

    /// What the sum over a batch is divided by.
    fn divisor(&self, samples: usize, walk: Walk, class: impl Fn(usize, usize) -> usize) -> Option<f64>;

    /// Panics where an option does not go with so many classes.
    fn check(&self, classes: usize);
}

/// `Loss` against indices, for every shape with classes.
macro_rules! class_targets {
    ($name:ident) => {
        #[diagnostic::do_not_recommend]
        impl<'a, const K: usize> Loss<Tensor<(Const<K>,)>, &'a IndicesBatch<K, 1>> for $name {
            class_targets!((Const<K>,), IndicesBatch<K, 1>);
        }
        #[diagnostic::do_not_recommend]
        impl<'a, const T: usize, const K: usize> Loss<Tensor<(Const<T>, Const<K>)>, &'a IndicesBatch<K, T>> for $name {
            class_targets!((Const<T>, Const<K>), IndicesBatch<K, T>);
        }
        #[diagnostic::do_not_recommend]
        impl<'a, const K: usize, const P: usize, H: Dim, W: Dim> Loss<Tensor<(Const<K>, H, W)>, &'a IndicesBatch<K, P>> for $name {
            class_targets!((Const<K>, H, W), IndicesBatch<K, P>, P == H::N * W::N);
        }
    };
    ($shape:ty, $targets:ty $(, $fits:expr)?) => {
        #[track_caller]
        fn targets(&self, targets: &'a $targets) -> Option<usize> {
            $(const { assert!($fits, "each sample needs as many targets as its output has positions: height times width") };)?
            Hard::check(self, Walk::of::<$shape>().classes);
            Some(targets.len())
        }
        fn divisor(&self, term: usize, samples: usize, targets: &'a $targets) -> Option<f64> {
            let class = |sample, position| targets.get(sample, position).get();
            // There is one term: the targets are not gone through for others.
            if term == 0 { Hard::divisor(self, samples, Walk::of::<$shape>(), class) } else { None }
        }
        fn micro(&self, part: MicroBatch, outputs: &[f32], targets: &'a $targets, gradient: &mut [f32]) -> f32 {
            self.hard(part, Walk::of::<$shape>(), outputs, gradient, |sample, position| targets.get(sample, position).get())
        }
        fn expects(&self, _: &'a $targets) -> [Expects; TERMS] {
            Self::EXPECTS.alone()
        }
    };
}
pub(super) use class_targets;
