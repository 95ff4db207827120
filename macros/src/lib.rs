//! The `network!` macro. All of it is in `fireclay-compiler`; this is the door.

/// Declares networks: every shape is checked, all memory planned, forward and backward code written. The language is described in
/// `docs/language.md`.
#[proc_macro]
pub fn network(tokens: proc_macro::TokenStream) -> proc_macro::TokenStream {
    fireclay_compiler::expand(tokens.into()).into()
}
