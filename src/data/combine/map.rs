//! Samples changed by a function.

use super::Pool;
use crate::data::Dataset;
use crate::{Result, Values};
use core::marker::PhantomData;

/// Each sample of a data set changed by a function: [`Dataset::map`].
pub struct Map<D, F, FromInput, FromTarget, ToTarget> {
    data: D,
    f: F,
    free: Pool<(Box<FromInput>, Box<FromTarget>)>,
    target: PhantomData<fn() -> ToTarget>,
}

impl<D, F, FromInput, FromTarget, ToTarget> Map<D, F, FromInput, FromTarget, ToTarget> {
    pub(in crate::data) fn new(data: D, f: F) -> Self {
        Self { data, f, free: Pool::new(), target: PhantomData }
    }
}

impl<I, T, D, F, FromInput, FromTarget> Dataset<I> for Map<D, F, FromInput, FromTarget, T>
where
    I: Values,
    T: Values,
    FromInput: Values,
    FromTarget: Values,
    D: Dataset<FromInput, Target = FromTarget>,
    F: Fn(&FromInput, &FromTarget, &mut I, &mut T) -> Result<()> + Sync,
{
    type Target = T;
    fn len(&self) -> usize {
        self.data.len()
    }
    fn metadata(&self) -> Vec<(String, String)> {
        self.data.metadata()
    }
    fn fill(&self, i: usize, seed: u64, input: &mut I, target: &mut T) -> Result<()> {
        if let Some((from, target_from)) = self.data.lend(i) {
            return (self.f)(from, target_from, input, target);
        }
        self.free.with(
            || (FromInput::boxed(), FromTarget::boxed()),
            |(from, target_from)| {
                self.data.fill(i, seed, from, target_from)?;
                (self.f)(from, target_from, input, target)
            },
        )
    }
}

impl<D: Clone, F: Clone, A, B, T> Clone for Map<D, F, A, B, T> {
    fn clone(&self) -> Self {
        Self::new(self.data.clone(), self.f.clone())
    }
}

impl<D: core::fmt::Debug, F, A, B, T> core::fmt::Debug for Map<D, F, A, B, T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{:?}, mapped", self.data)
    }
}
