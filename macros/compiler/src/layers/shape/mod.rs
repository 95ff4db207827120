//! Layers that move numbers and compute nothing: views (`Flatten`, `Reshape`) and copies along an axis (`concat`, `split`).

mod concat;
mod flatten;
mod parts;
mod reshape;
mod split;

use super::Layer;

pub(super) static LAYERS: &[&dyn Layer] = &[&flatten::Flatten, &reshape::Reshape, &concat::Concat, &split::Split];
