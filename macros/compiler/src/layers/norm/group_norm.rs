//! `GroupNorm(groups, affine = true, eps = 1e-5)`: every group of channels of every sample with mean 0 and variance 1, then each channel
//! scaled and shifted (Wu and He 2018, arXiv 1803.08494).

use crate::graph::{
    Arg, Attributes, BackwardStep, Call, ChannelBlocks, Count, Dispatch, Family, Geometry, Init, Op, Size, Traits, ValueType,
    Workspace, kernels,
};
use crate::layers::support::groups::{grouped, groups_of};
use crate::layers::support::tokens::{float, values};
use crate::layers::{Build, Built, Layer, Param, ParamSpec};
use fireclay_ir::LANES;
use quote::quote;
use std::rc::Rc;

/// The layer kind `GroupNorm`.
#[derive(Debug)]
pub struct GroupNorm;

const PARAMS: &[Param] = &[Param::required("groups"), Param::named("affine").flag(true), Param::named("eps").float(1e-5)];

impl Layer for GroupNorm {
    fn name(&self) -> &'static str {
        "GroupNorm"
    }

    fn short(&self) -> &'static str {
        "gn"
    }

    fn params(&self) -> &'static [Param] {
        PARAMS
    }

    fn doc(&self) -> [&'static str; 2] {
        [
            "`[c, h, w]`, `[f]`, or `[t, f]` over all of time: per sample and group of channels (or features) (Wu and He 2018, arXiv 1803.08494)",
            "`weight`, `bias`, one per channel",
        ]
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        cx.values(self, 1)?;
        let dims = cx.tensor(self, 0)?;
        let one = Size::Num(1);
        let (outer, channels, size) = match dims.as_slice() {
            [features] => (one.clone(), features.clone(), one),
            [time, features] => (time.clone(), features.clone(), one),
            [channels, height, width] => (one, channels.clone(), height.times(width)),
            _ => {
                let line = cx.input_line(0);
                let text = format!(
                    "takes [features], [time, features] or [channels, height, width]; it receives {}{line}",
                    cx.inputs[0]
                );
                return cx.fail_layer(self, text);
            }
        };
        let groups = groups_of(cx, &channels, &channels)?;
        if let (Some(channels), Some(1), Some(1)) = (channels.num().filter(|n| *n == groups), outer.num(), size.num()) {
            let least = (2..=channels.isqrt()).find(|n| channels.is_multiple_of(*n)).unwrap_or(channels);
            let help = if channels == 1 {
                String::new()
            } else {
                format!("\n  help: groups = {} gives groups of {least} values", channels / least)
            };
            let text =
                format!("groups = {groups} leaves a single value in each group: all become zero{}{help}", cx.input_line(0));
            return cx.fail(cx.arg_span("groups"), text);
        }
        built(cx, self, [groups.into(), outer, channels, size])
    }
}

/// The norm of so many groups, in `[outer][channels][size]`.
pub(super) fn built(cx: &mut Build<'_>, layer: &dyn Layer, [groups, outer, channels, size]: [Size; 4]) -> Option<Built> {
    let affine = cx.flag("affine")?;
    let eps = cx.float("eps")?;
    if eps <= 0.0 {
        return cx.fail(cx.arg_span("eps"), format_args!("eps = {eps:?} must be greater than 0"));
    }
    let learned = |name, value| ParamSpec::learned(name, [&channels], Init::Constant(value));
    let params = if affine { vec![learned("weight", 1.0), learned("bias", 0.0)] } else { Vec::new() };
    let op =
        GroupNormOp { attributes: cx.attributes(layer), label: cx.label.to_owned(), groups, outer, channels, size, affine, eps };
    Some(Built::new(op, [ValueType::Tensor(cx.tensor(layer, 0)?)], params))
}

#[derive(Debug, Clone)]
struct GroupNormOp {
    attributes: Attributes,
    /// For the message of groups that do not divide channels which are a type.
    label: String,
    groups: Size,
    /// The steps of a sequence, else 1.
    outer: Size,
    channels: Size,
    /// The positions of a channel.
    size: Size,
    affine: bool,
    eps: f32,
}

impl GroupNormOp {
    /// The operand gamma (0) or beta (1), or its gradient; null without them.
    fn affine(&self, arg: fn(usize) -> Arg, i: usize) -> Arg {
        if self.affine { arg(i) } else { Arg::Null }
    }
}

