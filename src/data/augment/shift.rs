//! Images moved by whole pixels.

use super::{Augmentation, Picture};
use crate::{Rng, setting};

/// Moves by whole pixels, up to this share of the height and of the width in each direction; what comes in is 0, or [`fill`](Shift::fill).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shift {
    share: f32,
    fill: f32,
}

impl Shift {
    /// By up to this share.
    ///
    /// # Panics
    /// If it is not from 0 to 1.
    #[must_use]
    #[track_caller]
    pub const fn new(share: f32) -> Self {
        setting::share("Shift: share", share);
        Self { share, fill: 0.0 }
    }

    /// What comes in.
    #[must_use]
    pub const fn fill(mut self, number: f32) -> Self {
        self.fill = number;
        self
    }
}

impl Augmentation for Shift {
    fn apply(&self, picture: &mut Picture<'_>, rng: &mut Rng) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of an extent")]
        let most = |extent: usize| (self.share * extent as f32).round() as usize;
        let [most_y, most_x] = [picture.height(), picture.width()].map(most);
        let (y, x) = (draw(most_y, rng), draw(most_x, rng));
        shift(picture, y, x, self.fill);
    }
}

/// Pads so many pixels on each side and crops the image's own size out of it, anywhere: `RandomCrop(size, padding)` of torchvision. The padding
/// is 0, or [`fill`](Crop::fill).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Crop {
    padding: usize,
    fill: f32,
}

impl Crop {
    /// With so much padding.
    #[must_use]
    pub const fn new(padding: usize) -> Self {
        Self { padding, fill: 0.0 }
    }

    /// What the padding is.
    #[must_use]
    pub const fn fill(mut self, number: f32) -> Self {
        self.fill = number;
        self
    }
}

impl Augmentation for Crop {
    fn apply(&self, picture: &mut Picture<'_>, rng: &mut Rng) {
        let (y, x) = (draw(self.padding, rng), draw(self.padding, rng));
        shift(picture, y, x, self.fill);
    }
}

/// A whole number from -most to most.
fn draw(most: usize, rng: &mut Rng) -> isize {
    rng.below(2 * most + 1).cast_signed() - most.cast_signed()
}

/// Moves down by `dy` and right by `dx`.
fn shift(picture: &mut Picture<'_>, dy: isize, dx: isize, fill: f32) {
    let (height, width) = (picture.height(), picture.width());
    picture.remake(|old, y, x| match (y.checked_add_signed(-dy), x.checked_add_signed(-dx)) {
        (Some(y), Some(x)) if y < height && x < width => old[y * width + x],
        _ => fill,
    });
}
