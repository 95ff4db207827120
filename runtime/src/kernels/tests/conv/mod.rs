//! Convolutions.

#[cfg(feature = "train")]
mod across;
mod chw16c;
#[cfg(feature = "train")]
mod depthwise_train;
pub(super) mod direct;
mod masked;
mod not_finite;
mod packed;
mod properties;
mod sequence;
mod small_channel;
mod sums;
#[cfg(feature = "train")]
mod train_chw16c;
mod winograd;
#[cfg(feature = "train")]
mod winograd_across;
mod winograd_chw16c;
