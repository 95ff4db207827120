//! `Elu`.

use super::{Activation, Real, Saved, ValueRange};

declare! {
    /// x above zero, `alpha·(eˣ − 1)` below (Clevert et al. 2015, arXiv 1511.07289)
    pub struct Elu { alpha: f32 = number(1.0) }
}

impl Activation for Elu {
    const RELU_FAMILY: bool = true;

    fn range(self) -> ValueRange {
        if self.alpha >= 0.0 { ValueRange::from(-self.alpha) } else { ValueRange::Unknown }
    }
    /// The output has the sign of the input only where alpha is positive.
    fn saved(self) -> Saved {
        if self.alpha > 0.0 { Saved::Output } else { Saved::Input }
    }
    #[inline(always)]
    fn value<R: Real>(self, x: R) -> R {
        x.if_above(0.0, x, x.exp_m1() * self.alpha)
    }
    #[inline(always)]
    fn gradient<R: Real>(self, saved: R, dy: R) -> R {
        let below = if self.alpha > 0.0 { saved + self.alpha } else { saved.exp() * self.alpha };
        dy * saved.if_above(0.0, saved.number(1.0), below)
    }
}
