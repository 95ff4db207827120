//! `LeakyRelu`.

use super::{Activation, Real, Saved};

declare! {
    /// x above zero, `slope·x` below (Maas et al. 2013)
    pub struct LeakyRelu { slope: f32 = number(0.01) }
}

impl Activation for LeakyRelu {
    const RELU_FAMILY: bool = true;

    /// The output has the sign of the input only where the slope is positive.
    fn saved(self) -> Saved {
        if self.slope > 0.0 { Saved::Output } else { Saved::Input }
    }
    #[inline(always)]
    fn value<R: Real>(self, x: R) -> R {
        x.if_above(0.0, x, x * self.slope)
    }
    #[inline(always)]
    fn gradient<R: Real>(self, x: R, dy: R) -> R {
        x.if_above(0.0, dy, dy * self.slope)
    }
}
