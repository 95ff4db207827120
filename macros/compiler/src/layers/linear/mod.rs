//! Products of features with a weight matrix: `Dense`, and `Embedding`, which looks up rows; `matmul` of two values.

mod dense;
mod embedding;
mod matmul;
mod tied_dense;

pub(crate) use embedding::EmbeddingOp;
pub(crate) use matmul::Product;

use super::Layer;

pub(super) static LAYERS: &[&dyn Layer] = &[&dense::Dense, &embedding::Embedding, &matmul::MatMul];
