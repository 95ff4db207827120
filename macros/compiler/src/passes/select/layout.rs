//! One sample with packed weights, its channels in vectors of sixteen as far as the operations can: which form each value has, where it
//! changes, what products do besides, and where everything lies. (`kernels::blocked`; the plan is for machines with a heap.)

use super::product;
use crate::graph::linear::{Blocked, Forward, Kernel};
use crate::graph::{Arg, Call, ChannelBlocks, Count, Epilogue, Graph, InPlace, Infer, Node, Panel, ValueId};
use crate::passes::arena::{Buffer, Layout, layout};
use crate::passes::infer::{InferNode, InferPlan, Place};
use crate::passes::live::reaching;
use crate::passes::rewrite::copy_outputs::roots;
use crate::passes::rewrite::epilogue;
use fireclay_ir::Dtype;
use fireclay_ir::kernels::Kernel as Declared;
use std::collections::HashMap;

/// A value in one of its forms: its place in [`BlockedPlan::keys`].
pub type Key = usize;

/// See [`Key`].
#[derive(Debug, Clone)]
pub struct Form {
    /// Which value.
    pub value: ValueId,
    /// In vectors of channels, or as it is elsewhere.
    pub vectors: Option<ChannelBlocks>,
    /// Where it lies.
    pub place: Place,
}

/// What runs.
#[derive(Debug, Clone)]
pub enum Run {
    /// Makes vectors of channels.
    ToVectors(ChannelBlocks),
    /// Makes maps of them again.
    FromVectors(ChannelBlocks),
    /// A product; it adds what it reads second.
    Product {
        /// Its weights.
        panel: Panel,
        /// Its kernel.
        kernel: &'static Declared,
        /// Multiplications of a hundred that plain sums would take.
        share: usize,
        /// Nothing below zero.
        relu: bool,
    },
    /// Channel by channel.
    Channelwise(Vec<Call>),
    /// As everywhere.
    Plain,
}

/// Whether a product takes the largest of each 2×2.
#[derive(Debug, Clone)]
pub enum Pooling {
    /// It cannot.
    No,
    /// So it would.
    Could(Forward),
    /// It does.
    Does,
}

/// One step.
#[derive(Debug, Clone)]
pub struct Step {
    /// Its place among the nodes of the plan that folds.
    pub at: usize,
    /// What runs.
    pub run: Run,
    /// What it reads.
    pub reads: Vec<Key>,
    /// What it writes.
    pub writes: Vec<Key>,
    /// What a product before it could do in its place.
    pub epilogue: Option<Epilogue>,
    /// Whether a product takes the largest of each 2×2.
    pub pooling: Pooling,
    /// Floats of scratch, and their buffer.
    pub scratch: Count,
    /// The buffer of its scratch.
    pub scratch_at: Option<usize>,
    /// The buffers of its own memory.
    pub kept: Vec<Option<usize>>,
}

impl Step {
    /// The packed weights that it reads.
    #[must_use]
    pub fn panels<'a>(&'a self, plan: &'a InferPlan) -> &'a [Panel] {
        match &self.run {
            Run::Product { panel, .. } => std::slice::from_ref(panel),
            Run::Plain => plan.nodes[self.at].packed.as_ref().map_or(&[], |packed| &packed.panels),
            _ => &[],
        }
    }
}

/// The plan.
#[derive(Debug, Clone)]
pub struct BlockedPlan {
    /// In order.
    pub steps: Vec<Step>,
    /// All values in all forms.
    pub keys: Vec<Form>,
    /// The arena, in bytes.
    pub layout: Layout,
}

impl BlockedPlan {
    /// Plans, from a plan that folds.
    #[must_use]
    pub fn new(graph: &Graph, folded: &InferPlan) -> Self {
        let outputs: Vec<ValueId> = graph.outputs.iter().filter(|o| !o.train).map(|o| o.value).collect();
        let live = reaching(graph, &outputs);
        let roots = roots(graph, &live, |op| op.traits().view || matches!(op.infer(), Infer::Identity));
        let mut forms =
            Forms { graph, roots, keys: Vec::new(), plain: HashMap::new(), vectors: HashMap::new(), steps: Vec::new() };
        for (i, input) in graph.inputs.iter().enumerate() {
            let key = forms.key(input.value, None, Place::Input(i));
            forms.plain.insert(forms.roots[input.value], key);
        }
        for at in 0..folded.nodes.len() {
            forms.node(at, folded, &outputs);
        }
        for (i, output) in outputs.iter().enumerate() {
            let key = forms.plain(folded.nodes.len().saturating_sub(1), *output);
            forms.keys[key].place = Place::Output(i);
        }
        let Forms { mut keys, mut steps, .. } = forms;
        epilogue::rewrite(&mut steps);
        let layout = place(graph, folded, &mut keys, &mut steps);
        Self { steps, keys, layout }
    }
}

