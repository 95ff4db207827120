//! Random numbers, by a generator that is named: a seed means the same in every version.

use core::fmt;
use rand::RngExt;
use rand::seq::SliceRandom;
use rand_distr::{Distribution, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;

/// A generator of random numbers (xoshiro256++, Blackman and Vigna 2018), as [`rng`] makes it.
#[derive(Clone, PartialEq, Eq)]
pub struct Rng(Xoshiro256PlusPlus);

/// A generator of random numbers: the same seed gives the same numbers.
///
/// ```
/// use fireclay::prelude::*;
/// network! { pub Xor(x: [2]) -> [1] { x -> hidden: Dense(8) -> Tanh -> out: Dense(1) } }
/// let (a, b) = (Xor::init(&mut rng(42)), Xor::init(&mut rng(42)));
/// assert_eq!(a.hidden.weight, b.hidden.weight);
/// ```
#[must_use]
pub fn rng(seed: u64) -> Rng {
    Rng(rand::SeedableRng::seed_from_u64(seed))
}

impl Rng {
    /// Equally likely from 0 to below 1.
    pub fn uniform(&mut self) -> f32 {
        self.0.random()
    }

    /// A whole number from 0 to below `bound`, each equally likely.
    ///
    /// ```
    /// let mut rng = fireclay::rng(1);
    /// assert!((0..100).all(|_| rng.below(6) < 6));
    /// ```
    ///
    /// # Panics
    /// If `bound` is 0.
    #[track_caller]
    pub fn below(&mut self, bound: usize) -> usize {
        assert!(bound > 0, "bound = 0: no number is below it");
        self.0.random_range(0..bound as u64) as usize
    }

    /// From the beta distribution whose two parameters are this number.
    #[cfg(feature = "std")]
    pub(crate) fn beta(&mut self, alpha: f32) -> f32 {
        // Of parameters that are no distribution it is the mean.
        rand_distr::Beta::new(alpha, alpha).map_or(0.5, |beta| beta.sample(&mut self.0))
    }

    /// From the normal distribution of mean 0 and variance 1.
    pub fn normal(&mut self) -> f32 {
        StandardNormal.sample(&mut self.0)
    }

    /// Puts items into an order of which each is equally likely.
    ///
    /// ```
    /// let mut order = [0, 1, 2, 3, 4, 5, 6, 7];
    /// fireclay::rng(1).shuffle(&mut order);
    /// assert_ne!(order, [0, 1, 2, 3, 4, 5, 6, 7]);
    /// order.sort();
    /// assert_eq!(order, [0, 1, 2, 3, 4, 5, 6, 7]);
    /// ```
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        items.shuffle(&mut self.0);
    }
}

impl fmt::Debug for Rng {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rng")
    }
}
