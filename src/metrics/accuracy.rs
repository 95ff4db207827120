//! How often the right class is the largest output, or among the largest.

use super::{Accumulator, Metric, Score, Update, positions, ratio};
use crate::batch::IndicesBatch;
use crate::classes::Classes;
use crate::{Batch, Const, Error, Index, Result, Tensor, setting};

/// The share of samples whose largest output is the target's class.
///
/// A score of one sample: [`Mean::of(Accuracy)`](super::Mean::of) counts over batches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accuracy;

impl<const CLASSES: usize> Metric<Tensor<(Const<CLASSES>,)>, Index<CLASSES>> for Accuracy {
    fn name(&self) -> &'static str {
        "accuracy"
    }
    fn higher_is_better(&self) -> bool {
        true
    }
    fn is_share(&self) -> bool {
        true
    }
    fn score(&self, output: &Tensor<(Const<CLASSES>,)>, target: &Index<CLASSES>) -> f32 {
        // NaN names no class.
        let best = output.argmax();
        f32::from(u8::from(best == target.get() && !output.as_slice()[best].is_nan()))
    }
}

/// The share of targets that are among the `k` largest outputs, as `sklearn.metrics.top_k_accuracy_score`. Of equal outputs those of smaller
/// classes come first, so that one of them is the class that [`Accuracy`] takes.
///
/// ```
/// use fireclay::{metrics::{Accumulator, TopK, Update}, prelude::*};
/// let outputs = Batch::from_samples(&[[0.5, 0.3, 0.2], [0.1, 0.6, 0.3]].map(Tensor::from));
/// let targets = IndexBatch::from_samples([1, 0_usize].map(|class| Index::<3>::new(class).expect("below 3")));
/// let mut top = TopK::new(2);
/// top.update(&outputs, &targets);
/// assert_eq!(top.compute()?, 0.5);
/// # Ok::<(), fireclay::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopK {
    k: usize,
    right: usize,
    total: usize,
}

impl TopK {
    /// Nothing counted yet.
    ///
    /// # Panics
    /// If `k` is 0.
    #[must_use]
    #[track_caller]
    pub const fn new(k: usize) -> Self {
        setting::at_least_one("TopK: k", k);
        Self { k, right: 0, total: 0 }
    }
}

impl Accumulator for TopK {
    type Value = f64;

    #[track_caller]
    fn merge(&mut self, other: &Self) {
        assert!(self.k == other.k, "TopK: the largest {} and the largest {} are not merged", self.k, other.k);
        self.right += other.right;
        self.total += other.total;
    }

    fn compute(&self) -> Result<f64> {
        if self.total == 0 {
            return Err(Error::Empty { what: self.name() });
        }
        Ok(ratio(self.right, self.total))
    }

    fn reset(&mut self) {
        (self.right, self.total) = (0, 0);
    }
}

/// Panics if there are fewer than `k` classes.
impl<'a, S: Classes, const CLASSES: usize, const POSITIONS: usize> Update<&'a Batch<S>, &'a IndicesBatch<CLASSES, POSITIONS>>
    for TopK
{
    #[track_caller]
    fn update(&mut self, outputs: &'a Batch<S>, targets: &'a IndicesBatch<CLASSES, POSITIONS>) {
        const { assert!(S::CLASSES == CLASSES, "there are as many classes as scores") };
        assert!(self.k <= CLASSES, "TopK: the largest {} of {CLASSES} classes", self.k);
        positions(outputs, targets, |scores, class| {
            let own = scores[class];
            let before = |(i, x): &(usize, &f32)| **x > own || (**x == own && *i < class);
            let rank = scores.iter().enumerate().filter(before).count();
            self.right += usize::from(!own.is_nan() && rank < self.k);
            self.total += 1;
        });
    }
}

impl Score for TopK {
    fn name(&self) -> &'static str {
        match self.k {
            1 => "accuracy",
            2 => "top-2 accuracy",
            3 => "top-3 accuracy",
            5 => "top-5 accuracy",
            10 => "top-10 accuracy",
            _ => "top-k accuracy",
        }
    }
}
