//! `Param([64], init = zeros)`: a learned value without an input, called as the `let` before it says: PyTorch's `nn.Parameter`.

use super::filled::sizes;
use crate::graph::{Arg, Attributes, BackwardStep, Count, Dispatch, Init, Op, kernels};
use crate::layers::support::init;
use crate::layers::support::input::product;
use crate::layers::support::tensor;
use crate::layers::support::tokens::count;
use crate::layers::{Build, Built, Layer, Param, ParamSpec};

/// The layer kind `Param`.
#[derive(Debug)]
pub struct Learned;

const PARAMS: &[Param] = &[Param::required("sizes"), Param::named("init").words(init::WORDS).fraction()];

impl Layer for Learned {
    fn name(&self) -> &'static str {
        "Param"
    }

    fn short(&self) -> &'static str {
        "param"
    }

    fn params(&self) -> &'static [Param] {
        PARAMS
    }

    fn is_parameter(&self) -> bool {
        true
    }

    fn doc(&self) -> [&'static str; 2] {
        [
            "nothing → a learned value of these sizes, at first zeros: `let scale = Param([64], init = ones);`",
            "one, called as its `let`: `scale [64]`",
        ]
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        let sizes = sizes(cx, self)?;
        // As of a weight whose first axis are outputs.
        let inputs = product(&sizes[1..]);
        let init = match cx.args.get("init") {
            None => Init::Constant(0.0),
            Some(_) => init::read(cx, inputs.into(), sizes[0].into())?,
        };
        let output = tensor(sizes.iter().copied());
        let params = vec![ParamSpec::learned("param", sizes, init)];
        Some(Built::new(Value { attributes: cx.attributes(self), len: output.len() }, [output], params))
    }
}

#[derive(Debug)]
struct Value {
    attributes: Attributes,
    len: Count,
}

impl Op for Value {
    fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    fn forward(&self) -> Vec<Dispatch> {
        let call = kernels::param_value { len: count(&self.len), param: Arg::Param(0), y: Arg::Output(0) };
        vec![Dispatch::Micro(call.into())]
    }

    fn backward(&self) -> Vec<BackwardStep> {
        let call = kernels::param_value_backward { len: count(&self.len), dy: Arg::GradOutput(0), dparam: Arg::GradParam(0) };
        vec![BackwardStep::params(call.into())]
    }
}

#[cfg(test)]
mod tests {
    use crate::graph::Init;
    use crate::layers::tests::Case;

    #[test]
    fn a_parameter_of_its_own() {
        let param = Case::new("Param([8, 64], init = ones)", &[]);
        assert_eq!((param.gives().as_str(), param.params().as_str()), ("[8, 64]", "param[8, 64]"));
        assert_eq!(param.built().params[0].init, Init::Constant(1.0));
        assert_eq!(Case::new("Param([8])", &[]).built().params[0].init, Init::Constant(0.0));
    }

    #[test]
    fn mistakes() {
        Case::new("Param([8])", &[&[8]]).complains("Param", "Param takes no value");
        Case::new("Param(8)", &[]).complains("8", "takes a list of sizes, not `8`\n  help: Param([8])");
    }
}
