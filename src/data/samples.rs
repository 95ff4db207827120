//! Samples in memory.

use super::Dataset;
#[cfg(feature = "random")]
use crate::Index;
use crate::{Error, Result, Values};

/// Inputs and targets side by side, in memory.
///
/// ```
/// use fireclay::{data::Samples, prelude::*};
/// let xor: Samples<Tensor<shape![2]>, Tensor<shape![1]>> = [([0.0, 0.0], 0.0), ([0.0, 1.0], 1.0), ([1.0, 0.0], 1.0), ([1.0, 1.0], 0.0)]
///     .into_iter()
///     .map(|(x, y)| (Tensor::from(x), Tensor::from([y])))
///     .collect();
/// assert_eq!(xor.len(), 4);
/// ```
#[derive(Clone)]
pub struct Samples<I, T> {
    inputs: Vec<I>,
    targets: Vec<T>,
}

impl<I: Values, T: Values> Samples<I, T> {
    /// These inputs with these targets.
    ///
    /// # Errors
    /// If there are not as many of each.
    pub fn new(inputs: Vec<I>, targets: Vec<T>) -> Result<Self> {
        if inputs.len() != targets.len() {
            return Err(Error::Setting(format!("{} inputs with {} targets", inputs.len(), targets.len())));
        }
        Ok(Self { inputs, targets })
    }

    /// How many samples.
    #[must_use]
    pub fn len(&self) -> usize {
        self.inputs.len()
    }

    /// No sample.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.inputs.is_empty()
    }

    /// The i-th input.
    ///
    /// # Panics
    /// If there are not that many.
    #[must_use]
    pub fn input(&self, i: usize) -> &I {
        &self.inputs[i]
    }

    /// The i-th target.
    ///
    /// # Panics
    /// If there are not that many.
    #[must_use]
    pub fn target(&self, i: usize) -> &T {
        &self.targets[i]
    }

    /// Inputs with their targets, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&I, &T)> {
        self.inputs.iter().zip(&self.targets)
    }

    /// The samples at these places.
    ///
    /// # Panics
    /// If one of them is not there.
    #[must_use]
    pub fn pick(&self, places: &[usize]) -> Self {
        let inputs = places.iter().map(|i| self.inputs[*i].clone()).collect();
        let targets = places.iter().map(|i| self.targets[*i].clone()).collect();
        Self { inputs, targets }
    }

    /// The first `len` samples, or all if there are fewer.
    #[must_use]
    pub fn take(&self, len: usize) -> Self {
        let len = len.min(self.len());
        Self { inputs: self.inputs[..len].to_vec(), targets: self.targets[..len].to_vec() }
    }

    /// Two parts, shuffled by `seed`; the second has about `fraction` of the samples.
    ///
    /// # Panics
    /// If `fraction` is not from 0 to 1.
    #[cfg(feature = "random")]
    #[must_use]
    #[track_caller]
    pub fn split(&self, fraction: f64, seed: u64) -> (Self, Self) {
        self.split_groups([(0..self.len()).collect()], fraction, seed)
    }

    /// Shuffles each group by itself and puts `fraction` of it into the second part.
    #[cfg(feature = "random")]
    #[track_caller]
    fn split_groups(&self, groups: impl IntoIterator<Item = Vec<usize>>, fraction: f64, seed: u64) -> (Self, Self) {
        assert!((0.0..=1.0).contains(&fraction), "fraction = {fraction:?} must be from 0 to 1: the share of the second part");
        let mut rng = crate::rng(seed);
        let (mut first, mut second) = (Vec::new(), Vec::new());
        for mut group in groups {
            rng.shuffle(&mut group);
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a part of a length")]
            let cut = (group.len() as f64 * fraction).round() as usize;
            second.extend_from_slice(&group[..cut]);
            first.extend_from_slice(&group[cut..]);
        }
        first.sort_unstable();
        second.sort_unstable();
        (self.pick(&first), self.pick(&second))
    }
}

#[cfg(feature = "random")]
impl<I: Values, const CLASSES: usize> Samples<I, Index<CLASSES>> {
    /// Two parts, shuffled by `seed`; the second has `fraction` of each class.
    ///
    /// # Panics
    /// If `fraction` is not from 0 to 1.
    #[must_use]
    #[track_caller]
    pub fn split_stratified(&self, fraction: f64, seed: u64) -> (Self, Self) {
        let mut groups = vec![Vec::new(); CLASSES];
        for (i, class) in self.targets.iter().enumerate() {
            groups[class.get()].push(i);
        }
        self.split_groups(groups, fraction, seed)
    }
}

impl<I: Values, T: Values> Dataset<I> for Samples<I, T> {
    type Target = T;
    fn len(&self) -> usize {
        self.inputs.len()
    }
    fn input(&self, i: usize) -> &I {
        &self.inputs[i]
    }
    fn target(&self, i: usize) -> &T {
        &self.targets[i]
    }
}

impl<I: Values, T: Values> FromIterator<(I, T)> for Samples<I, T> {
    fn from_iter<It: IntoIterator<Item = (I, T)>>(samples: It) -> Self {
        let (inputs, targets) = samples.into_iter().unzip();
        Self { inputs, targets }
    }
}

impl<I: Values, T: Values> core::fmt::Debug for Samples<I, T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{} samples of {:?} → {:?}", self.inputs.len(), I::TYPES, T::TYPES)
    }
}

/// A data set of its own name, made of [`Samples`].
#[cfg(feature = "data")]
macro_rules! named {
    ($(#[$meta:meta])* $name:ident, $input:ty, $target:ty) => {
        $(#[$meta])*
        #[derive(Clone, Debug)]
        pub struct $name($crate::data::Samples<$input, $target>);

        impl core::ops::Deref for $name {
            type Target = $crate::data::Samples<$input, $target>;
            fn deref(&self) -> &Self::Target {
                &self.0
            }
        }

        impl $crate::data::Dataset<$input> for $name {
            type Target = $target;
            fn len(&self) -> usize {
                self.0.len()
            }
            fn input(&self, i: usize) -> &$input {
                self.0.input(i)
            }
            fn target(&self, i: usize) -> &$target {
                self.0.target(i)
            }
        }
    };
}
#[cfg(feature = "data")]
pub(super) use named;
