//! Parts of a concat that are written where they are joined, instead of being copied there, and whose gradients are read there: those that are one stretch of the
//! result.

use super::{Action, PhasePlan, turn};
use crate::graph::{Arg, ChannelBlocks, Graph, InPlace, Layout, Node, ValueId, ValueType};
use fireclay_ir::{ALIGN, LANES};
use std::collections::{HashMap, HashSet};

/// Which values lie in others.
#[derive(Debug, Default)]
pub(super) struct Joined {
    /// For each root the one that it is a part of, and its first byte there.
    within: Vec<Option<(ValueId, usize)>>,
    /// The inputs, `(node, input)`, that are not copied.
    there: HashSet<(usize, usize)>,
    /// The first byte of each input that is one stretch of the result.
    stretches: HashMap<(usize, usize), usize>,
}

/// What is known of a schedule before anything has a place.
pub(super) struct Schedule<'a> {
    pub graph: &'a Graph,
    pub live: &'a [usize],
    pub phase_of: &'a [usize],
    /// Views and in-place results have the memory of these.
    pub roots: &'a [ValueId],
    pub outputs: &'a [ValueId],
    pub layouts: &'a [Layout],
}

impl Joined {
    /// Nothing lies in anything else.
    pub fn nothing(graph: &Graph) -> Self {
        Self { within: vec![None; graph.values.len()], there: HashSet::new(), stretches: HashMap::new() }
    }

    /// All parts that can be.
    pub fn new(schedule: &Schedule<'_>) -> Self {
        let mut joined = Self::nothing(schedule.graph);
        for at in schedule.live {
            if schedule.graph.nodes[*at].op.traits().joins {
                joined.concat(schedule, *at);
            }
        }
        joined
    }

    fn concat(&mut self, schedule: &Schedule<'_>, at: usize) {
        let (graph, roots) = (schedule.graph, schedule.roots);
        let node = &graph.nodes[at];
        let whole = roots[node.outputs[0]];
        let Some(firsts) = firsts(graph, schedule.layouts, node) else { return };
        let stretches = firsts.iter().enumerate().filter_map(|(k, first)| Some(((at, k), (*first)?)));
        self.stretches.extend(stretches);
        if schedule.is_border(whole) || schedule.overwrites(whole).next().is_some() {
            return;
        }
        for (k, first) in firsts.into_iter().enumerate() {
            let part = roots[node.inputs[k]];
            let turn = |i| turn(graph, schedule.phase_of, i);
            let changed = schedule.overwrites(part).any(|i| turn(i) > turn(at));
            let (Some(first), None, false) = (first, self.within[part], schedule.is_border(part) || changed) else { continue };
            self.within[part] = Some((whole, first));
            self.there.insert((at, k));
        }
    }

    /// The root that a root lies in, which may be itself, and the first byte there.
    pub fn whole(&self, root: ValueId) -> (ValueId, usize) {
        let (mut root, mut first) = (root, 0_usize);
        while let Some((whole, bytes)) = self.within[root] {
            (root, first) = (whole, first.saturating_add(bytes));
        }
        (root, first)
    }

    /// The first byte of a node's input in its result, where that is one stretch of it.
    pub fn stretch(&self, node: usize, input: usize) -> Option<usize> {
        self.stretches.get(&(node, input)).copied()
    }

    /// Leaves out the copies of parts that are there.
    pub fn without_copies(&self, phases: &mut [PhasePlan]) {
        for phase in phases {
            phase.micro.retain(|planned| {
                let Action::Run { node, call, .. } = &planned.action else { return true };
                !call.args.iter().any(|arg| matches!(arg, Arg::Input(k) if self.there.contains(&(*node, *k))))
            });
        }
    }
}

impl Schedule<'_> {
    /// The memory of an input or output of the network.
    fn is_border(&self, root: ValueId) -> bool {
        let inputs = self.graph.inputs.iter().map(|input| input.value);
        inputs.chain(self.outputs.iter().copied()).any(|value| self.roots[value] == root)
    }

    /// The nodes that run in place there.
    fn overwrites(&self, root: ValueId) -> impl Iterator<Item = usize> {
        self.live.iter().copied().filter(move |i| {
            let node = &self.graph.nodes[*i];
            let traits = node.op.traits();
            let in_place = traits.in_place == InPlace::Always && !traits.view;
            in_place && self.roots[node.outputs[0]] == root && node.inputs.first().is_some_and(|v| self.roots[*v] == root)
        })
    }
}

/// The first byte of each part in the result, `None` where a part is none of its own; nothing where the first axis is not the one that is joined.
fn firsts(graph: &Graph, layouts: &[Layout], node: &Node) -> Option<Vec<Option<usize>>> {
    let numbers = |value: ValueId| -> Option<Vec<usize>> {
        let ValueType::Tensor(dims) = &graph.values[value].ty else { return None };
        dims.iter().map(crate::graph::Size::num).collect()
    };
    let parts: Option<Vec<Vec<usize>>> = node.inputs.iter().map(|value| numbers(*value)).collect();
    let (parts, whole) = (parts?, numbers(node.outputs[0])?);
    let sum = parts.iter().fold(0_usize, |sum, part| sum.saturating_add(part[0]));
    if sum != whole[0] || parts.iter().any(|part| part[1..] != whole[1..]) {
        return None;
    }
    if let Layout::Chw16c(_) = layouts[node.outputs[0]] {
        let blocks = |value: &ValueId| if let Layout::Chw16c(blocks) = layouts[*value] { Some(blocks) } else { None };
        return Some(ChannelBlocks::stretches(&node.inputs.iter().map(blocks).collect::<Option<Vec<_>>>()?));
    }
    let number = ALIGN / LANES * layouts[node.outputs[0]].samples();
    let map = whole[1..].iter().fold(number, |all, size| all.saturating_mul(*size));
    let mut before = 0_usize;
    let firsts = parts.iter().map(|part| {
        let first = before.saturating_mul(map);
        before = before.saturating_add(part[0]);
        Some(first)
    });
    Some(firsts.collect())
}
