//! Element-wise layers that are no activations: the operators `+`, `-`, `*` of flows, `mean`, `Dropout` and its relatives, `Quantize` and `Dequantize`.

mod affine;
mod binary;
mod dropout;
mod mean;
mod quantize;

pub(crate) use binary::BinaryOp;

use super::Layer;
use dropout::Dropout;

pub(super) static LAYERS: &[&dyn Layer] = &[
    &Dropout::Number,
    &Dropout::Channel,
    &Dropout::Alpha,
    &Dropout::Path,
    &quantize::Quantization::Quantize,
    &quantize::Quantization::Dequantize,
    // Flows use them by these names.
    &mean::Mean,
    &binary::Binary::Add,
    &binary::Binary::Sub,
    &binary::Binary::Mul,
];
