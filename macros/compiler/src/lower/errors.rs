//! Reporting errors, each once, with the blocks it stands in; and the limits on depth and steps.

use super::names::within;
use super::params::name_of;
use super::scope::Frame;
use super::{Lower, NEST, STEPS, Use, line, messages, suggest};
use proc_macro2::{Ident, Span};

impl Lower<'_, '_> {
    /// Reports on the token, with the blocks it stands in.
    pub(super) fn error(&mut self, span: Span, text: impl Into<String>) {
        self.error_at(self.uses.len(), span, text);
    }

    /// Reports on a token that stands in only so many of the current blocks.
    pub(super) fn error_at(&mut self, depth: usize, span: Span, text: impl Into<String>) {
        let (span, depth) = match self.uses.iter().position(|u| u.library) {
            Some(library) => (self.uses[library].span, depth.min(library)),
            None => (span, depth),
        };
        self.failures += 1;
        if self.mute > 0 || self.dead {
            return;
        }
        let mut text = text.into();
        if self.stepping {
            text = messages::while_stepping(&text);
        }
        let (start, end) = (span.start(), span.end());
        let place = (start.line << 16 | start.column, end.line << 16 | end.column);
        if !self.said.insert((place.0, place.1, text.clone())) {
            return;
        }
        let uses = (0..depth.min(self.uses.len())).rev().map(|i| (self.shown_use(i), line(self.uses[i].span)));
        let context = messages::used_in(uses);
        self.report.error(span, text + &context);
    }

    /// `layer1.0: Basic`, as it is called in what stands around it.
    fn shown_use(&self, i: usize) -> String {
        let Use { name, path, .. } = &self.uses[i];
        let around = i.checked_sub(1).map_or("", |i| &self.uses[i].path);
        match within(path, around) {
            "" => name.clone(),
            label => format!("{label}: {name}"),
        }
    }

    /// Reports, and gives nothing.
    pub(super) fn fail<T>(&mut self, span: Span, text: impl Into<String>) -> Option<T> {
        self.error(span, text);
        None
    }

    /// A limit is passed: said once, even within an embedded network, and nothing more is expanded.
    pub(super) fn exhausted<T>(&mut self, span: Span, text: String) -> Option<T> {
        if !self.dead {
            self.error_outside(span, text);
            self.dead = true;
        }
        None
    }

    /// Reports even within an embedded network: there on the `net` that embeds it.
    pub(super) fn error_outside(&mut self, span: Span, text: String) {
        let span = self.uses.iter().find(|u| u.net || u.library).map_or(span, |u| u.span);
        self.failures += 1;
        if self.said.insert((span.start().line << 16 | span.start().column, usize::MAX, text.clone())) {
            self.report.error(span, text);
        }
    }

    /// No value has this name.
    pub(super) fn unknown_value<T>(&mut self, frame: &Frame<'_>, ident: &Ident) -> Option<T> {
        let name = name_of(ident);
        let near = suggest::nearest(&name, frame.values.iter().map(|(n, _)| n.as_str()));
        self.unsure |= near.is_none();
        self.meant.extend(near.map(ToOwned::to_owned));
        let block = self.uses.last().filter(|u| !u.net && near.is_none()).and_then(|u| frame.env.block(&u.name));
        let text = match block.map(|block| self.blocks[block].ast) {
            Some(block) => {
                let values: Vec<String> = block.values.iter().map(name_of).collect();
                messages::unknown_within(&name, &name_of(&block.name), &values, !block.params.is_empty())
            }
            None => {
                let inputs = self.inlining.last().filter(|_| near.is_none() && self.uses.last().is_none_or(|u| u.net));
                let inputs =
                    inputs.map(|index| self.networks[*index].ast.inputs.iter().map(|input| name_of(&input.name)).collect());
                messages::unknown_value(&name, near, inputs.unwrap_or_default())
            }
        };
        self.fail(ident.span(), text)
    }

    /// Enters an expression, stage or body. False when a limit is passed; otherwise [`Lower::leave`] must follow.
    pub(super) fn enter(&mut self, span: Span) -> bool {
        if self.dead {
            return false;
        }
        self.steps += 1;
        if self.nest >= NEST {
            let text = messages::nested();
            self.exhausted::<()>(span, text);
            return false;
        }
        if self.steps > STEPS {
            let text = messages::too_many_steps(&self.chain_of_uses());
            self.exhausted::<()>(span, text);
            return false;
        }
        self.nest += 1;
        true
    }

    pub(super) fn leave(&mut self) {
        self.nest -= 1;
    }
}
