//! Samples into batches.

use super::Dataset;
use crate::{Result, Values};

/// Room for a sample that is written before it goes into a batch. Data that is lent needs none.
pub(crate) struct Scratch<I, T>(Option<(Box<I>, Box<T>)>);

impl<I: Values, T: Values> Scratch<I, T> {
    pub const fn new() -> Self {
        Self(None)
    }

    /// Calls `see` with the i-th sample.
    #[inline]
    pub fn with<D: Dataset<I, Target = T>>(&mut self, data: &D, i: usize, seed: u64, see: impl FnOnce(&I, &T)) -> Result<()> {
        if let Some((input, target)) = data.lend(i) {
            see(input, target);
            return Ok(());
        }
        let (input, target) = self.0.get_or_insert_with(|| (I::boxed(), T::boxed()));
        data.fill(i, seed, input, target)?;
        see(input, target);
        Ok(())
    }

    /// Fills batches with samples: those at these places, each with its seed.
    #[cfg(feature = "train")]
    pub fn fill<D: Dataset<I, Target = T>>(
        &mut self,
        data: &D,
        places: impl ExactSizeIterator<Item = (usize, u64)>,
        inputs: &mut I::Batch,
        targets: &mut T::Batch,
    ) -> Result<()> {
        I::set_samples(inputs, places.len());
        T::set_samples(targets, places.len());
        for (at, (i, seed)) in places.enumerate() {
            self.with(data, i, seed, |input, target| {
                I::put(inputs, at, input);
                T::put(targets, at, target);
            })?;
        }
        Ok(())
    }
}

/// These samples with the seeds that they have outside of training.
#[cfg(feature = "train")]
pub(crate) fn in_order(places: std::ops::Range<usize>) -> impl ExactSizeIterator<Item = (usize, u64)> {
    places.map(|i| (i, super::sample_seed(0, 0, i)))
}
