//! `Sqrt`.

use super::{Activation, Real, Saved};

declare! {
    /// `√x`: NaN below zero
    pub struct Sqrt {}
}

impl Activation for Sqrt {
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
