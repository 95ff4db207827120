//! `Mish`.

use super::{Activation, Real, Saved};

declare! {
    /// `x·tanh(ln(1 + eˣ))` (Misra 2019, arXiv 1908.08681)
    pub struct Mish {}
}

/// `tanh(ln(1 + e))` and `sigmoid(x)`, where e = eˣ: a quotient of polynomials in e. Beyond 20 both are 1.
#[inline(always)]
fn parts<R: Real>(x: R) -> (R, R) {
    let e = x.at_most(20.0).exp();
    let n = e * (e + 2.0);
    (n / (n + 2.0), e / (e + 1.0))
}

impl Activation for Mish {
    const POINTS: &'static [f32] = &[0.0, -1.192_499_2, 20.0];
    const RELU_FAMILY: bool = true;
    const VANISHES: bool = true;

    fn saved(self) -> Saved {
        Saved::Input
    }
    #[inline(always)]
    fn value<R: Real>(self, x: R) -> R {
        x * parts(x).0
    }
    #[inline(always)]
    fn gradient<R: Real>(self, x: R, dy: R) -> R {
        let (t, s) = parts(x);
        dy * (t + x * s * (t.number(1.0) - t * t))
    }
}
