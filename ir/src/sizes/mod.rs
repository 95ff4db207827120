//! How kernels cut their work: the length of what they are packed into, and of the scratch that they work in.
//!
//! Kernels trust these numbers with their memory, and the compiler plans it by them.

mod blocked;
mod channels_last;
mod packed;
mod panels;
mod small_channel;
mod transposed_small;
mod winograd;
mod winograd_blocked;
mod winograd_row;
mod winograd_weight;

pub use blocked::{batch_norm_chw16c_len, conv_chw16c_fits, conv_chw16c_len, depthwise_chw16c_len, panel_len};
pub use channels_last::{ChannelsLast, channels_last_scratch};
pub use packed::{Depthwise, conv_packed_len, dense_packed_len, depthwise_fits, depthwise_packed_len};
pub use panels::{PANEL_ROWS, panels_len};
pub use small_channel::{FEW, SmallChannel, conv_small_channel_len, conv_small_channel_scratch, steps};
pub use transposed_small::{TransposedSmall, conv_transpose_small_channel_len, conv_transpose_small_channel_scratch};
pub use winograd::{WINOGRAD_OUT, Winograd, apart, winograd_scratch};
pub use winograd_blocked::{WinogradChw16c, conv_winograd_chw16c_len, conv_winograd_chw16c_scratch};
pub use winograd_row::{WinogradRow, conv_winograd_row_len, conv_winograd_row_scratch};
pub use winograd_weight::{WinogradWeight, winograd_weight_scratch};
