//! Weight gradients of convolutions: `direct`, `channels_last` where the channels fill vectors, `chw16c` of one sample, `across` of all samples of a batch. (Winograd's stands in
//! `winograd`.)

pub(in crate::kernels::conv) mod across;
pub(in crate::kernels::conv) mod add_transposed;
pub(in crate::kernels::conv) mod channels_last;
pub(in crate::kernels::conv) mod chw16c;
pub(in crate::kernels::conv) mod direct;

/// Over sixteen samples side by side.
pub mod chwn16 {
    pub use super::channels_last::{conv_channels_last_backward_weight, conv_transpose_channels_last_backward_weight};
}

/// Over a single sample.
pub mod chw {
    pub use super::chw16c::{conv_chw16c_backward_weight, conv_transpose_chw16c_backward_weight};
}
