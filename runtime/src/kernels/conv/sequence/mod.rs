//! Convolutions over the time of `[time, features]`, and transposed ones.
//!
//! | file | what |
//! |---|---|
//! | `direct` | by the loops of images: features are channels, time is the width of a map of height 1 |
//! | `windows` | the rows of one sample: lanes are results, weights are packed |
//! | `step` | one step at a time, of causal ones |
//! | `gradient` | the gradient of the weight over the rows of all samples |
//! | `channels_last` | the gradient of the weight over sixteen samples side by side |
//! | `across` | training of all samples of a batch, one at a time in `chw` |

#[cfg(feature = "train")]
pub mod across;
#[cfg(feature = "train")]
mod channels_last;
mod direct;
#[cfg(feature = "train")]
mod gradient;
mod step;
mod windows;

/// Over sixteen samples side by side.
pub mod chwn16 {
    #[cfg(feature = "train")]
    pub use super::channels_last::conv1d_channels_last_backward_weight;
    pub use super::direct::chwn16::*;
}

/// Over a single sample.
pub mod chw {
    pub use super::direct::chw::*;
    pub use super::step::chw::*;
    pub use super::windows::chw::*;
}
