//! Samples that are made once.

use crate::data::{Dataset, sample_seed};
use crate::{Result, Values};
use std::sync::OnceLock;

/// A sample that is kept, or not made yet.
type Kept<I, T> = OnceLock<(Box<I>, Box<T>)>;

/// Each sample of a data set made once and kept in memory: [`Dataset::cache`].
pub struct Cache<D, I, T> {
    data: D,
    kept: Box<[Kept<I, T>]>,
}

impl<I: Values, T: Values, D: Dataset<I, Target = T>> Cache<D, I, T> {
    pub(in crate::data) fn new(data: D) -> Self {
        let kept = (0..data.len()).map(|_| OnceLock::new()).collect();
        Self { data, kept }
    }

    /// The i-th sample, made if it is asked for the first time.
    fn get(&self, i: usize) -> Result<(&I, &T)> {
        if let Some((input, target)) = self.kept[i].get() {
            return Ok((input, target));
        }
        let (mut input, mut target) = (I::boxed(), T::boxed());
        self.data.fill(i, sample_seed(0, 0, i), &mut input, &mut target)?;
        // Of a thread that was faster it is the same.
        let (input, target) = self.kept[i].get_or_init(|| (input, target));
        Ok((input, target))
    }
}

impl<I: Values, T: Values, D: Dataset<I, Target = T>> Dataset<I> for Cache<D, I, T> {
    type Target = T;
    fn len(&self) -> usize {
        self.kept.len()
    }
    fn metadata(&self) -> Vec<(String, String)> {
        self.data.metadata()
    }
    fn fill(&self, i: usize, _: u64, input: &mut I, target: &mut T) -> Result<()> {
        let (kept, kept_target) = self.get(i)?;
        input.assign(kept);
        target.assign(kept_target);
        Ok(())
    }
    fn lend(&self, i: usize) -> Option<(&I, &T)> {
        // What cannot be made is asked for once more, by `fill`, which says why.
        self.kept[i].get().map(|(input, target)| (&**input, &**target))
    }
    fn fill_target(&self, i: usize, target: &mut T) -> Result<()> {
        self.data.fill_target(i, target)
    }
}

impl<D: core::fmt::Debug, I, T> core::fmt::Debug for Cache<D, I, T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{:?}, cached", self.data)
    }
}
