//! `Relu`.

use super::{Activation, Real, Saved, ValueRange};
use crate::kernels::Epilogue;

declare! {
    /// `max(0, x)` (Nair and Hinton 2010); NaN passes
    pub struct Relu {}
}

impl Activation for Relu {
    const RELU_FAMILY: bool = true;
    const EPILOGUE: Option<Epilogue> = Some(Epilogue::Relu);

    fn range(self) -> ValueRange {
        ValueRange::from(0.0)
    }
    fn saved(self) -> Saved {
        Saved::Output
    }
    #[inline(always)]
    fn value<R: Real>(self, x: R) -> R {
        x.at_least(0.0)
    }
    #[inline(always)]
    fn gradient<R: Real>(self, y: R, dy: R) -> R {
        y.if_nan(dy, y.if_above(0.0, dy, y.number(0.0)))
    }
}
