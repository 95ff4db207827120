//! The functions that losses need, the same bits on every machine.

pub(super) use fireclay_runtime::math::number::{exp, ln, ln_1p};

/// x to the power y, for x from 0 to 1.
pub(super) fn powf(x: f32, y: f32) -> f32 {
    if y == 0.0 || x == 1.0 {
        1.0
    } else if y == 1.0 {
        x
    } else if y == 2.0 {
        x * x
    } else {
        exp(y * ln(x))
    }
}

/// A share of a loss that may be infinite: no share of it is none.
pub(super) fn share(share: f32, loss: f32) -> f32 {
    if share == 0.0 && loss == f32::INFINITY { 0.0 } else { share * loss }
}
