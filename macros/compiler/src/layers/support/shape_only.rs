//! Operations whose shapes are checked, but which have no kernels yet.

use crate::graph::{Attributes, BackwardStep, Dispatch, Op, Traits, ValueType};
use crate::layers::{Build, Built, Layer, ParamSpec};

/// An operation that has shapes, but no kernel yet.
#[derive(Debug)]
pub(crate) struct ShapeOnly {
    attributes: Attributes,
}

/// A layer that has shapes, but no kernel yet.
pub(crate) fn built(
    cx: &Build<'_>,
    layer: &dyn Layer,
    outputs: impl IntoIterator<Item = ValueType>,
    params: Vec<ParamSpec>,
) -> Built {
    Built::new(ShapeOnly { attributes: cx.attributes(layer) }, outputs, params)
}

impl Op for ShapeOnly {
    fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    fn traits(&self) -> Traits {
        Traits { unfinished: true, ..Traits::default() }
    }

    fn forward(&self) -> Vec<Dispatch> {
        Vec::new()
    }

    fn backward(&self) -> Vec<BackwardStep> {
        Vec::new()
    }
}
