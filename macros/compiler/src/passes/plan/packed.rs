//! Where the weights of a packed network lie: what its kernels read of parameters and buffers (with the batch norms folded into them,
//! and without what was folded away), in the order of memory, weights that are made of parameters, then the biases that folding made.

use super::infer::InferPlan;
use crate::graph::{Count, Graph, TensorId};
use std::collections::HashSet;

/// The layout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackedLayout {
    /// For each tensor its first number; `None` where nothing reads it.
    pub tensors: Vec<Option<Count>>,
    /// For each node of the plan the bias that folding made.
    pub biases: Vec<Option<Count>>,
    /// All numbers.
    pub total: Count,
}

impl PackedLayout {
    /// Whether everything lies where the other has it. (What `scan` puts in for each step is more nodes there, which read the same tensors.)
    #[must_use]
    pub fn agrees(&self, other: &Self) -> bool {
        self.tensors == other.tensors
            && self.total == other.total
            && self.biases.iter().flatten().eq(other.biases.iter().flatten())
    }

    /// Of a plan that folds.
    #[must_use]
    pub fn new(graph: &Graph, plan: &InferPlan) -> Self {
        let mut total = Count::default();
        let mut place = |len: &Count| {
            let at = total.clone();
            total = at.clone().plus(len);
            at
        };
        let mut tensors = vec![None; graph.tensors.len()];
        let read: HashSet<TensorId> = plan.nodes.iter().flat_map(|n| graph.nodes[n.node].params.iter().copied()).collect();
        let made = graph.parametrized().map(|(t, _)| t);
        for t in graph.modules.tensors().into_iter().chain(made).filter(|t| read.contains(t)) {
            tensors[t] = Some(place(&Count::product(&graph.tensors[t].dims)));
        }
        let biases = plan.nodes.iter().map(|n| {
            let made = n.folded.as_ref().filter(|_| graph.nodes[n.node].params.len() < 2)?;
            Some(place(&made.weight.channels.into()))
        });
        let biases = biases.collect();
        Self { tensors, biases, total }
    }
}
