//! Paths after `net` and `use`: the network or block that each means, beside it or carried here from another `network!`.

use super::params::name_of;
use super::scope::BlockId;
use super::{Lower, WrongPart, messages, suggest};
use crate::carrier;
use crate::syntax::ast;
use syn::spanned::Spanned;

/// What was carried into a file, under its paths.
#[derive(Debug, Default)]
pub(super) struct Scope(Vec<(String, Carried)>);

/// A network or block that was carried into a file.
#[derive(Debug, Clone, Copy)]
enum Carried {
    /// By its index in `Lower::networks`.
    Network(usize),
    /// By its index in `Lower::blocks`.
    Block(BlockId),
    /// Its declaration has errors.
    Wrong,
}

impl<'a> Lower<'a, '_> {
    /// A file, after those whose networks and blocks were carried into it, each with names of its own.
    pub(super) fn scope(&mut self, file: &'a ast::File) -> usize {
        let scope = self.scopes.len();
        self.scopes.push(Scope::default());
        // What is wrong with them was said where they are declared.
        self.mute += 1;
        for carried in &file.carried {
            let found = carried.network.as_ref().map_or(Carried::Wrong, |(name, file)| {
                let inner = self.scope(file);
                let network = self.networks.iter().position(|network| network.scope == inner && network.ast.name == *name);
                // No body was looked at so far: these are the blocks beside it.
                let block = || self.blocks.iter().position(|block| block.scope == inner && block.ast.name == *name);
                network.map(Carried::Network).or_else(|| block().map(Carried::Block)).unwrap_or(Carried::Wrong)
            });
            self.scopes[scope].0.push((carrier::text(&carried.path), found));
        }
        self.mute -= 1;
        self.file(file, scope);
        self.settle_sizes(scope);
        scope
    }

    /// What was carried here under this path.
    fn carried(&self, scope: usize, path: &syn::Path) -> Option<Carried> {
        let text = carrier::text(path);
        self.scopes[scope].0.iter().find(|(carried, _)| *carried == text).map(|(_, found)| *found)
    }

    /// `use zoo::Basic;`
    pub(super) fn used_block(&mut self, used: &ast::Use) -> Option<BlockId> {
        match self.carried(self.here, &used.path) {
            Some(Carried::Block(block)) => return Some(block),
            Some(Carried::Network(_)) => {
                self.error(used.path.span(), messages::use_of_network(&carrier::text(&used.path)));
            }
            None if !self.unfetched => {
                self.error(used.path.span(), messages::use_from_elsewhere(&carrier::text(&used.path)));
            }
            Some(Carried::Wrong) | None => {}
        }
        self.wrong_blocks.insert(name_of(&used.name));
        None
    }

    /// A block that is wrong where it is declared: nothing is said of it here.
    pub(super) fn wrong_block<T>(&mut self) -> Option<T> {
        self.failures += 1;
        self.wrong_part.get_or_insert(WrongPart::Block);
        None
    }

    /// The network of this path, where the body in hand is written.
    pub(super) fn network_of(&mut self, path: &syn::Path) -> Option<usize> {
        self.network_in(self.here, path)
    }

    /// The network of this path in a file.
    pub(super) fn network_in(&mut self, scope: usize, path: &syn::Path) -> Option<usize> {
        if let Some(name) = carrier::beside(path).map(name_of) {
            let here = |network: &super::Declared<'_>| network.scope == scope && name_of(&network.ast.name) == name;
            if let Some(index) = self.networks.iter().position(here) {
                return Some(index);
            }
        }
        let text = carrier::text(path);
        match self.carried(scope, path) {
            Some(Carried::Network(index)) => Some(index),
            Some(Carried::Block(_)) => self.fail(path.span(), messages::net_of_block(&text)),
            Some(Carried::Wrong) => {
                self.failures += 1;
                self.wrong_part.get_or_insert_with(|| WrongPart::Network(path.clone()));
                None
            }
            None => {
                let beside = self.networks.iter().filter(|network| network.scope == scope);
                let names: Vec<String> = beside.map(|network| name_of(&network.ast.name)).collect();
                let near = suggest::nearest(&text, names.iter().map(String::as_str));
                if near.is_none() && self.unfetched {
                    self.failures += 1;
                    return None;
                }
                let text =
                    near.map_or_else(|| messages::net_from_elsewhere(&text), |near| messages::unknown_network(&text, near));
                self.fail(path.span(), text)
            }
        }
    }
}
