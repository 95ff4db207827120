//! Batch norms, group norms, norms along an axis, local response normalization.

mod axis_norm;
#[cfg(feature = "train")]
mod batch_norm;
#[cfg(feature = "train")]
mod batch_norm_chw16c;
mod batch_norm_eval;
mod chw16c;
mod fold;
mod group_norm;
mod lrn;
#[cfg(feature = "train")]
mod weight;
