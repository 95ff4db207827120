//! Depthwise convolutions: a filter for each channel. `chw16c` has sixteen channels in a vector, `packed` sixteen positions of a channel.

mod chw16c;
mod packed;

/// Over a single sample.
pub mod chw {
    pub use super::chw16c::chw::*;
    pub use super::packed::chw::*;
}
