//! Which values are one memory.

use crate::graph::{Graph, Op, ValueId};

/// For each value the one whose memory it has: itself, or what it is a view of (and what else `same` says).
#[must_use]
pub fn roots(graph: &Graph, nodes: &[usize], same: impl Fn(&dyn Op) -> bool) -> Vec<ValueId> {
    let mut roots: Vec<ValueId> = (0..graph.values.len()).collect();
    for node in nodes.iter().map(|i| &graph.nodes[*i]) {
        if same(&*node.op) {
            roots[node.outputs[0]] = roots[node.inputs[0]];
        }
    }
    roots
}
