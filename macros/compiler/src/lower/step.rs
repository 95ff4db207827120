//! `#[fireclay(step)]`: the same declaration over sequences of a single step, with the state that layers keep between steps.

use super::{Lower, messages};
use crate::graph::{Graph, Size, ValueType};
use crate::syntax::ast;
use proc_macro2::Span;

/// The steps of a value, if it is a sequence.
fn time(ty: &ValueType) -> Option<usize> {
    match ty {
        ValueType::Indices { len, .. } => Some(*len),
        ValueType::Tensor(dims) | ValueType::Typed(_, dims) => match dims.as_slice() {
            [time, _] => time.num(),
            _ => None,
        },
        ValueType::Index { .. } => None,
    }
}

/// The type with one step.
fn one_step(ty: &ValueType) -> ValueType {
    match ty {
        ValueType::Indices { bound, .. } => ValueType::Indices { bound: *bound, len: 1 },
        ValueType::Tensor(dims) if dims.len() == 2 => ValueType::Tensor(vec![Size::Num(1), dims[1].clone()]),
        other => other.clone(),
    }
}

impl<'a> Lower<'a, '_> {
    /// The graph of one step; its parameters are those of the whole.
    pub(super) fn step(&mut self, index: usize, body: &'a ast::Body, whole: &Graph, span: Span) -> Option<Graph> {
        let ast = self.networks[index].ast;
        let times: Vec<usize> = self.networks[index].inputs.iter().flatten().filter_map(time).collect();
        let Some(first) = times.first().copied() else {
            return self.fail(span, messages::nothing_to_step(&super::name_of(&ast.name)));
        };
        if let Some(other) = times.iter().find(|time| **time != first) {
            return self.fail(span, messages::steps_differ(first, *other));
        }
        let short = |types: &[Option<ValueType>]| {
            let of = |ty: &ValueType| if time(ty) == Some(first) { one_step(ty) } else { ty.clone() };
            types.iter().map(|ty| ty.as_ref().map(of)).collect::<Vec<_>>()
        };
        let declared = &mut self.networks[index];
        let (inputs, outputs) = (short(&declared.inputs), short(&declared.outputs));
        let inputs = std::mem::replace(&mut declared.inputs, inputs);
        let outputs = std::mem::replace(&mut declared.outputs, outputs);
        self.stepping = true;
        let graph = self.graph(index, body);
        self.stepping = false;
        (self.networks[index].inputs, self.networks[index].outputs) = (inputs, outputs);
        let graph = graph?;
        let differs = whole.tensors.iter().zip(&graph.tensors).find(|(a, b)| a.path != b.path || a.dims != b.dims);
        if let Some((tensor, _)) = differs {
            return self.fail(span, messages::step_changes(&tensor.path));
        }
        Some(graph)
    }
}
