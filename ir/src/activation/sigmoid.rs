//! `Sigmoid`.

use super::{Activation, Real, Saved, ValueRange};

declare! {
    /// `1 / (1 + e⁻ˣ)`
    pub struct Sigmoid {}
}

impl Activation for Sigmoid {
    const VANISHES: bool = true;

    fn range(self) -> ValueRange {
        ValueRange::Between { low: 0.0, high: 1.0 }
    }
    fn saved(self) -> Saved {
        Saved::Output
    }
    #[inline(always)]
    fn value<R: Real>(self, x: R) -> R {
        x.sigmoid()
    }
    #[inline(always)]
    fn gradient<R: Real>(self, y: R, dy: R) -> R {
        dy * y * (y.number(1.0) - y)
    }
}
