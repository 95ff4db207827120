//! One sample with its channels in the lanes: `[channels / 16][height][width][16]`.
//!
//! Here sums over channels read weights as vectors of sixteen filters and write vectors, and whatever works channel by channel (pools,
//! element-wise kernels, depthwise convolutions) is plain vector arithmetic: the kernels of the lanes form run as they are. The last
//! sixteen channels may be fewer; what lies beside them is never read into a channel that exists. A vector of features is such an image
//! of one position.
//!
//! Every product takes `add` (a value of the result's shape that is added, or null) and `low` (what the result is at least: 0 for a ReLU,
//! −∞ for none), so that a residual connection and its ReLU cost no pass of their own.

pub mod batch_norm;
pub mod conv;
pub mod dense;
pub mod depthwise;
mod direct;
pub mod few;
pub mod layout;
pub mod minimal;
mod phases;
mod product;
pub mod transposed_few;
pub mod winograd;

/// What runs on a single sample with its channels in the lanes.
pub mod chw {
    pub use super::batch_norm::chw::*;
    pub use super::conv::chw::*;
    pub use super::dense::chw::*;
    pub use super::depthwise::chw::*;
    pub use super::few::chw::*;
    pub use super::layout::chw::*;
    pub use super::minimal::chw::*;
    pub use super::transposed_few::chw::*;
    pub use super::winograd::chw::*;
}
