//! Paths after `net`: the network that each means, beside it or carried here from another `network!`.

use super::params::name_of;
use super::{Lower, messages, suggest};
use crate::carrier;
use crate::syntax::ast;
use syn::spanned::Spanned;

/// The networks that were carried into a file: for each path its index in `Lower::networks`; `None` where its declaration has errors.
#[derive(Debug, Default)]
pub(super) struct Scope(Vec<(String, Option<usize>)>);

impl<'a> Lower<'a, '_> {
    /// A file, then those whose networks were carried into it, each with names of its own.
    pub(super) fn scope(&mut self, file: &'a ast::File) -> usize {
        let scope = self.scopes.len();
        self.scopes.push(Scope::default());
        self.file(file, scope);
        // What is wrong with them was said where they are declared.
        self.mute += 1;
        for carried in &file.carried {
            let index = carried.network.as_ref().and_then(|(name, file)| {
                let inner = self.scope(file);
                self.networks.iter().position(|network| network.scope == inner && network.ast.name == *name)
            });
            self.scopes[scope].0.push((carrier::text(&carried.path), index));
        }
        self.mute -= 1;
        scope
    }

    /// The network of this path.
    pub(super) fn network_of(&mut self, path: &syn::Path) -> Option<usize> {
        let scope = self.inlining.last().map_or(0, |index| self.networks[*index].scope);
        if let Some(name) = carrier::beside(path).map(name_of) {
            let here = |network: &super::Declared<'_>| network.scope == scope && name_of(&network.ast.name) == name;
            if let Some(index) = self.networks.iter().position(here) {
                return Some(index);
            }
        }
        let text = carrier::text(path);
        match self.scopes[scope].0.iter().find(|(carried, _)| *carried == text) {
            Some((_, Some(index))) => Some(*index),
            Some((_, None)) => {
                self.failures += 1;
                self.wrong_part.get_or_insert_with(|| path.clone());
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
