//! The training schedule: forward and backward as explicit lists of calls, cut into phases at barriers, and where every
//! value and gradient lies.

mod joined;
mod places;
mod reverse;

use crate::graph::{Arg, Call, Count, Dispatch, Graph, InPlace, Layout, Node, ValueId};
use crate::passes::analysis::{reaching, roots};
use crate::passes::memory::{Arena, Place};
use crate::passes::rewrite::{batch_norm_relu, copy_outputs, embedding_recurrent};
use crate::passes::select::by_sample;
use crate::passes::select::training::{self, Form};
use fireclay_ir::Dtype;
use joined::{Joined, Schedule};
use places::Placing;
use reverse::Backward;
use std::collections::{HashMap, HashSet};

/// Which gradients a step is for: whether they are asked for is known only when running.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Demand {
    /// Always.
    Always,
    /// When gradients of parameters are.
    ForParams,
    /// When gradients of inputs are.
    ForInputs,
}

/// One step of the schedule.
#[derive(Debug, Clone)]
pub enum Action {
    /// A kernel.
    Run {
        /// Of this node.
        node: usize,
        /// The call.
        call: Call,
        /// For each input whether its gradient already holds something.
        accumulate: Vec<bool>,
        /// The buffer of its scratch.
        scratch: Option<usize>,
    },
    /// The gradient of an output starts as what the loss left.
    Seed {
        /// The value.
        value: ValueId,
        /// The output.
        output: usize,
    },
    /// A gradient that nobody wrote is zero.
    Clear {
        /// The value.
        value: ValueId,
    },
}

/// One step, and the demand for it.
#[derive(Debug, Clone)]
pub struct Planned {
    /// What.
    pub action: Action,
    /// When.
    pub demand: Demand,
}

impl Planned {
    /// The node whose kernel it runs.
    #[must_use]
    pub fn node(&self) -> Option<usize> {
        if let Action::Run { node, .. } = self.action { Some(node) } else { None }
    }
}

/// A saved tensor of a node, or (`true`) one between its backward calls, by its number.
pub type SavedKey = (usize, bool, usize);

/// The saved tensor that an argument of a node stands for.
#[must_use]
pub fn saved_key(node: usize, arg: &Arg) -> Option<SavedKey> {
    match arg {
        Arg::Saved(i) => Some((node, false, *i)),
        Arg::Work(i) => Some((node, true, *i)),
        _ => None,
    }
}

/// What micro-batches do on their own, and what happens when all are through.
#[derive(Debug, Clone, Default)]
pub struct PhasePlan {
    /// Per micro-batch.
    pub micro: Vec<Planned>,
    /// Once.
    pub barrier: Vec<Planned>,
    /// Once, over the values of all samples.
    pub across: Vec<Planned>,
}

/// What runs once per batch, when the backward pass is through.
#[derive(Debug, Clone)]
pub struct BatchStep {
    /// Of this node.
    pub node: usize,
    /// The call.
    pub call: Call,
}

/// The schedule.
#[derive(Debug, Clone)]
pub struct TrainPlan {
    /// What runs: some operations are one.
    pub graph: Graph,
    /// Forward.
    pub forward: Vec<PhasePlan>,
    /// Backward.
    pub backward: Vec<PhasePlan>,
    /// After both.
    pub batch: Vec<BatchStep>,
    /// How each value lies, and its gradient.
    pub layouts: Vec<Layout>,
    /// For each node that of the network's own graph.
    pub origins: Vec<usize>,
    /// Where each value lies.
    pub values: Vec<Option<Place>>,
    /// Where the gradient of each value lies.
    pub grads: Vec<Option<Place>>,
    /// Buffers of saved tensors, by [`saved_key`].
    pub saved: HashMap<SavedKey, usize>,
    /// The arena of a micro-batch.
    pub arena: Arena,
    /// Each node's first float among the statistics, and all of them.
    pub stats: (Vec<Count>, Count),
    /// Each node's first float among what barriers tell, and all of them.
    pub shared: (Vec<Count>, Count),
    /// Bytes of scratch that each share of a step across samples takes.
    pub scratch: Count,
}

/// The memory of inner values and of their gradients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Inner {
    /// Is used again when nobody needs them.
    Shared,
    /// Is theirs ([`TrainPlan::with_inner_values`]).
    Kept,
}

/// A step that waits for its phase.
struct Pending {
    pub phase: usize,
    pub to: Part,
    pub planned: Planned,
}

/// The parts of a phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Micro,
    Barrier,
    Across,
}

impl Part {
    /// What needs its results belongs to a later phase.
    fn ends_phase(self) -> bool {
        self != Self::Micro
    }
}

