//! `LogSigmoid`.

use super::{Activation, Real, Saved, ValueRange};

declare! {
    /// `ln(1 / (1 + e⁻ˣ))`
    pub struct LogSigmoid {}
}

impl Activation for LogSigmoid {
    const VANISHES: bool = true;

    fn range(self) -> ValueRange {
        ValueRange::Logarithms
    }
    fn saved(self) -> Saved {
        Saved::Output
    }
    #[inline(always)]
    fn value<R: Real>(self, x: R) -> R {
        -(-x).softplus()
    }
    #[inline(always)]
    fn gradient<R: Real>(self, y: R, dy: R) -> R {
        dy * -y.exp_m1()
    }
}
