//! Training: a recurrent layer takes its symbols from the embedding before it, where nobody else reads that: products with the rows of the
//! embedding are made once for all steps.

use crate::graph::{Graph, Node, ValueId};
use crate::layers::{EmbeddingOp, RecurrentOp};
use std::rc::Rc;

/// The graph to train. Nodes keep their numbers; one that was joined with the next has no reader any more.
#[must_use]
pub fn rewrite(mut graph: Graph) -> Graph {
    for i in 0..graph.nodes.len() {
        if let Some(node) = with_the_one_before(&graph, i) {
            graph.nodes[i] = node;
        }
    }
    graph
}

fn with_the_one_before(graph: &Graph, i: usize) -> Option<Node> {
    let node = &graph.nodes[i];
    let between = *node.inputs.first()?;
    let before = graph.nodes[..i].iter().find(|before| before.outputs == [between])?;
    // What is frozen runs otherwise than it says.
    if readers(graph, between) != 1 || before.frozen != node.frozen {
        return None;
    }
    let symbols = before.op.downcast::<EmbeddingOp>()?.symbols();
    let recurrent = node.op.downcast::<RecurrentOp>()?;
    // A table of products is made for each micro-batch: it must be smaller than the products themselves.
    if recurrent.step
        || recurrent.length
        || !recurrent.numeric()
        || recurrent.time < RecurrentOp::MIN_STEPS
        || symbols.bound > recurrent.time.saturating_mul(8)
    {
        return None;
    }
    let op = Rc::new(recurrent.over_symbols(symbols));
    let inputs = before.inputs.iter().chain(&node.inputs[1..]).copied().collect();
    let params = node.params.iter().chain(&before.params).copied().collect();
    Some(Node { op, inputs, params, ..node.clone() })
}

/// How often a value is read, the outputs counted in.
fn readers(graph: &Graph, value: ValueId) -> usize {
    let inputs = graph.nodes.iter().flat_map(|node| &node.inputs);
    inputs.filter(|v| **v == value).count() + graph.outputs.iter().filter(|output| output.value == value).count()
}

#[cfg(test)]
mod tests {
    use super::rewrite;

    /// How many inputs and parameters the last node has when joined.
    fn last(declaration: &str) -> (usize, usize, String) {
        let mut report = crate::report::Report::default();
        let networks = crate::check(declaration.parse().expect("tokens"), &mut report);
        assert!(report.is_clean(), "{}", report.to_tokens());
        let joined = rewrite(networks[0].graph.clone().expect("a graph"));
        let node = joined.nodes.last().expect("a node");
        let from = joined.values[node.inputs[0]].name.clone();
        (node.inputs.len(), node.params.len(), from)
    }

    #[test]
    fn an_embedding_and_its_only_reader() {
        let joined = last("Net(text: [0..96; 64]) -> [64, 8] { text -> e: Embedding(4) -> l: Lstm(8) }");
        assert_eq!(joined, (1, 5, "text".to_owned()));
        // More symbols than there are products to save.
        let many = last("Net(text: [0..9000; 64]) -> [64, 8] { text -> e: Embedding(4) -> l: Lstm(8) }");
        assert_eq!(many, (1, 4, "e".to_owned()));
        let shared = last(
            "Net(text: [0..96; 64]) -> (a: [64, 4], b: [64, 8]) { let a = text -> e: Embedding(4); (a, b: a -> l: Lstm(8)) }",
        );
        assert_eq!(shared, (1, 4, "e".to_owned()));
        let frozen = last("Net(text: [0..96; 64]) -> [64, 8] { text -> #[frozen] e: Embedding(4) -> l: Lstm(8) }");
        assert_eq!(frozen, (1, 4, "e".to_owned()));
    }
}
