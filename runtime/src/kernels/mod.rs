//! Kernels: what generated code calls. `docs/kernels.md` is their contract.
//!
//! Each is one generic function with two entries: `lanes::NAME` (sixteen samples side by side) and `one::NAME` (a single sample).

#![expect(clippy::too_many_arguments, reason = "a kernel takes what it reads and writes")]
#![expect(clippy::needless_range_loop, reason = "blocks of accumulators are indexed alike on several axes")]

pub mod activation;
#[cfg(feature = "train")]
pub mod adam;
pub mod batch_norm;
#[cfg(feature = "train")]
pub mod batch_norm_backward;
pub mod blocked;
pub mod conv;
#[cfg(feature = "train")]
mod conv_weight;
#[cfg(feature = "train")]
mod conv_weight_turned;
pub mod copy;
pub mod dense;
#[cfg(feature = "train")]
pub mod dense_weight;
pub mod dropout;
pub mod elementwise;
pub mod embedding;
mod gather;
pub mod layout;
pub mod learned;
pub mod packed;
pub mod packed_depthwise;
mod panels;
pub mod pool;
mod real;
pub mod recurrent;
pub mod softmax;
mod sweep;
#[cfg(test)]
mod tests;
pub mod winograd;
mod winograd_direct;
mod winograd_form;
mod winograd_tile;
#[cfg(feature = "train")]
mod winograd_weight;

pub use fireclay_ir::Share;
pub use layout::{from_lanes, from_lanes_apart, to_lanes, to_lanes_apart};

/// Sixteen samples side by side.
pub mod lanes {
    pub use super::activation::lanes::*;
    pub use super::batch_norm::lanes::*;
    #[cfg(feature = "train")]
    pub use super::batch_norm_backward::lanes::*;
    pub use super::blocked::layout::lanes::*;
    pub use super::conv::lanes::*;
    #[cfg(feature = "train")]
    pub use super::conv_weight_turned::{conv_transpose_turned_backward_weight, conv_turned_backward_weight};
    pub use super::copy::lanes::*;
    pub use super::dense::lanes::*;
    #[cfg(feature = "train")]
    pub use super::dense_weight::lanes::{dense_backward_weight, dense_keep};
    pub use super::dropout::lanes::*;
    pub use super::elementwise::lanes::*;
    pub use super::embedding::lanes::*;
    pub use super::learned::lanes::*;
    pub use super::pool::lanes::*;
    pub use super::recurrent::lanes::*;
    pub use super::softmax::lanes::*;
    #[cfg(feature = "train")]
    pub use super::winograd::{conv_transpose_winograd_backward_input, conv_winograd_backward_input};
    pub use super::winograd::{conv_transpose_winograd_forward, conv_winograd_forward};
    #[cfg(feature = "train")]
    pub use super::winograd_weight::{conv_transpose_winograd_backward_weight, conv_winograd_backward_weight};
}

/// A single sample.
pub mod one {
    pub use super::activation::one::*;
    pub use super::batch_norm::one::*;
    #[cfg(feature = "train")]
    pub use super::batch_norm_backward::one::*;
    pub use super::blocked::one::*;
    pub use super::conv::one::*;
    pub use super::copy::one::*;
    pub use super::dense::one::*;
    #[cfg(feature = "train")]
    pub use super::dense_weight::one::dense_backward_weight;
    pub use super::dropout::one::*;
    pub use super::elementwise::one::*;
    pub use super::embedding::one::*;
    pub use super::learned::one::*;
    pub use super::packed::one::*;
    pub use super::packed_depthwise::one::*;
    pub use super::pool::one::*;
    pub use super::recurrent::one::*;
    pub use super::softmax::one::*;
}

/// The constants that kernels take, and how they cut their work.
pub mod geometry {
    pub use fireclay_ir::activation;
    pub use fireclay_ir::geometry::*;
    pub use fireclay_ir::sizes::*;
}
