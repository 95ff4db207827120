//! `Softsign`.

use super::{Activation, Real, Saved};

declare! {
    /// `x / (1 + |x|)` (Turian et al. 2009)
    pub struct Softsign {}
}

impl Activation for Softsign {
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
