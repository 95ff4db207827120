//! Images turned and scaled about their center, bilinear between pixels.

use super::{Augmentation, Picture};
use crate::{Rng, setting};

/// Turns about the center by up to so many degrees, in either direction; what comes in is 0, or [`fill`](Rotate::fill).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rotate {
    degrees: f32,
    fill: f32,
}

impl Rotate {
    /// By up to so many degrees.
    ///
    /// # Panics
    /// If they are negative, infinite or NaN.
    #[must_use]
    #[track_caller]
    pub const fn new(degrees: f32) -> Self {
        setting::not_negative("Rotate: degrees", degrees);
        Self { degrees, fill: 0.0 }
    }

    /// What comes in.
    #[must_use]
    pub const fn fill(mut self, number: f32) -> Self {
        self.fill = number;
        self
    }
}

impl Augmentation for Rotate {
    fn apply(&self, picture: &mut Picture<'_>, rng: &mut Rng) {
        let (sin, cos) = ((2.0 * rng.uniform() - 1.0) * self.degrees).to_radians().sin_cos();
        warp(picture, [cos, -sin, sin, cos], self.fill);
    }
}

/// Scales about the center by a factor, each between two equally likely; what comes in around a smaller image is 0, or [`fill`](Scale::fill).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    from: f32,
    to: f32,
    fill: f32,
}

impl Scale {
    /// By a factor between these: 2 is twice as large.
    ///
    /// # Panics
    /// If one of them is not greater than 0.
    #[must_use]
    #[track_caller]
    pub const fn new(from: f32, to: f32) -> Self {
        setting::positive("Scale: from", from);
        setting::positive("Scale: to", to);
        Self { from, to, fill: 0.0 }
    }

    /// What comes in.
    #[must_use]
    pub const fn fill(mut self, number: f32) -> Self {
        self.fill = number;
        self
    }
}

impl Augmentation for Scale {
    fn apply(&self, picture: &mut Picture<'_>, rng: &mut Rng) {
        let factor = 1.0 / (self.from + (self.to - self.from) * rng.uniform());
        warp(picture, [factor, 0.0, 0.0, factor], self.fill);
    }
}

/// Each pixel from where `[yy, yx, xy, xx]` takes it, seen from the center.
fn warp(picture: &mut Picture<'_>, [yy, yx, xy, xx]: [f32; 4], fill: f32) {
    let (height, width) = (picture.height(), picture.width());
    let center = [height, width].map(|extent| (extent as f32 - 1.0) / 2.0);
    picture.remake(|old, y, x| {
        let (y, x) = (y as f32 - center[0], x as f32 - center[1]);
        let (y, x) = (yy * y + yx * x + center[0], xy * y + xx * x + center[1]);
        let (top, left) = (y.floor(), x.floor());
        let pixel = |y: f32, x: f32| {
            if y < 0.0 || x < 0.0 || y >= height as f32 || x >= width as f32 {
                return fill;
            }
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place within the image")]
            let at = y as usize * width + x as usize;
            old[at]
        };
        let row = |y: f32| mix(pixel(y, left), pixel(y, left + 1.0), x - left);
        mix(row(top), row(top + 1.0), y - top)
    });
}

/// `a` where `share` is 0, `b` where it is 1. (What has no share may be no number.)
fn mix(a: f32, b: f32, share: f32) -> f32 {
    if share == 0.0 { a } else { a + (b - a) * share }
}
