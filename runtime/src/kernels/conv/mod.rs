//! Convolutions, and the transposed ones that are their input gradients.
//!
//! | folder | algorithm |
//! |---|---|
//! | `direct` | the sums as they are defined, for every kernel, stride, dilation and number of groups |
//! | `sequence` | over the time of `[time, features]` |
//! | `winograd` | Winograd's minimal filtering: F(4×4, 3×3), F(4×4, 2×2), and F(2, 5) along the row |
//! | `depthwise` | a filter for each channel |
//! | `small_channel` | a few filters: positions lie in the lanes |
//! | `weight_gradient` | gradients of the weight |
//! | `few_positions` | all of a training step where all samples have few positions |
//!
//! They share `tiling` (which results are computed together), `product` (the innermost sum in `chw16c`) and `stride_phases` (the rows of a
//! map, split by the positions that a stride reaches).

pub mod depthwise;
pub mod direct;
#[cfg(feature = "train")]
mod few_positions;
mod map;
mod product;
pub mod sequence;
pub mod small_channel;
mod stride_phases;
mod tiling;
#[cfg(feature = "train")]
pub mod weight_gradient;
pub mod winograd;

/// Over sixteen samples side by side.
pub mod chwn16 {
    pub use super::direct::chwn16::*;
    pub use super::sequence::chwn16::*;
    #[cfg(feature = "train")]
    pub use super::weight_gradient::chwn16::*;
    pub use super::winograd::chwn16::*;
}

/// Over a single sample.
pub mod chw {
    pub use super::depthwise::chw::*;
    pub use super::direct::chw::*;
    pub use super::sequence::chw::*;
    pub use super::small_channel::chw::*;
    #[cfg(feature = "train")]
    pub use super::weight_gradient::chw::*;
    pub use super::winograd::chw::*;
}

/// Over all samples of a batch.
#[cfg(feature = "train")]
pub mod across {
    pub use super::direct::across::{
        conv_across_backward_input, conv_across_forward, conv_transpose_across_backward_input, conv_transpose_across_forward,
    };
    pub use super::sequence::across::{conv1d_across_backward_input, conv1d_across_backward_weight, conv1d_across_forward};
    pub use super::weight_gradient::across::{conv_across_backward_weight, conv_transpose_across_backward_weight};
    pub use super::winograd::across::{
        conv_winograd_across_backward_input, conv_winograd_across_backward_weight, conv_winograd_across_forward,
    };
}
