//! What is known of the numbers of a value.

use crate::graph::{Graph, ValueId};
use fireclay_ir::ValueRange;

/// The range of a value, from the operation that writes it.
#[must_use]
pub fn range(graph: &Graph, value: ValueId) -> ValueRange {
    let mut ranges = vec![ValueRange::Unknown; graph.values.len()];
    for node in &graph.nodes {
        let input = node.inputs.first().map_or(ValueRange::Unknown, |input| ranges[*input]);
        if let Some(output) = node.outputs.first() {
            ranges[*output] = node.op.range(input);
        }
    }
    ranges[value]
}
