//! What a training step costs, one sample at a time and sixteen side by side: in multiply-accumulates of direct sums that use every lane.
//! `docs/performance.md` has the measurements ("Training, one sample at a time").

use super::cost::{self, Price};
use super::training::Selected;
use super::{Algorithm, Choice, conv, training_cost_recurrent};
use crate::graph::{Arg, Dispatch, Layout, Linear, Node, Op};
use crate::layers::RecurrentOp;
use crate::passes::plan::train::{Action, Demand, TrainPlan};
use fireclay_ir::geometry::{Conv, Conv1d};
use std::collections::HashSet;

/// Of the second-level cache of a small machine, in bytes.
pub(super) const CACHE: usize = 512 << 10;

/// A number that an operation without a product reads or writes in vectors, forward and backward: side by side, and of one sample in `chw`, where some
/// operations go number by number.
const ELEMENT: u64 = 4;
const ALONE: u64 = 8;

/// What an operation takes beside its numbers, forward and backward: its calls.
const CALLS: u64 = 2000;

/// What it takes to lay out a weight for a direct product and to transform one for Winograd's, once for each sample and direction, while weights
/// stay in the second-level cache and where they do not.
const PACKING: [u64; 2] = [15, 50];
const TRANSFORM: [u64; 2] = [30, 130];

/// A weight of a dense layer that one sample meets: forward, backward, and its gradient, which is read and written.
const DENSE: [u64; 2] = [8, 24];

/// A product over all samples, against one sixteen samples side by side: inputs and weights of many tiles meet in registers. To lay out its weight, some
/// filters at a time, takes seven tenths of what a whole weight does.
const ACROSS: Price = Price::percent(60);

/// The same where the weight meets all samples while it is in cache, for each of them.
const DENSE_ACROSS: u64 = 4;

/// A weight of a dense layer over rows, or of a recurrent layer's inputs: to pack it for both directions, and to read and write its gradient.
pub(super) const ROWS: u64 = 30;

/// What a step takes one sample at a time, in thousandths of sixteen side by side: each sample, and what is done once for all.
#[must_use]
pub fn thousandths(sample: &TrainPlan, side_by_side: &TrainPlan) -> [usize; 2] {
    let of = sixteen(side_by_side, sample).max(1);
    let share = |cost: u64| usize::try_from(cost.saturating_mul(1000) / of).unwrap_or(usize::MAX);
    let each = all(sample, alone).saturating_add(calls(sample, false));
    let once = all(sample, once).saturating_add(calls(sample, true));
    [share(each).max(1), share(once)]
}

/// What it takes to lay out the weight of a convolution, in one direction.
fn packing(g: &Conv, algorithm: Algorithm) -> u64 {
    let weights = g.weight().iter().fold(1_u64, |all, n| all.saturating_mul(*n as u64));
    let far = usize::from(weights > (CACHE / 8) as u64);
    weights.saturating_mul(if algorithm == Algorithm::Winograd { TRANSFORM[far] } else { PACKING[far] })
}

/// Whether a weight shall be laid out once for all samples. In a network that waits for all samples anyway (`barriers`), where that is a third of its
/// products; else a sample would go through alone, and its values would stay in cache.
#[must_use]
pub fn packing_shows(op: &dyn Op, g: &Conv, choice: &Choice, barriers: bool) -> bool {
    let macs = op.macs().num().map_or(u64::MAX, |macs| macs as u64);
    let products = choice.price.of_macs(macs);
    packing(g, choice.algorithm) > if barriers { products / 3 } else { products }
}

/// Whether a node runs over all samples at once.
fn is_across(node: &Node) -> bool {
    node.op.forward().iter().any(|step| matches!(step, Dispatch::Across(_)))
}

/// What all nodes take: `product` where they are one.
fn all(plan: &TrainPlan, product: fn(&Node, bool) -> Option<u64>) -> u64 {
    let passing = passing(plan);
    let nodes = plan.graph.nodes.iter().enumerate();
    let costs = nodes.map(|(i, node)| product(node, passing.contains(&i)).unwrap_or_else(|| elements(plan, node)));
    costs.fold(0, u64::saturating_add)
}

