//! `Log`.

use super::{Activation, Real, Saved, ValueRange};

declare! {
    /// The natural logarithm, `ln x`: −∞ at zero, NaN below
    pub struct Log {}
}

impl Activation for Log {
    const POINTS: &'static [f32] = &[0.0, 1.0];

    fn range(self) -> ValueRange {
        ValueRange::Logarithms
    }
    fn saved(self) -> Saved {
        Saved::Input
    }
    #[inline(always)]
    fn value<R: Real>(self, x: R) -> R {
        x.ln()
    }
    #[inline(always)]
    fn gradient<R: Real>(self, x: R, dy: R) -> R {
        dy / x
    }
}
