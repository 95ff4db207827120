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

pub mod carrier;
pub mod emit;
pub mod graph;
pub mod layers;
pub mod lower;
pub mod passes;
pub mod report;
pub mod syntax;
pub mod weights;

use proc_macro2::TokenStream;
use report::Report;

/// The code of everything between the braces of a `network!`, or its errors and what stands in for the code.
///
/// All mistakes are reported at once, each on its own token; this panics on no input.
#[must_use]
pub fn expand(tokens: TokenStream) -> TokenStream {
    let mut report = Report::default();
    let file = syntax::parse(tokens.clone(), &mut report);
    if report.is_clean()
        && let Some(fetch) = carrier::fetch(&file, &tokens)
    {
        return fetch;
    }
    let mut networks = lower::lower(&file, &mut report);
    let mut code = emit::emit(&mut networks, &mut report);
    let wrong = networks.iter().map(|network| !report.is_clean() || network.graph.is_none());
    code.extend(carrier::emit(&file, wrong));
    code
}

/// The networks of a `network!` as graphs, for tools: drawing, export, tests.
#[must_use]
pub fn check(tokens: TokenStream, report: &mut Report) -> Vec<lower::Lowered> {
    let file = syntax::parse(tokens, report);
    lower::lower(&file, report)
}
