//! Batches of random numbers: what a generator begins with, a start for an image that is searched.

use super::Batch;
use crate::{Rng, Shape, setting};
use core::ops::Range;

impl<S: Shape> Batch<S> {
    /// `len` samples from the normal distribution of mean 0 and variance 1, drawn sample by sample: the same generator gives the same bits.
    ///
    /// ```
    /// use fireclay::prelude::*;
    /// let noise = Batch::<shape![100]>::normal(16, &mut rng(42));
    /// assert_eq!(noise.to_vec(), Batch::<shape![100]>::normal(16, &mut rng(42)).to_vec());
    /// let mean = noise.to_vec().iter().sum::<f32>() / 1600.0;
    /// assert!(mean.abs() < 0.1);
    /// ```
    #[must_use]
    pub fn normal(len: usize, rng: &mut Rng) -> Self {
        Self::from_fn(len, |_, _| rng.normal())
    }

    /// `len` samples whose numbers are equally likely from the start of the range to below its end, drawn sample by sample.
    ///
    /// ```
    /// use fireclay::prelude::*;
    /// let noise = Batch::<shape![1, 8, 8]>::uniform(4, -1.0..1.0, &mut rng(42));
    /// assert!(noise.to_vec().iter().all(|x| (-1.0..1.0).contains(x)));
    /// ```
    ///
    /// # Panics
    /// If the start or the end of the range is not finite, or the end lies before the start.
    #[must_use]
    #[track_caller]
    pub fn uniform(len: usize, range: Range<f32>, rng: &mut Rng) -> Self {
        let Range { start, end } = range;
        setting::finite("Batch: start of the range", start);
        setting::finite("Batch: end of the range", end);
        assert!(start <= end, "Batch: a range from {start:?} to {end:?}: the end lies before the start");
        // Rounding may reach the end; the difference of the two may be too large for `f32`.
        let largest = end.next_down().max(start);
        Self::from_fn(len, |_, _| {
            let share = rng.uniform();
            (start * (1.0 - share) + end * share).clamp(start, largest)
        })
    }
}
