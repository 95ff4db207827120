//! Two samples in one.

use super::{below, read};
use crate::data::combine::Pool;
use crate::data::{Dataset, sample_seed};
use crate::{Result, Shape, Tensor};

/// Room for the other sample.
type Other<S, T> = Pool<(Box<Tensor<S>>, Box<Tensor<T>>)>;

/// Each sample mixed with another one, inputs and targets alike (Zhang et al. 2018, arXiv 1710.09412): [`Dataset::mix_up`].
pub struct MixUp<D, S: Shape, T: Shape> {
    data: D,
    alpha: f32,
    free: Other<S, T>,
}

impl<D, S: Shape, T: Shape> MixUp<D, S, T> {
    #[track_caller]
    pub(in crate::data) fn new(data: D, alpha: f32) -> Self {
        crate::setting::positive("mix_up: alpha", alpha);
        Self { data, alpha, free: Pool::new() }
    }
}

impl<S: Shape, T: Shape, D: Dataset<Tensor<S>, Target = Tensor<T>>> Dataset<Tensor<S>> for MixUp<D, S, T> {
    type Target = Tensor<T>;
    fn len(&self) -> usize {
        self.data.len()
    }
    fn metadata(&self) -> Vec<(String, String)> {
        self.data.metadata()
    }
    fn fill(&self, i: usize, seed: u64, input: &mut Tensor<S>, target: &mut Tensor<T>) -> Result<()> {
        read(&self.data, i, below(seed), input, target)?;
        let mut rng = crate::rng(seed);
        let share = rng.beta(self.alpha);
        let other = rng.below(self.data.len());
        self.free.with(
            || (Tensor::boxed(), Tensor::boxed()),
            |(other_input, other_target)| {
                read(&self.data, other, sample_seed(seed, 1, other), other_input, other_target)?;
                mix(input.as_mut_slice(), other_input.as_slice(), share);
                mix(target.as_mut_slice(), other_target.as_slice(), share);
                Ok(())
            },
        )
    }
    fn fill_target(&self, i: usize, target: &mut Tensor<T>) -> Result<()> {
        self.data.fill_target(i, target)
    }
}

/// `share` of the one, the rest of the other.
fn mix(to: &mut [f32], from: &[f32], share: f32) {
    to.iter_mut().zip(from).for_each(|(x, y)| *x = share * *x + (1.0 - share) * y);
}

impl<D: core::fmt::Debug, S: Shape, T: Shape> core::fmt::Debug for MixUp<D, S, T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{:?}, mixed up", self.data)
    }
}
