//! The tiling of kernels, the lengths of packed weights, and the lengths of scratch. One file an operation, as in
//! `kernels`.
//!
//! Kernels trust these numbers with their memory, and the compiler plans memory by them.

mod conv;
mod dense;
mod norm;
mod recurrent;

pub use conv::*;
pub use dense::dense_packed_len;
pub use norm::batch_norm_chw16c_len;
pub use recurrent::{PANEL_ROWS, panels_len};
