//! An output has memory of its own. Where it would share it with an input or with another output, a copy is put between.

use crate::graph::kernels;
use crate::graph::{Arg, Attributes, BackwardStep, Call, Count, Dispatch, Graph, Node, Op, Value, ValueId};
use crate::passes::analysis::roots;
use fireclay_ir::{Dtype, ValueRange};
use quote::quote;
use std::rc::Rc;

/// `y = x`
#[derive(Debug)]
struct Copy {
    attributes: Attributes,
    len: Count,
    /// Of indices, which have no gradient.
    indices: bool,
}

impl Op for Copy {
    fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    fn range(&self, input: ValueRange) -> ValueRange {
        input
    }

    fn forward(&self) -> Vec<Dispatch> {
        let (g, x, y) = (self.sizes(), Arg::Input(0), Arg::Output(0));
        let accumulate = Arg::Value(quote!(false));
        vec![Dispatch::Micro(if self.indices {
            Call::from(kernels::copy_indices { g, x, y })
        } else {
            Call::from(kernels::copy_blocks { g, x, y, accumulate })
        })]
    }

    fn backward(&self) -> Vec<BackwardStep> {
        if self.indices {
            return Vec::new();
        }
        let (x, y, accumulate) = (Arg::GradOutput(0), Arg::GradInput(0), Arg::Accumulate(0));
        vec![BackwardStep::input(0, kernels::copy_blocks { g: self.sizes(), x, y, accumulate }.into())]
    }
}

impl Copy {
    /// Where it is called: a plan of its own may have copies that the network's graph has not.
    fn sizes(&self) -> Arg {
        let len = self.len.value();
        Arg::Value(quote!(&__f::k::Blocks { outer: 1, len: #len, from: 0, from_stride: 0, to: 0, to_stride: 0 }))
    }
}

/// Inserts the copies.
pub fn rewrite(graph: &mut Graph) {
    let all: Vec<usize> = (0..graph.nodes.len()).collect();
    // Dropout is its input when inferring, so it counts as a view here.
    let roots = roots(graph, &all, |op| op.traits().view || matches!(op.infer(), crate::graph::Inference::Identity));
    let mut taken: Vec<ValueId> = graph.inputs.iter().map(|input| input.value).collect();
    for i in 0..graph.outputs.len() {
        let value = graph.outputs[i].value;
        let root = roots[value];
        if !taken.contains(&root) {
            taken.push(root);
            continue;
        }
        insert(graph, i);
    }
}

/// Inserts a copy before every output: then the values that layers give lie inside.
pub fn before_all(graph: &mut Graph) {
    (0..graph.outputs.len()).for_each(|output| insert(graph, output));
}

fn insert(graph: &mut Graph, output: usize) {
    let value = graph.outputs[output].value;
    let Value { ty, name } = graph.values[value].clone();
    let span = graph.outputs[output].name.as_ref().map_or_else(proc_macro2::Span::call_site, proc_macro2::Ident::span);
    let path = format!("{name}_out");
    let copy = graph.values.len();
    let (len, indices) = (ty.len(), ty.dtype() == Dtype::U32);
    graph.values.push(Value { ty, name: path.clone() });
    graph.nodes.push(Node {
        op: Rc::new(Copy { attributes: Attributes::new("copy", Vec::new()), len, indices }),
        inputs: vec![value],
        outputs: vec![copy],
        params: Vec::new(),
        path,
        span,
        frozen: false,
    });
    graph.outputs[output].value = copy;
}
