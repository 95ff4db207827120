//! The compiler behind fireclay's `network!`: tokens in, tokens out, as an ordinary library.
//!
//! ```text
//! tokens ─ syntax ─▶ AST ─ lower ─▶ Graph, every size checked ─ passes ─▶ plans ─ emit ─▶ tokens
//! ```
//! Passes are unit-tested without rustc; `fireclay-macros` above it is a few lines.
//!
//! ```
//! let tokens = "pub Tiny(x: [2]) -> [1] { x -> fc: Dense(1) }".parse().unwrap();
//! assert!(fireclay_compiler::expand(tokens).to_string().contains("struct Tiny"));
//! ```

// For the list of all families of kernels.
#![recursion_limit = "256"]

pub mod carrier;
pub mod conditions;
pub mod emit;
pub mod graph;
pub mod layers;
pub mod lower;
pub mod passes;
pub mod report;
pub mod syntax;
pub mod weights;

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::quote;
use report::Report;

/// The code of everything between the braces of a `network!`, or its errors and what stands in for the code.
///
/// All mistakes are reported at once, each on its own token; this panics on no input.
#[must_use]
pub fn expand(tokens: TokenStream) -> TokenStream {
    let (library, tokens) = library(tokens);
    let tokens = match conditions::settle(&library, tokens) {
        Ok(tokens) => tokens,
        Err(asked) => return asked,
    };
    let mut report = Report::default();
    let file = syntax::parse(tokens.clone(), &mut report);
    if report.is_clean()
        && let Some(fetch) = carrier::fetch(&library, &file, &tokens)
    {
        return fetch;
    }
    let mut networks = lower::lower(&file, &mut report);
    let mut code = emit::emit(&library, &mut networks, &report);
    let wrong = networks.iter().map(|network| !report.is_clean() || network.graph.is_none());
    code.extend(emit::names_for_editors(&library, &file, &networks));
    code.extend(carrier::emit(&file, wrong, report.is_clean()));
    code
}

/// The path by which emitted code finds fireclay, and the rest of the tokens. The macros of fireclay put their `($crate)` in front, so that the
/// library may be called otherwise in `Cargo.toml`, or be handed on by another.
#[must_use]
pub fn library(tokens: TokenStream) -> (TokenStream, TokenStream) {
    let mut rest = tokens.clone().into_iter();
    match rest.next() {
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis => (group.stream(), rest.collect()),
        _ => (quote!(::fireclay), tokens),
    }
}

/// The networks of a `network!` as graphs, for tools: drawing, export, tests.
#[must_use]
pub fn check(tokens: TokenStream, report: &mut Report) -> Vec<lower::Lowered> {
    let file = syntax::parse(tokens, report);
    lower::lower(&file, report)
}

/// The expansion of a macro; where the compiler has a fault, a message that asks to report it.
pub fn guarded(tokens: TokenStream, expand: impl FnOnce(TokenStream) -> TokenStream) -> TokenStream {
    let expanded = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| expand(tokens)));
    expanded.unwrap_or_else(|panic| {
        let what = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
        let text = format!(
            "fireclay failed here: {}\n  this is a fault of fireclay, not of the declaration\n  help: please report it, with the declaration",
            what.unwrap_or("for a reason that it does not name")
        );
        quote!(::core::compile_error! { #text })
    })
}
