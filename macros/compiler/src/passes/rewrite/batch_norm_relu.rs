//! Training: a ReLU runs together with the batch norm before it, where nothing else reads the value between. That saves passes over memory:
//! the values of a micro-batch do not stay in the caches.

use crate::graph::{Graph, ValueId};
use crate::layers::{ActivationOp, BatchNormOp};
use crate::passes::analysis::roots;
use std::rc::Rc;

/// The graph as it trains. Nodes keep their numbers; a ReLU that went into another node has neither inputs nor outputs.
#[must_use]
pub fn rewrite(graph: &Graph) -> Graph {
    let all: Vec<usize> = (0..graph.nodes.len()).collect();
    let roots = roots(graph, &all, |op| op.traits().view);
    // What the loss left belongs to the caller: a gradient that is changed where it lies must not be an output's.
    let is_output = |value: ValueId| graph.outputs.iter().any(|output| roots[output.value] == roots[value]);
    let mut fused = graph.clone();
    for (i, node) in graph.nodes.iter().enumerate() {
        let Some(op) = node.op.downcast().and_then(BatchNormOp::with_relu) else { continue };
        let reads = |j: &&usize| graph.nodes[**j].inputs.contains(&node.outputs[0]);
        let mut readers = all.iter().filter(reads);
        let (Some(reader), None) = (readers.next(), readers.next()) else { continue };
        let relu = &graph.nodes[*reader];
        if relu.op.downcast().is_some_and(ActivationOp::is_relu) && !is_output(node.outputs[0]) && !is_output(relu.outputs[0]) {
            fused.nodes[i].op = Rc::new(op);
            fused.nodes[i].outputs = std::mem::take(&mut fused.nodes[*reader].outputs);
            fused.nodes[*reader].inputs.clear();
        }
    }
    fused
}

#[cfg(test)]
mod tests {
    use super::rewrite;

    #[test]
    fn where_nothing_else_reads_the_value_between() {
        for (body, gone) in [
            ("-> [4] { x -> BatchNorm -> Relu -> GlobalAvgPool }", 1),
            ("-> [4] { x -> a: BatchNorm -> Relu -> b: BatchNorm -> Relu -> GlobalAvgPool }", 2),
            ("-> [4, 6, 6] { x -> BatchNorm -> Relu }", 0),
            ("-> [4] { x -> BatchNorm -> Tanh -> Relu -> GlobalAvgPool }", 0),
            ("-> [4] { let y = x -> BatchNorm; y + (y -> Relu) -> GlobalAvgPool }", 0),
            ("-> (a: [4], b: [4, 6, 6]) { let y = x -> BatchNorm; (a: y -> Relu -> GlobalAvgPool, b: y) }", 0),
        ] {
            let declaration = format!("Net(x: [4, 6, 6]) {body}");
            let mut report = crate::report::Report::default();
            let networks = crate::check(declaration.parse().expect("tokens"), &mut report);
            let graph = networks[0].graph.as_ref().unwrap_or_else(|| panic!("{body}: {}", report.to_tokens()));
            let fused = rewrite(graph);
            assert_eq!(fused.nodes.iter().filter(|node| node.outputs.is_empty()).count(), gone, "{body}");
        }
    }
}
