//! Inference with all values in one layout: what runs, and where its values lie.

use super::train::starts;
use crate::graph::{Arg, Call, Count, Dispatch, Graph, InPlace, Inference, Layout, PackedCalls, TensorId, ValueId};
use crate::passes::analysis::{reaching, roots};
use crate::passes::memory::{Arena, Buffers, Place, Room};
use crate::passes::rewrite::fold_batch_norm::{self, Folded};
use crate::passes::select::product;

/// One node as it infers.
#[derive(Debug, Clone)]
pub struct InferNode {
    /// Its place in the graph.
    pub node: usize,
    /// What runs.
    pub calls: Vec<Call>,
    /// Where its outputs stand, if not in the graph's own (a folded batch norm's output stands for the convolution's).
    pub outputs: Vec<ValueId>,
    /// What was folded into its weights.
    pub folded: Option<Folded>,
    /// How it runs with packed weights, one sample.
    pub packed: Option<PackedCalls>,
    /// The buffer of its scratch.
    pub scratch: Option<usize>,
    /// The buffers of its saved tensors, where its calls use them.
    pub saved: Vec<Option<usize>>,
}

/// Inference.
#[derive(Debug, Clone)]
pub struct InferPlan {
    /// In order.
    pub nodes: Vec<InferNode>,
    /// For each value the one whose memory it has.
    roots: Vec<ValueId>,
    /// For each value.
    pub places: Vec<Option<Place>>,
    /// For each node of the graph where its state stands, and the floats of all.
    pub states: (Vec<Count>, Count),
    /// Weights that are made of parameters before each inference, as those of packed plans are not, each with its buffer.
    pub parametrized: Vec<(TensorId, usize)>,
    /// How all values lie.
    pub layout: Layout,
    /// The arena.
    pub arena: Arena,
}

impl InferPlan {
    /// Plans inference in this layout; `pack` folds batch norms and takes packed kernels.
    #[must_use]
    pub fn new(graph: &Graph, pack: bool, layout: Layout) -> Self {
        let outputs = inferred(graph);
        let live = reaching(graph, &outputs);
        let mut nodes: Vec<InferNode> = live
            .iter()
            .filter(|i| !graph.nodes[**i].op.traits().view && !matches!(graph.nodes[**i].op.infer(), Inference::Identity))
            .map(|i| InferNode {
                node: *i,
                calls: calls(graph, *i),
                outputs: graph.nodes[*i].outputs.clone(),
                folded: None,
                packed: if pack { product::packed(&*graph.nodes[*i].op) } else { None },
                scratch: None,
                saved: Vec::new(),
            })
            .collect();
        let mut roots = roots(graph, &live, |op| op.traits().view || matches!(op.infer(), Inference::Identity));
        if pack {
            fold_batch_norm::rewrite(graph, &mut nodes, &roots, &outputs);
        }
        in_place(graph, &nodes, &mut roots, &outputs);
        let states = starts(graph.nodes.iter().map(|node| node.op.workspace().state));
        let read = |weight| nodes.iter().any(|n| graph.nodes[n.node].params.contains(&weight));
        let parametrized =
            graph.parametrized().filter(|(weight, _)| !pack && read(*weight)).map(|(weight, _)| (weight, 0)).collect();
        Self { nodes, roots, places: Vec::new(), states, parametrized, layout, arena: Arena::default() }.in_layout(graph, layout)
    }

    /// The same with all values in this layout: what runs stays, and lies elsewhere.
    #[must_use]
    pub fn in_layout(mut self, graph: &Graph, layout: Layout) -> Self {
        self.layout = layout;
        let Self { nodes, parametrized, roots, .. } = &mut self;
        (self.places, self.arena) = assign(graph, nodes, parametrized, roots, &inferred(graph), layout);
        self
    }
}

/// The outputs that are not for training alone.
pub fn inferred(graph: &Graph) -> Vec<ValueId> {
    graph.outputs.iter().filter(|o| !o.train).map(|o| o.value).collect()
}

fn calls(graph: &Graph, node: usize) -> Vec<Call> {
    let op = &graph.nodes[node].op;
    match op.infer() {
        Inference::Calls(calls) => calls,
        Inference::Identity => Vec::new(),
        Inference::Same => op
            .forward()
            .into_iter()
            .filter_map(|step| match step {
                Dispatch::Micro(call) => Some(call),
                Dispatch::Barrier(_) | Dispatch::Batch(_) | Dispatch::Across(_) => None,
            })
            .collect(),
    }
}

/// Lets element-wise nodes, and batch norms with their running statistics, overwrite an input that nobody reads afterwards.
fn in_place(graph: &Graph, nodes: &[InferNode], roots: &mut [ValueId], outputs: &[ValueId]) {
    for (i, n) in nodes.iter().enumerate() {
        let node = &graph.nodes[n.node];
        if node.op.traits().in_place == InPlace::Never {
            continue;
        }
        let (from, to) = (roots[node.inputs[0]], roots[n.outputs[0]]);
        let reads = |m: &InferNode| graph.nodes[m.node].inputs.iter().any(|v| roots[*v] == from);
        let last = !nodes[i + 1..].iter().any(reads) && node.inputs[1..].iter().all(|v| roots[*v] != from);
        let kept = graph.inputs.iter().any(|input| input.value == from) || outputs.iter().any(|v| roots[*v] == from);
        if last && !kept {
            for root in roots.iter_mut().filter(|root| **root == from) {
                *root = to;
            }
        }
    }
}

/// Gives values and working memory their buffers.
fn assign(
    graph: &Graph,
    nodes: &mut [InferNode],
    parametrized: &mut [(TensorId, usize)],
    roots: &[ValueId],
    outputs: &[ValueId],
    layout: Layout,
) -> (Vec<Option<Place>>, Arena) {
    let mut by_root: Vec<Option<Place>> = vec![None; graph.values.len()];
    for (i, input) in graph.inputs.iter().enumerate() {
        by_root[input.value] = Some(Place::Input(i));
    }
    for (i, output) in outputs.iter().enumerate() {
        by_root[roots[*output]] = Some(Place::Output(i));
    }
    let mut buffers = Buffers::default();
    for (weight, buffer) in parametrized.iter_mut() {
        *buffer = buffers.add(Room::saved(&Count::product(&graph.tensors[*weight].dims), layout));
    }
    for n in nodes {
        for value in n.outputs.iter().chain(&graph.nodes[n.node].inputs) {
            let root = roots[*value];
            buffers.settle(&mut by_root[root], || Room::of(&graph.values[root].ty, layout));
        }
        let memory = graph.nodes[n.node].op.workspace();
        let saved = memory.saved.iter().enumerate();
        let used = |i: usize| uses(&n.calls, |arg| matches!(arg, Arg::Saved(k) if *k == i));
        n.saved = saved.map(|(i, len)| used(i).then(|| buffers.add(Room::saved(len, layout)))).collect();
        n.scratch =
            uses(&n.calls, |arg| matches!(arg, Arg::Scratch)).then(|| buffers.add(Room::scratch(&memory.scratch, layout)));
        buffers.next_step();
    }
    // All are made before the first operation, and stay until the last.
    parametrized.iter().for_each(|(_, buffer)| buffers.touch(Place::Arena(*buffer)));
    let places = roots.iter().map(|root| by_root[*root]).collect();
    (places, buffers.arena())
}

/// Whether one of these calls has such an argument.
pub fn uses(calls: &[Call], which: impl Fn(&Arg) -> bool) -> bool {
    calls.iter().any(|call| call.args.iter().any(&which))
}