/// What the calls of a plan's operations take: of those that run over all samples at once (`across`), or of the others.
fn calls(plan: &TrainPlan, across: bool) -> u64 {
    // What another operation does in its place has no results of its own.
    let called = |node: &&Node| is_across(node) == across && !node.op.traits().view && !node.outputs.is_empty();
    CALLS.saturating_mul(plan.graph.nodes.iter().filter(called).count() as u64)
}

/// The nodes for whose input a gradient is computed for the sake of parameters before them.
fn passing(plan: &TrainPlan) -> HashSet<usize> {
    let steps = plan
        .backward
        .iter()
        .flat_map(|phase| phase.micro.iter().chain(&phase.across))
        .filter(|step| step.demand != Demand::ForInputs);
    let nodes = steps.filter_map(|step| match &step.action {
        Action::Run { node, call, .. } => call.args.iter().any(|arg| matches!(arg, Arg::GradInput(_))).then_some(*node),
        _ => None,
    });
    nodes.collect()
}

/// A product of one sample; `passes_on`: with the gradient of its input.
fn alone(node: &Node, passes_on: bool) -> Option<u64> {
    if let Some(layer) = recurrent(node) {
        return Some(training_cost_recurrent::Cost::of(layer, passes_on).each);
    }
    let macs = node.op.macs().num()? as u64;
    // Lanes are the channels of what is written: of y, of the gradient of x.
    let conv = |g: &Conv, choice: Option<Choice>, written: usize, read: usize| {
        // By the kernels that take numbers one by one.
        let Some(Choice { algorithm, price, .. }) = choice else { return macs.saturating_mul(3 * 16) };
        // One sample fills registers worse, and sums over few channels do not fill its pipeline.
        let price = price.times(if is_across(node) { ACROSS } else { fills_worse(algorithm) });
        let price = if g.channels < 16 { price.times(Price::percent(150)) } else { price };
        let each = if is_across(node) { 0 } else { packing(g, algorithm) };
        let back = macs.saturating_mul(read.next_multiple_of(16) as u64) / read.max(1) as u64;
        let back = price.of_macs(back).saturating_mul(written as u64) / written.next_multiple_of(16) as u64;
        let back = if passes_on { back.saturating_add(each) } else { 0 };
        price.of_macs(macs).saturating_mul(2).saturating_add(each).saturating_add(back)
    };
    match node.op.linear()? {
        Linear::Conv { g, exact, .. } => Some(conv(&g, conv::training_by_sample(&g, exact), g.filters, g.channels)),
        Linear::ConvTranspose { g, .. } => Some(conv(&g, conv::transposed_by_sample(&g), g.channels, g.filters)),
        Linear::Conv1d { g } => Some(conv1d_alone(&g, macs, passes_on)),
        Linear::Dense { rows, inputs, outputs } if is_across(node) && rows.num() != Some(1) => {
            Some(rows_alone(macs, inputs.num()?, outputs.num()?, passes_on))
        }
        Linear::Dense { .. } if is_across(node) => Some(macs.saturating_mul(DENSE_ACROSS)),
        Linear::Dense { .. } => Some(macs.saturating_mul(dense(macs))),
        Linear::PerChannel { .. } => None,
    }
}

/// The recurrent layer that a node is, in either form.
fn recurrent(node: &Node) -> Option<&RecurrentOp> {
    node.op.downcast().or_else(|| node.op.downcast::<Selected>()?.op.downcast())
}

/// A dense layer over the rows of one sample, whose results fill vectors.
fn rows_alone(macs: u64, inputs: usize, outputs: usize, passes_on: bool) -> u64 {
    let [of_x, of_y] = [inputs, outputs].map(|n| Price::of_lanes(n).of_macs(macs));
    of_y.saturating_add(of_x.saturating_mul(1 + u64::from(passes_on)))
}

/// A convolution over time of one sample, whose results fill vectors.
fn conv1d_alone(g: &Conv1d, macs: u64, passes_on: bool) -> u64 {
    let per_group = |features: usize| Price::of_lanes(features / g.groups).of_macs(macs);
    let back = if passes_on { per_group(g.features) } else { 0 };
    per_group(g.channels).saturating_add(per_group(g.conv().filters)).saturating_add(back)
}