impl Op for GroupNormOp {
    fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    fn geometry(&self) -> Option<Geometry> {
        let [groups, outer, size] = values([&self.groups, &self.outer, &self.size]);
        let channels = grouped(&self.channels, &self.groups, &self.label);
        let eps = float(self.eps);
        let value = quote!(__f::k::GroupNorm { groups: #groups, outer: #outer, channels: #channels, size: #size, eps: #eps });
        Some(Geometry::new(quote!(__f::k::GroupNorm), value))
    }

    fn workspace(&self) -> Workspace {
        let [saved, work] = [&self.groups, &self.channels].map(|size| vec![Count::from(size.clone()).times(&2.into())]);
        Workspace { saved, work, ..Workspace::default() }
    }

    fn traits(&self) -> Traits {
        Traits { init: Family::Transparent, ..Traits::default() }
    }

    /// Where each channel is a group, and nothing is learned, each lane is normalized for itself.
    fn over_channels(&self, inputs: &[ChannelBlocks]) -> Option<Rc<dyn Op>> {
        let vectors = Size::Num(inputs.first()?.channels.div_ceil(LANES));
        let alone = self.groups == self.channels && !self.affine && self.outer == Size::Num(1);
        alone.then(|| Rc::new(Self { groups: vectors.clone(), channels: vectors, ..self.clone() }) as _)
    }

    fn forward(&self) -> Vec<Dispatch> {
        use Arg::{Geometry, Input, Output, Param, Saved};
        vec![Dispatch::Micro(Call::from(kernels::group_norm_forward {
            g: Geometry,
            x: Input(0),
            gamma: self.affine(Param, 0),
            beta: self.affine(Param, 1),
            y: Output(0),
            stats: Saved(0),
        }))]
    }

    fn backward(&self) -> Vec<BackwardStep> {
        use Arg::{Accumulate, Geometry, GradInput, GradOutput, GradParam, Input, Param, Saved, Work};
        let (x, stats, dy) = (Input(0), Saved(0), GradOutput(0));
        let sums = Call::from(kernels::group_norm_backward_sums { g: Geometry, x, stats, dy, sums: Work(0) });
        let params = self.affine.then(|| {
            BackwardStep::params(Call::from(kernels::group_norm_backward_params {
                g: Geometry,
                stats: Saved(0),
                sums: Work(0),
                dgamma: GradParam(0),
                dbeta: GradParam(1),
            }))
        });
        let input = Call::from(kernels::group_norm_backward_input {
            g: Geometry,
            x: Input(0),
            stats: Saved(0),
            sums: Work(0),
            gamma: self.affine(Param, 0),
            dy: GradOutput(0),
            dx: GradInput(0),
            accumulate: Accumulate(0),
        });
        let sums = BackwardStep::any(Dispatch::Micro(sums));
        [sums].into_iter().chain(params).chain([BackwardStep::input(0, input)]).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::layers::tests::Case;

    #[test]
    fn groups_of_channels_or_features() {
        for (source, input, params, geometry) in [
            (
                "GroupNorm(2)",
                &[6, 4, 5][..],
                "weight[6] bias[6]",
                "groups : 2 , outer : 1 , channels : 6 , size : 20 , eps : 0.00001",
            ),
            (
                "GroupNorm(groups = 3, eps = 0.001)",
                &[6],
                "weight[6] bias[6]",
                "groups : 3 , outer : 1 , channels : 6 , size : 1 , eps : 0.001",
            ),
            ("GroupNorm(2)", &[5, 6], "weight[6] bias[6]", "groups : 2 , outer : 5 , channels : 6 , size : 1 , eps : 0.00001"),
            ("GroupNorm(6, affine = false)", &[6, 2, 1], "", "groups : 6 , outer : 1 , channels : 6 , size : 2 , eps : 0.00001"),
            ("GroupNorm(1)", &[1, 1, 2], "weight[1] bias[1]", "groups : 1 , outer : 1 , channels : 1 , size : 2 , eps : 0.00001"),
        ] {
            let case = Case::new(source, &[input]);
            let dims: Vec<_> = input.iter().map(|n| crate::graph::Size::Num(*n)).collect();
            assert_eq!((case.params().as_str(), case.gives()), (params, crate::graph::show(&dims)), "{source}");
            let built = case.built();
            let value = built.op.geometry().expect("a constant").value.to_string();
            assert!(value.contains(geometry), "{value}");
            // The sums, and what is made of them.
            assert_eq!(built.op.backward().len(), if params.is_empty() { 2 } else { 3 });
        }
    }

    #[test]
    fn mistakes() {
        let on = |source| Case::new(source, &[&[6, 4, 4]]);
        on("gn: GroupNorm").fails("GroupNorm", "gn: `groups` is missing");
        on("gn: GroupNorm(4)").fails(
            "4",
            "gn: groups = 4 does not divide its 6 input channels\n  input: [6, 4, 4], from stage0\n  help: groups may be 1, 2, 3, 6",
        );
        on("GroupNorm(0)").complains("0", "groups = 0 must be at least 1");
        on("GroupNorm(2, eps = 0)").complains("0", "eps = 0.0 must be greater than 0");
        on("GroupNorm(2, affine = 1)").complains("1", "affine takes true or false");
        Case::new("gn: GroupNorm(9)", &[&[9]]).fails(
            "9",
            "gn: groups = 9 leaves a single value in each group: all become zero\n  input: [9], from stage0\n  help: groups = 3 gives groups of 3 values",
        );
        Case::new("GroupNorm(1)", &[&[1]]).complains("1", "leaves a single value in each group: all become zero");
        Case::new("GroupNorm(2)", &[&[2, 4, 3, 3]])
            .complains("GroupNorm", "takes [features], [time, features] or [channels, height, width]");
    }
}
