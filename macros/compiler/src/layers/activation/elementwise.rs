//! Element-wise activations: a layer for each declaration of [`fireclay_ir::activation`].

use crate::graph::{Arg, Attributes, BackwardStep, Call, ChannelBlocks, Count, Dispatch, Family, InPlace, Op, Traits, ValueType};
use crate::layers::support::tokens::{count, float};
use crate::layers::{Build, Built, Layer, Param};
use fireclay_ir::ValueRange;
use fireclay_ir::activation::{ALL, Description, Kind, Saved};
use fireclay_ir::kernels::Epilogue;
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use std::rc::Rc;

/// The layer of an activation.
#[derive(Debug)]
pub struct Activation {
    declared: &'static Description,
    params: Vec<Param>,
}

/// The layers of all activations.
pub(crate) fn all() -> impl Iterator<Item = Activation> {
    ALL.iter().map(|declared| {
        let params = declared.arguments.iter().map(|argument| match &argument.kind {
            Kind::Number { default, .. } => Param::positional(argument.name).float(*default),
            Kind::Word(words) => Param::named(argument.name).word(words[0]).words(words),
        });
        Activation { declared, params: params.collect() }
    })
}

impl Layer for Activation {
    fn name(&self) -> &'static str {
        self.declared.name
    }

    fn short(&self) -> &'static str {
        self.declared.kernel.name
    }

    fn steps(&self) -> bool {
        true
    }

    fn params(&self) -> &[Param] {
        &self.params
    }

    fn doc(&self) -> [&'static str; 2] {
        [self.declared.doc, ""]
    }

    /// Applies it to a tensor of any shape.
    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        cx.values(self, 1)?;
        let output = ValueType::Tensor(cx.tensor(self, 0)?);
        // All of them, so that every mistake is said at once.
        let values: Vec<Option<f32>> =
            self.declared.arguments.iter().map(|argument| read(cx, argument.name, argument.kind)).collect();
        let values: Option<Vec<f32>> = values.into_iter().collect();
        let op = ActivationOp { len: output.len(), attributes: cx.attributes(self), declared: self.declared, values: values? };
        Some(Built::new(op, [output], Vec::new()))
    }
}

/// An argument as a number; a word is 0 or 1.
fn read(cx: &mut Build<'_>, name: &str, kind: Kind) -> Option<f32> {
    match kind {
        Kind::Number { positive, .. } => {
            let value = cx.float(name)?;
            if positive && value <= 0.0 {
                return cx.fail(cx.arg_span(name), format_args!("{name} = {value:?} must be above 0"));
            }
            Some(value)
        }
        Kind::Word(words) => Some(f32::from(cx.word(name, &words)?.is_some_and(|word| word == words[1]))),
    }
}

/// An activation applied.
#[derive(Debug, Clone)]
pub(crate) struct ActivationOp {
    len: Count,
    attributes: Attributes,
    declared: &'static Description,
    values: Vec<f32>,
}

/// The operand of kernels that is a ReLU.
pub(crate) fn relu() -> Arg {
    Arg::Value(quote!(__f::k::activation::Relu {}))
}

impl ActivationOp {
    /// Whether it is a ReLU: the epilogue `Relu`.
    pub(crate) fn is_relu(&self) -> bool {
        matches!(self.declared.epilogue, Some(Epilogue::Relu))
    }

