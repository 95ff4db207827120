//! Attention.

mod self_attention;

use super::Layer;

pub(super) static LAYERS: &[&dyn Layer] = &[&self_attention::Attention];
