//! Layers that move numbers and compute nothing: views (`Flatten`, `Reshape`, `Squeeze`), copies along an axis (`concat`, `split`), `Pad`, and copies of
//! some numbers or in another order (`Slice`, `Crop`, `Step`, `Permute`, `Flip`, `SpaceToDepth`, `DepthToSpace`), which are one kernel (`moved.rs`).

mod concat;
mod crop;
mod depth;
pub(crate) mod elements;
mod flatten;
mod flip;
pub(crate) mod moved;
pub(crate) mod pad;
pub(crate) mod parts;
mod permute;
mod reshape;
mod slice;
mod split;
mod squeeze;
mod step;

use super::Layer;

pub(super) static LAYERS: &[&dyn Layer] = &[
    &flatten::Flatten,
    &reshape::Reshape,
    &squeeze::Squeeze,
    &slice::Slice,
    &crop::Crop,
    &step::Step,
    &permute::Permute,
    &flip::Flip,
    &depth::Blocks::SpaceToDepth,
    &depth::Blocks::DepthToSpace,
    &concat::Concat,
    &split::Split,
    &pad::Pad,
];
