//! Convolutions.

mod chw16c;
pub(super) mod direct;
mod not_finite;
mod packed;
mod properties;
mod small_channel;
mod sums;
mod winograd;
mod winograd_chw16c;
