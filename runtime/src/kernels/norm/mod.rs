//! Norms. Batch norms: `batch_norm` (forward) and `batch_norm_backward` in `chwn16` and `chw`, `batch_norm_steps` over sequences; for one sample `batch_norm_chw16c` in training,
//! `chw16c` by running statistics, and `fold`, which folds a batch norm into the weight before it; `group_norm`, `axis_norm` and `lrn` in `chwn16` and `chw`.

mod axis_norm;
mod batch_norm;
#[cfg(feature = "train")]
mod batch_norm_backward;
#[cfg(feature = "train")]
mod batch_norm_chw16c;
mod batch_norm_steps;
mod chw16c;
mod fold;
mod group_norm;
mod lrn;
mod row;

mod weight;

#[cfg(feature = "train")]
pub use batch_norm::batch_norm_merge;
#[cfg(feature = "train")]
pub use batch_norm_backward::batch_norm_backward_merge;

/// Over sixteen samples side by side.
pub mod chwn16 {
    pub use super::axis_norm::chwn16::*;
    pub use super::batch_norm::chwn16::*;
    #[cfg(feature = "train")]
    pub use super::batch_norm_backward::chwn16::*;
    pub use super::group_norm::chwn16::*;
    pub use super::lrn::chwn16::*;
}

/// Over a single sample.
pub mod chw {
    pub use super::axis_norm::chw::*;
    pub use super::batch_norm::chw::*;
    #[cfg(feature = "train")]
    pub use super::batch_norm_backward::chw::*;
    #[cfg(feature = "train")]
    pub use super::batch_norm_chw16c::chw::*;
    pub use super::chw16c::chw::*;
    pub use super::fold::chw::*;
    pub use super::group_norm::chw::*;
    pub use super::lrn::chw::*;
    pub use super::weight::chw::*;
}
