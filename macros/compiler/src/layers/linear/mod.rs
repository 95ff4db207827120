//! Products of features with a weight matrix: `Dense`, and `Embedding`, which looks up rows.

mod dense;
mod embedding;
mod tied_dense;

pub(crate) use embedding::EmbeddingOp;

use super::Layer;

pub(super) static LAYERS: &[&dyn Layer] = &[&dense::Dense, &embedding::Embedding];
