//! Convolutions, one file an algorithm.

mod channels_last;
mod depthwise;
mod direct;
mod few_positions;
mod sequence;
mod small_channel;
mod small_channel_transposed;
mod train_chw16c;
mod winograd;
mod winograd_across;
mod winograd_chw16c;
mod winograd_row;
mod winograd_weight;

pub use channels_last::{ChannelsLast, channels_last_scratch, conv1d_channels_last_scratch, conv1d_channels_last_steps};
pub use depthwise::{Depthwise, depthwise_chw16c_len, depthwise_chw16c_train_scratch, depthwise_fits, depthwise_packed_len};
pub use direct::{conv_chw16c_fits, conv_chw16c_len, conv_packed_len, panel_len};
pub use few_positions::{FEW_POSITIONS, few_positions, few_positions_scratch};
pub use sequence::{CONV1D_VECTORS, conv1d_packed_len, conv1d_panel_len, conv1d_scratch};
pub use small_channel::{SMALL_CHANNEL_FILTERS, SmallChannel, conv_small_channel_len, conv_small_channel_scratch, steps};
pub use small_channel_transposed::{TransposedSmall, conv_transpose_small_channel_len, conv_transpose_small_channel_scratch};
pub use train_chw16c::{Chw16cWeight, conv_across_scratch, conv_chw16c_train_scratch, conv_chw16c_weight_scratch};
pub use winograd::{WINOGRAD_OUT, Winograd, product_stride, winograd_scratch};
pub use winograd_across::{WinogradAcross, conv_winograd_across_scratch, conv_winograd_chw16c_train_scratch};
pub use winograd_chw16c::{WinogradChw16c, conv_winograd_chw16c_fits, conv_winograd_chw16c_len, conv_winograd_chw16c_scratch};
pub use winograd_row::{WinogradRow, conv_winograd_row_len, conv_winograd_row_scratch};
pub use winograd_weight::{WinogradWeight, winograd_weight_scratch};
