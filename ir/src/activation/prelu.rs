//! `PRelu`.

use super::{Learned, Real};

/// x above zero, `slope·x` below, with a slope that is learned, one for all or one per channel (He et al. 2015, arXiv 1502.01852)
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PRelu;

impl Learned for PRelu {
    #[inline(always)]
    fn value<R: Real>(self, x: R, slope: R) -> R {
        x.if_above(0.0, x, x * slope)
    }
    #[inline(always)]
    fn gradient<R: Real>(self, x: R, slope: R, dy: R) -> R {
        x.if_above(0.0, dy, dy * slope)
    }
    #[inline(always)]
    fn parameter_gradient<R: Real>(self, x: R, _slope: R, dy: R) -> R {
        x.if_above(0.0, x.number(0.0), dy * x)
    }
}
