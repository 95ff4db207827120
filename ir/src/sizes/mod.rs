//! The tiling of kernels, the lengths of packed weights, and the lengths of scratch. One file an operation, as in
//! `kernels`.
//!
//! Kernels trust these numbers with their memory, and the compiler plans memory by them.

mod conv;
mod dense;
mod norm;
mod recurrent;
mod roi;
mod rows;

pub use conv::*;
pub use dense::dense_packed_len;
pub use norm::batch_norm_chw16c_len;
pub use recurrent::{PANEL_ROWS, panels_len};
pub use roi::{roi_align_scratch, roi_pool_scratch};
pub use rows::{GRADIENT_ROWS, ROW_RESULTS, ROW_SOURCES, rows_gradient_scratch, rows_scratch, step_panels_len};
