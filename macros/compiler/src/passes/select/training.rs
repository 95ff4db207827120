//! Training: which layout each value has, and which kernels compute products of weights. An operation says what it runs by direct sums.

use super::{Algorithm, conv, conv_training, dense};
use crate::graph::{
    Arg, Attributes, BackwardStep, Call, ChannelBlocks, Count, Dispatch, Geometry, Graph, Inference, Layout, Linear, Op,
    PackedCalls, Purpose, Traits, Workspace, kernels,
};
use fireclay_ir::kernels::{Entries, Kernel, Role};
use fireclay_ir::sizes::conv1d_channels_last_scratch;
use std::rc::Rc;

/// How a network trains.
#[derive(Debug, Clone)]
pub struct Form {
    /// Its operations, with the kernels that were chosen for them.
    pub graph: Graph,
    /// How each value lies, and its gradient.
    pub layouts: Vec<Layout>,
    /// For each node that of the network's own graph, by which constants and marks know it.
    pub origins: Vec<usize>,
}

/// Sixteen samples side by side, for every value: weights meet sixteen samples when they are read once, and any layer fills a vector. Every network
/// trains so.
#[must_use]
pub fn side_by_side(mut graph: Graph) -> Form {
    for node in &mut graph.nodes {
        node.op = of(Rc::clone(&node.op));
    }
    Form { layouts: vec![Layout::Chwn16; graph.values.len()], origins: (0..graph.nodes.len()).collect(), graph }
}

/// The operation with the kernels that were chosen for it.
#[must_use]
pub fn of(op: Rc<dyn Op>) -> Rc<dyn Op> {
    let training = match op.linear() {
        Some(Linear::Conv { g, exact, .. } | Linear::ConvTranspose { g, exact }) => {
            let (sums, weight) = (conv::training(&g, exact).algorithm, conv::weight_gradient(&g, exact).algorithm);
            with(&*op, &conv_training::side_by_side(sums, weight), conv::training_scratch(&g, sums))
        }
        Some(Linear::Dense { rows, inputs, outputs }) => match dense::weight_gradient(rows.num()) {
            Some(choice) if choice.algorithm == Algorithm::WholeBatch => whole_batch(&*op, &inputs.into(), &outputs.into()),
            _ => return op,
        },
        Some(Linear::Conv1d { g }) if conv::features_last(&g) => {
            with(&*op, conv_training::FEATURES_LAST, conv1d_channels_last_scratch(&g))
        }
        Some(Linear::Conv1d { .. } | Linear::PerChannel { .. }) | None => return op,
    };
    Rc::new(Selected { op, training })
}

/// What an operation runs in training.
#[derive(Debug)]
pub(super) struct Training {
    pub forward: Vec<Dispatch>,
    pub backward: Vec<BackwardStep>,
    pub workspace: Workspace,
}

/// A kernel, and one that takes its place: with the same operands, and where it has any, the samples, scratch and share beside them.
pub(super) type Instead = [&'static Kernel; 2];

/// The kernel that takes the place of a call's.
pub(super) fn instead(kernels: &[Instead], call: &Call) -> Option<&'static Kernel> {
    kernels.iter().find(|[of, _]| of.name == call.kernel.name).map(|[_, kernel]| *kernel)
}

/// What the operation runs with these kernels in the place of its own; what has none of them stays. Those that run across samples have scratch for each
/// share.
pub(super) fn with(op: &dyn Op, kernels: &[Instead], scratch: usize) -> Training {
    let here = |step: Dispatch| {
        let kernel = instead(kernels, step.call());
        match (step, kernel) {
            (Dispatch::Micro(call), Some(kernel)) => in_place_of(call, kernel),
            (step, _) => step,
        }
    };
    Training::new(op, here, Workspace { scratch: scratch.into(), ..op.workspace() })
}

/// The call of a kernel with the operands of another's, and what its own declaration asks for beside them.
fn in_place_of(call: Call, kernel: &'static Kernel) -> Dispatch {
    let asks = |role: Role| kernel.operands.iter().any(|operand| operand.role == role);
    let mut args = call.args;
    if asks(Role::samples) {
        args.insert(1, Arg::AllSamples);
    }
    args.extend(asks(Role::scratch).then_some(Arg::Scratch));
    args.extend(asks(Role::share).then_some(Arg::Share));
    let call = Call::checked(kernel, args).only(call.when);
    if kernel.entries == Entries::Across { Dispatch::Across(call) } else { Dispatch::Micro(call) }
}

impl Training {
    /// The steps of the operation, each as `here` has it.
    pub(super) fn new(op: &dyn Op, here: impl Fn(Dispatch) -> Dispatch, workspace: Workspace) -> Self {
        let backward = op.backward().into_iter().map(|BackwardStep { for_, step }| BackwardStep { for_, step: here(step) });
        let backward = backward.collect();
        Self { forward: op.forward().into_iter().map(here).collect(), backward, workspace }
    }
}