fn in_phases(steps: Vec<Pending>) -> Vec<PhasePlan> {
    let mut phases = vec![PhasePlan::default()];
    for step in steps {
        while phases.len() <= step.phase {
            phases.push(PhasePlan::default());
        }
        let phase = &mut phases[step.phase];
        match step.to {
            Part::Micro => phase.micro.push(step.planned),
            Part::Barrier => phase.barrier.push(step.planned),
            Part::Across => phase.across.push(step.planned),
        }
    }
    phases
}

impl TrainPlan {
    /// Plans training with sixteen samples side by side, and one sample at a time where a network does.
    #[must_use]
    pub fn both(graph: &Graph) -> (Self, Option<Self>) {
        let joined = embedding_recurrent::rewrite(batch_norm_relu::rewrite(graph));
        let by_sample = by_sample::form(&joined).map(|form| Self::new(form, Inner::Shared));
        (Self::new(training::side_by_side(joined), Inner::Shared), by_sample)
    }

    /// Plans passes, with sixteen samples side by side, that leave the value of every layer and its gradient in the arena: no operation runs in
    /// place or goes into another, no buffer is used again, and outputs are copies. All gradients add to what is there, so that whoever runs the
    /// backward pass clears them, and may start one within.
    #[must_use]
    pub fn with_inner_values(graph: &Graph) -> Self {
        let mut copied = graph.clone();
        copy_outputs::before_all(&mut copied);
        let mut form = training::side_by_side(copied);
        for copy in graph.nodes.len()..form.graph.nodes.len() {
            let input = form.graph.nodes[copy].inputs[0];
            form.origins[copy] = graph.source(input).unwrap_or(0);
        }
        Self::new(form, Inner::Kept)
    }

    fn new(form: Form, inner: Inner) -> Self {
        let Form { graph: joined, layouts, origins } = form;
        let graph = &joined;
        let outputs: Vec<ValueId> = graph.outputs.iter().map(|o| o.value).collect();
        let live = reaching(graph, &outputs);
        let mut roots = roots(graph, &live, |op| op.traits().view);
        let (steps, phase_of) = forward(graph, &live);
        if inner == Inner::Shared {
            in_place(graph, &live, &phase_of, &mut roots, &outputs);
        }
        let mut forward = in_phases(steps);
        // The loss follows the micro-batches of the last phase, and reads what stands in that phase behind them.
        if forward.last().is_some_and(|phase| !(phase.barrier.is_empty() && phase.across.is_empty())) {
            forward.push(PhasePlan::default());
        }
        let mut backward = Backward::new(graph, &live, inner);
        let (steps, batch) = backward.steps();
        let mut backward_phases = in_phases(steps);
        let parts = match inner {
            Inner::Shared => Joined::new(&Schedule {
                graph,
                live: &live,
                phase_of: &phase_of,
                roots: &roots,
                outputs: &outputs,
                layouts: &layouts,
            }),
            Inner::Kept => Joined::nothing(graph),
        };
        parts.without_copies(&mut forward);
        let mut placing = Placing::new(graph, &roots, &outputs, &layouts, inner, &parts);
        placing.forward(&mut forward);
        placing.backward(&mut backward_phases, &backward);
        let saved = std::mem::take(&mut placing.saved);
        let (values, grads, arena) = placing.finish();
        let phases = forward.iter().chain(&backward_phases);
        let planned = phases.clone().flat_map(|phase| phase.micro.iter().chain(&phase.barrier));
        let telling = planned.filter_map(|planned| match &planned.action {
            Action::Run { node, call, .. } => call.args.iter().any(|arg| matches!(arg, Arg::Stats)).then_some(*node),
            _ => None,
        });
        let (stats, shared) = (stats(graph, &telling.collect()), shared(graph));
        let across = phases.flat_map(|phase| &phase.across).filter_map(Planned::node);
        let scratch = across.filter_map(|node| graph.nodes[node].op.workspace().scratch.num()).max().unwrap_or(0);
        let scratch = Count::from(scratch).times(&Dtype::F32.size().into());
        Self {
            graph: joined,
            forward,
            backward: backward_phases,
            batch,
            layouts,
            origins,
            values,
            grads,
            saved,
            arena,
            stats,
            shared,
            scratch,
        }
    }
}

fn layout_of(graph: &Graph, layouts: &[Layout], node: usize) -> Layout {
    layouts[graph.nodes[node].outputs[0]]
}

impl TrainPlan {
    /// The layout that a node runs in: that of what it writes.
    #[must_use]
    pub fn layout(&self, node: usize) -> Layout {
        layout_of(&self.graph, &self.layouts, node)
    }

    /// Samples of a micro-batch: as many as lie side by side in the network's inputs and outputs.
    #[must_use]
    pub fn samples(&self) -> usize {
        let border =
            self.graph.inputs.iter().map(|input| input.value).chain(self.graph.outputs.iter().map(|output| output.value));
        border.map(|value| self.layouts[value].samples()).max().unwrap_or(1)
    }
}

