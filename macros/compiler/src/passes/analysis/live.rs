//! Which nodes matter: those that reach an output that is wanted.

use crate::graph::{Graph, ValueId};

/// The nodes that the given values depend on, in order.
#[must_use]
pub fn reaching(graph: &Graph, wanted: &[ValueId]) -> Vec<usize> {
    let mut needed = vec![false; graph.values.len()];
    for value in wanted {
        needed[*value] = true;
    }
    let mut nodes = Vec::new();
    for (i, node) in graph.nodes.iter().enumerate().rev() {
        if node.outputs.iter().any(|v| needed[*v]) {
            for input in &node.inputs {
                needed[*input] = true;
            }
            nodes.push(i);
        }
    }
    nodes.reverse();
    nodes
}
