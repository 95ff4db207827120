//! The parameters and buffers of a layer: new ones, those of a label that is used again, and weights that are made of some.

use super::names::{Again, ModuleId, ModulePlace, join};
use super::value::Flow;
use super::{Lower, messages};
use crate::graph::{Parametrized, TensorId, TensorInfo, ValueType};
use crate::layers::{ParamSpec, Tie};
use proc_macro2::Span;

impl Lower<'_, '_> {
    /// New tensors, or, under a label used again, those that are there.
    pub(super) fn tensors(
        &mut self,
        place: &ModulePlace,
        params: &[ParamSpec],
        tie: Option<(&Tie, Span)>,
        flow: &Flow,
        span: Span,
    ) -> Option<Vec<TensorId>> {
        let module = place.module();
        if let Some((tie, at)) = tie.filter(|(tie, _)| place.frozen && !self.tensors[tie.tensor].frozen) {
            return self.fail(at, messages::tie_frozen(&tie.label));
        }
        let tied = |param: &ParamSpec| tie.filter(|_| param.name == "weight").map(|(tie, _)| tie.tensor);
        let Some(again) = place.again.clone() else {
            return Some(params.iter().map(|param| tied(param).unwrap_or_else(|| self.new_tensor(place, param, span))).collect());
        };
        let mut found = Vec::new();
        for param in params {
            if let Some(id) = tied(param) {
                found.push(id);
                continue;
            }
            let parts = param.parametrization.map(|how| how.parts(param));
            let mut there = Vec::new();
            for part in parts.as_deref().unwrap_or(std::slice::from_ref(param)) {
                match self.known(module, &part.name) {
                    Some(id) if self.tensors[id].dims == part.dims => there.push(id),
                    id => {
                        let path = join(self.tree.path(module), &part.name);
                        let there = id.map(|id| self.tensors[id].dims.clone());
                        let now: Vec<ValueType> =
                            flow.flat(span).unwrap_or_default().iter().map(|(id, _)| self.values[*id].ty.clone()).collect();
                        return self.differs(
                            &again,
                            &messages::other_weights_within(&again.label, again.line, &path, there.as_deref(), &part.dims, &now),
                        );
                    }
                }
            }
            // A tied weight is of another module.
            let own = there.iter().filter(|id| tie.is_none_or(|(tie, _)| tie.tensor != **id));
            again.met.borrow_mut().extend(own);
            found.push(match param.parametrization {
                Some(_) => {
                    self.tensors.iter().position(|tensor| tensor.parametrized.as_ref().is_some_and(|made| made.from == there))?
                }
                None => there[0],
            });
        }
        Some(found)
    }

    /// A new tensor; of a weight that is made of parameters first those that it is made of.
    fn new_tensor(&mut self, place: &ModulePlace, param: &ParamSpec, span: Span) -> TensorId {
        let parametrized = param.parametrization.map(|how| {
            let from = how.parts(param).iter().map(|part| self.new_tensor(place, part, span)).collect();
            Parametrized { how, from }
        });
        let (module, id) = (place.module(), self.tensors.len());
        let path = join(self.tree.path(module), &param.name);
        if parametrized.is_none() {
            let (module, name) = match param.name.split_once('.') {
                Some((inner, name)) => (self.tree.child(module, inner, span), name),
                None => (module, param.name.as_str()),
            };
            self.tree.tensor(module, name, span, id);
        }
        self.tensors.push(TensorInfo {
            path,
            dims: param.dims.clone(),
            init: param.init.clone(),
            buffer: param.buffer,
            frozen: place.frozen,
            parametrized,
        });
        id
    }

    /// The tensor of this name in a module, or in one within it.
    fn known(&self, module: ModuleId, name: &str) -> Option<TensorId> {
        match name.split_once('.') {
            Some((inner, name)) => self.tree.inner(module, inner).and_then(|module| self.tree.find(module, name)),
            None => self.tree.find(module, name),
        }
    }

    /// Reports once for each reuse, on the token of the reuse.
    fn differs<T>(&mut self, again: &Again, text: &str) -> Option<T> {
        if !again.failed.replace(true) {
            // The message belongs to the outer text: it names the label there.
            self.error_at(again.depth, again.span, text.to_owned());
        }
        None
    }
}
