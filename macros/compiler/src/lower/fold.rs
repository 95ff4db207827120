//! Operations of one element as operations of all: `each(Flatten -> Dense(10))` of regions is a product of as many rows.

use super::Lower;
use crate::graph::{InPlace, Op, ValueId, ValueType};
use crate::layers::elements;
use std::collections::HashMap;
use std::rc::Rc;

impl Lower<'_, '_> {
    /// Makes the operations from node `from` on, which are of one element, those of all; false, and nothing done, where one cannot be.
    pub(super) fn fold(&mut self, from: usize, first: ValueId, count: usize) -> bool {
        let mut types: HashMap<ValueId, ValueType> = HashMap::new();
        let Some(whole) = elements::with_axis(count, &self.values[first].ty) else { return false };
        types.insert(first, whole.clone());
        let mut ops = vec![elements::view(self.nodes[from].op.attributes().clone(), whole).op];
        for node in from + 1..self.nodes.len() {
            let Some(op) = self.folded(node, count, &mut types) else { return false };
            ops.push(op);
        }
        for ((node, recipe), op) in self.nodes[from..].iter_mut().zip(&mut self.recipes[from..]).zip(ops) {
            // Of a view there is nothing that would give these sizes again.
            recipe.layer = recipe.layer.filter(|_| !op.traits().view);
            node.op = op;
        }
        for (id, ty) in types {
            self.values[id].ty = ty;
        }
        true
    }

    /// The operation of a node over all elements; its outputs are added to the types.
    fn folded(&self, node: usize, count: usize, types: &mut HashMap<ValueId, ValueType>) -> Option<Rc<dyn Op>> {
        let (made, recipe) = (&self.nodes[node], &self.recipes[node]);
        let own = |ids: &[ValueId]| ids.iter().map(|id| self.values[*id].ty.clone()).collect::<Vec<ValueType>>();
        let (inputs, outputs) = (own(&made.inputs), own(&made.outputs));
        let wide: Vec<ValueType> = made.inputs.iter().map(|id| types.get(id).cloned()).collect::<Option<_>>()?;
        let wanted: Vec<ValueType> = outputs.iter().map(|ty| elements::with_axis(count, ty)).collect::<Option<_>>()?;
        let traits = made.op.traits();
        let op = if traits.view {
            elements::view(made.op.attributes().clone(), wanted[0].clone()).op
        } else {
            let vectors = inputs.iter().chain(&outputs).all(|ty| ty.dims().is_some_and(|dims| dims.len() == 1));
            let layer = recipe.layer?;
            let rows = vectors && layer.steps();
            let numbers = traits.in_place == InPlace::Always && made.params.is_empty();
            if layer.draws_once() || !(rows || numbers) {
                return None;
            }
            // Each row is by itself, as the steps of a sequence are: what looks at several is none of this.
            let built = self.built_again(node, &wide, &recipe.args, true)?;
            let dims = made.params.iter().map(|tensor| &self.tensors[*tensor].dims);
            if built.outputs != wanted || !built.params.iter().map(|param| &param.dims).eq(dims) {
                return None;
            }
            if made.frozen { built.op.freeze().unwrap_or(built.op) } else { built.op }
        };
        types.extend(made.outputs.iter().copied().zip(wanted));
        Some(op)
    }
}
