//! Operations whose shapes are checked and which nothing runs yet.

use super::{Build, Built, Layer, ParamSpec};
use crate::graph::{BackwardStep, Op, Step, ValueType};

/// See the module.
#[derive(Debug)]
pub(super) struct ShapeOnly {
    describe: String,
}

/// A layer that only has a shape.
pub(super) fn built(
    cx: &Build<'_>,
    layer: &dyn Layer,
    outputs: impl IntoIterator<Item = ValueType>,
    params: Vec<ParamSpec>,
) -> Built {
    Built::new(ShapeOnly { describe: cx.describe(layer) }, outputs, params)
}

impl Op for ShapeOnly {
    fn describe(&self) -> String {
        self.describe.clone()
    }

    fn forward(&self) -> Vec<Step> {
        Vec::new()
    }

    fn backward(&self) -> Vec<BackwardStep> {
        Vec::new()
    }

    fn not_yet(&self) -> bool {
        true
    }
}
