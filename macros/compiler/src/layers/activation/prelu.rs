//! `PRelu(per_channel = false, init = 0.25)`: x above zero, `slope·x` below, with a learned slope (He et al. 2015, arXiv 1502.01852).

use crate::graph::{
    Arg, Attributes, BackwardStep, Call, Count, Dispatch, Family, Geometry, InPlace, Op, Size, Traits, ValueType, channel_axis,
    kernels,
};
use crate::layers::support::init;
use crate::layers::{ArgValue, Build, Built, Layer, Param, ParamSpec};
use quote::quote;

/// The layer kind `PRelu`.
#[derive(Debug)]
pub struct PRelu;

const PARAMS: &[Param] = &[Param::positional("per_channel").flag(false), Param::named("init").float(0.25).words(init::WORDS)];

impl Layer for PRelu {
    fn name(&self) -> &'static str {
        "PRelu"
    }

    fn short(&self) -> &'static str {
        "prelu"
    }

    fn steps(&self) -> bool {
        true
    }

    fn params(&self) -> &'static [Param] {
        PARAMS
    }

    fn doc(&self) -> [&'static str; 2] {
        [
            "any shape; x above zero, `slope·x` below, with a learned slope (He et al. 2015, arXiv 1502.01852)",
            "`weight [1]`, or one per channel (or feature)",
        ]
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        cx.values(self, 1)?;
        let dims = cx.tensor(self, 0)?;
        // Channels of an image, else features.
        let axis = channel_axis(dims.len());
        // As PyTorch has it, the number of slopes.
        if let Some((ArgValue::Int(n), span)) = cx.args.get("per_channel") {
            let help = if *n == 1 { "leave it out for one slope" } else { "per_channel = true" };
            return cx.fail(span, format_args!("per_channel takes true or false, not `{n}`\n  help: {help}"));
        }
        let (channels, around) = if cx.flag("per_channel")? {
            (dims[axis].clone(), [Count::product(&dims[..axis]), Count::product(&dims[axis + 1..])])
        } else {
            (1.into(), [1.into(), Count::product(&dims)])
        };
        let init = init::read(cx, 1.into(), 1.into())?;
        let op = PReluOp { attributes: cx.attributes(self), channels: channels.clone(), around };
        Some(Built::new(op, [ValueType::Tensor(dims)], vec![ParamSpec::learned("weight", [channels], init)]))
    }
}

#[derive(Debug)]
struct PReluOp {
    attributes: Attributes,
    channels: Size,
    /// The product of the sizes before the channels, and of those after.
    around: [Count; 2],
}

impl Op for PReluOp {
    fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    fn geometry(&self) -> Option<Geometry> {
        let ([outer, inner], channels) = (self.around.each_ref().map(Count::value), self.channels.value());
        let value = quote!(__f::k::PerChannel { outer: #outer, channels: #channels, inner: #inner });
        Some(Geometry::new(quote!(__f::k::PerChannel), value))
    }

    fn traits(&self) -> Traits {
        Traits { in_place: InPlace::Always, init: Family::Relu, ..Traits::default() }
    }

    fn forward(&self) -> Vec<Dispatch> {
        use Arg::{Geometry, Input, Output, Param};
        vec![Dispatch::Micro(Call::from(kernels::prelu_forward { g: Geometry, x: Input(0), slope: Param(0), y: Output(0) }))]
    }

    fn backward(&self) -> Vec<BackwardStep> {
        use Arg::{Accumulate, Geometry, GradInput, GradOutput, GradParam, Input, Param};
        let weight =
            kernels::prelu_backward_weight { g: Geometry, x: Input(0), slope: Param(0), dy: GradOutput(0), dslope: GradParam(0) };
        let input = kernels::prelu_backward_input {
            g: Geometry,
            x: Input(0),
            slope: Param(0),
            dy: GradOutput(0),
            dx: GradInput(0),
            accumulate: Accumulate(0),
        };
        // The gradient of the input may overwrite that of the output: it comes last.
        vec![BackwardStep::params(weight.into()), BackwardStep::input(0, input.into())]
    }
}

#[cfg(test)]
mod tests {
    use crate::layers::tests::Case;

    #[test]
    fn a_slope_for_all_or_one_per_channel() {
        for (source, input, weight, geometry) in [
            ("PRelu", &[6, 4, 5][..], "weight[1]", "outer : 1 , channels : 1 , inner : 120"),
            ("PRelu(true)", &[6, 4, 5], "weight[6]", "outer : 1 , channels : 6 , inner : 20"),
            ("PRelu(per_channel = true)", &[7, 6], "weight[6]", "outer : 7 , channels : 6 , inner : 1"),
            ("PRelu(init = 0.1)", &[6], "weight[1]", "outer : 1 , channels : 1 , inner : 6"),
        ] {
            let case = Case::new(source, &[input]);
            assert_eq!(
                (case.params().as_str(), case.gives()),
                (weight, crate::graph::show(&input.iter().map(|n| crate::graph::Size::Num(*n)).collect::<Vec<_>>()))
            );
            let value = case.built().op.geometry().expect("a constant").value.to_string();
            assert!(value.contains(geometry), "{value}");
        }
        Case::new("PRelu(0.25)", &[&[4]]).fails("0.25", "PRelu: per_channel takes true or false, not `0.25`");
    }
}
