//! `BatchNorm(affine, eps = 1e-5, momentum = 0.1)`: every channel (or feature) with mean 0 and variance 1 over the batch,
//! then scaled and shifted (Ioffe and Szegedy 2015, arXiv 1502.03167).

use crate::graph::{
    Arg, Attributes, BackwardStep, Call, ChannelBlocks, Count, Dispatch, Family, Geometry, InPlace, Inference, Init, Linear, Op,
    Panel, Purpose, Size, Traits, ValueType, When, Workspace, kernels,
};
use crate::layers::activation;
use crate::layers::support::tokens::{float, values};
use crate::layers::{Build, Built, Layer, Param, ParamSpec};
use quote::quote;
use std::rc::Rc;

/// The layer kind `BatchNorm`.
#[derive(Debug)]
pub struct BatchNorm;

const PARAMS: &[Param] =
    &[Param::named("affine").flag(true), Param::named("eps").float(1e-5), Param::named("momentum").float(0.1)];

impl Layer for BatchNorm {
    fn name(&self) -> &'static str {
        "BatchNorm"
    }

    fn short(&self) -> &'static str {
        "bn"
    }

    /// By its running statistics, which are the same at every step.
    fn steps(&self) -> bool {
        true
    }

    fn params(&self) -> &'static [Param] {
        PARAMS
    }

    fn doc(&self) -> [&'static str; 2] {
        ["`[c, h, w]`, per channel; `[f]` and `[t, f]`, per feature", "`weight`, `bias`; buffers `running_mean`, `running_var`"]
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        cx.values(self, 1)?;
        let dims = cx.tensor(self, 0)?;
        let one = || Size::Num(1);
        let (steps, channels, size) = match dims.as_slice() {
            [features] => (one(), features.clone(), one()),
            [channels, height, width] => (one(), channels.clone(), height.times(width)),
            [time, features] => (time.clone(), features.clone(), one()),
            _ => {
                let text = format!(
                    "takes [features], [time, features] or [channels, height, width]; it receives {}{}",
                    cx.inputs[0],
                    cx.input_line(0)
                );
                return cx.fail_layer(self, text);
            }
        };
        let affine = cx.flag("affine")?;
        let eps = cx.float("eps")?;
        if eps <= 0.0 {
            return cx.fail(cx.arg_span("eps"), format_args!("eps = {eps:?} must be greater than 0"));
        }
        let momentum = cx.float("momentum")?;
        if !(0.0..=1.0).contains(&momentum) {
            return cx.fail(
                cx.arg_span("momentum"),
                format_args!("momentum = {momentum:?} must lie in 0..=1: the share of the new batch"),
            );
        }

        let learned = affine.then(|| {
            [
                ParamSpec::learned("weight", [&channels], Init::Constant(1.0)),
                ParamSpec::learned("bias", [&channels], Init::Constant(0.0)),
            ]
        });
        let running = [
            ParamSpec::buffer("running_mean", [&channels], Init::Constant(0.0)),
            ParamSpec::buffer("running_var", [&channels], Init::Constant(1.0)),
        ];
        let params = learned.into_iter().flatten().chain(running).collect();
        let (attributes, vectors) = (cx.attributes(self), channels.times(&size).times(&steps));
        let op = BatchNormOp { attributes, steps, channels, size, affine, eps, momentum, frozen: false, relu: false, vectors };
        Some(Built::new(op, [ValueType::Tensor(dims)], params))
    }
}

#[derive(Debug, Clone)]
pub(crate) struct BatchNormOp {
    attributes: Attributes,
    /// The steps of a sequence, else 1.
    steps: Size,
    channels: Size,
    size: Size,
    affine: bool,
    pub(crate) eps: f32,
    momentum: f32,
    /// `#[frozen]`: it always works by its running statistics, as in `Mode::Eval`.
    frozen: bool,
    /// It applies a ReLU too (`passes/rewrite/batch_norm_relu.rs`).
    relu: bool,
    /// The vectors of a value, of which a ReLU by itself is told.
    vectors: Size,
}

