//! `Softsign`.

use super::{Activation, Real, Saved, ValueRange};

declare! {
    /// `x / (1 + |x|)` (Turian et al. 2009)
    pub struct Softsign {}
}

impl Activation for Softsign {
    fn range(self) -> ValueRange {
        ValueRange::Between { low: -1.0, high: 1.0 }
    }
    fn saved(self) -> Saved {
        Saved::Input
    }
    #[inline(always)]
    fn value<R: Real>(self, x: R) -> R {
        x / (x.abs() + 1.0)
    }
    #[inline(always)]
    fn gradient<R: Real>(self, x: R, dy: R) -> R {
        let below = x.abs() + 1.0;
        dy / below / below
    }
}
