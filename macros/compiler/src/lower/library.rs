//! Layers that are blocks of the library's own, written in the language (`layers/recurrent/pixel.fireclay`): expanded where they are used.
//! Their layers check what they are given, so that the blocks have no mistakes to find; what is said all the same stands on the use.

use super::apply::Applied;
use super::names::join;
use super::scope::{BlockId, Env, Frame, LabelKind};
use super::value::Flow;
use super::{Lower, params};
use crate::layers::BLOCKS;
use crate::report::Report;
use crate::syntax::ast;
use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};

/// The file that these blocks are of.
pub(super) const LIBRARY: usize = usize::MAX;

impl<'a> Lower<'a, '_> {
    /// Expands the block of a layer whose inputs and arguments are good.
    pub(super) fn library_block(&mut self, frame: &mut Frame<'a>, applied: &Applied<'_>, own: &str, flow: &Flow) -> Option<Flow> {
        let Applied { layer, args, label, span, element, .. } = applied;
        let block = self.blocks_of_library(*span).block(layer.name())?;
        let at = label.map_or(*span, Ident::span);
        let place = if *element && label.is_none() {
            frame.place.clone()
        } else {
            frame.place.inner(&mut self.tree, own, at, label.is_some())
        };
        if let Err(clash) = place.claim_self() {
            let path = join(self.tree.path(frame.place.module()), own);
            self.clash(clash, &path, layer.name());
            self.declare(frame, *label, None, flow);
            return None;
        }
        let args: Vec<_> = layer.params().iter().map(|param| (param.name.to_owned(), args.or_default(param))).collect();
        let values = self.values_of(block, flow);
        let result = self.expand(block, &args, values, place.clone(), *span);
        let kind = (!result.is_poison()).then_some(LabelKind::Block { block, args, place });
        self.declare(frame, *label, kind, flow);
        Some(result)
    }

    /// The one value of such a block.
    fn values_of(&self, block: BlockId, flow: &Flow) -> Vec<(String, Flow)> {
        self.blocks[block].ast.values.iter().map(|value| (params::name_of(value), flow.clone())).collect()
    }

    /// The blocks, read when the first of them is used: their tokens stand there.
    fn blocks_of_library(&mut self, span: Span) -> Env {
        if let Some(env) = &self.library_env {
            return env.clone();
        }
        let library: &'a std::cell::OnceCell<ast::File> = self.library;
        let file = library.get_or_init(|| read(span));
        let around = std::mem::replace(&mut self.here, LIBRARY);
        let mut frame = Frame::default();
        let mut places = self.hoist(&mut frame, file.items.iter().collect());
        for item in &file.items {
            self.item(&mut frame, item, &mut places);
        }
        self.here = around;
        self.library_env = Some(frame.env.clone());
        frame.env
    }
}

/// The library's text, every token of it at this place. That it has no mistakes is tested.
fn read(span: Span) -> ast::File {
    let tokens = BLOCKS.parse().map(|tokens| placed(tokens, span)).unwrap_or_default();
    crate::syntax::parse(tokens, &mut Report::default())
}

fn placed(tokens: TokenStream, span: Span) -> TokenStream {
    let put = |mut token: TokenTree| {
        if let TokenTree::Group(group) = token {
            token = Group::new(group.delimiter(), placed(group.stream(), span)).into();
        }
        token.set_span(span);
        token
    };
    tokens.into_iter().map(put).collect()
}

#[cfg(test)]
mod tests {
    use super::{BLOCKS, Report};
    use crate::layers::LAYERS;
    use crate::syntax::ast::Item;

    #[test]
    fn every_layer_that_is_a_block_has_one_with_its_arguments() {
        let mut report = Report::default();
        let file = crate::syntax::parse(BLOCKS.parse().expect("tokens"), &mut report);
        assert!(report.is_clean(), "{:?}", report.messages());
        for layer in LAYERS.iter().filter(|layer| layer.is_block()) {
            let block = file.items.iter().find_map(|item| match item {
                Item::Block(block) if block.name == layer.name() => Some(block),
                _ => None,
            });
            let block = block.unwrap_or_else(|| panic!("no block {}", layer.name()));
            let names: Vec<String> = block.params.iter().map(|param| param.name.to_string()).collect();
            assert_eq!(names, layer.params().iter().map(|param| param.name).collect::<Vec<_>>(), "{}", layer.name());
        }
    }
}
