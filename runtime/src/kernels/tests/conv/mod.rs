//! Convolutions.

mod chw16c;
#[cfg(feature = "train")]
mod depthwise_train;
pub(super) mod direct;
mod not_finite;
mod packed;
mod properties;
mod small_channel;
mod sums;
#[cfg(feature = "train")]
mod train_chw16c;
mod winograd;
mod winograd_chw16c;
