//! A hole in the image.

use super::{Augmentation, Picture};
use crate::{Rng, setting};

/// A square of so many pixels becomes 0, or [`fill`](Cutout::fill): about any pixel, and less of it at the border (DeVries and Taylor 2017, arXiv 1708.04552).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cutout {
    side: usize,
    fill: f32,
}

impl Cutout {
    /// Of this side.
    ///
    /// # Panics
    /// If it is 0.
    #[must_use]
    #[track_caller]
    pub const fn new(side: usize) -> Self {
        setting::at_least_one("Cutout: side", side);
        Self { side, fill: 0.0 }
    }

    /// What the square becomes.
    #[must_use]
    pub const fn fill(mut self, number: f32) -> Self {
        self.fill = number;
        self
    }
}

impl Augmentation for Cutout {
    fn apply(&self, picture: &mut Picture<'_>, rng: &mut Rng) {
        let (height, width) = (picture.height(), picture.width());
        let mut span = |extent: usize| {
            let first = rng.below(extent.max(1)).cast_signed() - (self.side / 2).cast_signed();
            let end = first.saturating_add_unsigned(self.side);
            first.max(0).cast_unsigned()..end.max(0).cast_unsigned().min(extent)
        };
        let (rows, columns) = (span(height), span(width));
        for channel in picture.channels_mut() {
            for y in rows.clone() {
                channel[y * width..(y + 1) * width][columns.clone()].fill(self.fill);
            }
        }
    }
}
