//! `Exp`.

use super::{Activation, Real, Saved, ValueRange};

declare! {
    /// `eˣ`
    pub struct Exp {}
}

impl Activation for Exp {
    const VANISHES: bool = true;

    fn range(self) -> ValueRange {
        ValueRange::from(0.0)
    }
    fn saved(self) -> Saved {
        Saved::Output
    }
    #[inline(always)]
    fn value<R: Real>(self, x: R) -> R {
        x.exp()
    }
    #[inline(always)]
    fn gradient<R: Real>(self, y: R, dy: R) -> R {
        dy * y
    }
}
