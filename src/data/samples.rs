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

    /// Two parts, dealt by `seed`, each with copies of its samples: the first has about `fraction` of them.
    ///
    /// # Panics
    /// If `fraction` is not from 0 to 1.
    #[cfg(feature = "random")]
    #[must_use]
    #[track_caller]
    pub fn split(&self, fraction: f64, seed: u64) -> (Self, Self) {
        let (first, second) = super::split::deal([(0..self.len()).collect()], fraction, seed);
        (self.pick(&first), self.pick(&second))
    }
}

#[cfg(feature = "random")]
impl<I: Values, const CLASSES: usize> Samples<I, Index<CLASSES>> {
    /// Two parts, dealt by `seed`, each with copies of its samples: the first has `fraction` of each class.
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
        let (first, second) = super::split::deal(groups, fraction, seed);
        (self.pick(&first), self.pick(&second))
    }
}

impl<I: Values, T: Values> Dataset<I> for Samples<I, T> {
    type Target = T;
    fn len(&self) -> usize {
        self.inputs.len()
    }
    fn fill(&self, i: usize, _: u64, input: &mut I, target: &mut T) -> Result<()> {
        input.assign(&self.inputs[i]);
        target.assign(&self.targets[i]);
        Ok(())
    }
    #[inline]
    fn lend(&self, i: usize) -> Option<(&I, &T)> {
        Some((&self.inputs[i], &self.targets[i]))
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

        impl $name {
            /// Two parts, dealt by `seed`, each with copies of its samples: the first has `fraction` of each class.
            ///
            /// # Panics
            /// If `fraction` is not from 0 to 1.
            #[must_use]
            #[track_caller]
            pub fn split_stratified(&self, fraction: f64, seed: u64) -> (Self, Self) {
                let (first, second) = self.0.split_stratified(fraction, seed);
                (Self(first), Self(second))
            }
        }

        impl core::iter::FromIterator<($input, $target)> for $name {
            fn from_iter<It: IntoIterator<Item = ($input, $target)>>(samples: It) -> Self {
                Self(samples.into_iter().collect())
            }
        }

        impl $crate::data::Dataset<$input> for $name {
            type Target = $target;
            fn len(&self) -> usize {
                self.0.len()
            }
            fn fill(&self, i: usize, seed: u64, input: &mut $input, target: &mut $target) -> $crate::Result<()> {
                $crate::data::Dataset::fill(&self.0, i, seed, input, target)
            }
            #[inline]
            fn lend(&self, i: usize) -> Option<(&$input, &$target)> {
                $crate::data::Dataset::lend(&self.0, i)
            }
        }
    };
}
#[cfg(feature = "data")]
pub(super) use named;
