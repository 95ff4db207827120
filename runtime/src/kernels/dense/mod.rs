//! Dense layers: `forward` (with the input gradient) and `weight_gradient` in `chwn16` and `chw`, of which `one_row` is what a single row of
//! one sample takes, `across` that of all samples of a batch and `rows_across` several rows of these; `tied`, where the weight is another layer's, transposed; `packed` for one sample of plain features, `chw16c` for one sample whose features lie in vectors.

#[cfg(feature = "train")]
pub(super) mod across;
mod chw16c;
mod forward;
mod one_row;
mod packed;
#[cfg(feature = "train")]
mod rows_across;
mod tied;
#[cfg(feature = "train")]
pub mod weight_gradient;

#[cfg(feature = "train")]
pub use across::{dense_across_backward_input, dense_across_backward_weight, dense_across_forward};
#[cfg(feature = "train")]
pub use rows_across::{dense_rows_across_backward_input, dense_rows_across_backward_weight, dense_rows_across_forward};
#[cfg(feature = "train")]
pub use weight_gradient::chwn16::dense_batch_weight;

/// Over sixteen samples side by side.
pub mod chwn16 {
    pub use super::forward::chwn16::*;
    pub use super::tied::chwn16::*;
    #[cfg(feature = "train")]
    pub use super::weight_gradient::chwn16::{dense_backward_weight, dense_save};
}

/// Over a single sample.
pub mod chw {
    pub use super::chw16c::chw::*;
    pub use super::forward::chw::*;
    pub use super::packed::chw::*;
    pub use super::tied::chw::*;
    #[cfg(feature = "train")]
    pub use super::weight_gradient::chw::dense_backward_weight;
}
