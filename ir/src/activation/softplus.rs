//! `Softplus`.

use super::{Activation, Real, Saved, ValueRange};

declare! {
    /// `ln(1 + e^(beta·x)) / beta`; x itself where `beta·x` is above the threshold (Dugas et al. 2000)
    pub struct Softplus { beta: f32 = positive(1.0), threshold: f32 = number(20.0) }
}

impl Activation for Softplus {
    const POINTS: &'static [f32] = &[0.0, 20.0];
    const RELU_FAMILY: bool = true;
    const VANISHES: bool = true;

    fn range(self) -> ValueRange {
        // Below a negative threshold it is the function, above x itself.
        ValueRange::from((self.threshold / self.beta).min(0.0))
    }
    fn saved(self) -> Saved {
        Saved::Input
    }
    #[inline(always)]
    fn value<R: Real>(self, x: R) -> R {
        let z = x * self.beta;
        z.if_above(self.threshold, x, z.softplus() / self.beta)
    }
    #[inline(always)]
    fn gradient<R: Real>(self, x: R, dy: R) -> R {
        let z = x * self.beta;
        z.if_above(self.threshold, dy, dy * z.sigmoid())
    }
}
