//! Data sets that are normalized.

use super::Normalization;
use crate::data::{Dataset, joined};
use crate::{Result, Shape, Tensor, Values};

/// The metadata of data that was normalized, and now is normalized once more: the second normalization is called `input.2`, the third `input.3`.
fn with<S: Shape>(normalization: &Normalization<S>, name: &str, before: Vec<(String, String)>) -> Vec<(String, String)> {
    let is_there =
        |name: &str| normalization.to_metadata(name).iter().any(|(key, _)| before.iter().any(|(known, _)| known == key));
    let mut own = name.to_owned();
    let mut number = 1;
    while is_there(&own) {
        number += 1;
        own = format!("{name}.{number}");
    }
    joined(before, normalization.to_metadata(&own).into())
}

/// A data set whose inputs are normalized: [`Dataset::normalize`].
#[derive(Clone)]
pub struct Normalized<D, S: Shape> {
    data: D,
    normalization: Normalization<S>,
}

impl<D, S: Shape> Normalized<D, S> {
    pub(in crate::data) const fn new(data: D, normalization: Normalization<S>) -> Self {
        Self { data, normalization }
    }
}

impl<S: Shape, D: Dataset<Tensor<S>>> Dataset<Tensor<S>> for Normalized<D, S> {
    type Target = D::Target;
    fn len(&self) -> usize {
        self.data.len()
    }
    fn metadata(&self) -> Vec<(String, String)> {
        with(&self.normalization, "input", self.data.metadata())
    }
    fn fill(&self, i: usize, seed: u64, input: &mut Tensor<S>, target: &mut D::Target) -> Result<()> {
        self.data.fill(i, seed, input, target)?;
        self.normalization.apply(input);
        Ok(())
    }
    fn fill_target(&self, i: usize, target: &mut D::Target) -> Result<()> {
        self.data.fill_target(i, target)
    }
}

/// A data set whose targets are normalized: [`Dataset::normalize_targets`].
#[derive(Clone)]
pub struct NormalizedTargets<D, S: Shape> {
    data: D,
    normalization: Normalization<S>,
}

impl<D, S: Shape> NormalizedTargets<D, S> {
    pub(in crate::data) const fn new(data: D, normalization: Normalization<S>) -> Self {
        Self { data, normalization }
    }
}

impl<I: Values, S: Shape, D: Dataset<I, Target = Tensor<S>>> Dataset<I> for NormalizedTargets<D, S> {
    type Target = Tensor<S>;
    fn len(&self) -> usize {
        self.data.len()
    }
    fn metadata(&self) -> Vec<(String, String)> {
        with(&self.normalization, "target", self.data.metadata())
    }
    fn fill(&self, i: usize, seed: u64, input: &mut I, target: &mut Tensor<S>) -> Result<()> {
        self.data.fill(i, seed, input, target)?;
        self.normalization.apply(target);
        Ok(())
    }
    fn fill_target(&self, i: usize, target: &mut Tensor<S>) -> Result<()> {
        self.data.fill_target(i, target)?;
        self.normalization.apply(target);
        Ok(())
    }
}

impl<D: core::fmt::Debug, S: Shape> core::fmt::Debug for Normalized<D, S> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{:?}, normalized", self.data)
    }
}

impl<D: core::fmt::Debug, S: Shape> core::fmt::Debug for NormalizedTargets<D, S> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{:?}, with normalized targets", self.data)
    }
}
