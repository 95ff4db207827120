//! `weight = tie(encoder.fc)`: a layer with the weight of another one.

use super::names::join;
use super::params::name_of;
use super::scope::{Frame, LabelKind};
use super::{Lower, messages, suggest};
use crate::graph::Parametrization;
use crate::layers::{Layer, Tie};
use crate::syntax::ast::{Term, TermKind};
use proc_macro2::{Ident, Span};

/// `weight = tie(enc)` for `enc` and `enc.weight` in the place of a weight.
pub(super) fn tie_meant(frame: &Frame<'_>, param: &str, term: &Term) -> Option<String> {
    if param != "weight" {
        return None;
    }
    let label = match &term.kind {
        TermKind::Name(label) => label,
        TermKind::Field(label, field) if field == "weight" => label,
        _ => return None,
    };
    let label = name_of(label);
    let known = frame.label(&label).is_some() && frame.value(&label).is_none() && frame.env.number(&label).is_none();
    known.then(|| tied(&label))
}

/// The same for `tie = enc`.
pub(super) fn tie_called_so(frame: &Frame<'_>, layer: &dyn Layer, name: &str, term: &Term) -> Option<String> {
    if name != "tie" || !layer.params().iter().any(|param| param.name == "weight") {
        return None;
    }
    let code = match &term.kind {
        TermKind::Tie(_) => format!("weight = {}", messages::show_term(term)),
        _ => tie_meant(frame, "weight", term)?,
    };
    Some(format!("`{code}`"))
}

fn tied(label: &str) -> String {
    format!("weight = tie({label})")
}

impl Lower<'_, '_> {
    /// The weight of a label, or of a label within it.
    pub(super) fn tie(&mut self, frame: &Frame<'_>, names: &[Ident], span: Span) -> Option<Tie> {
        let path: Vec<String> = names.iter().map(name_of).collect();
        let label = path.join(".");
        let (first, rest) = path.split_first()?;
        let Some(found) = frame.label(first) else {
            let labels: Vec<&str> = frame.labels.iter().map(|label| label.name.as_str()).collect();
            let text = messages::tie_unknown(first, suggest::nearest(first, labels.iter().copied()));
            return self.fail(span, text);
        };
        // One that failed was reported.
        let module = match found.kind.as_ref()? {
            LabelKind::Layer { tensors, .. } => {
                let weight = tensors.iter().copied().find(|tensor| self.tensors[*tensor].path.ends_with("weight"));
                return match weight.filter(|_| rest.is_empty()) {
                    Some(tensor) => self.tie_of(label, tensor, span),
                    None => self.fail(span, messages::tie_nothing(&label)),
                };
            }
            LabelKind::Block { place, .. } | LabelKind::Net { place, .. } => place.module(),
            LabelKind::List { frame, .. } | LabelKind::Elements { frame, .. } => frame.place.module(),
        };
        let inner = rest.iter().try_fold(module, |module, name| self.tree.inner(module, name));
        // A weight that is made of parameters stands in no module.
        let path = inner.map(|module| join(self.tree.path(module), "weight"));
        if let Some(tensor) = self.tensors.iter().position(|t| t.parametrized.is_some() && Some(&t.path) == path.as_ref()) {
            return self.tie_of(label, tensor, span);
        }
        match inner.and_then(|module| self.tree.find(module, "weight")) {
            Some(tensor) => self.tie_of(label, tensor, span),
            None => self.fail(span, messages::tie_nothing(&label)),
        }
    }

    fn tie_of(&mut self, label: String, tensor: usize, span: Span) -> Option<Tie> {
        if let Some(made) = &self.tensors[tensor].parametrized {
            let what = match made.how {
                // The mask is of the one layer, and the weight would be of both.
                Parametrization::Mask(_) => "the weight of a masked convolution in another layer",
                _ => "a weight that is normalized in another layer",
            };
            return self.fail(span, messages::not_yet(what));
        }
        let Some(node) = self.nodes.iter().find(|node| node.params.contains(&tensor)) else {
            return self.fail(span, messages::tie_nothing(&label));
        };
        let layer = node.op.attributes().layer;
        Some(Tie { label, layer, tensor, dims: self.tensors[tensor].dims.clone() })
    }
}
