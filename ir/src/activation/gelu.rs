//! `Gelu`.

use super::{Activation, Real, Saved};
use core::f32::consts::FRAC_1_SQRT_2;

declare! {
    /// `x·Φ(x)`, where Φ is the normal distribution; `approximate = tanh`: `x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³)))`
    /// (Hendrycks and Gimpel 2016, arXiv 1606.08415)
    pub struct Gelu { approximate: bool = word("none", "tanh") }
}

/// 2·√(2/π): `(1 + tanh u) / 2` is the sigmoid of 2·u.
const RATE: f32 = 1.595_769;
const CUBIC: f32 = 0.044_715;

impl Activation for Gelu {
    const POINTS: &'static [f32] = &[0.0, -0.751_791, -5.0, 5.0];
    const RELU_FAMILY: bool = true;
    const VANISHES: bool = true;

    fn saved(self) -> Saved {
        Saved::Input
    }
    #[inline(always)]
    fn value<R: Real>(self, x: R) -> R {
        x * if self.approximate { (x * (x * x * CUBIC + 1.0) * RATE).sigmoid() } else { (x * -FRAC_1_SQRT_2).erfc() * 0.5 }
    }
    #[inline(always)]
    fn gradient<R: Real>(self, x: R, dy: R) -> R {
        if self.approximate {
            // Beyond, the slope is 0 or 1, where x² might overflow.
            let x = x.at_least(-16.0).at_most(16.0);
            let s = (x * (x * x * CUBIC + 1.0) * RATE).sigmoid();
            dy * (s + x * s * (s.number(1.0) - s) * (x * x * (3.0 * CUBIC) + 1.0) * RATE)
        } else {
            // The exponential that erfc computes too: the compiler finds it there.
            let u = x * -FRAC_1_SQRT_2;
            let density = (x.number(0.0) - u * u).exp() * 0.398_942_3;
            dy * (u.erfc() * 0.5 + x * density)
        }
    }
}
