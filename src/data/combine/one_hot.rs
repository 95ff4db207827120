//! Classes as probabilities.

use crate::data::Dataset;
use crate::{Const, Index, Result, Tensor, Values};
use core::marker::PhantomData;

/// Classes as probabilities, 1 for the class that it is and 0 for all others: [`Dataset::one_hot`].
#[derive(Clone)]
pub struct OneHot<D, C> {
    data: D,
    class: PhantomData<fn() -> C>,
}

impl<D, C> OneHot<D, C> {
    pub(in crate::data) const fn new(data: D) -> Self {
        Self { data, class: PhantomData }
    }
}

impl<I: Values, D: Dataset<I, Target = Index<CLASSES>>, const CLASSES: usize> Dataset<I> for OneHot<D, Index<CLASSES>>
where
    (Const<CLASSES>,): crate::Shape,
{
    type Target = Tensor<(Const<CLASSES>,)>;
    fn len(&self) -> usize {
        self.data.len()
    }
    fn metadata(&self) -> Vec<(String, String)> {
        self.data.metadata()
    }
    fn fill(&self, i: usize, seed: u64, input: &mut I, target: &mut Self::Target) -> Result<()> {
        let mut class = Index::default();
        if let Some((lent, lent_class)) = self.data.lend(i) {
            input.assign(lent);
            class = *lent_class;
        } else {
            self.data.fill(i, seed, input, &mut class)?;
        }
        set(target, class);
        Ok(())
    }
    fn fill_target(&self, i: usize, target: &mut Self::Target) -> Result<()> {
        let mut class = Index::default();
        self.data.fill_target(i, &mut class)?;
        set(target, class);
        Ok(())
    }
}

fn set<const CLASSES: usize>(target: &mut Tensor<(Const<CLASSES>,)>, class: Index<CLASSES>)
where
    (Const<CLASSES>,): crate::Shape,
{
    target.as_mut_slice().fill(0.0);
    target.as_mut_slice()[class.get()] = 1.0;
}

impl<D: core::fmt::Debug, C> core::fmt::Debug for OneHot<D, C> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{:?}, one-hot", self.data)
    }
}