/// Which forms of which values there are, while planning.
struct Forms<'a> {
    graph: &'a Graph,
    roots: Vec<ValueId>,
    keys: Vec<Form>,
    plain: HashMap<ValueId, Key>,
    vectors: HashMap<(ValueId, ChannelBlocks), Key>,
    steps: Vec<Step>,
}

impl Forms<'_> {
    fn key(&mut self, value: ValueId, vectors: Option<ChannelBlocks>, place: Place) -> Key {
        self.keys.push(Form { value, vectors, place });
        self.keys.len() - 1
    }

    /// A key for what a step writes; its place is settled later.
    fn write(&mut self, value: ValueId, vectors: Option<ChannelBlocks>) -> Key {
        let (key, root) = (self.key(value, vectors, Place::Arena(usize::MAX)), self.roots[value]);
        match vectors {
            Some(vectors) => self.vectors.insert((root, vectors), key),
            None => self.plain.insert(root, key),
        };
        key
    }

    fn seen(&self, value: ValueId) -> Option<ChannelBlocks> {
        ChannelBlocks::of(&self.graph.values[value].ty)
    }

    /// The value as vectors, if it is there so.
    fn there(&self, value: ValueId) -> Option<Key> {
        self.vectors.get(&(self.roots[value], self.seen(value)?)).copied()
    }

    fn push(&mut self, at: usize, run: Run, reads: Vec<Key>, writes: Vec<Key>) -> &mut Step {
        let scratch = Count::default();
        self.steps.push(Step {
            at,
            run,
            reads,
            writes,
            epilogue: None,
            pooling: Pooling::No,
            scratch,
            scratch_at: None,
            kept: Vec::new(),
        });
        let last = self.steps.len() - 1;
        &mut self.steps[last]
    }

    /// The value as it is elsewhere, made if need be.
    fn plain(&mut self, at: usize, value: ValueId) -> Key {
        let root = self.roots[value];
        if let Some(key) = self.plain.get(&root) {
            return *key;
        }
        let found = self.vectors.iter().filter(|((of, _), _)| *of == root).min_by_key(|(_, key)| **key);
        let Some((vectors, from)) = found.map(|((_, vectors), key)| (*vectors, *key)) else {
            unreachable!("a value is written before it is read");
        };
        let to = self.write(value, None);
        self.push(at, Run::FromVectors(vectors), vec![from], vec![to]);
        to
    }

    /// The value as vectors, made if need be.
    fn as_vectors(&mut self, at: usize, value: ValueId, vectors: ChannelBlocks) -> Key {
        if let Some(key) = self.there(value) {
            return key;
        }
        let from = self.plain(at, value);
        let to = self.write(value, Some(vectors));
        self.push(at, Run::ToVectors(vectors), vec![from], vec![to]);
        to
    }

    /// Whether all that read the value, or what element-wise operations and one pool make of it, would rather have maps than vectors of channels.
    fn maps_will_do(&self, folded: &InferPlan, outputs: &[ValueId], at: usize, pooled: bool) -> bool {
        let (mut value, mut pools) = (folded.nodes[at].outputs[0], pooled);
        for _ in at..folded.nodes.len() {
            let reads = |v: &ValueId| self.roots[*v] == self.roots[value];
            let output = outputs.iter().any(reads);
            let readers: Vec<&InferNode> =
                folded.nodes[at + 1..].iter().filter(|n| self.graph.nodes[n.node].inputs.iter().any(reads)).collect();
            let takes_maps = |n: &&InferNode| {
                let node = &self.graph.nodes[n.node];
                let inputs: Option<Vec<ChannelBlocks>> = node.inputs.iter().map(|v| self.seen(*v)).collect();
                let blocked = inputs.and_then(|inputs| product::blocked(&*node.op, &inputs));
                matches!(blocked, Some(Blocked::Product(product)) if product.chw.is_some())
            };
            if output || readers.iter().all(takes_maps) {
                return readers.iter().all(takes_maps);
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
        let inputs: Option<Vec<ChannelBlocks>> = node.inputs.iter().map(|v| self.seen(*v)).collect();
        let output = n.outputs.first().and_then(|v| self.seen(*v));
        let blocked = inputs.as_ref().and_then(|inputs| product::blocked(&*node.op, inputs));
        match (blocked, inputs, output) {
            (Some(Blocked::Product(product)), Some(inputs), Some(output)) => {
                let (from, kernel) = match (self.there(node.inputs[0]), product.chw) {
                    (None, Some(plain)) => (self.plain(at, node.inputs[0]), plain),
                    _ => (self.as_vectors(at, node.inputs[0], inputs[0]), product.blocks),
                };
                let maps = kernel.to_chw.clone().filter(|_| self.maps_will_do(folded, outputs, at, kernel.pooled.is_some()));
                // Pooling leads to maps where there is a form that does.
                let pooled = kernel.pooled.filter(|_| maps.is_some() || kernel.to_chw.is_none());
                let to = self.write(n.outputs[0], maps.is_none().then_some(output));
                let Forward { kernel: product, scratch } = maps.unwrap_or(kernel.forward);
                let Kernel { panel, share, .. } = kernel;
                let run = Run::Product { panel, kernel: product, share, relu: false };
                let step = self.push(at, run, vec![from], vec![to]);
                (step.scratch, step.pooling) = (scratch, pooled.map_or(Pooling::No, Pooling::Could));
            }
            (Some(Blocked::Channelwise(calls)), Some(inputs), Some(output))
                if node.inputs.iter().any(|v| self.there(*v).is_some()) =>
            {
                let reads = node.inputs.iter().zip(inputs).map(|(v, vectors)| self.as_vectors(at, *v, vectors)).collect();
                let to = self.write(n.outputs[0], Some(output));
                self.push(at, Run::Channelwise(calls), reads, vec![to]).epilogue = epilogue::of(&*node.op);
            }
            _ => self.as_elsewhere(at, n, node),
        }
    }

    /// What an element-wise operation runs over values as they are elsewhere, sixteen numbers at a time, where they are whole sixteens.
    fn by_sixteens(&self, n: &InferNode, node: &Node) -> Option<Vec<Call>> {
        let len = |v: &ValueId| self.graph.values[*v].ty.len().num();
        let all = len(n.outputs.first()?)?;
        if node.op.traits().in_place != InPlace::Always || all % 16 != 0 || node.inputs.iter().any(|v| len(v) != Some(all)) {
            return None;
        }
        match product::blocked(&*node.op, &vec![ChannelBlocks { channels: 16, map: all / 16 }; node.inputs.len()])? {
            Blocked::Channelwise(calls) => Some(calls),
            Blocked::Product(_) => None,
        }
    }

    fn as_elsewhere(&mut self, at: usize, n: &InferNode, node: &Node) {
        let reads = node.inputs.iter().map(|v| self.plain(at, *v)).collect();
        let writes = n.outputs.iter().map(|v| self.write(*v, None)).collect();
        if let Some(calls) = self.by_sixteens(n, node) {
            self.push(at, Run::Channelwise(calls), reads, writes).epilogue = epilogue::of(&*node.op);
            return;
        }
        let scratch =
            if uses(plain_calls(n), |arg| matches!(arg, Arg::Scratch)) { node.op.memory().scratch } else { Count::default() };
        let step = self.push(at, Run::Plain, reads, writes);
        (step.scratch, step.epilogue) = (scratch, epilogue::of(&*node.op));
    }
}

/// What a node runs where its channels do not lie in vectors.
#[must_use]
pub fn plain_calls(n: &InferNode) -> &[Call] {
    n.packed.as_ref().map_or(&n.calls, |packed| &packed.calls)
}

fn uses(calls: &[Call], which: impl Fn(&Arg) -> bool) -> bool {
    calls.iter().any(|call| call.args.iter().any(&which))
}

fn place(graph: &Graph, folded: &InferPlan, keys: &mut [Form], steps: &mut [Step]) -> Layout {
    let mut buffers: Vec<Buffer> = Vec::new();
    for (t, step) in steps.iter_mut().enumerate() {
        for key in step.writes.iter().chain(&step.reads) {
            let form = &mut keys[*key];
            match form.place {
                Place::Arena(usize::MAX) => {
                    form.place = Place::Arena(buffers.len());
                    let ty = &graph.values[form.value].ty;
                    let len = form.vectors.map_or_else(|| ty.len(), |vectors| vectors.vectors().saturating_mul(16).into());
                    buffers.push(Buffer::of_vectors(ty.dtype(), &len, t..=t));
                }
                Place::Arena(b) => buffers[b].life = *buffers[b].life.start()..=t,
                _ => {}
            }
        }
        let mut own = |size: Count| {
            buffers.push(Buffer::of_vectors(Dtype::F32, &size, t..=t));
            Some(buffers.len() - 1)
        };
        if step.scratch.num() != Some(0) {
            step.scratch_at = own(step.scratch.clone());
        }
        if matches!(step.run, Run::Plain) {
            let n = &folded.nodes[step.at];
            let kept = graph.nodes[n.node].op.memory().saved.into_iter().enumerate();
            let used = |i| uses(plain_calls(n), |arg| matches!(arg, Arg::Saved(k) if *k == i));
            step.kept = kept.map(|(i, size)| if used(i) { own(size) } else { None }).collect();
        }
    }
    layout(&buffers)
}
