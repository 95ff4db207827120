//! `Relu`: `max(x, 0)`.

use super::unary::{self, Kernels};
use super::{Build, Built, Layer, Param};
use crate::graph::Family;

/// See the module.
#[derive(Debug)]
pub struct Relu;

impl Layer for Relu {
    fn name(&self) -> &'static str {
        "Relu"
    }

    fn short(&self) -> &'static str {
        "relu"
    }

    fn steps(&self) -> bool {
        true
    }

    fn params(&self) -> &'static [Param] {
        &[]
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        unary::build(cx, self, Kernels { family: Family::Relu, ..Kernels::new("relu", "relu_backward") })
    }
}

#[cfg(test)]
mod tests {
    use crate::graph::{Arg, Family, Step, ValueType};
    use crate::layers::tests::Case;

    #[test]
    fn element_wise() {
        let built = Case::new("Relu", &[&[6, 28, 28]]).built();
        assert_eq!(built.outputs[0].to_string(), "[6, 28, 28]");
        assert!(built.op.in_place() && built.op.family() == Family::Relu);
        let forward = built.op.forward();
        let [Step::Micro(call)] = forward.as_slice() else { panic!("one call") };
        assert_eq!(call.kernel, "relu");
        assert!(matches!(call.args.as_slice(), [Arg::Value(len), Arg::Input(0), Arg::Output(0)] if len.to_string() == "4704"));
        let backward = built.op.backward();
        let Step::Micro(call) = &backward[0].step else { panic!("one call") };
        assert!(matches!(call.args.as_slice(), [_, Arg::Output(0), Arg::GradOutput(0), Arg::GradInput(0), Arg::Accumulate(0)]));
    }

    #[test]
    fn not_for_indices() {
        Case::of("Relu", vec![ValueType::Index { bound: 10 }]).fails(
            "Relu",
            "Relu takes numbers; it receives indices [0..10]\n  input: [0..10], from stage0\n  help: put `-> Embedding(64)` before it, or another number of features",
        );
        Case::new("Relu", &[&[1], &[1]]).fails("Relu", "Relu takes 1 value; it receives 2");
    }
}
