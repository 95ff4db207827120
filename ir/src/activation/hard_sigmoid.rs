//! `HardSigmoid`.

use super::{Activation, Real, Saved, ValueRange};

declare! {
    /// `min(max(x + 3, 0), 6) / 6` (Courbariaux et al. 2015, arXiv 1511.00363, with the slope of arXiv 1905.02244)
    pub struct HardSigmoid {}
}

impl Activation for HardSigmoid {
    const POINTS: &'static [f32] = &[-3.0, 0.0, 3.0];

    fn range(self) -> ValueRange {
        ValueRange::Between { low: 0.0, high: 1.0 }
    }
    fn saved(self) -> Saved {
        Saved::Input
    }
    #[inline(always)]
    fn value<R: Real>(self, x: R) -> R {
        (x + 3.0).at_least(0.0).at_most(6.0) / 6.0
    }
    #[inline(always)]
    fn gradient<R: Real>(self, x: R, dy: R) -> R {
        x.inside(-3.0, 3.0, dy / 6.0)
    }
}
