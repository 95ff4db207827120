//! `HardSwish`.

use super::{Activation, Real, Saved};

declare! {
    /// `x·min(max(x + 3, 0), 6) / 6` (Howard et al. 2019, arXiv 1905.02244)
    pub struct HardSwish {}
}

impl Activation for HardSwish {
    const POINTS: &'static [f32] = &[-3.0, -1.5, 0.0, 3.0];
    const RELU_FAMILY: bool = true;

    fn saved(self) -> Saved {
        Saved::Input
    }
    #[inline(always)]
    fn value<R: Real>(self, x: R) -> R {
        x * ((x + 3.0).at_least(0.0).at_most(6.0) / 6.0)
    }
    #[inline(always)]
    fn gradient<R: Real>(self, x: R, dy: R) -> R {
        x.if_below(3.0, x.if_above(-3.0, dy * (x / 3.0 + 0.5), x.number(0.0)), dy)
    }
}
