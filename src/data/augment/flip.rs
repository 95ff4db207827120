//! Flips.

use super::{Augmentation, Picture};
use crate::{Rng, setting};

/// Left becomes right, with this probability.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HorizontalFlip(f32);

impl HorizontalFlip {
    /// With this probability.
    ///
    /// # Panics
    /// If it is not from 0 to 1.
    #[must_use]
    #[track_caller]
    pub const fn new(probability: f32) -> Self {
        setting::share("HorizontalFlip: probability", probability);
        Self(probability)
    }
}

impl Augmentation for HorizontalFlip {
    fn apply(&self, picture: &mut Picture<'_>, rng: &mut Rng) {
        if rng.uniform() < self.0 {
            picture.rows_mut().for_each(<[f32]>::reverse);
        }
    }
}

/// Upside becomes down, with this probability.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VerticalFlip(f32);

impl VerticalFlip {
    /// With this probability.
    ///
    /// # Panics
    /// If it is not from 0 to 1.
    #[must_use]
    #[track_caller]
    pub const fn new(probability: f32) -> Self {
        setting::share("VerticalFlip: probability", probability);
        Self(probability)
    }
}

impl Augmentation for VerticalFlip {
    fn apply(&self, picture: &mut Picture<'_>, rng: &mut Rng) {
        if rng.uniform() >= self.0 {
            return;
        }
        let (height, width) = (picture.height(), picture.width());
        for channel in picture.channels_mut() {
            for y in 0..height / 2 {
                let (above, below) = channel.split_at_mut((height - 1 - y) * width);
                above[y * width..(y + 1) * width].swap_with_slice(&mut below[..width]);
            }
        }
    }
}