/// A product over features or sequences over all samples at once, by these kernels, some of which take scratch.
macro_rules! product_across {
    ($op:expr, $forward:ident, $weight:ident, $input:ident, $numbers:expr $(, $scratch:ident)?) => {{
        use Arg::{Accumulate, Geometry as g, GradInput, GradOutput, GradParam, Input, Output, Param, Share};
        let of = |arg: Arg| Arg::SamplesOf(Box::new(arg));
        let forward = kernels::$forward {
            g,
            x_samples: of(Input(0)),
            x: Input(0),
            weight: Param(0),
            bias: Param(1),
            y_samples: of(Output(0)),
            y: Output(0),
            $($scratch: Arg::Scratch,)?
            share: Share,
        };
        let weight = kernels::$weight {
            g,
            x_samples: of(Input(0)),
            x: Input(0),
            y_samples: of(GradOutput(0)),
            dy: GradOutput(0),
            dweight: GradParam(0),
            dbias: GradParam(1),
            $($scratch: Arg::Scratch,)?
            share: Share,
        };
        let input = kernels::$input {
            g,
            y_samples: of(GradOutput(0)),
            dy: GradOutput(0),
            weight: Param(0),
            x_samples: of(GradInput(0)),
            dx: GradInput(0),
            accumulate: Accumulate(0),
            $($scratch: Arg::Scratch,)?
            share: Share,
        };
        Training {
            forward: vec![Dispatch::Across(forward.into())],
            backward: vec![
                BackwardStep { for_: Purpose::Params, step: Dispatch::Across(weight.into()) },
                BackwardStep { for_: Purpose::Input(0), step: Dispatch::Across(input.into()) },
            ],
            workspace: Workspace { scratch: $numbers, ..$op.workspace() },
        }
    }};
}

/// A dense layer of one row over all samples at once.
pub(super) fn dense_across(op: &dyn Op) -> Training {
    product_across!(op, dense_across_forward, dense_across_backward_weight, dense_across_backward_input, Count::default())
}

/// A dense layer of several rows over all samples at once.
pub(super) fn dense_across_rows(op: &dyn Op, numbers: usize) -> Training {
    product_across!(
        op,
        dense_rows_across_forward,
        dense_rows_across_backward_weight,
        dense_rows_across_backward_input,
        numbers.into(),
        scratch
    )
}

/// A convolution over time over all samples at once.
pub(super) fn conv1d_across(op: &dyn Op, numbers: usize) -> Training {
    product_across!(
        op,
        conv1d_across_forward,
        conv1d_across_backward_weight,
        conv1d_across_backward_input,
        numbers.into(),
        scratch
    )
}

/// A dense layer whose weight gradient is computed once for the whole batch.
fn whole_batch(op: &dyn Op, inputs: &Count, outputs: &Count) -> Training {
    use Arg::{Geometry, GradOutput, GradParam, Input, Samples, Share, Stats, StatsStride};
    let save = kernels::dense_save { g: Geometry, x: Input(0), dy: GradOutput(0), saved: Stats };
    let weight = kernels::dense_batch_weight {
        g: Geometry,
        saved: Stats,
        stride: StatsStride,
        samples: Samples,
        dweight: GradParam(0),
        dbias: GradParam(1),
        share: Share,
    };
    let params = [BackwardStep::params(save.into()), BackwardStep::batch(weight.into())];
    let others = op.backward().into_iter().filter(|step| step.for_ != Purpose::Params);
    let stats = inputs.clone().plus(outputs).times(&fireclay_ir::LANES.into());
    Training {
        forward: op.forward(),
        backward: params.into_iter().chain(others).collect(),
        workspace: Workspace { stats, ..Workspace::default() },
    }
}

/// An operation with the kernels that were chosen for its training.
#[derive(Debug)]
pub(super) struct Selected {
    pub op: Rc<dyn Op>,
    pub training: Training,
}

impl Op for Selected {
    fn forward(&self) -> Vec<Dispatch> {
        self.training.forward.clone()
    }

    fn backward(&self) -> Vec<BackwardStep> {
        self.training.backward.clone()
    }

    fn workspace(&self) -> Workspace {
        self.training.workspace.clone()
    }

    fn attributes(&self) -> &Attributes {
        self.op.attributes()
    }

    fn macs(&self) -> Count {
        self.op.macs()
    }

    fn geometry(&self) -> Option<Geometry> {
        self.op.geometry()
    }

    fn traits(&self) -> Traits {
        self.op.traits()
    }

    fn infer(&self) -> Inference {
        self.op.infer()
    }

    fn packed(&self) -> Option<PackedCalls> {
        self.op.packed()
    }

    fn linear(&self) -> Option<Linear> {
        self.op.linear()
    }

    fn over_channels(&self, inputs: &[ChannelBlocks]) -> Option<Rc<dyn Op>> {
        self.op.over_channels(inputs)
    }

    fn freeze(&self) -> Option<Rc<dyn Op>> {
        self.op.freeze()
    }
}
