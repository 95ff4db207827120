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

pub use blocked::{batch_norm_blocked_len, conv_blocked_fits, conv_blocked_len, depthwise_blocked_len, panel_len};
pub use channels_last::{ChannelsLast, turned_scratch};
pub use packed::{Depthwise, conv_packed_len, dense_packed_len, depthwise_fits, depthwise_packed_len};
pub use panels::{PANEL_ROWS, panels_len};
pub use small_channel::{FEW, SmallChannel, conv_few_len, conv_few_scratch, steps};
pub use transposed_small::{TransposedSmall, conv_transpose_few_len, conv_transpose_few_scratch};
pub use winograd::{WINOGRAD_OUT, Winograd, apart, winograd_scratch};
pub use winograd_blocked::{WinogradBlocked, conv_blocked_winograd_len, conv_blocked_winograd_scratch};
pub use winograd_row::{WinogradRow, conv_blocked_minimal_len, conv_blocked_minimal_scratch};
pub use winograd_weight::{WinogradWeight, winograd_weight_scratch};
