//! Training: which layout each value has, and which kernels compute products of weights. An operation says what it runs by direct sums.

use super::conv_training::{self, CONV, CONV_TRANSPOSE};
use super::{Algorithm, dense};
use crate::graph::{
    Arg, Attributes, BackwardStep, ChannelBlocks, Count, Dispatch, Geometry, Graph, Inference, Layout, Linear, Op, PackedCalls,
    Purpose, Traits, Workspace, kernels,
};
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
        Some(Linear::Conv { g, exact }) => conv_training::select(&*op, &g, exact, &CONV),
        Some(Linear::ConvTranspose { g, exact }) => conv_training::select(&*op, &g, exact, &CONV_TRANSPOSE),
        Some(Linear::Dense { rows, inputs, outputs }) => match dense::weight_gradient(rows.num()) {
            Some(choice) if choice.algorithm == Algorithm::WholeBatch => whole_batch(&*op, &inputs.into(), &outputs.into()),
            _ => return op,
        },
        Some(Linear::PerChannel { .. }) | None => return op,
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
