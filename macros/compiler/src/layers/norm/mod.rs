//! Normalization: `BatchNorm`, `GroupNorm`, `InstanceNorm`, `LayerNorm`, `RmsNorm`, `L2Norm`, `Lrn`.

mod axis_norm;
mod batch_norm;
mod group_norm;
mod instance_norm;
mod l2_norm;
mod layer_norm;
mod lrn;
mod rms_norm;

pub(crate) use batch_norm::BatchNormOp;

use super::Layer;

pub(super) static LAYERS: &[&dyn Layer] = &[
    &batch_norm::BatchNorm,
    &group_norm::GroupNorm,
    &instance_norm::InstanceNorm,
    &layer_norm::LayerNorm,
    &rms_norm::RmsNorm,
    &l2_norm::L2Norm,
    &lrn::Lrn,
];
