//! Pooling over images and over time, and layers that make images larger again.

mod adaptive;
mod avg;
mod global;
mod max;
mod max_unpool;
mod over_time;
mod roi;
mod upsample;

pub(crate) use max::MaxPoolOp;

use super::support::input::ImageSizes;
use super::support::window::Window;
use super::{Build, Built, Layer};
use crate::graph::{ChannelBlocks, ValueType};
use avg::AvgPoolOp;

pub(super) static LAYERS: &[&dyn Layer] = &[
    &max::MaxPool,
    &avg::AvgPool,
    &global::Global(Takes::Mean),
    &global::Global(Takes::Largest),
    &adaptive::Adaptive(Takes::Mean),
    &adaptive::Adaptive(Takes::Largest),
    &adaptive::Adaptive1d(Takes::Mean),
    &adaptive::Adaptive1d(Takes::Largest),
    &over_time::Pool1d(Takes::Largest),
    &over_time::Pool1d(Takes::Mean),
    &global::Global1d(Takes::Mean),
    &global::Global1d(Takes::Largest),
    &max_unpool::MaxUnpool,
    &upsample::Upsample,
    &roi::RoiPool,
    &roi::RoiAlign,
];

/// The sizes of an image with its channels in blocks of sixteen.
fn in_blocks([_, height, width]: &ImageSizes, inputs: &[ChannelBlocks]) -> Option<ImageSizes> {
    Some([inputs.first()?.channels.div_ceil(16).into(), height.clone(), width.clone()])
}

/// What a pool takes of each window.
#[derive(Debug, Clone, Copy)]
enum Takes {
    Largest,
    Mean,
}

impl Takes {
    /// The pool of these windows.
    fn built(self, cx: &Build<'_>, layer: &dyn Layer, input: ImageSizes, window: Window, output: ValueType) -> Built {
        let attributes = cx.attributes(layer);
        match self {
            Self::Largest => Built::new(MaxPoolOp::new(attributes, input, window), [output], Vec::new()),
            Self::Mean => Built::new(AvgPoolOp { attributes, input, window, count_pad: true }, [output], Vec::new()),
        }
    }

    /// One of two names.
    fn name(self, mean: &'static str, largest: &'static str) -> &'static str {
        match self {
            Self::Mean => mean,
            Self::Largest => largest,
        }
    }
}

/// The help where a pool over images is given a sequence.
fn over_time(layer: &str, dims: &[usize]) -> Option<String> {
    let [_, _] = *dims else { return None };
    Some(format!("`{layer}1d` for [time, features]"))
}
