//! Kernels: what generated code calls. `docs/kernels.md` is their contract.
//!
//! Each is one generic function with two entries: `chwn16::NAME` (sixteen samples side by side) and `chw::NAME` (a single sample).

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
mod conv_weight_channels_last;
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
pub mod quant;
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
pub use layout::{chw_to_chwn16, chw_to_chwn16_apart, chwn16_to_chw, chwn16_to_chw_apart};

/// Sixteen samples side by side.
pub mod chwn16 {
    pub use super::activation::chwn16::*;
    pub use super::batch_norm::chwn16::*;
    #[cfg(feature = "train")]
    pub use super::batch_norm_backward::chwn16::*;
    pub use super::blocked::layout::chwn16::*;
    pub use super::conv::chwn16::*;
    #[cfg(feature = "train")]
    pub use super::conv_weight_channels_last::{
        conv_channels_last_backward_weight, conv_transpose_channels_last_backward_weight,
    };
    pub use super::copy::chwn16::*;
    pub use super::dense::chwn16::*;
    #[cfg(feature = "train")]
    pub use super::dense_weight::chwn16::{dense_backward_weight, dense_keep};
    pub use super::dropout::chwn16::*;
    pub use super::elementwise::chwn16::*;
    pub use super::embedding::chwn16::*;
    pub use super::learned::chwn16::*;
    pub use super::pool::chwn16::*;
    pub use super::quant::chwn16::*;
    pub use super::recurrent::chwn16::*;
    pub use super::softmax::chwn16::*;
    #[cfg(feature = "train")]
    pub use super::winograd::{conv_transpose_winograd_backward_input, conv_winograd_backward_input};
    pub use super::winograd::{conv_transpose_winograd_forward, conv_winograd_forward};
    #[cfg(feature = "train")]
    pub use super::winograd_weight::{conv_transpose_winograd_backward_weight, conv_winograd_backward_weight};
}

/// A single sample.
pub mod chw {
    pub use super::activation::chw::*;
    pub use super::batch_norm::chw::*;
    #[cfg(feature = "train")]
    pub use super::batch_norm_backward::chw::*;
    pub use super::blocked::chw::*;
    pub use super::conv::chw::*;
    pub use super::copy::chw::*;
    pub use super::dense::chw::*;
    #[cfg(feature = "train")]
    pub use super::dense_weight::chw::dense_backward_weight;
    pub use super::dropout::chw::*;
    pub use super::elementwise::chw::*;
    pub use super::embedding::chw::*;
    pub use super::learned::chw::*;
    pub use super::packed::chw::*;
    pub use super::packed_depthwise::chw::*;
    pub use super::pool::chw::*;
    pub use super::quant::chw::*;
    pub use super::recurrent::chw::*;
    pub use super::softmax::chw::*;
}

/// The constants that kernels take, and how they cut their work.
pub mod geometry {
    pub use fireclay_ir::activation;
    pub use fireclay_ir::geometry::*;
    pub use fireclay_ir::sizes::*;
}
