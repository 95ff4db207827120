//! The outputs of a network: what its head promises against what its body gives.

use super::border::formula;
use super::params::name_of;
use super::value::{Flow, Slot};
use super::{Lower, messages, suggest};
use crate::graph::{ValueId, ValueType};
use crate::syntax::ast::{Body, Output};
use proc_macro2::{Ident, Span};

impl<'a> Lower<'a, '_> {
    /// For each promised output the value, types checked. `None` when something failed.
    pub(super) fn match_outputs(&mut self, index: usize, flow: &Flow, body: &'a Body) -> Option<Vec<ValueId>> {
        let name = name_of(&self.networks[index].ast.name);
        let network = self.networks[self.networks[index].source].ast;
        let span = body.result.as_ref().map_or(body.span, |result| result.span);
        let outputs = &network.outputs;
        let flows: Vec<(Flow, Span)> = match (flow, outputs.as_slice()) {
            (Flow::Poison, _) => return None,
            (_, []) => return self.fail(network.name.span(), messages::no_outputs(&name)),
            (Flow::Many(tuple), [Output { name: None, .. }]) => {
                return self.fail(span, messages::one_output(&name, tuple.slots.len()));
            }
            (Flow::One(_), [output]) => {
                self.bare_name(output, body)?;
                vec![(flow.clone(), span)]
            }
            (Flow::One(_), _) => {
                return self.fail(span, messages::outputs_missing(&output_names(outputs), &output_names(outputs)));
            }
            (Flow::Many(tuple), _) => self.by_name(outputs, &tuple.slots)?,
        };
        let mut ids = Vec::new();
        let mut good = true;
        for (i, ((flow, span), output)) in flows.iter().zip(outputs).enumerate() {
            match flow {
                Flow::Poison => good = false,
                Flow::Many(tuple) => {
                    self.error(*span, messages::output_is_tuple(tuple.slots.len()));
                    good = false;
                }
                Flow::One(id) => {
                    // At other sizes than it was written for a body gives what follows.
                    let promised = self.networks[index].outputs.get(i).cloned().flatten().filter(|_| !self.resized);
                    let what = output.name.as_ref().map_or_else(|| "its output".to_owned(), name_of);
                    let fits = promised.as_ref().is_none_or(|promised| self.is_of(*id, promised, format!("{name}: {what}")));
                    let got = &self.values[*id].ty;
                    if let Some(size) = formula(got).filter(|_| promised.is_none()) {
                        let text = messages::formula_at_border(size);
                        self.error(output.ty.span, text);
                        good = false;
                    } else if !fits {
                        let text =
                            messages::promise(&name, output.name.as_ref(), promised.as_ref(), self.maker(*id), &self.values[*id]);
                        let help = match got {
                            ValueType::Typed(..) => messages::dequantize().to_owned(),
                            _ => promised.as_ref().map(|promised| self.repair(*id, promised)).unwrap_or_default(),
                        };
                        self.error(output.ty.span, text + &help);
                        good = false;
                    }
                    good &= promised.is_some() || self.resized;
                    ids.push(*id);
                }
            }
        }
        good.then_some(ids)
    }

    /// A single named output that is only a name must be called so.
    fn bare_name(&mut self, output: &Output, body: &'a Body) -> Option<()> {
        let (Some(wanted), Some(result)) = (&output.name, &body.result) else { return Some(()) };
        let crate::syntax::ast::ExprKind::Value(name) = &result.kind else { return Some(()) };
        if name_of(name) == name_of(wanted) {
            return Some(());
        }
        let names = [name_of(wanted)];
        self.fail(name.span(), messages::bare_output(&names, &name_of(name), Some(&names[0])))
    }

    /// Finds each output by its name: two of one shape can not be swapped silently.
    fn by_name(&mut self, outputs: &[Output], slots: &[Slot]) -> Option<Vec<(Flow, Span)>> {
        let names = output_names(outputs);
        if let [Output { name: None, .. }, ..] = outputs {
            return self.fail(outputs[0].ty.span, messages::unnamed_outputs());
        }
        let mut found: Vec<Option<(Flow, Span)>> = vec![None; outputs.len()];
        let mut good = true;
        for (i, slot) in slots.iter().enumerate() {
            let name = slot.name.as_ref().map(name_of);
            let place = name.as_ref().and_then(|name| names.iter().position(|n| n == name));
            let Some(place) = place else {
                // What belongs here, when the tuple is as long as it should be.
                let meant = names.get(i).filter(|_| slots.len() == outputs.len()).map(String::as_str);
                let text = match (&name, slot.written) {
                    (Some(name), true) => {
                        messages::unknown_output(&names, name, suggest::nearest(name, names.iter().map(String::as_str)))
                    }
                    (Some(name), false) => messages::bare_output(&names, name, meant),
                    (None, _) => messages::nameless_output(&names, meant),
                };
                self.error(slot.name.as_ref().map_or(slot.span, Ident::span), text);
                good = false;
                continue;
            };
            if found[place].is_some() {
                self.error(slot.span, messages::output_twice(&names[place]));
                good = false;
            } else {
                found[place] = Some((slot.flow.clone(), slot.span));
            }
        }
        if !good {
            return None;
        }
        let missing: Vec<String> = names.iter().zip(&found).filter(|(_, f)| f.is_none()).map(|(n, _)| n.clone()).collect();
        if missing.is_empty() {
            return found.into_iter().collect();
        }
        let span = slots.first().map_or_else(|| outputs[0].ty.span, |slot| slot.span);
        self.fail(span, messages::outputs_missing(&missing, &names))
    }
}

fn output_names(outputs: &[Output]) -> Vec<String> {
    outputs.iter().map(|output| output.name.as_ref().map(name_of).unwrap_or_default()).collect()
}
