//! `Dropout(probability = 0.5)`: while training, each number becomes zero with this probability and the others are scaled up.

use crate::graph::{
    Arg, Attributes, BackwardStep, Call, Count, Dispatch, Family, Geometry, InPlace, Inference, Op, Traits, ValueType, When,
    kernels,
};
use crate::layers::support::tokens::{count, float};
use crate::layers::{Build, Built, Layer, Param};
use quote::quote;

/// The layer kind `Dropout`.
#[derive(Debug)]
pub struct Dropout;

const PARAMS: &[Param] = &[Param::positional("probability").float(0.5)];

impl Layer for Dropout {
    fn name(&self) -> &'static str {
        "Dropout"
    }

    fn short(&self) -> &'static str {
        "dropout"
    }

    fn steps(&self) -> bool {
        true
    }

    fn params(&self) -> &'static [Param] {
        PARAMS
    }

    fn doc(&self) -> [&'static str; 2] {
        ["any shape; while training, the rest scaled up", ""]
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        cx.values(self, 1)?;
        let output = ValueType::Tensor(cx.tensor(self, 0)?);
        let probability = cx.float("probability")?;
        if !(0.0..1.0).contains(&probability) {
            return cx.fail(
                cx.arg_span("probability"),
                format_args!("probability = {probability:?} must be at least 0 and less than 1"),
            );
        }
        let op = DropoutOp { attributes: cx.attributes(self), len: output.len(), probability };
        Some(Built::new(op, [output], Vec::new()))
    }
}

#[derive(Debug)]
struct DropoutOp {
    attributes: Attributes,
    len: Count,
    probability: f32,
}

impl Op for DropoutOp {
    fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    fn geometry(&self) -> Option<Geometry> {
        let (len, probability) = (self.len.value(), float(self.probability));
        let value = quote!(__f::k::Dropout { len: #len, probability: #probability, node: NODE });
        Some(Geometry { by_node: true, ..Geometry::new(quote!(__f::k::Dropout), value) })
    }

    fn traits(&self) -> Traits {
        Traits { in_place: InPlace::Always, init: Family::Transparent, ..Traits::default() }
    }

    fn forward(&self) -> Vec<Dispatch> {
        use Arg::{Count, FirstSample, Geometry, Input, Key, Output, Value};
        let train = Call::from(kernels::dropout_forward {
            g: Geometry,
            key: Key,
            first_sample: FirstSample,
            count: Count,
            x: Input(0),
            y: Output(0),
        });
        let eval = Call::from(kernels::affine {
            len: count(&self.len),
            scale: Value(quote!(1.0)),
            shift: Value(quote!(0.0)),
            x: Input(0),
            y: Output(0),
        });
        vec![Dispatch::Micro(train.only(When::Train)), Dispatch::Micro(eval.only(When::Eval))]
    }

    fn backward(&self) -> Vec<BackwardStep> {
        use Arg::{Accumulate, Count, FirstSample, Geometry, GradInput, GradOutput, Key, Value};
        let train = Call::from(kernels::dropout_backward {
            g: Geometry,
            key: Key,
            first_sample: FirstSample,
            count: Count,
            dy: GradOutput(0),
            dx: GradInput(0),
            accumulate: Accumulate(0),
        });
        let eval = Call::from(kernels::affine_backward {
            len: count(&self.len),
            scale: Value(quote!(1.0)),
            dy: GradOutput(0),
            dx: GradInput(0),
            accumulate: Accumulate(0),
        });
        vec![BackwardStep::input(0, train.only(When::Train)), BackwardStep::input(0, eval.only(When::Eval))]
    }

    fn infer(&self) -> Inference {
        Inference::Identity
    }
}

#[cfg(test)]
mod tests {
    use crate::graph::Inference;
    use crate::layers::tests::Case;

    #[test]
    fn only_while_training() {
        let built = Case::new("Dropout(0.2)", &[&[64, 7, 7]]).built();
        assert_eq!(built.outputs[0].to_string(), "[64, 7, 7]");
        assert!(matches!(built.op.infer(), Inference::Identity));
        let value = built.op.geometry().expect("a constant").value.to_string();
        assert_eq!(value, "__f :: k :: Dropout { len : 3136 , probability : 0.2 , node : NODE }");
    }

    #[test]
    fn mistakes() {
        Case::new("Dropout(1)", &[&[64]]).fails("1", "Dropout: probability = 1.0 must be at least 0 and less than 1");
        Case::new("Dropout(-0.1)", &[&[64]]).fails("-0.1", "Dropout: probability = -0.1 must be at least 0 and less than 1");
    }
}
