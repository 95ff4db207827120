//! `Abs`.

use super::{Activation, Real, Saved, ValueRange};

declare! {
    /// `|x|`
    pub struct Abs {}
}

impl Activation for Abs {
    fn range(self) -> ValueRange {
        ValueRange::from(0.0)
    }
    fn saved(self) -> Saved {
        Saved::Input
    }
    #[inline(always)]
    fn value<R: Real>(self, x: R) -> R {
        x.abs()
    }
    #[inline(always)]
    fn gradient<R: Real>(self, x: R, dy: R) -> R {
        dy * x.sign()
    }
}
