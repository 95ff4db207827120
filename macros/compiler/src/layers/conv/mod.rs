//! Convolutions: `Conv`, `DepthwiseConv`, `ConvTranspose`, `Conv1d`. The first three share two operations (`op`).

mod conv1d;
mod conv2d;
mod depthwise;
mod geometry;
mod op;
mod transpose;
mod typed;

use super::Layer;

pub(super) static LAYERS: &[&dyn Layer] = &[&conv2d::Conv, &depthwise::DepthwiseConv, &transpose::ConvTranspose, &conv1d::Conv1d];
