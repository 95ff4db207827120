//! `Silu`.

use super::{Activation, Real, Saved};

declare! {
    /// `x·sigmoid(x)`, also called swish (Elfwing et al. 2017, arXiv 1702.03118)
    pub struct Silu {}
}

impl Activation for Silu {
    const POINTS: &'static [f32] = &[0.0, -1.278_464_5];
    const RELU_FAMILY: bool = true;
    const VANISHES: bool = true;

    fn saved(self) -> Saved {
        Saved::Input
    }
    #[inline(always)]
    fn value<R: Real>(self, x: R) -> R {
        x * x.sigmoid()
    }
    #[inline(always)]
    fn gradient<R: Real>(self, x: R, dy: R) -> R {
        let s = x.sigmoid();
        dy * (s + x * s * (s.number(1.0) - s))
    }
}
