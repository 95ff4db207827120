//! Blocks and networks used as stages: both are expanded where they stand, with all numbers known.

use super::library::LIBRARY;
use super::names::ModulePlace;
use super::params::name_of;
use super::scope::{BlockId, Frame, LabelKind};
use super::stage::{At, Chain};
use super::value::{Flow, Slot};
use super::{Lower, Use, messages};
use crate::graph::ValueType;
use crate::layers::ArgValue;
use crate::syntax::ast::Arg;
use proc_macro2::Span;
use syn::spanned::Spanned;

impl<'a> Lower<'a, '_> {
    /// A block as a stage.
    pub(super) fn block(
        &mut self,
        frame: &mut Frame<'a>,
        block: BlockId,
        args: &'a [Arg],
        flow: &Flow,
        at: At<'a>,
    ) -> Option<Flow> {
        let name = name_of(&self.blocks[block].ast.name);
        let place = self.place_of(frame, &name, at);
        let values = self.block_values(block, flow, at.span);
        let args = self.block_args(frame, block, args, values.as_deref().unwrap_or_default(), at.span);
        let (Some(values), Some(args)) = (values, args) else {
            self.declare(frame, at.label, None, flow);
            return None;
        };
        let result = self.expand(block, &args, values, place.clone(), at.span);
        let kind = (!result.is_poison() || flow.is_poison()).then(|| LabelKind::Block { block, args, place });
        self.declare(frame, at.label, kind, flow);
        Some(result)
    }

    /// A block's values: a tuple's elements, or all of the flow where the block takes one.
    pub(super) fn block_values(&mut self, block: BlockId, flow: &Flow, span: Span) -> Option<Vec<(String, Flow)>> {
        let ast = self.blocks[block].ast;
        let (name, names) = (name_of(&ast.name), ast.values.iter().map(name_of).collect::<Vec<_>>());
        let flows = self.inputs_by_name(&name, &names, flow, span)?;
        ast.values.iter().zip(&flows).for_each(|(name, flow)| self.note_type(name, flow));
        Some(names.into_iter().zip(flows).collect())
    }

    /// Gives the elements of a flow to the inputs of a block or network. Written names must be theirs.
    fn inputs_by_name(&mut self, what: &str, names: &[String], flow: &Flow, span: Span) -> Option<Vec<Flow>> {
        if flow.is_poison() {
            return Some(vec![Flow::Poison; names.len()]);
        }
        let slots: Vec<Slot> = match flow {
            Flow::Many(tuple) if names.len() != 1 => tuple.slots.clone(),
            flow => vec![Slot { name: None, written: false, span, flow: flow.clone() }],
        };
        if slots.len() != names.len() {
            return self.fail(span, messages::value_count(what, names, slots.len()));
        }
        let mut good = true;
        for (slot, wanted) in slots.iter().zip(names) {
            if let (Some(name), true) = (&slot.name, slot.written)
                && name_of(name) != *wanted
            {
                self.error(name.span(), messages::other_value_name(what, names, &name_of(name)));
                good = false;
            }
        }
        if let (Flow::Many(_), 1) = (flow, names.len()) {
            self.no_names(flow);
        }
        good.then(|| slots.into_iter().map(|slot| slot.flow).collect())
    }

    /// Expands a block's body.
    pub(super) fn expand(
        &mut self,
        block: BlockId,
        args: &[(String, Option<ArgValue>)],
        values: Vec<(String, Flow)>,
        place: ModulePlace,
        span: Span,
    ) -> Flow {
        let ast = self.blocks[block].ast;
        let name = name_of(&ast.name);
        if self.uses.len() >= super::DEPTH {
            let text = messages::too_deep(&name, super::DEPTH, &self.chain_of_uses());
            return self.exhausted(span, text).unwrap_or(Flow::Poison);
        }
        let env = self.block_env(block, args);
        let path = self.tree.path(place.module()).to_owned();
        let library = self.blocks[block].scope == LIBRARY;
        self.uses.push(Use { name, path, span, net: false, library });
        let mut frame = Frame { env, values, place, ..Frame::default() };
        let around = std::mem::replace(&mut self.here, self.blocks[block].scope);
        let result = self.body(&mut frame, &ast.body);
        self.here = around;
        self.uses.pop();
        result
    }

    /// `net Trunk`; `arguments` is where those stand that no network takes.
    pub(super) fn net(
        &mut self,
        frame: &mut Frame<'a>,
        path: &'a syn::Path,
        arguments: Option<Span>,
        flow: &Flow,
        chain: &Chain,
        at: At<'a>,
    ) -> Option<Flow> {
        let found = self.find_network(path, arguments);
        let Some(index) = found else {
            self.declare(frame, at.label, None, flow);
            return None;
        };
        let name = name_of(&self.networks[index].ast.name);
        let place = match (at.label, &chain.label) {
            (Some(label), _) => frame.place.inner(&mut self.tree, &name_of(label), label.span(), true),
            // The field keeps the other network's type, so it needs a name: found as for an unlabeled layer.
            (None, _) if at.element => frame.place.clone(),
            (None, Some(before)) => frame.place.inner(&mut self.tree, &format!("{before}_{}", snake(&name)), path.span(), false),
            (None, None) => frame.place.inner(&mut self.tree, &snake(&name), path.span(), false),
        };
        // A path in a text of another file means something there: its parameters stand here as fields of their own.
        if self.here == 0 {
            self.tree.set_network(place.module(), path);
        }
        if let Err(clash) = place.claim_self() {
            let path = self.tree.path(place.module()).to_owned();
            self.clash(clash, &path, &name);
            self.declare(frame, at.label, None, flow);
            return None;
        }
        let result = self.inline(index, flow, place.clone(), path.span());
        let kind = (result.is_some() || flow.is_poison()).then_some(LabelKind::Net { index, place });
        self.declare(frame, at.label, kind, flow);
        result
    }

    /// The network that is meant.
    fn find_network(&mut self, path: &syn::Path, arguments: Option<Span>) -> Option<usize> {
        let index = self.network_of(path)?;
        let ident = &path.segments.last()?.ident;
        let name = name_of(ident);
        if let Some(text) = self.generic_network(index) {
            return self.fail(ident.span(), text);
        }
        if let Some(span) = arguments {
            self.error(span, messages::network_arguments(&name));
        }
        match self.inlining.iter().position(|i| *i == self.networks[index].source) {
            None => {}
            Some(0) => {
                let mut names: Vec<String> = self.inlining.iter().map(|i| name_of(&self.networks[*i].ast.name)).collect();
                names.push(name);
                self.error_outside(ident.span(), messages::net_cycle(&names));
                return None;
            }
            // Said where the network that contains itself is lowered for itself.
            Some(_) => {
                self.failures += 1;
                return None;
            }
        }
        Some(index)
    }

    /// What is said of a network with type parameters where another one has it within.
    pub(super) fn generic_network(&self, index: usize) -> Option<String> {
        let super::Declared { ast, inputs, .. } = &self.networks[index];
        if ast.generics.params.is_empty() {
            return None;
        }
        let names: Vec<String> = ast.inputs.iter().map(|input| name_of(&input.name)).collect();
        let axis = match inputs.first().and_then(|ty| ty.as_ref()?.dims()).map_or(0, <[_]>::len) {
            3 | 4 => "channels",
            _ => "features",
        };
        Some(messages::generic_inside(&name_of(&ast.name), &names, axis))
    }

    /// Expands a network's body. Its own mistakes are reported where it is lowered for itself, not again here.
    pub(super) fn inline(&mut self, index: usize, flow: &Flow, place: ModulePlace, span: Span) -> Option<Flow> {
        let (name, source, env) = {
            let super::Declared { ast, source, ref env, .. } = self.networks[index];
            (name_of(&ast.name), source, env.clone())
        };
        let ast = self.networks[source].ast;
        if ast.body.is_none() {
            // What could not be read of it was said there.
            self.failures += 1;
            return None;
        }
        let (around, outer_file) = (self.resized, self.here);
        let names: Vec<String> = ast.inputs.iter().map(|input| name_of(&input.name)).collect();
        let flows = self.inputs_by_name(&name, &names, flow, span)?;
        let types: Vec<Option<ValueType>> = self.networks[index].inputs.clone();
        let mut good = true;
        for ((flow, ty), input) in flows.iter().zip(&types).zip(&names) {
            let (Flow::One(id), Some(ty)) = (flow, ty) else {
                if matches!(flow, Flow::Many(_)) {
                    self.error(span, messages::tuple_into_net(&name, input));
                }
                good = false;
                continue;
            };
            let got = &self.values[*id].ty;
            if got != ty && !around {
                let text = messages::net_input(&name, input, ty, got);
                self.error(span, text);
                good = false;
            }
        }
        let body = ast.body.as_ref().filter(|_| good)?;
        if self.uses.len() >= super::DEPTH {
            let text = messages::too_deep(&name, super::DEPTH, &self.chain_of_uses());
            return self.exhausted(span, text);
        }
        let outer = std::mem::replace(&mut self.types, super::type_names(&ast.generics));
        self.resized |= source != index;
        self.here = self.networks[source].scope;
        self.inlining.push(source);
        let path = self.tree.path(place.module()).to_owned();
        self.uses.push(Use { name, path, span, net: true, library: false });
        self.mute += 1;
        let mut frame = Frame { env, values: names.into_iter().zip(flows).collect(), place, ..Frame::default() };
        let result = self.body(&mut frame, body);
        let outputs = self.match_outputs(index, &result, body);
        self.mute -= 1;
        self.uses.pop();
        self.inlining.pop();
        self.types = outer;
        (self.resized, self.here) = (around, outer_file);
        let slots = outputs?.into_iter().zip(&ast.outputs).map(|(id, output)| Slot {
            name: output.name.clone(),
            written: false,
            span,
            flow: Flow::One(id),
        });
        let mut slots: Vec<Slot> = slots.collect();
        Some(if slots.len() == 1 { slots.remove(0).flow } else { Flow::tuple(slots) })
    }

    /// The uses of the current blocks and networks, the innermost first.
    pub(super) fn chain_of_uses(&self) -> Vec<(String, usize)> {
        self.uses.iter().rev().map(|u| (u.name.clone(), super::line(u.span))).collect()
    }
}

/// `AlexNetTrunk` → `alex_net_trunk`
fn snake(name: &str) -> String {
    let mut text = String::new();
    for (i, c) in name.chars().enumerate() {
        if c.is_uppercase() && i > 0 && !text.ends_with('_') {
            text.push('_');
        }
        text.extend(c.to_lowercase());
    }
    // No field can be called so.
    if matches!(text.as_str(), "self" | "super" | "crate") {
        text.push('_');
    }
    text
}