/// Each node's first float among the statistics, a whole number of vectors from the first. (One that is frozen may have nothing to tell.)
fn stats(graph: &Graph, telling: &HashSet<usize>) -> (Vec<Count>, Count) {
    let mut total = Count::default();
    let starts = graph.nodes.iter().enumerate().map(|(i, node)| {
        let size = if telling.contains(&i) { node.op.workspace().stats } else { Count::default() };
        let size = size.whole_vectors();
        let with = total.clone().plus(&size);
        std::mem::replace(&mut total, with)
    });
    (starts.collect(), total)
}

/// Each node's first float among what barriers tell.
fn shared(graph: &Graph) -> (Vec<Count>, Count) {
    starts(graph.nodes.iter().map(|node| node.op.workspace().shared))
}

/// The first of each that stand one behind the other, and the numbers of all.
pub(super) fn starts(lens: impl Iterator<Item = Count>) -> (Vec<Count>, Count) {
    let mut total = Count::default();
    let starts = lens.map(|len| {
        let with = total.clone().plus(&len);
        std::mem::replace(&mut total, with)
    });
    (starts.collect(), total)
}

fn run(node: usize, call: Call, inputs: usize) -> Action {
    Action::Run { node, call, accumulate: vec![false; inputs], scratch: None }
}

/// The steps, and for each value the phase it is ready in.
fn forward(graph: &Graph, live: &[usize]) -> (Vec<Pending>, Vec<usize>) {
    let mut phase_of = vec![0; graph.values.len()];
    let mut steps = Vec::new();
    for i in live {
        let node = &graph.nodes[*i];
        let mut phase = node.inputs.iter().map(|v| phase_of[*v]).max().unwrap_or(0);
        if !node.op.traits().view {
            for step in node.op.forward() {
                let (call, to) = match step {
                    Dispatch::Micro(call) => (call, Part::Micro),
                    Dispatch::Barrier(call) => (call, Part::Barrier),
                    Dispatch::Across(call) => (call, Part::Across),
                    Dispatch::Batch(_) => continue,
                };
                let planned = Planned { action: run(*i, call, node.inputs.len()), demand: Demand::Always };
                steps.push(Pending { phase, to, planned });
                phase += usize::from(to.ends_phase());
            }
        }
        for value in &node.outputs {
            phase_of[*value] = phase;
        }
    }
    (steps, phase_of)
}

/// The inputs and outputs of a node that its backward calls read.
fn backward_reads(node: &Node) -> (Vec<usize>, Vec<usize>) {
    let (mut inputs, mut outputs) = (Vec::new(), Vec::new());
    for arg in node.op.backward().iter().flat_map(|step| &step.step.call().args) {
        match arg {
            Arg::Input(k) => inputs.push(*k),
            Arg::Output(k) => outputs.push(*k),
            _ => {}
        }
    }
    (inputs, outputs)
}

/// When a node runs: when its phase comes, whatever its place in the graph.
fn turn(graph: &Graph, phase_of: &[usize], node: usize) -> (usize, usize) {
    (phase_of[graph.nodes[node].outputs[0]], node)
}

/// Lets element-wise nodes overwrite an input that nobody reads afterwards, forward or backward.
fn in_place(graph: &Graph, live: &[usize], phase_of: &[usize], roots: &mut [ValueId], outputs: &[ValueId]) {
    let turn = |i| turn(graph, phase_of, i);
    let reads: Vec<_> = live.iter().map(|i| backward_reads(&graph.nodes[*i])).collect();
    for (i, (inputs, _)) in live.iter().zip(&reads) {
        let node = &graph.nodes[*i];
        if node.op.traits().in_place != InPlace::Always || inputs.contains(&0) {
            continue;
        }
        let (from, to) = (roots[node.inputs[0]], roots[node.outputs[0]]);
        let kept = graph.inputs.iter().any(|input| input.value == from) || outputs.iter().any(|v| roots[*v] == from);
        let other_reader = live.iter().any(|j| {
            let other = &graph.nodes[*j];
            turn(*j) > turn(*i) && !other.op.traits().view && other.inputs.iter().any(|v| roots[*v] == from)
        }) || node.inputs[1..].iter().any(|v| roots[*v] == from);
        let needed_backward = live.iter().zip(&reads).filter(|(j, _)| *j != i).any(|(j, (inputs, outputs))| {
            let other = &graph.nodes[*j];
            inputs.iter().any(|k| roots[other.inputs[*k]] == from) || outputs.iter().any(|k| roots[other.outputs[*k]] == from)
        });
        if !kept && !other_reader && !needed_backward {
            for root in roots.iter_mut().filter(|root| **root == from) {
                *root = to;
            }
        }
    }
}