/// What one sample takes for as many multiplications, against sixteen side by side.
fn fills_worse(algorithm: Algorithm) -> Price {
    match algorithm {
        Algorithm::Winograd => cost::alone(algorithm),
        _ => Price::percent(125),
    }
}

/// A weight of a dense layer of so many that one sample meets.
fn dense(macs: u64) -> u64 {
    DENSE[usize::from(macs > (CACHE / 4) as u64)]
}

/// What is done once for all samples: weights of products over all of them are laid out for either direction.
fn once(node: &Node, passes_on: bool) -> Option<u64> {
    if let Some(layer) = recurrent(node) {
        return Some(training_cost_recurrent::Cost::of(layer, passes_on).once);
    }
    let packing = match node.op.linear() {
        Some(Linear::Conv { g, exact, .. }) if is_across(node) => packing(&g, conv::training_by_sample(&g, exact)?.algorithm),
        Some(Linear::ConvTranspose { g, .. }) if is_across(node) => packing(&g, conv::transposed_by_sample(&g)?.algorithm),
        Some(Linear::Conv1d { g }) => {
            return Some(g.conv().weight().iter().fold(ROWS, |all, n| all.saturating_mul(*n as u64)));
        }
        Some(Linear::Dense { rows, inputs, outputs }) if is_across(node) && rows.num() != Some(1) => {
            let weights = (inputs.num()? as u64).saturating_mul(outputs.num()? as u64);
            return Some(weights.saturating_mul(ROWS));
        }
        Some(Linear::Dense { .. }) if is_across(node) => {
            let macs = node.op.macs().num()? as u64;
            return Some(macs.saturating_mul(dense(macs)));
        }
        _ => 0,
    };
    Some(packing.saturating_mul(1 + u64::from(passes_on)).saturating_mul(7) / 10)
}

fn sixteen(plan: &TrainPlan, sample: &TrainPlan) -> u64 {
    let large = plan.arena.bytes.num().is_none_or(|bytes| bytes > 4 * CACHE);
    let all = all(plan, together).saturating_add(calls(plan, false));
    // Values that come from beyond the second-level cache, where those of a sample that goes through alone stay in it.
    if large && sample.forward.len() + sample.backward.len() == 2 { all.saturating_mul(2) } else { all }
}

/// A product of sixteen samples side by side.
fn together(node: &Node, passes_on: bool) -> Option<u64> {
    if let Some(layer) = recurrent(node) {
        return Some(training_cost_recurrent::Cost::of(layer, passes_on).sixteen);
    }
    let macs = node.op.macs().num()? as u64;
    let times = 1 + u64::from(passes_on);
    match node.op.linear()? {
        Linear::Conv { g, exact, .. } | Linear::ConvTranspose { g, exact } => {
            let [sums, weight] = [conv::training(&g, exact).price, conv::weight_gradient(&g, exact).price];
            Some(sums.of_macs(macs).saturating_mul(times).saturating_add(weight.of_macs(macs)).saturating_mul(16))
        }
        // The gradient of the weight ends in a sum over lanes for each weight.
        Linear::Conv1d { .. } => Some(macs.saturating_mul((times + 2) * 16)),
        Linear::Dense { .. } => Some(macs.saturating_mul((times + 1) * 16)),
        Linear::PerChannel { .. } => None,
    }
}

/// What an operation without a product takes: for each number that it reads or writes.
fn elements(plan: &TrainPlan, node: &Node) -> u64 {
    if node.op.traits().view {
        return 0;
    }
    let values = node.inputs.iter().chain(&node.outputs);
    let cost = |value: &usize| {
        let layout = plan.layouts[*value];
        let numbers = layout.numbers(&plan.graph.values[*value].ty).num().unwrap_or(usize::MAX) as u64;
        numbers.saturating_mul(if layout == Layout::Chw { ALONE } else { ELEMENT * layout.samples() as u64 })
    };
    values.map(cost).fold(0, u64::saturating_add)
}
