//! `Embedding(features, padding_index)`: a row of the weight for each index; `[0..n; t]` → `[t, features]`, `[0..n]` → `[features]`.

use crate::graph::{Arg, Attributes, BackwardStep, Call, Count, Dispatch, Geometry, Init, Op, Size, Symbols, ValueType, kernels};
use crate::layers::support::init;
use crate::layers::support::input::tensor_of;
use crate::layers::{Build, Built, Layer, Param, ParamSpec};
use quote::quote;

/// The layer kind `Embedding`.
#[derive(Debug)]
pub struct Embedding;

const PARAMS: &[Param] =
    &[Param::required("features"), Param::named("padding_index"), Param::named("init").words(init::WORDS).fraction()];

impl Layer for Embedding {
    fn name(&self) -> &'static str {
        "Embedding"
    }

    fn short(&self) -> &'static str {
        "embedding"
    }

    fn steps(&self) -> bool {
        true
    }

    fn params(&self) -> &'static [Param] {
        PARAMS
    }

    fn doc(&self) -> [&'static str; 2] {
        ["`[0..n; t]` → `[t, features]`, `[0..n]` → `[features]`", "`weight [n, features]`"]
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        cx.values(self, 1)?;
        let (bound, len) = match cx.inputs[0] {
            ValueType::Indices { bound, len } => (bound, Some(len)),
            ValueType::Index { bound } => (bound, None),
            ValueType::Tensor(_) | ValueType::Typed(..) => {
                let help = match cx.inputs[0].dims() {
                    Some([len]) => format!("\n  help: its input is indices, which state where they end: `[0..1000; {len}]`"),
                    _ => String::new(),
                };
                let text = format!(
                    "takes indices, such as [0..96; 64] or [0..10]; it receives {}{}{help}",
                    cx.inputs[0],
                    cx.input_line(0)
                );
                return cx.fail_layer(self, text);
            }
        };
        let features = cx.size("features")?;
        let mut padding_index = None;
        if cx.args.get("padding_index").is_some() {
            let index = cx.number("padding_index", 0)?;
            padding_index = Some(index);
            if index >= bound {
                return cx.fail(
                    cx.arg_span("padding_index"),
                    format_args!("padding_index = {index} is not below {bound}{}", cx.input_line(0)),
                );
            }
        }
        // As PyTorch: normal, unless something else is asked for.
        let init = match cx.args.get("init") {
            None => Init::Normal(0.0, 1.0),
            Some(_) => init::read(cx, bound.into(), features.clone().into())?,
        };
        // The row of the padding index stays zero: it is never learned.
        let init = match padding_index {
            Some(index) => {
                let row = Count::from(features.clone());
                Init::ButZeros(Box::new(init), row.times(&index.into()), row)
            }
            None => init,
        };
        let output = tensor_of(len.map(Size::Num).into_iter().chain([features.clone()]));
        let weight = ParamSpec::learned("weight", [bound.into(), features.clone()], init);
        let op = EmbeddingOp { attributes: cx.attributes(self), bound, len: len.unwrap_or(1), features, padding_index };
        Some(Built::new(op, [output], vec![weight]))
    }
}

#[derive(Debug)]
pub(crate) struct EmbeddingOp {
    attributes: Attributes,
    bound: usize,
    len: usize,
    features: Size,
    padding_index: Option<usize>,
}

impl EmbeddingOp {
    /// The indices that it looks up.
    pub(crate) fn symbols(&self) -> Symbols {
        Symbols { bound: self.bound, padding_index: self.padding_index.unwrap_or(usize::MAX) }
    }
}

impl Op for EmbeddingOp {
    fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    fn geometry(&self) -> Option<Geometry> {
        let (len, features) = (self.len, Count::from(self.features.clone()).typed_value());
        let padding_index = self.padding_index.map_or(quote!(__f::usize::MAX), |index| quote!(#index));
        let value = quote!(__f::k::Embedding { len: #len, features: #features, padding_index: #padding_index });
        Some(Geometry::new(quote!(__f::k::Embedding), value))
    }

    fn forward(&self) -> Vec<Dispatch> {
        use Arg::{Geometry, Input, Output, Param};
        vec![Dispatch::Micro(Call::from(kernels::embedding_forward { g: Geometry, x: Input(0), weight: Param(0), y: Output(0) }))]
    }

    fn backward(&self) -> Vec<BackwardStep> {
        use Arg::{Geometry, GradOutput, GradParam, Input};
        vec![BackwardStep::params(Call::from(kernels::embedding_backward {
            g: Geometry,
            x: Input(0),
            dy: GradOutput(0),
            dweight: GradParam(0),
        }))]
    }
}

#[cfg(test)]
mod tests {
    use crate::graph::ValueType;
    use crate::layers::tests::Case;

    #[test]
    fn rows_of_the_weight() {
        let text = Case::of("embed: Embedding(48, padding_index = 0)", vec![ValueType::Indices { bound: 96, len: 64 }]);
        assert_eq!((text.gives().as_str(), text.params().as_str()), ("[64, 48]", "weight[96, 48]"));
        let value = text.built().op.geometry().expect("a constant").value.to_string();
        assert!(value.contains("padding_index : 0usize"), "{value}");
        assert_eq!(Case::of("Embedding(50)", vec![ValueType::Index { bound: 10 }]).gives(), "[50]");
    }

    #[test]
    fn mistakes() {
        let index = || vec![ValueType::Index { bound: 10 }];
        Case::of("e: Embedding(4, padding_index = 10)", index()).complains("10", "padding_index = 10 is not below 10");
        Case::new("e: Embedding(4)", &[&[64]])
            .complains("Embedding", "e: Embedding takes indices, such as [0..96; 64] or [0..10]; it receives [64]");
    }
}
