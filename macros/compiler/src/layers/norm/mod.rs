//! Normalization: `BatchNorm`, `GroupNorm`, `LayerNorm`, `Lrn`.

mod batch_norm;
mod group_norm;
mod layer_norm;
mod lrn;

pub(crate) use batch_norm::BatchNormOp;

use super::Layer;

pub(super) static LAYERS: &[&dyn Layer] = &[&batch_norm::BatchNorm, &group_norm::GroupNorm, &layer_norm::LayerNorm, &lrn::Lrn];
