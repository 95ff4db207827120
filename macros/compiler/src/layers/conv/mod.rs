//! Convolutions: `Conv`, `DepthwiseConv`, `SeparableConv`, `ConvTranspose` over images, which share two operations (`op`); `Conv1d` and `ConvTranspose1d` over
//! sequences, which are one (`sequence`).

mod conv1d;
mod conv2d;
mod depthwise;
pub(crate) mod geometry;
mod op;
mod padded;
mod separable;
mod sequence;
mod transpose;
mod transpose1d;

use super::Layer;

pub(super) static LAYERS: &[&dyn Layer] = &[
    &conv2d::Conv,
    &depthwise::DepthwiseConv,
    &separable::SeparableConv,
    &transpose::ConvTranspose,
    &conv1d::Conv1d,
    &transpose1d::ConvTranspose1d,
];
