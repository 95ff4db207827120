//! `Softmax`: over the channels of an image, else over the last axis.

use crate::graph::{Arg, Attributes, BackwardStep, Call, Count, Dispatch, Geometry, Op, ValueType, channel_axis, kernels};
use crate::layers::{Build, Built, Layer, Param};
use fireclay_ir::ValueRange;
use quote::quote;

/// The layer kind `Softmax`.
#[derive(Debug)]
pub struct Softmax;

impl Layer for Softmax {
    fn name(&self) -> &'static str {
        "Softmax"
    }

    fn short(&self) -> &'static str {
        "softmax"
    }

    fn steps(&self) -> bool {
        true
    }

    fn params(&self) -> &'static [Param] {
        &[]
    }

    fn doc(&self) -> [&'static str; 2] {
        ["over channels of an image, else over the last axis", ""]
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        cx.values(self, 1)?;
        let dims = cx.tensor(self, 0)?;
        let axis = channel_axis(dims.len());
        let op = SoftmaxOp {
            attributes: cx.attributes(self),
            outer: Count::product(&dims[..axis]),
            len: dims[axis].clone().into(),
            inner: Count::product(&dims[axis + 1..]),
        };
        Some(Built::new(op, [ValueType::Tensor(dims)], Vec::new()))
    }
}

#[derive(Debug)]
struct SoftmaxOp {
    attributes: Attributes,
    outer: Count,
    len: Count,
    inner: Count,
}

impl Op for SoftmaxOp {
    fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    fn geometry(&self) -> Option<Geometry> {
        let (outer, len, inner) = (self.outer.value(), self.len.value(), self.inner.value());
        Some(Geometry::new(quote!(__f::k::Softmax), quote!(__f::k::Softmax { outer: #outer, len: #len, inner: #inner })))
    }

    fn range(&self, _: ValueRange) -> ValueRange {
        ValueRange::Probabilities
    }

    fn forward(&self) -> Vec<Dispatch> {
        vec![Dispatch::Micro(Call::from(kernels::softmax_forward { g: Arg::Geometry, x: Arg::Input(0), y: Arg::Output(0) }))]
    }

    fn backward(&self) -> Vec<BackwardStep> {
        use Arg::{Accumulate, Geometry, GradInput, GradOutput, Output};
        let call = Call::from(kernels::softmax_backward {
            g: Geometry,
            y: Output(0),
            dy: GradOutput(0),
            dx: GradInput(0),
            accumulate: Accumulate(0),
        });
        vec![BackwardStep::input(0, call)]
    }
}

#[cfg(test)]
mod tests {
    use crate::layers::tests::Case;

    #[test]
    fn its_axis() {
        for (input, geometry) in [
            (&[10][..], "outer : 1 , len : 10 , inner : 1"),
            (&[64, 96], "outer : 64 , len : 96 , inner : 1"),
            (&[5, 32, 32], "outer : 1 , len : 5 , inner : 1024"),
        ] {
            let built = Case::new("Softmax", &[input]).built();
            let value = built.op.geometry().expect("a constant").value.to_string();
            assert!(value.contains(geometry), "{value}");
        }
    }
}
