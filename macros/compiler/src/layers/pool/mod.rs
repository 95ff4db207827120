//! Pooling over images, and layers that make images larger again.

mod avg;
mod global_avg;
mod max;
mod max_unpool;
mod upsample;

pub(crate) use max::MaxPoolOp;

use super::Layer;

pub(super) static LAYERS: &[&dyn Layer] =
    &[&max::MaxPool, &avg::AvgPool, &global_avg::GlobalAvgPool, &max_unpool::MaxUnpool, &upsample::Upsample];
