//! How surprised a language model is.

use super::{Accumulator, Score, Update, no_value, number, positions};
use crate::batch::IndicesBatch;
use crate::classes::Classes;
use crate::{Batch, Error, Result};

/// e to the mean of −ln softmax(scores)\[target\] over all positions, as torchmetrics' `Perplexity` (Jelinek et al. 1977): a model that
/// chooses among k equally likely symbols has the perplexity k.
///
/// Targets may be of one class more than there are scores, the last: those positions do not count (as `CrossEntropy.unlabeled()` has it).
/// Where a target has the probability 0 it is infinite; where a score is NaN `compute` is an error.
///
/// ```
/// use fireclay::{metrics::{Accumulator, Perplexity, Update}, prelude::*};
/// let outputs = Batch::<shape![4]>::zeros(1);
/// let targets = IndexBatch::from_samples([Index::<4>::default()]);
/// let mut perplexity = Perplexity::new();
/// perplexity.update(&outputs, &targets);
/// assert!((perplexity.compute()? - 4.0).abs() < 1e-12);
/// # Ok::<(), fireclay::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Perplexity {
    /// Of −ln p.
    sum: f64,
    count: usize,
    nan: usize,
}

impl Perplexity {
    /// Nothing counted yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { sum: 0.0, count: 0, nan: 0 }
    }
}

impl Accumulator for Perplexity {
    type Value = f64;

    fn merge(&mut self, other: &Self) {
        self.sum += other.sum;
        self.count += other.count;
        self.nan += other.nan;
    }

    fn compute(&self) -> Result<f64> {
        if self.nan > 0 {
            return Err(no_value(
                self.name(),
                format!("the scores of {} of {} targets give no probability: NaN", self.nan, self.count),
            ));
        }
        if self.count == 0 {
            return Err(Error::Empty { what: self.name() });
        }
        Ok((self.sum / number(self.count)).exp())
    }

    fn reset(&mut self) {
        *self = Self::new();
    }
}

/// −ln softmax(scores)\[class\]; NaN where there is none.
fn surprise(scores: &[f32], class: usize) -> f64 {
    let largest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    // A NaN stays one in the sum.
    let sum: f64 = scores.iter().map(|x| (f64::from(*x) - f64::from(largest)).exp()).sum();
    sum.ln() - (f64::from(scores[class]) - f64::from(largest))
}

impl<'a, S: Classes, const BOUND: usize, const POSITIONS: usize> Update<&'a Batch<S>, &'a IndicesBatch<BOUND, POSITIONS>>
    for Perplexity
{
    #[track_caller]
    fn update(&mut self, outputs: &'a Batch<S>, targets: &'a IndicesBatch<BOUND, POSITIONS>) {
        const {
            let fits = BOUND == S::CLASSES || BOUND == S::CLASSES + 1;
            assert!(fits, "targets are of as many classes as scores, or of one more: not labeled");
        };
        positions(outputs, targets, |scores, class| {
            if class == S::CLASSES {
                return;
            }
            let surprise = surprise(scores, class);
            self.count += 1;
            if surprise.is_nan() {
                self.nan += 1;
            } else {
                self.sum += surprise;
            }
        });
    }
}

impl Score for Perplexity {
    fn name(&self) -> &'static str {
        "perplexity"
    }
    fn higher_is_better(&self) -> bool {
        false
    }
    fn is_share(&self) -> bool {
        false
    }
}
