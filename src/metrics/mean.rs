//! The mean of a score of single samples.

use super::{Accumulator, Metric, Score, Update, same_len};
use crate::{Error, Result, Values};
use core::marker::PhantomData;

/// The mean of a [`Metric`], which scores single samples, as an [`Accumulator`]. Where a score is NaN, so is the mean.
///
/// ```
/// use fireclay::{metrics::{Accumulator, Mean, Update}, prelude::*};
/// let outputs = Batch::from_samples(&[[0.5, 0.3], [0.1, 0.6]].map(Tensor::from));
/// let targets = IndexBatch::from_samples([0, 0_usize].map(|class| Index::<2>::new(class).expect("0 or 1")));
/// let mut accuracy = Mean::of(Accuracy);
/// accuracy.update(&outputs, &targets);
/// assert_eq!(accuracy.compute()?, 0.5);
/// # Ok::<(), fireclay::Error>(())
/// ```
pub struct Mean<M, O, T> {
    metric: M,
    sum: f64,
    count: usize,
    values: PhantomData<fn(O, T)>,
}

impl<M: Metric<O, T>, O: Values, T: Values> Mean<M, O, T> {
    /// Nothing counted yet.
    #[must_use]
    pub const fn of(metric: M) -> Self {
        Self { metric, sum: 0.0, count: 0, values: PhantomData }
    }
}

// Derived, these would ask it of outputs and targets, of which none is kept.
impl<M: Clone, O, T> Clone for Mean<M, O, T> {
    fn clone(&self) -> Self {
        Self { metric: self.metric.clone(), ..*self }
    }
}

impl<M, O, T> core::fmt::Debug for Mean<M, O, T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Mean: the sum of {} scores is {}", self.count, self.sum)
    }
}

impl<M: Metric<O, T>, O: Values, T: Values> Accumulator for Mean<M, O, T> {
    type Value = f64;

    fn merge(&mut self, other: &Self) {
        self.sum += other.sum;
        self.count += other.count;
    }

    fn compute(&self) -> Result<f64> {
        if self.count == 0 {
            return Err(Error::Empty { what: self.name() });
        }
        Ok(self.sum / super::number(self.count))
    }

    fn reset(&mut self) {
        (self.sum, self.count) = (0.0, 0);
    }
}

impl<'a, M: Metric<O, T>, O: Values, T: Values> Update<O::Refs<'a>, T::Refs<'a>> for Mean<M, O, T> {
    #[track_caller]
    fn update(&mut self, outputs: O::Refs<'a>, targets: T::Refs<'a>) {
        let count = O::samples(outputs);
        same_len(count, T::samples(targets));
        let (mut output, mut target) = (O::boxed(), T::boxed());
        for i in 0..count {
            O::read(outputs, i, &mut output);
            T::read(targets, i, &mut target);
            self.sum += f64::from(self.metric.score(&output, &target));
        }
        self.count += count;
    }
}

impl<M: Metric<O, T>, O: Values, T: Values> Score for Mean<M, O, T> {
    fn name(&self) -> &'static str {
        self.metric.name()
    }
    fn higher_is_better(&self) -> bool {
        self.metric.higher_is_better()
    }
    fn is_share(&self) -> bool {
        self.metric.is_share()
    }
}
