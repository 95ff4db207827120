//! `Pow(2)`: every number to a power, as `torch.pow`.

use crate::graph::{
    Arg, Attributes, BackwardStep, Call, ChannelBlocks, Count, Dispatch, Geometry, InPlace, Op, Traits, ValueType, kernels,
};
use crate::layers::support::tokens::float;
use crate::layers::{Build, Built, Layer, Param};
use quote::quote;
use std::rc::Rc;

/// The layer kind `Pow`.
#[derive(Debug)]
pub struct Pow;

const PARAMS: &[Param] = &[Param::required("exponent").fraction()];

impl Layer for Pow {
    fn name(&self) -> &'static str {
        "Pow"
    }

    fn short(&self) -> &'static str {
        "pow"
    }

    fn steps(&self) -> bool {
        true
    }

    fn params(&self) -> &'static [Param] {
        PARAMS
    }

    fn doc(&self) -> [&'static str; 2] {
        ["any shape; every number to a power: NaN where it is negative and the power no integer", ""]
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        cx.values(self, 1)?;
        let output = ValueType::Tensor(cx.tensor(self, 0)?);
        let exponent = cx.float("exponent")?;
        Some(Built::new(PowOp { attributes: cx.attributes(self), exponent, len: output.len() }, [output], Vec::new()))
    }
}

#[derive(Debug, Clone)]
struct PowOp {
    attributes: Attributes,
    exponent: f32,
    len: Count,
}

impl Op for PowOp {
    fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    fn geometry(&self) -> Option<Geometry> {
        let (exponent, len) = (float(self.exponent), self.len.value());
        Some(Geometry::new(quote!(__f::k::Power), quote!(__f::k::Power { exponent: #exponent, len: #len })))
    }

    fn traits(&self) -> Traits {
        Traits { in_place: InPlace::Always, ..Traits::default() }
    }

    fn over_channels(&self, inputs: &[ChannelBlocks]) -> Option<Rc<dyn Op>> {
        Some(Rc::new(Self { len: inputs.first()?.vectors().into(), ..self.clone() }))
    }

    fn forward(&self) -> Vec<Dispatch> {
        vec![Dispatch::Micro(Call::from(kernels::power { g: Arg::Geometry, x: Arg::Input(0), y: Arg::Output(0) }))]
    }

    fn backward(&self) -> Vec<BackwardStep> {
        use Arg::{Accumulate, Geometry, GradInput, GradOutput, Input};
        let (x, dy, dx, accumulate) = (Input(0), GradOutput(0), GradInput(0), Accumulate(0));
        vec![BackwardStep::input(0, kernels::power_backward { g: Geometry, x, dy, dx, accumulate }.into())]
    }
}

#[cfg(test)]
mod tests {
    use crate::layers::tests::Case;

    #[test]
    fn an_exponent() {
        assert_eq!(Case::new("Pow(2)", &[&[4, 5]]).gives(), "[4, 5]");
        let value = Case::new("Pow(-0.5)", &[&[4, 5]]).built().op.geometry().expect("a constant").value.to_string();
        assert!(value.contains("exponent : - 0.5 , len : 20"), "{value}");
        Case::new("Pow", &[&[4]]).fails("Pow", "Pow: `exponent` is missing");
    }
}
