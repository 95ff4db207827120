//! Batch norms, group norms, norms along an axis, local response normalization.

mod axis_norm;
mod batch_norm;
mod batch_norm_chw16c;
mod batch_norm_eval;
mod chw16c;
mod fold;
mod group_norm;
mod lrn;
mod weight;
