//! Weight gradients of convolutions: `direct`, and `channels_last` where the channels fill vectors. (Winograd's stands in `winograd`.)

mod channels_last;
pub(in crate::kernels::conv) mod direct;

/// Over sixteen samples side by side.
pub mod chwn16 {
    pub use super::channels_last::{conv_channels_last_backward_weight, conv_transpose_channels_last_backward_weight};
}
