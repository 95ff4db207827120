//! Which layout each value has while one sample runs with packed weights: `chw16c` as far as the operations can, with a change of layout where
//! the next one cannot read it.

use super::kernels::{Chw16cKernels, ProductKernel, Variant};
use super::product;
use crate::graph::{Arg, Call, ChannelBlocks, Count, Epilogue, Graph, InPlace, Inference, Layout, Node, ValueId};
use crate::passes::analysis::{reaching, roots};
use crate::passes::memory::Place;
use crate::passes::plan::chw16c::{Chw16cStep, Key, Placed, Pooling, Run, chw_calls};
use crate::passes::plan::infer::{InferNode, InferPlan, inferred, uses};
use crate::passes::rewrite::epilogue;
use std::collections::HashMap;

/// All values in all layouts that they have, and the steps that compute them so.
#[must_use]
pub fn choose(graph: &Graph, folded: &InferPlan) -> (Vec<Placed>, Vec<Chw16cStep>) {
    let outputs = inferred(graph);
    let live = reaching(graph, &outputs);
    let roots = roots(graph, &live, |op| op.traits().view || matches!(op.infer(), Inference::Identity));
    let mut chosen = Layouts { graph, roots, values: Vec::new(), chw: HashMap::new(), chw16c: HashMap::new(), steps: Vec::new() };
    for (i, input) in graph.inputs.iter().enumerate() {
        let key = chosen.write(input.value, Layout::Chw);
        chosen.values[key].place = Some(Place::Input(i));
    }
    for at in 0..folded.nodes.len() {
        chosen.node(at, folded, &outputs);
    }
    for (i, output) in outputs.iter().enumerate() {
        let key = chosen.as_chw(folded.nodes.len().saturating_sub(1), *output);
        chosen.values[key].place = Some(Place::Output(i));
    }
    (chosen.values, chosen.steps)
}

/// The layouts that values have so far.
struct Layouts<'a> {
    graph: &'a Graph,
    roots: Vec<ValueId>,
    values: Vec<Placed>,
    chw: HashMap<ValueId, Key>,
    chw16c: HashMap<(ValueId, ChannelBlocks), Key>,
    steps: Vec<Chw16cStep>,
}

