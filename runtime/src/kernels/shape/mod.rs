//! Kernels that move numbers and compute nothing: `copy` (concatenation, splits), `strided` (slices, permutations), `pad`, and from layout to layout: `samples` (samples one
//! after another to sixteen side by side, and back) and `chw16c` (channels one after another to sixteen side by side, and back).

mod chw16c;
mod copy;
mod pad;
mod pairs;
mod samples;
mod strided;
mod turned;

pub use samples::{chw_to_chwn16, chw_to_chwn16_apart, chwn16_to_chw, chwn16_to_chw_apart, lanes_to_samples, samples_to_lanes};

/// Over sixteen samples side by side.
pub mod chwn16 {
    pub use super::chw16c::chwn16::*;
    pub use super::copy::chwn16::*;
    pub use super::pad::chwn16::*;
    pub use super::strided::chwn16::*;
}

/// Over a single sample.
pub mod chw {
    pub use super::chw16c::chw::*;
    pub use super::copy::chw::*;
    pub use super::pad::chw::*;
    pub use super::strided::chw::*;
}
