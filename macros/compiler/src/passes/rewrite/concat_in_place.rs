//! One sample: parts that are joined along the channels are written where they are joined, instead of being copied there. In `chw16c` a part that begins with a vector
//! is one stretch of the result.

use crate::graph::{ChannelBlocks, Layout};
use crate::passes::plan::chw16c::{Chw16cStep, Key, Placed, Run};
use fireclay_ir::kernels::table;

/// Which parts are written in place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parts {
    /// All that can be: the result's memory is taken from the step on that writes the first of them.
    All,
    /// The one that is written last: it is taken from that step on.
    Last,
}

/// Lets steps write parts of a concat in place; says whether there was any.
pub fn rewrite(steps: &mut Vec<Chw16cStep>, values: &mut [Placed], parts: Parts) -> bool {
    let before = steps.iter().map(calls).sum::<usize>();
    for at in 0..steps.len() {
        let Run::Channelwise(calls) = &steps[at].run else { continue };
        if !calls.iter().all(|call| call.kernel.name == table::concat_chw16c.name) {
            continue;
        }
        let found = in_place(&steps[..at], &steps[at], values);
        let last = found.iter().map(|part| part.written).max();
        let joined = steps[at].writes[0];
        let chosen = found.iter().filter(|part| parts == Parts::All || Some(part.written) == last);
        let chosen: Vec<usize> = chosen
            .map(|Part { place, key, first, .. }| {
                values[*key].within = Some((joined, *first));
                *place
            })
            .collect();
        if let Run::Channelwise(calls) = &mut steps[at].run {
            let copied = std::mem::take(calls).into_iter().enumerate().filter(|(place, _)| !chosen.contains(place));
            *calls = copied.map(|(_, call)| call).collect();
        }
    }
    steps.retain(|step| !matches!(&step.run, Run::Channelwise(calls) if calls.is_empty()));
    steps.iter().map(calls).sum::<usize>() < before
}

fn calls(step: &Chw16cStep) -> usize {
    if let Run::Channelwise(calls) = &step.run { calls.len() } else { 0 }
}

/// A part that can be written in place.
struct Part {
    /// Which of the parts.
    place: usize,
    key: Key,
    /// Its first byte in the result.
    first: usize,
    /// The step that writes it.
    written: usize,
}

/// The parts of a concat that can be written in place.
fn in_place(before: &[Chw16cStep], concat: &Chw16cStep, values: &[Placed]) -> Vec<Part> {
    let blocks = |key: &Key| if let Layout::Chw16c(blocks) = values[*key].layout { Some(blocks) } else { None };
    let Some(blocks) = concat.reads.iter().map(blocks).collect::<Option<Vec<ChannelBlocks>>>() else { return Vec::new() };
    let mut parts: Vec<Part> = Vec::new();
    for (place, (key, first)) in concat.reads.iter().zip(ChannelBlocks::stretches(&blocks)).enumerate() {
        let elsewhere =
            values[*key].within.is_some() || values[*key].place.is_some() || parts.iter().any(|part| part.key == *key);
        let written = before.iter().position(|step| step.writes.contains(key));
        if let (Some(first), Some(written), false) = (first, written, elsewhere) {
            parts.push(Part { place, key: *key, first, written });
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use crate::graph::Layout;
    use crate::passes::memory::Place;
    use crate::passes::plan::chw16c::{Chw16cPlan, Run};
    use crate::passes::plan::infer::InferPlan;

    fn plan(body: &str) -> Chw16cPlan {
        let mut report = crate::report::Report::default();
        let declaration = format!("Net(x: [16, 8, 8]) -> [48, 8, 8] {{ {body} }}");
        let networks = crate::check(declaration.parse().expect("tokens"), &mut report);
        assert!(report.is_clean(), "{}", report.to_tokens());
        let graph = networks[0].graph.clone().expect("a graph");
        Chw16cPlan::new(&graph, &InferPlan::new(&graph, true, Layout::Chw))
    }

    /// The copies that concats still make, and the bytes at which parts lie in what they are parts of.
    fn joined(body: &str) -> (usize, Vec<usize>) {
        let plan = plan(body);
        let copies = plan.steps.iter().map(|step| match &step.run {
            Run::Channelwise(calls) => calls.iter().filter(|call| call.kernel.name == "concat_chw16c").count(),
            _ => 0,
        });
        let places = plan.values.iter().filter_map(|value| match value.place {
            Some(Place::Part { first, .. }) => Some(first),
            _ => None,
        });
        (copies.sum(), places.collect())
    }

    /// The bytes of sixteen channels.
    const BLOCK: usize = 8 * 8 * 64;

    #[test]
    fn parts_that_begin_with_a_vector() {
        let of = |sizes: [usize; 3]| {
            let [a, b, c] = sizes;
            joined(&format!(
                "let y = x -> s: Conv(16, 1); concat(y -> a: Conv({a}, 1), y -> b: Conv({b}, 1), y -> c: Conv({c}, 1)) -> out: Conv(48, 1)"
            ))
        };
        assert_eq!(of([16, 32, 16]), (0, vec![0, BLOCK, 3 * BLOCK]));
        assert_eq!(of([16, 32, 5]), (0, vec![0, BLOCK, 3 * BLOCK]), "behind the last nothing is overwritten");
        assert_eq!(of([16, 24, 16]), (2, vec![0]), "the second ends within a vector, the third begins there");
    }

    #[test]
    fn parts_of_parts() {
        let dense = "let a = x -> a: Conv(16, 1); let b = concat(a, a -> b: Conv(16, 1)); concat(b, b -> c: Conv(16, 1)) -> out: Conv(48, 1)";
        assert_eq!(joined(dense), (0, vec![0, BLOCK, 0, 2 * BLOCK]), "the second lies where the first two do");
        let twice = "let a = x -> a: Conv(16, 1); concat(a, a) -> out: Conv(48, 1)";
        assert_eq!(joined(twice), (1, vec![0]), "there is one of it");
        let both = "let a = x -> a: Conv(16, 1); let b = x -> b: Conv(16, 1); concat(a, b) + concat(b, a) -> out: Conv(48, 1)";
        assert_eq!(joined(both), (2, vec![0, BLOCK]), "they lie in one of two");
    }

    /// A value that waits long for the others would keep their room all the while.
    #[test]
    fn memory_does_not_grow() {
        let skip =
            "let a = x -> a: Conv(16, 1); let b = a -> b: Conv(128, 1) -> c: Conv(128, 1) -> d: Conv(128, 1) -> e: Conv(16, 1);
                    concat(a, b -> f: Conv(112, 1)) -> out: Conv(48, 1)";
        assert_eq!(joined(skip), (1, vec![BLOCK]), "only the last part");
        // 2000 channels lead to the last part: beside those the whole takes more room than the part.
        let wide = "let a = x -> a: Conv(16, 1); let m = a -> p: Conv(1024, 1) -> q: Conv(1024, 1) -> m: Conv(256, 1);
                    concat(a, m, m -> w: Conv(2000, 1) -> l: Conv(16, 1)) -> out: Conv(48, 1)";
        assert_eq!(joined(wide), (3, vec![]), "all are copied");
        assert!(
            plan(wide).arena.bytes.num() < Some((16 + 256 + 2000 + 288) / 16 * BLOCK),
            "what the last part in place would take"
        );
    }
}