    /// `__f::k::activation::LeakyRelu { slope: 0.2 }`
    fn declared(&self) -> TokenStream {
        let ident = |name: &str| Ident::new(name, Span::mixed_site());
        let name = ident(self.declared.name);
        let values = self.declared.arguments.iter().zip(&self.values).map(|(argument, value)| {
            let name = ident(argument.name);
            let value = match argument.kind {
                Kind::Number { .. } => float(*value),
                Kind::Word(_) if *value > 0.0 => quote!(true),
                Kind::Word(_) => quote!(false),
            };
            quote!(#name: #value)
        });
        quote!(__f::k::activation::#name { #(#values),* })
    }
}

impl Op for ActivationOp {
    fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    fn traits(&self) -> Traits {
        Traits {
            in_place: InPlace::Always,
            init: if self.declared.relu_family { Family::Relu } else { Family::Other },
            ..Traits::default()
        }
    }

    fn range(&self, _: ValueRange) -> ValueRange {
        (self.declared.range)(&self.values)
    }

    fn forward(&self) -> Vec<Dispatch> {
        let args = vec![Arg::Value(self.declared()), count(&self.len), Arg::Input(0), Arg::Output(0)];
        vec![Dispatch::Micro(Call::checked(self.declared.kernel, args))]
    }

    fn over_channels(&self, inputs: &[ChannelBlocks]) -> Option<Rc<dyn Op>> {
        Some(Rc::new(Self { len: inputs.first()?.vectors().into(), ..self.clone() }))
    }

    fn backward(&self) -> Vec<BackwardStep> {
        let saved = match (self.declared.saved)(&self.values) {
            Saved::Input => Arg::Input(0),
            Saved::Output => Arg::Output(0),
        };
        let args =
            vec![Arg::Value(self.declared()), count(&self.len), saved, Arg::GradOutput(0), Arg::GradInput(0), Arg::Accumulate(0)];
        vec![BackwardStep::input(0, Call::checked(self.declared.backward, args))]
    }
}

#[cfg(test)]
mod tests {
    use crate::graph::{Arg, Dispatch, Family, InPlace, ValueType};
    use crate::layers::tests::Case;
    use crate::passes::rewrite::epilogue;
    use fireclay_ir::activation::ALL;
    use fireclay_ir::kernels::Epilogue;

    #[test]
    fn element_wise() {
        for f in ALL {
            let built = Case::new(f.name, &[&[6, 28, 28]]).built();
            assert_eq!(built.outputs[0].to_string(), "[6, 28, 28]");
            assert!(built.op.traits().in_place == InPlace::Always && built.op.over_channels(&[]).is_none());
            let forward = built.op.forward();
            let [Dispatch::Micro(call)] = forward.as_slice() else { panic!("one call") };
            assert_eq!(call.kernel, f.kernel);
            let [Arg::Value(declared), Arg::Value(len), Arg::Input(0), Arg::Output(0)] = call.args.as_slice() else {
                panic!("{call:?}")
            };
            assert!(declared.to_string().starts_with(&format!("__f :: k :: activation :: {} {{", f.name)), "{declared}");
            assert_eq!(len.to_string(), "4704");
            let backward = built.op.backward();
            let Dispatch::Micro(call) = &backward[0].step else { panic!("one call") };
            assert_eq!(call.kernel, f.backward);
            assert!(matches!(
                call.args.as_slice(),
                [_, _, Arg::Input(0) | Arg::Output(0), Arg::GradOutput(0), Arg::GradInput(0), Arg::Accumulate(0)]
            ));
        }
    }

    #[test]
    fn relu_alone_goes_into_products() {
        for f in ALL {
            let built = Case::new(f.name, &[&[4]]).built();
            assert_eq!(epilogue::of(&*built.op), (f.name == "Relu").then_some(Epilogue::Relu));
        }
        assert_eq!(Case::new("Relu", &[&[4]]).built().op.traits().init, Family::Relu);
        assert_eq!(Case::new("Tanh", &[&[4]]).built().op.traits().init, Family::Other);
    }

    #[test]
    fn not_for_indices() {
        Case::of("Relu", vec![ValueType::Index { bound: 10 }]).fails(
            "Relu",
            "Relu takes numbers; it receives indices [0..10]\n  input: [0..10], from stage0\n  help: put `-> Embedding(64)` before it, or another number of features",
        );
        Case::new("Relu", &[&[1], &[1]]).fails("Relu", "Relu takes 1 value; it receives 2");
    }

    /// The operands of the calls, and whether the output is saved.
    #[test]
    fn arguments() {
        for (source, output, declared) in [
            ("LeakyRelu", true, "LeakyRelu { slope : 0.01 }"),
            ("LeakyRelu(0.2)", true, "LeakyRelu { slope : 0.2 }"),
            ("LeakyRelu(-0.5)", false, "LeakyRelu { slope : - 0.5 }"),
            ("LeakyRelu(0)", false, "LeakyRelu { slope : 0.0 }"),
            ("Elu", true, "Elu { alpha : 1.0 }"),
            ("Elu(0.5)", true, "Elu { alpha : 0.5 }"),
            ("Softplus(2, 10)", false, "Softplus { beta : 2.0 , threshold : 10.0 }"),
            ("Softplus(threshold = 10)", false, "Softplus { beta : 1.0 , threshold : 10.0 }"),
            ("Gelu", false, "Gelu { approximate : false }"),
            ("Gelu(approximate = none)", false, "Gelu { approximate : false }"),
            ("Gelu(approximate = tanh)", false, "Gelu { approximate : true }"),
        ] {
            let built = Case::new(source, &[&[4]]).built();
            let backward = built.op.backward();
            let Dispatch::Micro(call) = &backward[0].step else { panic!("one call") };
            let [Arg::Value(found), _, saved, ..] = call.args.as_slice() else { panic!("{call:?}") };
            assert_eq!(found.to_string(), format!("__f :: k :: activation :: {declared}"));
            assert_eq!(matches!(saved, Arg::Output(0)), output, "{source}");
            assert_eq!(built.op.attributes().to_string(), source);
        }
        Case::new("LeakyRelu(same)", &[&[4]]).fails("same", "LeakyRelu: slope takes a number, not `same`");
        Case::new("Softplus(0)", &[&[4]]).fails("0", "Softplus: beta = 0.0 must be above 0");
        Case::new("Gelu(approximate = true)", &[&[4]]).fails("true", "Gelu: approximate takes none or tanh, not `true`");
    }
}
