//! Normalization of data: numbers that are found on the data to learn from, and applied to all.

mod method;
mod normal;
mod normalized;
mod text;

pub use method::Method;
pub use normalized::{Normalized, NormalizedTargets};

use super::{Dataset, Scratch, sample_seed};
use crate::{Error, Result, Shape, Tensor};
use core::marker::PhantomData;
use method::Moments;

/// Which numbers share their mean, deviation, and so on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Per {
    /// Each entry of this axis its own: axis 0 is the channels of an image `[C, H, W]` and the columns of a table `[N]`, axis 1 the features of a
    /// sequence `[T, F]`.
    Axis(usize),
    /// One for all.
    Tensor,
}

/// A normalization of tensors of a shape, fit to a data set.
///
/// ```
/// use fireclay::{data::{Method, Normalization}, prelude::*};
/// let (train, test) = Digits::split()?;
/// let normalization = Normalization::fit(Method::ZScore, &train)?; // of the data to learn from
/// let (train, test) = (train.normalize(&normalization), test.normalize(&normalization)); // of both
///
/// network! { pub Small(image: [1, 8, 8]) -> [10] { image -> Flatten -> fc: Dense(10) } }
/// let mut net = Small::init(&mut rng(1));
/// Trainer::new(CrossEntropy, Adam::new(5e-3)).epochs(2).progress(ProgressBar::Off).fit(&mut net, &train)?;
/// assert!(net.evaluate(&test, Accuracy) > 0.5);
///
/// let kept = normalization.to_metadata("input"); // pairs of text, for a file
/// assert_eq!(Normalization::from_metadata("input", kept)?, normalization);
/// # Ok::<(), fireclay::Error>(())
/// ```
pub struct Normalization<S: Shape> {
    method: Method,
    per: Per,
    /// For each group the two numbers of its method.
    parameters: Vec<[f32; 2]>,
    shape: PhantomData<S>,
}

impl<S: Shape> Normalization<S> {
    /// Fit to the inputs of a data set, [per](Per) entry of axis 0: channels of images, columns of tables.
    ///
    /// # Errors
    /// If there are no samples, if a number is infinite, NaN, or (for [`Method::LogNormal`]) not greater than 0: the error says which.
    pub fn fit(method: Method, data: &impl Dataset<Tensor<S>>) -> Result<Self> {
        Self::fit_per(Per::Axis(0), method, data)
    }

    /// Fit to the inputs of a data set.
    ///
    /// # Errors
    /// As [`fit`](Self::fit).
    ///
    /// # Panics
    /// If there is no such axis.
    #[track_caller]
    pub fn fit_per<D: Dataset<Tensor<S>>>(per: Per, method: Method, data: &D) -> Result<Self> {
        let mut scratch = Scratch::new();
        Self::of(per, method, data.len(), "input", |i, see| {
            scratch.with(data, i, sample_seed(0, 0, i), |input, _: &D::Target| see(input.as_slice()))
        })
    }

    /// Fit to the targets of a data set, [per](Per) entry of axis 0: what a network is to yield may lie in a range that it yields easily.
    ///
    /// # Errors
    /// As [`fit`](Self::fit).
    pub fn fit_targets<I: crate::Values>(method: Method, data: &impl Dataset<I, Target = Tensor<S>>) -> Result<Self> {
        let mut target = Tensor::boxed();
        Self::of(Per::Axis(0), method, data.len(), "target", |i, see| {
            data.fill_target(i, &mut target)?;
            see(target.as_slice());
            Ok(())
        })
    }

    #[track_caller]
    fn of(
        per: Per,
        method: Method,
        len: usize,
        what: &str,
        mut each: impl FnMut(usize, &mut dyn FnMut(&[f32])) -> Result<()>,
    ) -> Result<Self> {
        if len == 0 {
            return Err(Error::Empty { what: "the data to normalize by" });
        }
        let mut moments = vec![Moments::new(); groups(per, S::DIMS)];
        for i in 0..len {
            let mut wrong = None;
            each(i, &mut |numbers| {
                for (at, x) in numbers.iter().enumerate() {
                    match method.takes(*x) {
                        Ok(x) => moments[group(per, S::DIMS, at)].add(x),
                        Err(reason) => {
                            wrong.get_or_insert((at, *x, reason));
                        }
                    }
                }
            })?;
            if let Some((at, x, reason)) = wrong {
                return Err(Error::Setting(format!("{method:?}: number {at} of the {what} of sample {i} is {x:?}; {reason}")));
            }
        }
        Ok(Self { method, per, parameters: moments.iter().map(|m| method.parameters(m)).collect(), shape: PhantomData })
    }

    /// What is done.
    #[must_use]
    pub fn method(&self) -> Method {
        self.method
    }

    /// Which numbers share their parameters.
    #[must_use]
    pub fn per(&self) -> Per {
        self.per
    }

    /// For each group its two numbers, as the [`Method`] says.
    #[must_use]
    pub fn parameters(&self) -> &[[f32; 2]] {
        &self.parameters
    }

    /// Normalizes a tensor, in place: for an input to `predict`.
    pub fn apply(&self, tensor: &mut Tensor<S>) {
        self.each(tensor, |x, parameters| self.method.apply(x, parameters));
    }

    /// Takes a normalized tensor back, in place: for an output. Where a method ends at a bound (logistic, log-normal and tanh), what lies at it or beyond was
    /// infinite, or far away.
    pub fn invert(&self, tensor: &mut Tensor<S>) {
        self.each(tensor, |x, parameters| self.method.invert(x, parameters));
    }

    fn each(&self, tensor: &mut Tensor<S>, f: impl Fn(f32, [f32; 2]) -> f32) {
        for (at, x) in tensor.as_mut_slice().iter_mut().enumerate() {
            *x = f(*x, self.parameters[group(self.per, S::DIMS, at)]);
        }
    }
}

/// How many groups there are.
#[track_caller]
fn groups(per: Per, dims: &[usize]) -> usize {
    match per {
        Per::Axis(axis) => {
            assert!(axis < dims.len(), "there is no axis {axis} in {dims:?}, which counts from 0");
            dims[axis]
        }
        Per::Tensor => 1,
    }
}

/// The group of a number.
#[inline]
fn group(per: Per, dims: &[usize], at: usize) -> usize {
    match per {
        Per::Axis(axis) => at / dims[axis + 1..].iter().product::<usize>().max(1) % dims[axis],
        Per::Tensor => 0,
    }
}

impl<S: Shape> Clone for Normalization<S> {
    fn clone(&self) -> Self {
        Self { method: self.method, per: self.per, parameters: self.parameters.clone(), shape: PhantomData }
    }
}

impl<S: Shape> PartialEq for Normalization<S> {
    fn eq(&self, other: &Self) -> bool {
        (self.method, self.per, &self.parameters) == (other.method, other.per, &other.parameters)
    }
}

impl<S: Shape> core::fmt::Debug for Normalization<S> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{:?} of {:?} per {:?}: {:?}", self.method, S::DIMS, self.per, self.parameters)
    }
}
