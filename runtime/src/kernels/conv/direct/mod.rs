//! Direct convolutions and transposed ones: the sums as they are defined.

pub mod chw16c;
mod kernels;
pub mod packed;
pub(in crate::kernels::conv) mod sums;

pub use kernels::chwn16;

/// Over a single sample.
pub mod chw {
    pub use super::chw16c::chw::*;
    pub use super::kernels::chw::*;
    pub use super::packed::chw::*;
}
