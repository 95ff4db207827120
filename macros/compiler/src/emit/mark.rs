//! Where nodes begin, for `fireclay`'s feature `profile`; without it the marks are nothing.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote;

/// A node begins.
pub fn node(node: usize, direction: &str) -> TokenStream {
    let (node, direction) = (Literal::usize_unsuffixed(node), Ident::new(direction, Span::mixed_site()));
    quote!(__f::mark!(#node, #direction);)
}

/// The last one ends.
pub fn end() -> TokenStream {
    quote!(__f::mark!(end);)
}