impl BatchNormOp {
    /// The operation with the ReLU after it, for training; `None` where that gains nothing.
    pub(crate) fn with_relu(&self) -> Option<Self> {
        (!self.frozen).then(|| Self { relu: true, ..self.clone() })
    }

    /// The operand gamma (0) or beta (1); null without them.
    fn affine(&self, i: usize) -> Arg {
        if self.affine { Arg::Param(i) } else { Arg::Null }
    }

    /// The gradient of gamma (0) or beta (1).
    fn grad_affine(&self, i: usize) -> Arg {
        if self.affine { Arg::GradParam(i) } else { Arg::Null }
    }

    /// The operand `running_mean` (0) or `running_var` (1).
    fn running(&self, i: usize) -> Arg {
        Arg::Param(if self.affine { 2 + i } else { i })
    }

    /// The sums of the backward pass, behind the statistics in [`Arg::Shared`].
    fn sums(&self) -> Arg {
        Arg::SharedFrom(Count::from(self.channels.clone()).times(&2.into()))
    }

    /// The flag of kernels for a ReLU.
    fn relu(&self) -> Arg {
        let relu = self.relu;
        Arg::Value(quote!(#relu))
    }

    /// The vectors of a value.
    fn len(&self) -> Arg {
        let len = self.vectors.value();
        Arg::Value(quote!(#len))
    }

    /// The call that works by the running statistics.
    fn eval(&self) -> Call {
        use Arg::{Geometry, Input, Output};
        let (gamma, beta, running_mean, running_var) = (self.affine(0), self.affine(1), self.running(0), self.running(1));
        kernels::batch_norm_eval { g: Geometry, x: Input(0), gamma, beta, running_mean, running_var, y: Output(0) }.into()
    }

    /// The gradient of that call.
    fn eval_backward(&self) -> Call {
        use Arg::{Accumulate, Geometry, GradInput, GradOutput};
        let (gamma, running_var, dx, accumulate) = (self.affine(0), self.running(1), GradInput(0), Accumulate(0));
        kernels::batch_norm_eval_backward { g: Geometry, dy: GradOutput(0), gamma, running_var, dx, accumulate }.into()
    }
}

impl Op for BatchNormOp {
    fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    fn geometry(&self) -> Option<Geometry> {
        let [steps, channels, size] = values([&self.steps, &self.channels, &self.size]);
        let (eps, momentum) = (float(self.eps), float(self.momentum));
        let value = quote!(__f::k::BatchNorm { steps: #steps, channels: #channels, size: #size, eps: #eps, momentum: #momentum });
        Some(Geometry::new(quote!(__f::k::BatchNorm), value))
    }

    fn workspace(&self) -> Workspace {
        if self.frozen {
            return Workspace::default();
        }
        let [stats, shared] = [2, 4].map(|times| Count::from(self.channels.clone()).times(&times.into()));
        Workspace { stats, shared, ..Workspace::default() }
    }

    fn traits(&self) -> Traits {
        Traits {
            several_samples: !self.frozen && self.size == Size::Num(1) && self.steps == Size::Num(1),
            in_place: InPlace::Inference,
            init: Family::Transparent,
            ..Traits::default()
        }
    }

    fn over_channels(&self, inputs: &[ChannelBlocks]) -> Option<Rc<dyn Op>> {
        Some(Rc::new(Self { vectors: inputs.first()?.vectors().into(), ..self.clone() }))
    }

    fn forward(&self) -> Vec<Dispatch> {
        use Arg::{Geometry, Input, Lanes, Output, Samples, Shared, Stats, StatsStride};
        if self.frozen {
            return vec![Dispatch::Micro(self.eval())];
        }
        let statistics = Call::from(kernels::batch_norm_statistics { g: Geometry, x: Input(0), count: Arg::Count, stats: Stats });
        let merge = Call::from(kernels::batch_norm_merge {
            g: Geometry,
            stats: Stats,
            stride: StatsStride,
            samples: Samples,
            lanes: Lanes,
            running_mean: self.running(0),
            running_var: self.running(1),
            shared: Shared,
        });
        let normalize = Call::from(kernels::batch_norm_normalize {
            g: Geometry,
            x: Input(0),
            gamma: self.affine(0),
            beta: self.affine(1),
            shared: Shared,
            relu: self.relu(),
            y: Output(0),
        });
        let mut steps = vec![
            Dispatch::Micro(statistics.only(When::Train)),
            Dispatch::Barrier(merge.only(When::Train)),
            Dispatch::Micro(normalize.only(When::Train)),
            Dispatch::Micro(self.eval().only(When::Eval)),
        ];
        if self.relu {
            steps.push(Dispatch::Micro(
                Call::from(kernels::relu { f: activation::relu(), len: self.len(), x: Output(0), y: Output(0) }).only(When::Eval),
            ));
        }
        steps
    }

    fn backward(&self) -> Vec<BackwardStep> {
        use Arg::{
            Accumulate, Geometry, GradInput, GradOutput, GradOutputInPlace, Input, Lanes, Output, Samples, Shared, Stats,
            StatsStride,
        };
        if self.frozen {
            return vec![BackwardStep::input(0, self.eval_backward())];
        }
        let (gamma, beta) = (self.affine(0), self.affine(1));
        let sums = Call::from(kernels::batch_norm_backward_sums {
            g: Geometry,
            x: Input(0),
            dy: GradOutput(0),
            gamma: gamma.clone(),
            beta: beta.clone(),
            shared: Shared,
            relu: self.relu(),
            stats: Stats,
        });
        let merge = Call::from(kernels::batch_norm_backward_merge {
            g: Geometry,
            stats: Stats,
            stride: StatsStride,
            samples: Samples,
            lanes: Lanes,
            sums: self.sums(),
            dgamma: self.grad_affine(0),
            dbeta: self.grad_affine(1),
        });
        let input = Call::from(kernels::batch_norm_backward {
            g: Geometry,
            x: Input(0),
            dy: GradOutput(0),
            gamma,
            beta,
            shared: Shared,
            sums: self.sums(),
            relu: self.relu(),
            samples: Samples,
            count: Arg::Count,
            dx: GradInput(0),
            accumulate: Accumulate(0),
        });
        let mut steps = vec![
            BackwardStep::any(Dispatch::Micro(sums.only(When::Train))),
            BackwardStep::any(Dispatch::Barrier(merge.only(When::Train))),
            BackwardStep::input(0, input.only(When::Train)),
        ];
        if self.relu {
            // What comes after reads the gradient as the ReLU leaves it.
            let relu = Call::from(kernels::relu_backward {
                f: activation::relu(),
                len: self.len(),
                saved: Output(0),
                dy: GradOutput(0),
                dx: GradOutputInPlace(0),
                accumulate: Arg::Value(quote!(false)),
            });
            steps.push(BackwardStep::any(Dispatch::Micro(relu.only(When::Eval))));
        }
        if self.affine {
            let params = Call::from(kernels::batch_norm_eval_backward_params {
                g: Geometry,
                x: Input(0),
                dy: GradOutput(0),
                running_mean: self.running(0),
                running_var: self.running(1),
                dgamma: Arg::GradParam(0),
                dbeta: Arg::GradParam(1),
            });
            steps.push(BackwardStep { for_: Purpose::Params, step: Dispatch::Micro(params.only(When::Eval)) });
        }
        steps.push(BackwardStep::input(0, self.eval_backward().only(When::Eval)));
        steps
    }

    fn infer(&self) -> Inference {
        Inference::Calls(vec![self.eval()])
    }

    fn linear(&self) -> Option<Linear> {
        let pack = kernels::batch_norm_chw16c_pack {
            g: Arg::Geometry,
            gamma: self.affine(0),
            beta: self.affine(1),
            running_mean: self.running(0),
            running_var: self.running(1),
            packed: Arg::PackedOut,
        };
        let panel = Panel { len: quote!(__f::k::batch_norm_chw16c_len(GEOMETRY)), pack: pack.into() };
        Some(Linear::PerChannel { channels: self.channels.num()?, panel })
    }

    fn freeze(&self) -> Option<Rc<dyn Op>> {
        Some(Rc::new(Self { frozen: true, ..self.clone() }))
    }
}

#[cfg(test)]
mod tests {
    use crate::graph::{Arg, Dispatch, When};
    use crate::layers::tests::Case;

    #[test]
    fn parameters_and_buffers() {
        let bn = Case::new("bn1: BatchNorm", &[&[16, 8, 8]]);
        assert_eq!(bn.gives(), "[16, 8, 8]");
        assert_eq!(bn.params(), "weight[16] bias[16] running_mean[16] running_var[16]");
        let buffers: Vec<bool> = bn.built().params.iter().map(|p| p.buffer).collect();
        assert_eq!(buffers, [false, false, true, true]);
        let sequence = Case::new("bn: BatchNorm", &[&[9, 4]]);
        assert_eq!(sequence.gives(), "[9, 4]");
        assert_eq!(sequence.params(), "weight[4] bias[4] running_mean[4] running_var[4]");
        let value = sequence.built().op.geometry().expect("a constant").value.to_string();
        assert!(value.contains("steps : 9 , channels : 4 , size : 1"), "{value}");
        let bare = Case::new("BatchNorm(affine = false, eps = 0.001)", &[&[64]]);
        assert_eq!(bare.params(), "running_mean[64] running_var[64]");
        let built = bare.built();
        assert_eq!(built.op.downcast::<super::BatchNormOp>().map(|op| op.eps), Some(0.001));
        let value = built.op.geometry().expect("a constant").value.to_string();
        assert!(value.contains("channels : 64 , size : 1 , eps : 0.001 , momentum : 0.1"), "{value}");
        // Without weight and bias the running statistics are parameters 0 and 1.
        let Some(Dispatch::Micro(eval)) = built.op.forward().pop() else { panic!("a call") };
        assert!(matches!(eval.args[2..6], [Arg::Null, Arg::Null, Arg::Param(0), Arg::Param(1)]), "{eval:?}");
    }

    #[test]
    fn phases() {
        let op = Case::new("BatchNorm", &[&[16, 8, 8]]).built().op;
        let steps = op.forward();
        let show = |step: &Dispatch| match step {
            Dispatch::Micro(call) => (call.kernel.name, call.when, false),
            Dispatch::Barrier(call) | Dispatch::Batch(call) | Dispatch::Across(call) => (call.kernel.name, call.when, true),
        };
        let shown: Vec<_> = steps.iter().map(show).collect();
        assert_eq!(
            shown,
            [
                ("batch_norm_statistics", When::Train, false),
                ("batch_norm_merge", When::Train, true),
                ("batch_norm_normalize", When::Train, false),
                ("batch_norm_eval", When::Eval, false),
            ]
        );
        assert_eq!((op.workspace().stats.num(), op.workspace().shared.num()), (Some(32), Some(64)));

        let frozen = op.freeze().expect("it changes");
        let shown: Vec<_> = frozen.forward().iter().map(show).collect();
        assert_eq!(shown, [("batch_norm_eval", When::Always, false)]);
        assert_eq!(
            (frozen.workspace().stats.num(), frozen.workspace().shared.num(), frozen.backward().len()),
            (Some(0), Some(0), 1)
        );

        // Sixty-four values per channel are enough in one sample; a single one is not, unless nothing is taken from it.
        let features = Case::new("BatchNorm", &[&[16]]).built().op;
        let frozen = features.freeze().expect("it changes");
        assert_eq!([&op, &features, &frozen].map(|op| op.traits().several_samples), [false, true, false]);
    }

    #[test]
    fn mistakes() {
        Case::new("bn: BatchNorm", &[&[2, 3, 8, 9]]).complains("BatchNorm", "takes [features], [time, features] or [channels");
        Case::new("bn: BatchNorm(eps = 0)", &[&[8]]).fails("0", "bn: eps = 0.0 must be greater than 0");
        Case::new("bn: BatchNorm(momentum = 1.5)", &[&[8]]).complains("1.5", "momentum = 1.5 must lie in 0..=1");
        Case::new("bn: BatchNorm(affine = 1)", &[&[8]]).fails("1", "bn: affine takes true or false, not `1`");
    }
}
