//! Element-wise layers that are no activations: the operators of flows, `where`, `Pow`, `mean`, `Dropout` and its relatives, `Quantize` and `Dequantize`.

mod affine;
mod binary;
mod choose;
mod dropout;
mod mean;
mod power;
mod quantize;
mod with_number;

pub(crate) use binary::{Binary, BinaryOp, between};
pub(crate) use with_number::with_number;

use super::Layer;
use dropout::Dropout;

pub(super) static LAYERS: &[&dyn Layer] = &[
    &Dropout::Number,
    &Dropout::Channel,
    &Dropout::Alpha,
    &Dropout::Path,
    &power::Pow,
    &quantize::Quantization::Quantize,
    &quantize::Quantization::Dequantize,
    // Flows use them by these names.
    &mean::Mean,
    &binary::Binary::Add,
    &binary::Binary::Sub,
    &binary::Binary::Mul,
    &binary::Binary::Div,
    &binary::Binary::Greater,
    &binary::Binary::GreaterEqual,
    &choose::Where,
];
