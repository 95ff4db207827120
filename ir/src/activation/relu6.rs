//! `Relu6`.

use super::{Activation, Real, Saved, ValueRange};

declare! {
    /// `min(max(0, x), 6)` (Krizhevsky 2010)
    pub struct Relu6 {}
}

impl Activation for Relu6 {
    const POINTS: &'static [f32] = &[0.0, 6.0];
    const RELU_FAMILY: bool = true;

    fn range(self) -> ValueRange {
        ValueRange::Between { low: 0.0, high: 6.0 }
    }
    fn saved(self) -> Saved {
        Saved::Output
    }
    #[inline(always)]
    fn value<R: Real>(self, x: R) -> R {
        x.at_least(0.0).at_most(6.0)
    }
    #[inline(always)]
    fn gradient<R: Real>(self, y: R, dy: R) -> R {
        y.inside(0.0, 6.0, dy)
    }
}
