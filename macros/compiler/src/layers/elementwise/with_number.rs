//! An operator between a value and a number that is no `scale·x + shift`: `x / 3`, `1 / x`, `x > 0`, `max(x, 0)`.

use super::binary::Binary;
use crate::graph::{
    Arg, Attributes, BackwardStep, Call, ChannelBlocks, Count, Dispatch, Geometry, InPlace, Op, Traits, ValueType, kernels,
};
use crate::layers::support::tokens::float;
use crate::layers::{Build, Built, Layer};
use quote::quote;
use std::rc::Rc;

/// Builds the operator with the argument `number`, which stands left if the flag `number_first` says so.
pub(crate) fn with_number(op: Binary, layer: &dyn Layer, cx: &mut Build<'_>) -> Option<Built> {
    cx.values(layer, 1)?;
    let output = ValueType::Tensor(cx.tensor(layer, 0)?);
    let number = cx.float("number")?;
    let first = cx.takes("number_first") && cx.flag("number_first")?;
    let attributes = cx.attributes(layer);
    let symbol = op.symbol();
    let attributes = match op {
        Binary::Max | Binary::Min => attributes,
        // `x < 3` came here as 3 > x.
        Binary::Greater if first => attributes.written(format!("< {number:?}")),
        Binary::GreaterEqual if first => attributes.written(format!("<= {number:?}")),
        _ if first => attributes.written(format!("{number:?} {symbol}")),
        _ => attributes.written(format!("{symbol} {number:?}")),
    };
    if op == Binary::Div && !first && number == 0.0 {
        return cx.fail(cx.arg_span("number"), "a division by zero");
    }
    Some(Built::new(WithNumber { attributes, op, number, first, len: output.len() }, [output], Vec::new()))
}

#[derive(Debug, Clone)]
struct WithNumber {
    attributes: Attributes,
    op: Binary,
    number: f32,
    first: bool,
    len: Count,
}

impl Op for WithNumber {
    fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    fn geometry(&self) -> Option<Geometry> {
        let (op, number, first, len) = (self.op.kernel(), float(self.number), self.first, self.len.value());
        let value = quote!(__f::k::WithNumber { op: __f::k::BinaryOp::#op, number: #number, first: #first, len: #len });
        Some(Geometry::new(quote!(__f::k::WithNumber), value))
    }

    fn traits(&self) -> Traits {
        Traits { in_place: InPlace::Always, ..Traits::default() }
    }

    fn over_channels(&self, inputs: &[ChannelBlocks]) -> Option<Rc<dyn Op>> {
        Some(Rc::new(Self { len: inputs.first()?.vectors().into(), ..self.clone() }))
    }

    fn forward(&self) -> Vec<Dispatch> {
        let call = kernels::with_number { g: Arg::Geometry, x: Arg::Input(0), y: Arg::Output(0) };
        vec![Dispatch::Micro(Call::from(call))]
    }

    fn backward(&self) -> Vec<BackwardStep> {
        use Arg::{Accumulate, Geometry, GradInput, GradOutput, Input};
        let call = kernels::with_number_backward {
            g: Geometry,
            x: Input(0),
            dy: GradOutput(0),
            dx: GradInput(0),
            accumulate: Accumulate(0),
        };
        vec![BackwardStep::input(0, call.into())]
    }
}

#[cfg(test)]
mod tests {
    use crate::layers::tests::Case;

    #[test]
    fn as_it_is_written() {
        for (source, written, geometry) in [
            ("div(number = 3)", "/ 3.0", "op : __f :: k :: BinaryOp :: Div , number : 3.0 , first : false , len : 20"),
            ("div(number = 1, number_first = true)", "1.0 /", "first : true"),
            ("greater(number = 1, number_first = true)", "< 1.0", "BinaryOp :: Greater , number : 1.0 , first : true"),
            ("max(0)", "max(0)", "BinaryOp :: Max , number : 0.0"),
        ] {
            let op = Case::new(source, &[&[20]]).built().op;
            assert_eq!(op.attributes().to_string(), written);
            let value = op.geometry().expect("a constant").value.to_string();
            assert!(value.contains(geometry), "{value}");
        }
        Case::new("div(number = 0)", &[&[20]]).complains("0", "a division by zero");
    }
}
