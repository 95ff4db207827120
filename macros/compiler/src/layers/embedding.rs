//! `Embedding(features, padding_index)`: a row of the weight for each index; `[0..n; t]` → `[t, features]`, `[0..n]` → `[features]`.

use super::{Build, Built, Layer, Param, ParamSpec, init, shape_only, tensor};
use crate::graph::{Init, ValueType};

/// See the module.
#[derive(Debug)]
pub struct Embedding;

const PARAMS: &[Param] = &[Param::required("features"), Param::named("padding_index"), Param::named("init").words(init::WORDS)];

impl Layer for Embedding {
    fn name(&self) -> &'static str {
        "Embedding"
    }

    fn short(&self) -> &'static str {
        "embedding"
    }

    fn params(&self) -> &'static [Param] {
        PARAMS
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        cx.values(self, 1)?;
        let (bound, len) = match cx.inputs[0] {
            ValueType::Indices { bound, len } => (bound, Some(len)),
            ValueType::Index { bound } => (bound, None),
            ValueType::Tensor(_) => {
                let text =
                    format!("takes indices, such as [0..96; 64] or [0..10]; it receives {}{}", cx.inputs[0], cx.input_line(0));
                return cx.fail_layer(self, text);
            }
        };
        let features = cx.number("features", None, 1)?;
        if cx.args.get("padding_index").is_some() {
            let index = cx.number("padding_index", None, 0)?;
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
            Some(_) => init::read(cx, bound.into(), features.into())?,
        };
        let output = tensor(len.into_iter().chain([features]));
        Some(shape_only::built(cx, self, [output], vec![ParamSpec::learnt("weight", [bound, features], init)]))
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
        assert!(text.built().op.not_yet());
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
