//! Inference with packed weights: a batch norm by its running statistics goes into the product before it, where nobody else reads the value
//! between.

use crate::graph::{Foldable, Graph, Linear, Op, TensorId, ValueId};
use crate::layers::BatchNormOp;
use crate::passes::plan::infer::InferNode;

/// A batch norm that went into what stands before it.
#[derive(Debug, Clone)]
pub struct Folded {
    /// How the weight is seen.
    pub weight: Foldable,
    /// Of the batch norm.
    pub eps: f32,
    /// gamma, beta (may be absent), mean, variance.
    pub params: Vec<TensorId>,
}

impl Folded {
    /// gamma, beta, mean, variance, where they are there.
    #[must_use]
    pub fn norm(&self) -> [Option<TensorId>; 4] {
        let at = |i: usize| self.params.get(i).copied();
        // Without gamma and beta the statistics come first.
        if self.params.len() == 2 { [None, None, at(0), at(1)] } else { [at(0), at(1), at(2), at(3)] }
    }
}

/// The output channels as an axis of the weight; `None` where they are none.
#[must_use]
pub fn foldable(op: &dyn Op) -> Option<Foldable> {
    match op.linear()? {
        Linear::Conv { g, .. } => {
            let [filters, per_group, ..] = g.weight();
            Some(Foldable { outer: 1, channels: filters, inner: per_group.saturating_mul(g.area()) })
        }
        // The weight is [inputs][outputs / groups][kh][kw]: with groups the output channels are not one axis of it.
        Linear::ConvTranspose { g, .. } => {
            (g.groups == 1).then(|| Foldable { outer: g.filters, channels: g.channels, inner: g.area() })
        }
        Linear::Conv1d { g } if g.transposed => {
            (g.groups == 1).then_some(Foldable { outer: g.features, channels: g.channels, inner: g.kernel })
        }
        Linear::Conv1d { g } => {
            let [channels, per_group, _, kernel] = g.conv().weight();
            Some(Foldable { outer: 1, channels, inner: per_group.saturating_mul(kernel) })
        }
        Linear::Dense { inputs, outputs, .. } => Some(Foldable { outer: 1, channels: outputs.num()?, inner: inputs.num()? }),
        Linear::PerChannel { .. } => None,
    }
}

/// Takes the batch norms out that go into a product. `roots` says which values are one memory.
pub fn rewrite(graph: &Graph, nodes: &mut Vec<InferNode>, roots: &[ValueId], outputs: &[ValueId]) {
    let mut i = 0;
    while i < nodes.len() {
        let norm = &graph.nodes[nodes[i].node];
        let Some(BatchNormOp { eps, .. }) = norm.op.downcast() else {
            i += 1;
            continue;
        };
        let from = roots[norm.inputs[0]];
        let readers = nodes.iter().filter(|n| graph.nodes[n.node].inputs.iter().any(|v| roots[*v] == from)).count();
        let shared = |tensor: TensorId| graph.nodes.iter().filter(|n| n.params.contains(&tensor)).count() > 1;
        let target = nodes[..i].iter().enumerate().find_map(|(j, n)| {
            let node = &graph.nodes[n.node];
            // Seen through a view the channels would no longer be channels.
            let weight = foldable(&*node.op).filter(|_| n.outputs == [norm.inputs[0]])?;
            (n.folded.is_none() && !shared(node.params[0])).then_some((j, weight))
        });
        match target {
            Some((j, weight)) if readers == 1 && !outputs.iter().any(|v| roots[*v] == from) => {
                nodes[j].folded = Some(Folded { weight, eps: *eps, params: norm.params.clone() });
                nodes[j].outputs.clone_from(&norm.outputs);
                nodes.remove(i);
            }
            _ => i += 1,
        }
    }
}
