//! `Tanh`.

use super::{Activation, Real, Saved, ValueRange};

declare! {
    /// The hyperbolic tangent, `(eˣ − e⁻ˣ) / (eˣ + e⁻ˣ)`
    pub struct Tanh {}
}

impl Activation for Tanh {
    const VANISHES: bool = true;

    fn range(self) -> ValueRange {
        ValueRange::Between { low: -1.0, high: 1.0 }
    }
    fn saved(self) -> Saved {
        Saved::Output
    }
    #[inline(always)]
    fn value<R: Real>(self, x: R) -> R {
        x.tanh()
    }
    #[inline(always)]
    fn gradient<R: Real>(self, y: R, dy: R) -> R {
        dy * (y.number(1.0) - y * y)
    }
}
