//! `Selu`.

use super::{Activation, Real, Saved, ValueRange};

declare! {
    /// `s·x` above zero, `s·a·(eˣ − 1)` below, with s = 1.0507 and a = 1.6733 (Klambauer et al. 2017, arXiv 1706.02515)
    pub struct Selu {}
}

const SCALE: f32 = 1.050_701;
const SCALED_ALPHA: f32 = 1.758_099_3;

impl Activation for Selu {
    fn range(self) -> ValueRange {
        ValueRange::from(-SCALED_ALPHA)
    }
    fn saved(self) -> Saved {
        Saved::Output
    }
    #[inline(always)]
    fn value<R: Real>(self, x: R) -> R {
        x.if_above(0.0, x * SCALE, x.exp_m1() * SCALED_ALPHA)
    }
    #[inline(always)]
    fn gradient<R: Real>(self, y: R, dy: R) -> R {
        dy * y.if_above(0.0, y.number(SCALE), y + SCALED_ALPHA)
    }
}
