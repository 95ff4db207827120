//! Dropout: `Dropout(probability = 0.5, inverted = true)` of single numbers, `SpatialDropout(probability = 0.5)` of whole channels,
//! `AlphaDropout(probability = 0.5)` for networks of `Selu`, `DropPath(probability, inverted = true)` of all that a sample gives. Only while training.

use crate::graph::{
    Arg, Attributes, BackwardStep, Call, Count, Dispatch, Family, Geometry, InPlace, Inference, Op, Traits, ValueType, When,
    kernels,
};
use crate::layers::support::tokens::{count, float};
use crate::layers::{Build, Built, Layer, Param};
use quote::quote;

/// The layer kinds of this file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dropout {
    /// Each number is dropped by itself.
    Number,
    /// Whole channels (or features, at all steps).
    Channel,
    /// The least value of a SELU in place of a number, so that mean and variance stay.
    Alpha,
    /// All of a sample.
    Path,
}

/// The least value of a SELU, that of −∞: its scale times its alpha.
const LEAST: f64 = -1.758_099_340_847_376_6;

const NUMBER: &[Param] = &[Param::positional("probability").float(0.5), Param::named("inverted").flag(true)];
const CHANNEL: &[Param] = &[Param::positional("probability").float(0.5)];
const PATH: &[Param] = &[Param::required("probability").fraction(), Param::named("inverted").flag(true)];

impl Layer for Dropout {
    fn name(&self) -> &'static str {
        match self {
            Self::Number => "Dropout",
            Self::Channel => "SpatialDropout",
            Self::Alpha => "AlphaDropout",
            Self::Path => "DropPath",
        }
    }

    fn short(&self) -> &'static str {
        match self {
            Self::Path => "drop_path",
            _ => "dropout",
        }
    }

    fn steps(&self) -> bool {
        true
    }

    fn draws_once(&self) -> bool {
        *self == Self::Path
    }

    fn params(&self) -> &'static [Param] {
        match self {
            Self::Number => NUMBER,
            Self::Channel | Self::Alpha => CHANNEL,
            Self::Path => PATH,
        }
    }

    fn doc(&self) -> [&'static str; 2] {
        match self {
            Self::Number => [
                "any shape; while training, the rest scaled up; with `inverted = false` all scaled down while evaluating instead (Srivastava et al. 2014)",
                "",
            ],
            Self::Channel => {
                ["`[c, h, w]`: whole channels; `[t, f]`: features at all steps (Tompson et al. 2015, arXiv 1411.4280)", ""]
            }
            Self::Alpha => [
                "any shape, after `Selu`: its least value in place of numbers; mean and variance stay (Klambauer et al. 2017, arXiv 1706.02515)",
                "",
            ],
            Self::Path => [
                "any shape: all of a sample, as the branch of a residual block, `x + (x -> … -> DropPath(0.1))` (stochastic depth: Huang et al. 2016, arXiv 1603.09382)",
                "",
            ],
        }
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        cx.values(self, 1)?;
        let dims = cx.tensor(self, 0)?;
        let probability = cx.float("probability")?;
        if !(0.0..1.0).contains(&probability) {
            return cx.fail(
                cx.arg_span("probability"),
                format_args!("probability = {probability:?} must be at least 0 and less than 1"),
            );
        }
        let inverted = if cx.takes("inverted") { cx.flag("inverted")? } else { true };
        let count = |range: std::ops::Range<usize>| Count::product(&dims[range]);
        let len = count(0..dims.len());
        let sizes = match (self, dims.len()) {
            (Self::Number | Self::Alpha, _) => [1.into(), len.clone(), 1.into()],
            (Self::Path, _) => [1.into(), 1.into(), len.clone()],
            (Self::Channel, 2) => [count(0..1), count(1..2), 1.into()],
            (Self::Channel, 3) => [1.into(), count(0..1), count(1..3)],
            (Self::Channel, 4) => [1.into(), count(0..2), count(2..4)],
            (Self::Channel, _) => {
                let line = cx.input_line(0);
                let text = format!(
                    "takes [channels, height, width] or [time, features]; it receives {}{line}\n  help: `Dropout({probability:?})` drops single features",
                    cx.inputs[0]
                );
                return cx.fail_layer(self, text);
            }
        };
        let op = DropoutOp { attributes: cx.attributes(self), kind: *self, sizes, len, probability, inverted };
        Some(Built::new(op, [ValueType::Tensor(dims)], Vec::new()))
    }
}

#[derive(Debug)]
struct DropoutOp {
    attributes: Attributes,
    kind: Dropout,
    /// What is dropped together stands at one place of the middle one.
    sizes: [Count; 3],
    /// All numbers.
    len: Count,
    probability: f32,
    inverted: bool,
}

impl DropoutOp {
    /// The factor of what is kept while training.
    #[expect(clippy::cast_possible_truncation, reason = "a factor is rounded to the type it is used in")]
    fn scale(&self) -> f32 {
        let p = f64::from(self.probability);
        match self.kind {
            Dropout::Alpha => (1.0 / ((1.0 - p) * (1.0 + p * LEAST * LEAST)).sqrt()) as f32,
            _ if self.inverted => 1.0 / (1.0 - self.probability),
            _ => 1.0,
        }
    }

