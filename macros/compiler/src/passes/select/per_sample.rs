//! What a batch takes sample by sample, with packed weights, against sixteen samples side by side.

use super::cost::{self, Price};
use crate::graph::{ChannelBlocks, Graph, Linear};
use crate::passes::plan::chw16c::{Chw16cPlan, Run};
use crate::passes::plan::infer::InferPlan;

/// Of the second-level cache of a small machine, in bytes.
const CACHE: usize = 512 << 10;

/// What a multiply-accumulate of one sample with a weight that meets it once takes, in sixteenths of one at the machine's peak: it takes
/// as long as the weight takes to arrive, from the second-level cache, from the third, from memory (`docs/performance.md`).
const ARRIVING: [(usize, usize); 3] = [(1 << 18, 40), (1 << 22, 64), (usize::MAX, 128)];

/// What sixteen samples take one by one, in thousandths of what they take side by side, which is what fewer of them take as well; `None`: they never
/// run one by one. Sample by sample images gain what Winograd saves, and stay in the second-level cache, which what sixteen samples work in may leave; but
/// dense layers read all their weights for each sample.
#[must_use]
pub fn cost(plan: &Chw16cPlan, graph: &Graph, folded: &InferPlan, chwn16: &InferPlan) -> Option<usize> {
    let (mut images, mut dense, mut all) = (0_usize, 0_usize, 0_usize);
    for step in &plan.steps {
        let macs = graph.nodes[folded.nodes[step.at].node].op.macs().num().unwrap_or(usize::MAX);
        let mut types = step.writes.iter().map(|key| &graph.values[plan.values[*key].value].ty);
        let image = types.find_map(ChannelBlocks::of).filter(|blocks| blocks.map > 1);
        match (&step.run, image) {
            (Run::Product { choice, .. }, Some(_)) => {
                images = images.saturating_add(choice.price.times(cost::alone(choice.algorithm)).hundredths(macs));
            }
            (Run::Chw, _) if let Some(Linear::Conv1d { g }) = graph.nodes[folded.nodes[step.at].node].op.linear() => {
                images = images.saturating_add(Price::of_lanes(g.channels / g.groups).hundredths(macs));
            }
            (Run::Product { .. } | Run::Chw, _) => dense = dense.saturating_add(macs),
            _ => continue,
        }
        all = all.saturating_add(macs);
    }
    let tensors = graph.inputs.iter().all(|input| graph.values[input.value].ty.dims().is_some());
    let large = chwn16.arena.bytes.num().is_none_or(|bytes| bytes > CACHE);
    let arriving = ARRIVING.iter().find(|(most, _)| dense <= *most).map_or(0, |(_, cost)| *cost);
    let per_sample = images.saturating_mul(16).saturating_add(dense.saturating_mul(arriving * 100));
    // A third more where it comes from beyond the second-level cache.
    let side_by_side = all.saturating_mul(if large { 2100 } else { 1600 });
    tensors.then(|| thousandths(per_sample, side_by_side))
}

fn thousandths(of: usize, whole: usize) -> usize {
    let share = (of as u128 * 1000).div_ceil(whole.max(1) as u128);
    usize::try_from(share).unwrap_or(usize::MAX)
}
