//! `Sqrt`.

use super::{Activation, Real, Saved, ValueRange};

declare! {
    /// `√x`: NaN below zero
    pub struct Sqrt {}
}

impl Activation for Sqrt {
    fn range(self) -> ValueRange {
        ValueRange::from(0.0)
    }
    fn saved(self) -> Saved {
        Saved::Output
    }
    #[inline(always)]
    fn value<R: Real>(self, x: R) -> R {
        x.sqrt()
    }
    #[inline(always)]
    fn gradient<R: Real>(self, y: R, dy: R) -> R {
        dy / (y + y)
    }
}
