//! Winograd's minimal filtering (Winograd 1980; Lavin and Gray 2016, arXiv 1509.09308): tiles of inputs and kernels are transformed, so that
//! fewer products are taken than the direct sums have.
//!
//! | file | what |
//! |---|---|
//! | `transforms` | the transforms of a line: F(4, 3), F(4, 2) and what weight gradients take |
//! | `tile` | the same over whole tiles in `chwn16` |
//! | `batch` | forward pass and input gradient of 3×3 kernels of stride 1 and 4×4 kernels of stride 2 |
//! | `weight_gradient` | their weight gradient |
//! | `chw16c` | F(4×4, 3×3) of one sample |
//! | `across`, `weight_gradient_across` | its training across all samples of a batch |
//! | `train_chw16c`, `weight_gradient_chw16c` | the weights and the blocks of gradients of these; training of one sample, which is a batch of one |
//! | `place` | where tiles lie, one after the other |
//! | `row` | F(2, 5) along the row, of one sample |
//! | `fallback_chwn16`, `fallback_chw16c` | direct sums for the tiles whose transforms overflow |

#[cfg(feature = "train")]
pub mod across;
mod batch;
mod chw16c;
mod fallback_chw16c;
mod fallback_chwn16;
mod place;
mod row;
mod tile;
#[cfg(feature = "train")]
mod train_chw16c;
mod transforms;
#[cfg(feature = "train")]
mod weight_gradient;
#[cfg(feature = "train")]
mod weight_gradient_across;
#[cfg(feature = "train")]
mod weight_gradient_chw16c;

/// Over sixteen samples side by side.
pub mod chwn16 {
    #[cfg(feature = "train")]
    pub use super::batch::{conv_transpose_winograd_backward_input, conv_winograd_backward_input};
    pub use super::batch::{conv_transpose_winograd_forward, conv_winograd_forward};
    #[cfg(feature = "train")]
    pub use super::weight_gradient::{conv_transpose_winograd_backward_weight, conv_winograd_backward_weight};
}

/// Over a single sample.
pub mod chw {
    pub use super::chw16c::chw::*;
    pub use super::row::chw::*;
    #[cfg(feature = "train")]
    pub use super::train_chw16c::{conv_winograd_chw16c_backward_input, conv_winograd_chw16c_forward};
    #[cfg(feature = "train")]
    pub use super::weight_gradient_chw16c::conv_winograd_chw16c_backward_weight;
}