impl Layouts<'_> {
    /// A key for what a step writes; its place is assigned later.
    fn write(&mut self, value: ValueId, layout: Layout) -> Key {
        let (key, root) = (self.values.len(), self.roots[value]);
        self.values.push(Placed { value, layout, place: None, within: None });
        match layout {
            Layout::Chw16c(blocks) => self.chw16c.insert((root, blocks), key),
            _ => self.chw.insert(root, key),
        };
        key
    }

    fn blocks(&self, value: ValueId) -> Option<ChannelBlocks> {
        ChannelBlocks::of(&self.graph.values[value].ty)
    }

    /// The value in `chw16c`, if it is there so.
    fn there(&self, value: ValueId) -> Option<Key> {
        self.chw16c.get(&(self.roots[value], self.blocks(value)?)).copied()
    }

    fn push(&mut self, at: usize, run: Run, reads: Vec<Key>, writes: Vec<Key>) -> &mut Chw16cStep {
        let scratch = Count::default();
        self.steps.push(Chw16cStep {
            at,
            run,
            reads,
            writes,
            epilogue: None,
            pooling: Pooling::No,
            scratch,
            scratch_at: None,
            saved: Vec::new(),
        });
        let last = self.steps.len() - 1;
        &mut self.steps[last]
    }

    /// The value in `chw`, made if need be.
    fn as_chw(&mut self, at: usize, value: ValueId) -> Key {
        let root = self.roots[value];
        if let Some(key) = self.chw.get(&root) {
            return *key;
        }
        let found = self.chw16c.iter().filter(|((of, _), _)| *of == root).min_by_key(|(_, key)| **key);
        let Some((blocks, from)) = found.map(|((_, blocks), key)| (*blocks, *key)) else {
            unreachable!("a value is written before it is read");
        };
        let to = self.write(value, Layout::Chw);
        self.push(at, Run::ToChw(blocks), vec![from], vec![to]);
        to
    }

    /// The value in `chw16c`, made if need be.
    fn as_chw16c(&mut self, at: usize, value: ValueId, blocks: ChannelBlocks) -> Key {
        if let Some(key) = self.there(value) {
            return key;
        }
        let from = self.as_chw(at, value);
        let to = self.write(value, Layout::Chw16c(blocks));
        self.push(at, Run::ToChw16c(blocks), vec![from], vec![to]);
        to
    }

    /// Whether all that read the value, or what element-wise operations and one pool make of it, would rather have `chw` than `chw16c`.
    fn chw_will_do(&self, folded: &InferPlan, outputs: &[ValueId], at: usize, pooled: bool) -> bool {
        let (mut value, mut pools) = (folded.nodes[at].outputs[0], pooled);
        for _ in at..folded.nodes.len() {
            let reads = |v: &ValueId| self.roots[*v] == self.roots[value];
            let output = outputs.iter().any(reads);
            let readers: Vec<&InferNode> =
                folded.nodes[at + 1..].iter().filter(|n| self.graph.nodes[n.node].inputs.iter().any(reads)).collect();
            let takes_chw = |n: &&InferNode| {
                let node = &self.graph.nodes[n.node];
                let inputs: Option<Vec<ChannelBlocks>> = node.inputs.iter().map(|v| self.blocks(*v)).collect();
                let blocked = inputs.and_then(|inputs| product::blocked(&*node.op, &inputs));
                matches!(blocked, Some(Chw16cKernels::Product(product)) if product.from_chw.is_some())
            };
            if output || readers.iter().all(takes_chw) {
                return readers.iter().all(takes_chw);
            }
            let [reader] = readers.as_slice() else { return false };
            let node = &self.graph.nodes[reader.node];
            match epilogue::of(&*node.op) {
                Some(Epilogue::Relu) => {}
                Some(Epilogue::Pool) if pools => pools = false,
                _ if node.inputs.len() == 1 && self.by_sixteens(reader, node).is_some() => pools = false,
                _ => return false,
            }
            value = reader.outputs[0];
        }
        false
    }

    fn node(&mut self, at: usize, folded: &InferPlan, outputs: &[ValueId]) {
        let n = &folded.nodes[at];
        let node = &self.graph.nodes[n.node];
        let inputs: Option<Vec<ChannelBlocks>> = node.inputs.iter().map(|v| self.blocks(*v)).collect();
        let output = n.outputs.first().and_then(|v| self.blocks(*v));
        let blocked = inputs.as_ref().and_then(|inputs| product::blocked(&*node.op, inputs));
        match (blocked, inputs, output) {
            (Some(Chw16cKernels::Product(product)), Some(inputs), Some(output)) => {
                let (from, kernel) = match (self.there(node.inputs[0]), product.from_chw) {
                    (None, Some(from_chw)) => (self.as_chw(at, node.inputs[0]), from_chw),
                    _ => (self.as_chw16c(at, node.inputs[0], inputs[0]), product.from_chw16c),
                };
                let to_chw = kernel.to_chw.clone().filter(|_| self.chw_will_do(folded, outputs, at, kernel.pooled.is_some()));
                // With a pool it leads to `chw` where there is a kernel that does.
                let pooled = kernel.pooled.filter(|_| to_chw.is_some() || kernel.to_chw.is_none());
                let layout = if to_chw.is_some() { Layout::Chw } else { Layout::Chw16c(output) };
                let to = self.write(n.outputs[0], layout);
                let Variant { kernel: product, scratch } = to_chw.unwrap_or(kernel.to_chw16c);
                let ProductKernel { panel, choice, .. } = kernel;
                let run = Run::Product { panel, kernel: product, choice, relu: false };
                let step = self.push(at, run, vec![from], vec![to]);
                (step.scratch, step.pooling) = (scratch, pooled.map_or(Pooling::No, Pooling::Could));
            }
            (Some(Chw16cKernels::Channelwise(calls)), Some(inputs), Some(output))
                if node.inputs.iter().any(|v| self.there(*v).is_some()) =>
            {
                let reads = node.inputs.iter().zip(inputs).map(|(v, blocks)| self.as_chw16c(at, *v, blocks)).collect();
                let to = self.write(n.outputs[0], Layout::Chw16c(output));
                self.push(at, Run::Channelwise(calls), reads, vec![to]).epilogue = epilogue::of(&*node.op);
            }
            _ => self.in_chw(at, n, node),
        }
    }

    /// What an element-wise operation runs over values in `chw`, sixteen numbers at a time, where they are whole sixteens.
    fn by_sixteens(&self, n: &InferNode, node: &Node) -> Option<Vec<Call>> {
        let len = |v: &ValueId| self.graph.values[*v].ty.len().num();
        let all = len(n.outputs.first()?)?;
        if node.op.traits().in_place != InPlace::Always || all % 16 != 0 || node.inputs.iter().any(|v| len(v) != Some(all)) {
            return None;
        }
        match product::blocked(&*node.op, &vec![ChannelBlocks { channels: 16, map: all / 16 }; node.inputs.len()])? {
            Chw16cKernels::Channelwise(calls) => Some(calls),
            Chw16cKernels::Product(_) => None,
        }
    }

    fn in_chw(&mut self, at: usize, n: &InferNode, node: &Node) {
        let reads = node.inputs.iter().map(|v| self.as_chw(at, *v)).collect();
        let writes = n.outputs.iter().map(|v| self.write(*v, Layout::Chw)).collect();
        if let Some(calls) = self.by_sixteens(n, node) {
            self.push(at, Run::Channelwise(calls), reads, writes).epilogue = epilogue::of(&*node.op);
            return;
        }
        let scratch =
            if uses(chw_calls(n), |arg| matches!(arg, Arg::Scratch)) { node.op.workspace().scratch } else { Count::default() };
        let step = self.push(at, Run::Chw, reads, writes);
        (step.scratch, step.epilogue) = (scratch, epilogue::of(&*node.op));
    }
}
