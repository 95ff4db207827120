//! What runs when not training, and where its values lie.

use super::arena::{Buffer, Layout, layout};
use super::live::reaching;
use super::rewrite::copy_outputs::roots;
use super::rewrite::fold_batch_norm::{self, Folded};
use super::select::product;
use crate::graph::{Arg, Call, Count, Graph, InPlace, Infer, Packed, Step, ValueId};
use fireclay_ir::Dtype;

/// Where a value lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The network's input.
    Input(usize),
    /// The network's output.
    Output(usize),
    /// A buffer of the arena.
    Arena(usize),
}

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
    pub packed: Option<Packed>,
    /// The buffer of its scratch.
    pub scratch: Option<usize>,
    /// The buffers of its own memory, where its calls use it.
    pub kept: Vec<Option<usize>>,
}

/// Inference.
#[derive(Debug, Clone)]
pub struct InferPlan {
    /// In order.
    pub nodes: Vec<InferNode>,
    /// For each value.
    pub places: Vec<Option<Place>>,
    /// For each node of the graph where its state stands, and the floats of all.
    pub states: (Vec<usize>, usize),
    /// The arena, in bytes of one sample.
    pub layout: Layout,
}

impl InferPlan {
    /// Plans inference; `pack` folds batch norms and takes packed kernels.
    #[must_use]
    pub fn new(graph: &Graph, pack: bool) -> Self {
        let outputs: Vec<ValueId> = graph.outputs.iter().filter(|o| !o.train).map(|o| o.value).collect();
        let live = reaching(graph, &outputs);
        let mut nodes: Vec<InferNode> = live
            .iter()
            .filter(|i| !graph.nodes[**i].op.traits().view && !matches!(graph.nodes[**i].op.infer(), Infer::Identity))
            .map(|i| InferNode {
                node: *i,
                calls: calls(graph, *i),
                outputs: graph.nodes[*i].outputs.clone(),
                folded: None,
                packed: if pack { product::packed(&*graph.nodes[*i].op) } else { None },
                scratch: None,
                kept: Vec::new(),
            })
            .collect();
        let mut roots = roots(graph, &live, |op| op.traits().view || matches!(op.infer(), Infer::Identity));
        if pack {
            fold_batch_norm::rewrite(graph, &mut nodes, &roots, &outputs);
        }
        in_place(graph, &nodes, &mut roots, &outputs);
        let (places, layout) = place(graph, &mut nodes, &roots, &outputs);
        let mut total = 0;
        let states = graph.nodes.iter().map(|node| {
            let start = total;
            total += node.op.memory().state;
            start
        });
        let states = states.collect();
        Self { nodes, places, states: (states, total), layout }
    }
}

fn calls(graph: &Graph, node: usize) -> Vec<Call> {
    let op = &graph.nodes[node].op;
    match op.infer() {
        Infer::Calls(calls) => calls,
        Infer::Identity => Vec::new(),
        Infer::Same => op
            .forward()
            .into_iter()
            .filter_map(|step| match step {
                Step::Micro(call) => Some(call),
                Step::Barrier(_) | Step::Batch(_) => None,
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

fn place(graph: &Graph, nodes: &mut [InferNode], roots: &[ValueId], outputs: &[ValueId]) -> (Vec<Option<Place>>, Layout) {
    let mut by_root: Vec<Option<Place>> = vec![None; graph.values.len()];
    for (i, input) in graph.inputs.iter().enumerate() {
        by_root[input.value] = Some(Place::Input(i));
    }
    for (i, output) in outputs.iter().enumerate() {
        by_root[roots[*output]] = Some(Place::Output(i));
    }
    let mut buffers: Vec<Buffer> = Vec::new();
    for (t, n) in nodes.iter_mut().enumerate() {
        for value in n.outputs.iter().chain(&graph.nodes[n.node].inputs) {
            match by_root[roots[*value]] {
                Some(Place::Arena(b)) => buffers[b].life = *buffers[b].life.start()..=t,
                Some(_) => {}
                None => {
                    by_root[roots[*value]] = Some(Place::Arena(buffers.len()));
                    let ty = &graph.values[roots[*value]].ty;
                    buffers.push(Buffer::new(ty.dtype(), &ty.len(), t..=t));
                }
            }
        }
        let calls = &n.calls;
        let used = |i: usize| calls.iter().any(|call| call.args.iter().any(|arg| matches!(arg, Arg::Saved(k) if *k == i)));
        let sizes = graph.nodes[n.node].op.memory().saved;
        n.kept = (0..sizes.len())
            .map(|i| {
                used(i).then(|| {
                    buffers.push(Buffer::new(Dtype::F32, &sizes[i], t..=t));
                    buffers.len() - 1
                })
            })
            .collect();
        if n.calls.iter().any(|call| call.args.iter().any(|arg| matches!(arg, Arg::Scratch))) {
            n.scratch = Some(buffers.len());
            buffers.push(Buffer::new(Dtype::F32, &positions(&graph.nodes[n.node].op.memory().scratch), t..=t));
        }
    }
    let places = roots.iter().map(|root| by_root[*root]).collect();
    (places, layout(&buffers))
}

/// Positions of sixteen lanes that hold this many floats.
#[must_use]
pub fn positions(floats: &Count) -> Count {
    match floats.num() {
        Some(n) => n.div_ceil(16).into(),
        // A size that is a type: sixteen times too much, which costs pages that are never touched.
        None => floats.clone(),
    }
}
