//! Element-wise layers that are no activations: the operators `+`, `-`, `*` of flows, `mean`, `Dropout`, `Quantize` and `Dequantize`.

mod affine;
mod binary;
mod dropout;
mod mean;
mod quantize;

pub(crate) use binary::BinaryOp;

use super::Layer;

pub(super) static LAYERS: &[&dyn Layer] = &[
    &dropout::Dropout,
    &quantize::Quantization::Quantize,
    &quantize::Quantization::Dequantize,
    // Flows use them by these names.
    &mean::Mean,
    &binary::Binary::Add,
    &binary::Binary::Sub,
    &binary::Binary::Mul,
];
