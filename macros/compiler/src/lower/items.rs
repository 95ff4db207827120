//! `const`, `default`, `block`: what is declared between a pair of braces, wherever in it.

use super::eval::Words;
use super::params::name_of;
use super::scope::{BlockDef, BlockId, ConstDef, ConstId, ConstState, Entry, Frame, Number};
use super::{Lower, messages};
use crate::layers::ArgValue;
use crate::syntax::ast::{Block, Const, Item};
use proc_macro2::{Ident, Span};
use std::vec::IntoIter;

/// The indices of the blocks and constants of a pair of braces, in the order of the text.
pub(super) struct Places {
    blocks: IntoIter<BlockId>,
    consts: IntoIter<ConstId>,
}

impl<'a> Lower<'a, '_> {
    /// Makes the blocks and constants between these braces known, wherever they stand.
    pub(super) fn hoist(&mut self, frame: &mut Frame<'a>, items: Vec<&'a Item>) -> Places {
        let (blocks, first_const) = (self.hoist_blocks(frame, &items), self.consts.len());
        let consts: Vec<&'a Const> =
            items.iter().filter_map(|item| if let Item::Const(c) = item { Some(c) } else { None }).collect();
        self.hoist_consts(frame, consts);
        let places = || Places {
            blocks: blocks.clone().into_iter(),
            consts: (first_const..self.consts.len()).collect::<Vec<_>>().into_iter(),
        };
        let (all, mut next) = (places(), places());
        if blocks.is_empty() && first_const == self.consts.len() {
            return all;
        }
        // All of them may be used before the line that declares them: find what they see and are, without saying anything yet.
        self.mute += 1;
        let (failures, mut scratch) = (self.failures, frame.clone());
        for item in items {
            self.item(&mut scratch, item, &mut next);
        }
        self.failures = failures;
        self.mute -= 1;
        for known in &mut self.consts[first_const..] {
            if matches!(known.state, ConstState::Done(None)) {
                // It may need a value that is bound before its place, or else is to say why it fails.
                known.state = ConstState::Waiting;
            }
        }
        all
    }

    fn hoist_blocks(&mut self, frame: &mut Frame<'a>, items: &[&'a Item]) -> Vec<BlockId> {
        let mut known: Vec<(String, usize)> = Vec::new();
        let mut ids = Vec::new();
        for item in items {
            let block: &'a Block = match item {
                Item::Block(block) => block,
                Item::Use(used) => {
                    let name = name_of(&used.name);
                    if known.iter().any(|(n, _)| *n == name) {
                        self.error(used.name.span(), messages::used_twice(&name));
                    } else if let Some(id) = self.used_block(used) {
                        known.push((name, id));
                    }
                    continue;
                }
                _ => continue,
            };
            let name = name_of(&block.name);
            ids.push(self.blocks.len());
            if let Some((_, other)) = known.iter().find(|(n, _)| *n == name) {
                let line = super::line(self.blocks[*other].ast.name.span());
                self.error(block.name.span(), messages::block_twice(&name, line));
            } else {
                known.push((name, self.blocks.len()));
            }
            self.blocks.push(BlockDef { ast: block, scope: self.here, env: frame.env.clone() });
        }
        if !known.is_empty() {
            frame.env = frame.env.with(Entry::Blocks(known.into()));
        }
        ids
    }

    fn hoist_consts(&mut self, frame: &mut Frame<'a>, consts: Vec<&'a Const>) {
        let first = self.consts.len();
        let mut known: Vec<(String, usize)> = Vec::new();
        for item in consts {
            let name = name_of(&item.name);
            if let Some((_, other)) = known.iter().find(|(n, _)| *n == name) {
                let line = super::line(self.consts[*other].ast.name.span());
                self.error(item.name.span(), messages::const_twice(&name, line));
            } else {
                known.push((name, self.consts.len()));
            }
            let (env, values) = (frame.env.clone(), frame.values.clone());
            self.consts.push(ConstDef { ast: item, env, values, state: ConstState::Waiting });
        }
        if !known.is_empty() {
            frame.env = frame.env.with(Entry::Consts(known.into()));
            for known in &mut self.consts[first..] {
                known.env = frame.env.clone();
            }
        }
    }

    /// `default`, `const`, `block` at their place. A `default` holds from there on.
    pub(super) fn item(&mut self, frame: &mut Frame<'a>, item: &'a Item, places: &mut Places) {
        match item {
            Item::Default(item) => self.default_item(frame, item),
            Item::Const(item) => {
                if let Some(id) = places.consts.next()
                    && !matches!(self.consts[id].state, ConstState::Done(Some(_)))
                {
                    self.compute(id, |lower| lower.eval(frame, &item.value, Words::Any));
                }
            }
            Item::Block(_) => {
                if let Some(id) = places.blocks.next() {
                    self.blocks[id].env = frame.env.without_locals();
                }
            }
            Item::Use(_) => {}
            Item::Network(network) => self.error(network.name.span(), messages::network_inside()),
        }
    }

    /// The number of this name, where there is one; the inner `None` when it failed.
    pub(super) fn number_called(&mut self, frame: &Frame<'_>, ident: &Ident) -> Option<Option<ArgValue>> {
        Some(match frame.env.number(&name_of(ident))? {
            Number::Local(value) => value.clone(),
            Number::Const(id) => self.const_value(id, ident.span()),
        })
    }

    /// The value of a constant, computed now where it was not yet.
    fn const_value(&mut self, id: ConstId, span: Span) -> Option<ArgValue> {
        match &self.consts[id].state {
            ConstState::Done(value) => value.clone(),
            ConstState::Running => {
                let from = self.computing.iter().position(|other| *other == id).unwrap_or(0);
                let names = self.computing[from..].iter().chain([&id]).map(|id| name_of(&self.consts[*id].ast.name));
                let text = messages::const_cycle(&names.collect::<Vec<_>>());
                self.fail(span, text)
            }
            ConstState::Waiting => {
                let known = &self.consts[id];
                let (ast, frame) =
                    (known.ast, Frame { env: known.env.clone(), values: known.values.clone(), ..Frame::default() });
                self.compute(id, |lower| lower.eval(&frame, &ast.value, Words::Any));
                let ConstState::Done(value) = &self.consts[id].state else { return None };
                value.clone()
            }
        }
    }

    fn compute(&mut self, id: ConstId, value: impl FnOnce(&mut Self) -> Option<ArgValue>) {
        self.consts[id].state = ConstState::Running;
        self.computing.push(id);
        let value = value(self);
        self.computing.pop();
        self.consts[id].state = ConstState::Done(value);
    }
}
