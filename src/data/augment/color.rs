//! Brightness, contrast, noise.

use super::{Augmentation, Picture};
use crate::{Rng, setting};

/// Multiplies by a factor from 1 - amount (at least 0) to 1 + amount, and cuts at 0 and 1: for images of 0…1, before they are normalized.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Brightness(f32);

impl Brightness {
    /// By up to this amount.
    ///
    /// # Panics
    /// If it is negative, infinite or NaN.
    #[must_use]
    #[track_caller]
    pub const fn new(amount: f32) -> Self {
        setting::not_negative("Brightness: amount", amount);
        Self(amount)
    }
}

impl Augmentation for Brightness {
    fn apply(&self, picture: &mut Picture<'_>, rng: &mut Rng) {
        let factor = factor(self.0, rng);
        picture.numbers_mut().iter_mut().for_each(|x| *x = (factor * *x).clamp(0.0, 1.0));
    }
}

/// Multiplies the distance from the mean of the image (of its gray values, where it has three channels) by a factor from 1 - amount (at least 0)
/// to 1 + amount, and cuts at 0 and 1: for images of 0…1, before they are normalized.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Contrast(f32);

impl Contrast {
    /// By up to this amount.
    ///
    /// # Panics
    /// If it is negative, infinite or NaN.
    #[must_use]
    #[track_caller]
    pub const fn new(amount: f32) -> Self {
        setting::not_negative("Contrast: amount", amount);
        Self(amount)
    }
}

impl Augmentation for Contrast {
    fn apply(&self, picture: &mut Picture<'_>, rng: &mut Rng) {
        /// How bright red, green and blue are (ITU-R BT.601).
        const GRAY: [f32; 3] = [0.299, 0.587, 0.114];
        let factor = factor(self.0, rng);
        let colored = picture.channels() == GRAY.len();
        let equal = 1.0 / picture.channels() as f32;
        let mean = |(i, channel): (usize, &mut [f32])| {
            let weight = if colored { GRAY[i] } else { equal };
            weight * channel.iter().sum::<f32>() / channel.len() as f32
        };
        let mean: f32 = picture.channels_mut().enumerate().map(mean).sum();
        picture.numbers_mut().iter_mut().for_each(|x| *x = (mean + factor * (*x - mean)).clamp(0.0, 1.0));
    }
}

fn factor(amount: f32, rng: &mut Rng) -> f32 {
    let (low, high) = ((1.0 - amount).max(0.0), 1.0 + amount);
    low + (high - low) * rng.uniform()
}

/// Adds numbers from a normal distribution to all, and cuts nothing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Noise(f32);

impl Noise {
    /// Of this standard deviation.
    ///
    /// # Panics
    /// If it is negative, infinite or NaN.
    #[must_use]
    #[track_caller]
    pub const fn new(deviation: f32) -> Self {
        setting::not_negative("Noise: deviation", deviation);
        Self(deviation)
    }
}

impl Augmentation for Noise {
    fn apply(&self, picture: &mut Picture<'_>, rng: &mut Rng) {
        picture.numbers_mut().iter_mut().for_each(|x| *x += self.0 * rng.normal());
    }
}
