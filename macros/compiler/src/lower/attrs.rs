//! The attribute `#[fireclay(…)]` of a network, and the other attributes, which the emitter passes on.

use super::{Lower, messages};
use proc_macro2::Span;
use syn::Attribute;
use syn::ext::IdentExt;
use syn::parse::Parser;
use syn::spanned::Spanned;

/// The options of `#[fireclay(…)]`.
#[derive(Default)]
pub(super) struct Options {
    /// `step`, and where it stands.
    pub(super) step: Option<Span>,
    /// `inner_values`
    pub(super) inner: bool,
    /// `exact`
    pub(super) exact: bool,
    /// `no_implicit_prelude`
    pub(super) no_prelude: bool,
}

impl Lower<'_, '_> {
    /// The other attributes, and the options; reports unknown options.
    pub(super) fn attributes(&mut self, attrs: &[Attribute]) -> (Vec<Attribute>, Options) {
        let mut options = Options::default();
        let (ours, others): (Vec<&Attribute>, Vec<&Attribute>) = attrs.iter().partition(|attr| attr.path().is_ident("fireclay"));
        for attr in ours {
            let syn::Meta::List(list) = &attr.meta else {
                self.error(attr.path().span(), messages::empty_attribute());
                continue;
            };
            let words = syn::punctuated::Punctuated::<syn::Ident, syn::Token![,]>::parse_terminated_with;
            let parse = |input: syn::parse::ParseStream<'_>| words(input, syn::Ident::parse_any);
            match parse.parse2(list.tokens.clone()) {
                Ok(words) if words.is_empty() => self.error(attr.path().span(), messages::empty_attribute()),
                Ok(words) => {
                    for word in words {
                        if word == "step" {
                            options.step = Some(word.span());
                        } else if word == "inner_values" {
                            options.inner = true;
                        } else if word == "exact" {
                            options.exact = true;
                        } else if word == "no_implicit_prelude" {
                            options.no_prelude = true;
                        } else {
                            self.error(word.span(), messages::unknown_attribute(&word.to_string()));
                        }
                    }
                }
                Err(error) => self.error(error.span(), messages::unknown_attribute(&list.tokens.to_string())),
            }
        }
        let mut rest = Vec::new();
        for attr in others {
            let traits = syn::punctuated::Punctuated::<syn::Path, syn::Token![,]>::parse_terminated;
            let traits = attr.parse_args_with(traits).ok().filter(|_| attr.path().is_ident("derive")).unwrap_or_default();
            match traits.iter().find(|path| path.segments.last().is_some_and(|last| last.ident == "Clone")) {
                Some(clone) => self.error(clone.span(), messages::derived_clone()),
                None => rest.push(attr.clone()),
            }
        }
        (rest, options)
    }
}
