//! Operations whose shapes are checked and which nothing runs yet.

use super::{Build, Built, Layer, ParamSpec};
use crate::graph::{BackwardStep, Family, Op, Step, ValueType};

/// See the module.
#[derive(Debug)]
pub(super) struct ShapeOnly {
    describe: String,
    family: Family,
    groups: Option<&'static [usize]>,
}

/// A layer that only has a shape.
pub(super) fn built(
    cx: &Build<'_>,
    layer: &dyn Layer,
    outputs: impl IntoIterator<Item = ValueType>,
    params: Vec<ParamSpec>,
) -> Built {
    grouped(cx, layer, outputs, params, None)
}

/// The same, with tuples among its outputs: see [`Op::output_groups`].
pub(super) fn grouped(
    cx: &Build<'_>,
    layer: &dyn Layer,
    outputs: impl IntoIterator<Item = ValueType>,
    params: Vec<ParamSpec>,
    groups: Option<&'static [usize]>,
) -> Built {
    Built::new(ShapeOnly { describe: cx.describe(layer), family: Family::Other, groups }, outputs, params)
}

/// An element-wise relative of ReLU that only has a shape.
pub(super) fn activation(cx: &mut Build<'_>, layer: &dyn Layer) -> Option<Built> {
    cx.values(layer, 1)?;
    let output = ValueType::Tensor(cx.tensor(layer, 0)?);
    Some(Built::new(ShapeOnly { describe: cx.describe(layer), family: Family::Relu, groups: None }, [output], Vec::new()))
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

    fn family(&self) -> Family {
        self.family
    }

    fn output_groups(&self) -> Option<&'static [usize]> {
        self.groups
    }

    fn not_yet(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use crate::layers::tests::Case;

    #[test]
    fn activations() {
        for source in ["Relu6", "Gelu", "Gelu(approximate = true)", "Elu", "Elu(0.5)", "Silu"] {
            let built = Case::new(source, &[&[6, 8, 8]]).built();
            assert!(built.op.not_yet() && built.op.describe() == source);
            assert_eq!(built.outputs[0].to_string(), "[6, 8, 8]");
        }
        Case::new("Elu(same)", &[&[6]]).fails("same", "Elu: alpha takes a number, not `same`");
    }
}
