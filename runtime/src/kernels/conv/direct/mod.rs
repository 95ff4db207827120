//! Direct convolutions and transposed ones: the sums as they are defined.

#[cfg(feature = "train")]
pub mod across;
pub mod chw16c;
mod kernels;
pub mod packed;
pub(in crate::kernels::conv) mod sums;
#[cfg(feature = "train")]
pub(in crate::kernels::conv) mod train_chw16c;

pub use kernels::chwn16;

/// Over a single sample.
pub mod chw {
    pub use super::chw16c::chw::*;
    pub use super::kernels::chw::*;
    pub use super::packed::chw::*;
    #[cfg(feature = "train")]
    pub use super::train_chw16c::{
        conv_chw16c_backward_input, conv_chw16c_forward, conv_transpose_chw16c_backward_input, conv_transpose_chw16c_forward,
    };
}
