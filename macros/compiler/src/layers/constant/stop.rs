//! `stop_gradient(x)`: x itself, through which no gradient flows, as PyTorch's `x.detach()`.

use crate::graph::{
    Arg, Attributes, BackwardStep, ChannelBlocks, Count, Dispatch, InPlace, Inference, Op, Traits, ValueType, kernels,
};
use crate::layers::support::tokens::count;
use crate::layers::{Build, Built, Layer, Param};
use std::rc::Rc;

/// The layer kind `stop_gradient`.
#[derive(Debug)]
pub struct StopGradient;

impl Layer for StopGradient {
    fn name(&self) -> &'static str {
        "stop_gradient"
    }

    fn short(&self) -> &'static str {
        "stop_gradient"
    }

    fn steps(&self) -> bool {
        true
    }

    fn params(&self) -> &'static [Param] {
        &[]
    }

    fn doc(&self) -> [&'static str; 2] {
        ["the value, without a gradient", ""]
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        cx.values(self, 1)?;
        let output = ValueType::Tensor(cx.tensor(self, 0)?);
        Some(Built::new(Stop { attributes: cx.attributes(self), len: output.len() }, [output], Vec::new()))
    }
}

#[derive(Debug, Clone)]
struct Stop {
    attributes: Attributes,
    len: Count,
}

impl Op for Stop {
    fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    fn traits(&self) -> Traits {
        Traits { in_place: InPlace::Always, ..Traits::default() }
    }

    fn over_channels(&self, inputs: &[ChannelBlocks]) -> Option<Rc<dyn Op>> {
        Some(Rc::new(Self { len: inputs.first()?.vectors().into(), ..self.clone() }))
    }

    fn forward(&self) -> Vec<Dispatch> {
        vec![Dispatch::Micro(kernels::keep { len: count(&self.len), x: Arg::Input(0), y: Arg::Output(0) }.into())]
    }

    fn infer(&self) -> Inference {
        Inference::Identity
    }

    fn backward(&self) -> Vec<BackwardStep> {
        let call = kernels::no_gradient { len: count(&self.len), dx: Arg::GradInput(0), accumulate: Arg::Accumulate(0) };
        vec![BackwardStep::input(0, call.into())]
    }
}

#[cfg(test)]
mod tests {
    use crate::layers::tests::Case;

    #[test]
    fn the_same_value() {
        assert_eq!(Case::new("stop_gradient", &[&[4, 5]]).gives(), "[4, 5]");
    }
}
