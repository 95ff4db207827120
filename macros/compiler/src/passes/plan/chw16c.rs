//! Inference of one sample with packed weights, channels in blocks of sixteen as far as the operations can: what runs, and where everything
//! lies. (The plan is for machines with a heap.)

use super::infer::{InferNode, InferPlan, uses};
use crate::graph::{Arg, Call, ChannelBlocks, Count, Epilogue, Graph, Layout, Panel, ValueId};
use crate::passes::memory::{Arena, Buffers, Place, Room};
use crate::passes::rewrite::concat_in_place::{self, Parts};
use crate::passes::rewrite::epilogue;
use crate::passes::select::kernels::Variant;
use crate::passes::select::{Choice, layout};
use fireclay_ir::kernels::Kernel as Declared;

/// A value in one of its layouts: its place in [`Chw16cPlan::values`].
pub type Key = usize;

/// See [`Key`].
#[derive(Debug, Clone)]
pub struct Placed {
    /// Which value.
    pub value: ValueId,
    /// How it lies.
    pub layout: Layout,
    /// Where it lies, once that is assigned.
    pub place: Option<Place>,
    /// It lies in another, behind so many bytes.
    pub within: Option<(Key, usize)>,
}

/// What runs.
#[derive(Debug, Clone)]
pub enum Run {
    /// From `chw` to `chw16c`.
    ToChw16c(ChannelBlocks),
    /// From `chw16c` to `chw`.
    ToChw(ChannelBlocks),
    /// A product; it adds what it reads second.
    Product {
        /// Its weights.
        panel: Panel,
        /// Its kernel.
        kernel: &'static Declared,
        /// The algorithm, its price, and what else was considered.
        choice: Choice,
        /// Nothing below zero.
        relu: bool,
    },
    /// Channel by channel, or number by number, sixteen at a time.
    Channelwise(Vec<Call>),
    /// Over values in `chw`: [`chw_calls`].
    Chw,
}

/// Whether a product takes the largest of each 2×2.
#[derive(Debug, Clone)]
pub enum Pooling {
    /// It cannot.
    No,
    /// So it would.
    Could(Variant),
    /// It does.
    Does,
}

/// One step.
#[derive(Debug, Clone)]
pub struct Chw16cStep {
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
    /// The buffers of its saved tensors.
    pub saved: Vec<Option<usize>>,
}

impl Chw16cStep {
    /// The packed weights that it reads.
    #[must_use]
    pub fn panels<'a>(&'a self, plan: &'a InferPlan) -> &'a [Panel] {
        match &self.run {
            Run::Product { panel, .. } => std::slice::from_ref(panel),
            Run::Chw => plan.nodes[self.at].packed.as_ref().map_or(&[], |packed| &packed.panels),
            _ => &[],
        }
    }
}

/// The plan.
#[derive(Debug, Clone)]
pub struct Chw16cPlan {
    /// In order.
    pub steps: Vec<Chw16cStep>,
    /// All values in all their layouts.
    pub values: Vec<Placed>,
    /// The arena.
    pub arena: Arena,
}

impl Chw16cPlan {
    /// Plans, from a plan that folds.
    #[must_use]
    pub fn new(graph: &Graph, folded: &InferPlan) -> Self {
        let (values, mut steps) = layout::choose(graph, folded);
        epilogue::rewrite(&mut steps);
        let in_place = |parts| {
            let (mut values, mut steps) = (values.clone(), steps.clone());
            concat_in_place::rewrite(&mut steps, &mut values, parts).then(|| Self::assigned(graph, folded, values, steps))
        };
        let all = in_place(Parts::All);
        let copied = Self::assigned(graph, folded, values.clone(), steps.clone());
        let Some(all) = all else { return copied };
        let bytes = |plan: &Self| plan.arena.bytes.num();
        let fits = |plan: &Self| bytes(plan) <= bytes(&copied);
        if fits(&all) {
            return all;
        }
        in_place(Parts::Last).filter(fits).unwrap_or(copied)
    }

    fn assigned(graph: &Graph, folded: &InferPlan, mut values: Vec<Placed>, mut steps: Vec<Chw16cStep>) -> Self {
        let arena = assign(graph, folded, &mut values, &mut steps);
        for key in 0..values.len() {
            let (joined, first) = whole(&values, key);
            if let (true, Some(Place::Arena(buffer))) = (joined != key, values[joined].place) {
                values[key].place = Some(Place::Part { buffer, first });
            }
        }
        Self { steps, values, arena }
    }
}

/// The value that a value lies in, which may be itself, and the first byte there.
fn whole(values: &[Placed], key: Key) -> (Key, usize) {
    let (mut key, mut first) = (key, 0_usize);
    while let Some((joined, bytes)) = values[key].within {
        (key, first) = (joined, first.saturating_add(bytes));
    }
    (key, first)
}

/// What a node runs where its channels do not lie in blocks.
#[must_use]
pub fn chw_calls(n: &InferNode) -> &[Call] {
    n.packed.as_ref().map_or(&n.calls, |packed| &packed.calls)
}

/// The tensors that a step keeps beside its results: how many numbers each has, where a call uses it, and beside what values it lies.
fn saved(graph: &Graph, folded: &InferPlan, values: &[Placed], step: &Chw16cStep) -> Vec<(Option<Count>, Layout)> {
    let n = &folded.nodes[step.at];
    let op = &graph.nodes[n.node].op;
    let blocks = |key: &Key| if let Layout::Chw16c(blocks) = values[*key].layout { Some(blocks) } else { None };
    let (calls, saved, layout) = match &step.run {
        Run::Chw => (chw_calls(n), op.workspace().saved, Layout::Chw),
        Run::Channelwise(calls) => {
            let inputs: Option<Vec<_>> = step.reads.iter().map(blocks).collect();
            let over = inputs.and_then(|inputs| op.over_channels(&inputs));
            // Channels take the place of samples there too.
            (calls.as_slice(), over.map_or_else(Vec::new, |over| over.workspace().saved), Layout::Chwn16)
        }
        Run::ToChw16c(_) | Run::ToChw(_) | Run::Product { .. } => return Vec::new(),
    };
    let used = |i| uses(calls, |arg| matches!(arg, Arg::Saved(k) if *k == i));
    saved.into_iter().enumerate().map(|(i, len)| (used(i).then_some(len), layout)).collect()
}

/// Gives values and working memory their buffers.
fn assign(graph: &Graph, folded: &InferPlan, values: &mut [Placed], steps: &mut [Chw16cStep]) -> Arena {
    let mut buffers = Buffers::default();
    for step in steps {
        for key in step.writes.iter().chain(&step.reads) {
            let (key, _) = whole(values, *key);
            let Placed { value, layout, place, .. } = &mut values[key];
            buffers.settle(place, || Room::of(&graph.values[*value].ty, *layout).in_vectors());
        }
        if step.scratch.num() != Some(0) {
            // A kernel of `chw16c` takes as much as one over sixteen samples.
            step.scratch_at = Some(buffers.add(Room::scratch(&step.scratch, Layout::Chwn16).in_vectors()));
        }
        step.saved = saved(graph, folded, values, step)
            .into_iter()
            .map(|(len, layout)| Some(buffers.add(Room::saved(&len?, layout).in_vectors())))
            .collect();
        buffers.next_step();
    }
    buffers.arena()
}
