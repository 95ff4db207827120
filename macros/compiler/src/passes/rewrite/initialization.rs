//! What weights start as, where the declaration does not say: He normal before the ReLU family, Xavier uniform otherwise.

use crate::graph::{Family, Graph, Init, ValueId};

/// Settles every [`Init::Auto`] by what follows the node of its parameter, looking through batch norm, pools, dropout and views.
pub fn settle(graph: &mut Graph) {
    let mut readers: Vec<Vec<usize>> = vec![Vec::new(); graph.values.len()];
    for (i, node) in graph.nodes.iter().enumerate() {
        for input in &node.inputs {
            readers[*input].push(i);
        }
    }
    let mut before_relu = vec![false; graph.tensors.len()];
    for node in &graph.nodes {
        let wanted = node.params.iter().any(|id| matches!(graph.tensors[*id].init, Init::Auto { .. }));
        if wanted && node.outputs.iter().any(|value| meets_relu(graph, &readers, *value)) {
            for id in &node.params {
                before_relu[*id] = true;
            }
        }
    }
    for (weight, made) in graph.parametrized() {
        made.from.iter().for_each(|part| before_relu[*part] = before_relu[weight]);
    }
    for (tensor, before_relu) in graph.tensors.iter_mut().zip(before_relu) {
        if let Init::Auto { fan_in, fan_out } = &tensor.init {
            tensor.init =
                if before_relu { Init::he_normal(fan_in.clone()) } else { Init::xavier_uniform(fan_in.clone(), fan_out) };
        }
    }
}

/// Some reader of the value is of the ReLU family.
fn meets_relu(graph: &Graph, readers: &[Vec<usize>], value: ValueId) -> bool {
    let mut waiting = vec![value];
    // A value is looked at once: values only lead forward, but chains may meet again.
    let mut seen = std::collections::HashSet::new();
    while let Some(value) = waiting.pop() {
        if !seen.insert(value) {
            continue;
        }
        for reader in &readers[value] {
            let node = &graph.nodes[*reader];
            match node.op.traits().init {
                Family::Relu => return true,
                Family::Transparent => waiting.extend(&node.outputs),
                Family::Other => {}
            }
        }
    }
    false
}
