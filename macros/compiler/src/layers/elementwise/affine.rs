//! An operator between a value and a number, `x * 0.5` or `1 - x`: `scale·x + shift`.

use super::binary::Binary;
use crate::graph::{Arg, Attributes, BackwardStep, ChannelBlocks, Count, Dispatch, InPlace, Op, Traits, ValueType, kernels};
use crate::layers::support::tokens::{count, float};
use crate::layers::{Build, Built};
use std::rc::Rc;

/// Builds the operation `scale·x + shift`.
pub(super) fn with_number(op: Binary, cx: &mut Build<'_>) -> Option<Built> {
    cx.values(&op, 1)?;
    let output = ValueType::Tensor(cx.tensor(&op, 0)?);
    let n = cx.float("number")?;
    let first = cx.flag("number_first")?;
    let (scale, shift) = match op {
        Binary::Add => (1.0, n),
        Binary::Sub if first => (-1.0, n),
        Binary::Sub => (1.0, -n),
        Binary::Mul => (n, 0.0),
        _ => return cx.not_yet(op.symbol()),
    };
    let symbol = op.symbol();
    let written = if first { format!("{n:?} {symbol}") } else { format!("{symbol} {n:?}") };
    let attributes = cx.attributes(&op).written(written);
    Some(Built::new(Affine { attributes, len: output.len(), scale, shift }, [output], Vec::new()))
}

#[derive(Debug, Clone)]
struct Affine {
    attributes: Attributes,
    len: Count,
    scale: f32,
    shift: f32,
}

impl Op for Affine {
    fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    fn over_channels(&self, inputs: &[ChannelBlocks]) -> Option<Rc<dyn Op>> {
        Some(Rc::new(Self { len: inputs.first()?.vectors().into(), ..self.clone() }))
    }

    fn traits(&self) -> Traits {
        Traits { in_place: InPlace::Always, ..Traits::default() }
    }

    fn forward(&self) -> Vec<Dispatch> {
        let (scale, shift) = (Arg::Value(float(self.scale)), Arg::Value(float(self.shift)));
        let call = kernels::affine { len: count(&self.len), scale, shift, x: Arg::Input(0), y: Arg::Output(0) };
        vec![Dispatch::Micro(call.into())]
    }

    fn backward(&self) -> Vec<BackwardStep> {
        let scale = Arg::Value(float(self.scale));
        let (len, dy, dx, accumulate) = (count(&self.len), Arg::GradOutput(0), Arg::GradInput(0), Arg::Accumulate(0));
        vec![BackwardStep::input(0, kernels::affine_backward { len, scale, dy, dx, accumulate }.into())]
    }
}

#[cfg(test)]
mod tests {
    use crate::graph::Dispatch;
    use crate::layers::tests::Case;

    #[test]
    fn numbers() {
        for (source, describe, scale, shift) in [
            ("mul(number = 0.5)", "* 0.5", "0.5", "0.0"),
            ("sub(number = 1, number_first = true)", "1.0 -", "- 1.0", "1.0"),
            ("sub(number = 1)", "- 1.0", "1.0", "- 1.0"),
        ] {
            let op = Case::new(source, &[&[20]]).built().op;
            assert_eq!(op.attributes().to_string(), describe);
            let Some(Dispatch::Micro(call)) = op.forward().pop() else { panic!("one call") };
            let shown = format!(
                "{:?}",
                call.args
                    .iter()
                    .filter_map(|arg| match arg {
                        crate::graph::Arg::Value(tokens) => Some(tokens.to_string()),
                        _ => None,
                    })
                    .collect::<Vec<_>>()
            );
            assert_eq!(shown, format!("{:?}", ["20", scale, shift]));
        }
    }
}
