//! Kernels: what generated code calls. `docs/kernels.md` is their contract, `docs/kernel-table.md` lists them.
//!
//! | folder | operation |
//! |---|---|
//! | `conv` | convolutions: direct, Winograd, depthwise, small-channel; transposed; weight gradients |
//! | `dense` | dense layers |
//! | `norm` | batch norms, group norms, norms along an axis |
//! | `pool`, `softmax`, `reduce` | a folder each |
//! | `unpool`, `maxout`, `embedding` | one file each |
//! | `product`, `attend` | products of values, attention |
//! | `constant` | values without an input, indices as rows with a one |
//! | `roi` | pools over regions |
//! | `upsample` | nearest and linear interpolation, a bed of nails |
//! | `recurrent` | LSTM, GRU, RNN |
//! | `elementwise` | activations, gated linear units, sums and products, dropout |
//! | `shape` | copies, and from layout to layout |
//! | `optim` | steps of optimizers |
//! | `register_blocks`, `pack_rows`, `bias_gradient`, `rows`, `strips` | what several of them share |
//!
//! A kernel runs in one of three layouts: `chwn16` (sixteen samples side by side: training and batched inference), `chw` (a single sample)
//! and `chw16c` (a single sample, sixteen channels side by side: inference with packed weights, training of single samples). Most are one generic function over a
//! [`Vector`](crate::simd::Vector), of which `entries.rs` makes `chwn16::NAME` and `chw::NAME` for every instruction set. Kernels of
//! `chw16c` and of packed weights are called `chw::NAME`, for they take one sample; those that treat channels as samples, `chwn16::NAME`.
//! `docs/kernels.md` has the table of which algorithm runs where.

#![expect(clippy::too_many_arguments, reason = "a kernel takes what it reads and writes")]
#![expect(clippy::needless_range_loop, reason = "blocks of accumulators are indexed alike on several axes")]

pub mod attend;
#[cfg(feature = "train")]
mod bias_gradient;
pub mod constant;
pub mod conv;
pub mod dense;
pub mod elementwise;
pub mod embedding;
#[cfg(feature = "train")]
mod gradient;
pub mod maxout;
pub mod norm;
#[cfg(feature = "train")]
pub mod optim;
mod pack_rows;
pub mod pool;
pub mod product;
pub mod recurrent;
pub mod reduce;
mod register_blocks;
pub mod roi;
mod rows;
pub mod shape;
pub mod softmax;
mod strips;
pub mod unpool;
pub mod upsample;

pub use fireclay_ir::{Samples, Share};
#[cfg(feature = "train")]
pub use shape::{chw_to_chwn16, chwn16_to_chw};
pub use shape::{chw_to_chwn16_apart, chwn16_to_chw_apart, lanes_to_samples, samples_to_lanes};

/// Sixteen samples side by side.
pub mod chwn16 {
    pub use super::attend::chwn16::*;
    pub use super::constant::chwn16::*;
    pub use super::conv::chwn16::*;
    pub use super::dense::chwn16::*;
    pub use super::elementwise::chwn16::*;
    pub use super::embedding::chwn16::*;
    pub use super::maxout::chwn16::*;
    pub use super::norm::chwn16::*;
    pub use super::pool::chwn16::*;
    pub use super::product::chwn16::*;
    pub use super::recurrent::chwn16::*;
    pub use super::reduce::chwn16::*;
    pub use super::roi::chwn16::*;
    pub use super::shape::chwn16::*;
    pub use super::softmax::chwn16::*;
    pub use super::unpool::chwn16::*;
    pub use super::upsample::chwn16::*;
}

/// A single sample.
pub mod chw {
    pub use super::attend::chw::*;
    pub use super::constant::chw::*;
    pub use super::conv::chw::*;
    pub use super::dense::chw::*;
    pub use super::elementwise::chw::*;
    pub use super::embedding::chw::*;
    pub use super::maxout::chw::*;
    pub use super::norm::chw::*;
    pub use super::pool::chw::*;
    pub use super::product::chw::*;
    pub use super::recurrent::chw::*;
    pub use super::reduce::chw::*;
    pub use super::roi::chw::*;
    pub use super::shape::chw::*;
    pub use super::softmax::chw::*;
    pub use super::softmax::chw16c::chw::*;
    pub use super::unpool::chw::*;
    pub use super::upsample::chw::*;
}

/// Once per batch, between phases, over plain numbers.
pub mod barrier {
    #[cfg(feature = "train")]
    pub use super::norm::{batch_norm_backward_merge, batch_norm_merge};
}

/// Once per batch, when its backward pass is through, in shares for threads.
pub mod batch {
    #[cfg(feature = "train")]
    pub use super::dense::dense_batch_weight;
}

/// Once per batch, between phases, over all samples, in shares for threads.
pub mod across {
    #[cfg(feature = "train")]
    pub use super::conv::across::*;
    #[cfg(feature = "train")]
    pub use super::dense::{dense_across_backward_input, dense_across_backward_weight, dense_across_forward};
    #[cfg(feature = "train")]
    pub use super::dense::{dense_rows_across_backward_input, dense_rows_across_backward_weight, dense_rows_across_forward};
    #[cfg(feature = "train")]
    pub use super::recurrent::across::entries::*;
}

/// The constants that kernels take, and how they cut their work.
pub mod geometry {
    pub use fireclay_ir::activation;
    pub use fireclay_ir::geometry::*;
    pub use fireclay_ir::sizes::*;
}