    /// The factor of all numbers while evaluating.
    fn keep(&self) -> Arg {
        Arg::Value(float(if self.inverted { 1.0 } else { 1.0 - self.probability }))
    }

    fn eval(&self) -> Call {
        let shift = Arg::Value(quote!(0.0));
        Call::from(kernels::affine { len: count(&self.len), scale: self.keep(), shift, x: Arg::Input(0), y: Arg::Output(0) })
    }
}

impl Op for DropoutOp {
    fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    fn geometry(&self) -> Option<Geometry> {
        let [outer, len, inner] = self.sizes.each_ref().map(Count::value);
        let (probability, scale) = (float(self.probability), float(self.scale()));
        let value = quote!(
            __f::k::Dropout { outer: #outer, len: #len, inner: #inner, probability: #probability, scale: #scale, node: NODE }
        );
        Some(Geometry { by_node: true, ..Geometry::new(quote!(__f::k::Dropout), value) })
    }

    fn traits(&self) -> Traits {
        Traits { in_place: InPlace::Always, init: Family::Transparent, ..Traits::default() }
    }

    fn forward(&self) -> Vec<Dispatch> {
        use Arg::{Count, FirstSample, Geometry, Input, Key, Output};
        let (g, key, first_sample, count, x, y) = (Geometry, Key, FirstSample, Count, Input(0), Output(0));
        let train = match self.kind {
            Dropout::Alpha => Call::from(kernels::alpha_dropout_forward { g, key, first_sample, count, x, y }),
            _ => Call::from(kernels::dropout_forward { g, key, first_sample, count, x, y }),
        };
        vec![Dispatch::Micro(train.only(When::Train)), Dispatch::Micro(self.eval().only(When::Eval))]
    }

    fn backward(&self) -> Vec<BackwardStep> {
        use Arg::{Accumulate, Count, FirstSample, Geometry, GradInput, GradOutput, Key};
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
            scale: self.keep(),
            dy: GradOutput(0),
            dx: GradInput(0),
            accumulate: Accumulate(0),
        });
        vec![BackwardStep::input(0, train.only(When::Train)), BackwardStep::input(0, eval.only(When::Eval))]
    }

    fn infer(&self) -> Inference {
        if self.inverted { Inference::Identity } else { Inference::Calls(vec![self.eval()]) }
    }
}

#[cfg(test)]
mod tests {
    use crate::graph::Inference;
    use crate::layers::tests::Case;

    #[test]
    fn only_while_training() {
        for (source, input, geometry) in [
            (
                "Dropout(0.2)",
                &[64, 7, 7][..],
                "outer : 1 , len : 3136 , inner : 1 , probability : 0.2 , scale : 1.25 , node : NODE",
            ),
            ("SpatialDropout", &[64, 7, 7], "outer : 1 , len : 64 , inner : 49 , probability : 0.5 , scale : 2.0"),
            ("SpatialDropout(0.2)", &[9, 5], "outer : 9 , len : 5 , inner : 1 , probability : 0.2"),
            ("SpatialDropout(0.2)", &[2, 3, 4, 5], "outer : 1 , len : 6 , inner : 20"),
            ("AlphaDropout(0.5)", &[8], "outer : 1 , len : 8 , inner : 1 , probability : 0.5 , scale : 0.8864"),
            ("DropPath(0.2)", &[6, 4], "outer : 1 , len : 1 , inner : 24 , probability : 0.2 , scale : 1.25"),
        ] {
            let built = Case::new(source, &[input]).built();
            assert_eq!(built.outputs[0].to_string(), format!("{input:?}"));
            assert!(matches!(built.op.infer(), Inference::Identity));
            let value = built.op.geometry().expect("a constant").value.to_string();
            assert!(value.contains(geometry), "{value}");
        }
    }

    /// The textbook's: the rest as it is, and all numbers scaled down where nothing is dropped.
    #[test]
    fn scaled_while_evaluating() {
        for source in ["Dropout(0.25, inverted = false)", "DropPath(0.25, inverted = false)"] {
            let built = Case::new(source, &[&[6]]).built();
            let value = built.op.geometry().expect("a constant").value.to_string();
            assert!(value.contains("probability : 0.25 , scale : 1.0"), "{value}");
            let Inference::Calls(calls) = built.op.infer() else { panic!("{source} scales") };
            assert!(format!("{:?}", calls[0].args).contains("0.75"), "{:?}", calls[0].args);
        }
    }

    #[test]
    fn mistakes() {
        Case::new("Dropout(1)", &[&[64]]).fails("1", "Dropout: probability = 1.0 must be at least 0 and less than 1");
        Case::new("DropPath(-0.1)", &[&[64]]).fails("-0.1", "DropPath: probability = -0.1 must be at least 0 and less than 1");
        Case::new("d: SpatialDropout(0.2)", &[&[64]]).fails(
            "SpatialDropout",
            "d: SpatialDropout takes [channels, height, width] or [time, features]; it receives [64]\n  input: [64], from stage0\n  help: `Dropout(0.2)` drops single features",
        );
        Case::new("DropPath", &[&[64]]).fails("DropPath", "DropPath: `probability` is missing");
    }
}
