//! Small-channel convolutions of one sample: too few filters to fill a vector, so that positions (`forward`) or taps (`transposed`) lie in
//! the lanes.

mod forward;
mod transposed;

/// Over a single sample.
pub mod chw {
    pub use super::forward::chw::*;
    pub use super::transposed::chw::*;
}
