//! Depthwise convolutions: a filter for each channel. `chw16c` has sixteen channels in a vector (and `chw16c_train`), `packed` sixteen positions of a channel.

mod chw16c;
#[cfg(feature = "train")]
mod chw16c_train;
mod packed;

/// Over a single sample.
pub mod chw {
    pub use super::chw16c::chw::*;
    #[cfg(feature = "train")]
    pub use super::chw16c_train::chw::*;
    pub use super::packed::chw::*;
}
