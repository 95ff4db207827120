//! `LeakyRelu(slope = 0.01)`: `x` above zero, `slope·x` below.

use super::unary::{self, Kernels};
use super::{Build, Built, Layer, Param};
use crate::graph::Family;

/// See the module.
#[derive(Debug)]
pub struct LeakyRelu;

const PARAMS: &[Param] = &[Param::positional("slope")];

impl Layer for LeakyRelu {
    fn name(&self) -> &'static str {
        "LeakyRelu"
    }

    fn short(&self) -> &'static str {
        "leaky_relu"
    }

    fn steps(&self) -> bool {
        true
    }

    fn params(&self) -> &'static [Param] {
        PARAMS
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        let slope = cx.float("slope", Some(0.01))?;
        // The sign of the output is that of the input only for a positive slope.
        let kernels =
            Kernels { scalar: Some(slope), keeps_output: slope > 0.0, ..Kernels::new("leaky_relu", "leaky_relu_backward") };
        unary::build(cx, self, Kernels { family: Family::Relu, ..kernels })
    }
}

#[cfg(test)]
mod tests {
    use crate::graph::{Arg, Step};
    use crate::layers::tests::Case;

    #[test]
    fn keeps_what_tells_the_sign() {
        for (source, output, slope) in [
            ("LeakyRelu", true, "0.01"),
            ("LeakyRelu(0.2)", true, "0.2"),
            ("LeakyRelu(-0.5)", false, "- 0.5"),
            ("LeakyRelu(0)", false, "0.0"),
        ] {
            let built = Case::new(source, &[&[4]]).built();
            let backward = built.op.backward();
            let Step::Micro(call) = &backward[0].step else { panic!("one call") };
            let [_, Arg::Value(x), kept, ..] = call.args.as_slice() else { panic!("{call:?}") };
            assert_eq!((x.to_string().as_str(), matches!(kept, Arg::Output(0))), (slope, output), "{source}");
            assert_eq!(built.op.describe(), source);
        }
        Case::new("LeakyRelu(same)", &[&[4]]).fails("same", "LeakyRelu: slope takes a number, not `same`");
    }
}
