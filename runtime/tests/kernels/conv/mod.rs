//! Convolutions.

mod across;
mod chw16c;
mod depthwise_train;
pub(super) mod direct;
mod not_finite;
mod packed;
mod properties;
mod sequence;
mod small_channel;
mod sums;
mod tiling;
mod train_chw16c;
mod winograd;
mod winograd_across;
mod winograd_chw16c;
