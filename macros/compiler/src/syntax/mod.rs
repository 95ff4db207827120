//! Tokens to AST. Everything that is wrong is reported; reading goes on at the next `;`, `,` or item.

pub mod ast;
mod attributes;
mod carried;
mod elsewhere;
mod flow;
mod groups;
mod items;
pub mod messages;
mod recover;
mod slips;
mod stage;
mod term;
mod term_ast;

pub use carried::WORD as CARRIED;
pub use groups::{DEPTH, settle as settled};

use crate::report::Report;
use proc_macro2::TokenStream;
use syn::parse::Parser;

/// Reads everything between the braces of a `network!`. What could not be read is reported and left out.
pub fn parse(tokens: TokenStream, report: &mut Report) -> ast::File {
    let mut file = ast::File::default();
    let (tokens, too_deep) = groups::settle(tokens);
    if let Some(span) = too_deep {
        report.error(span, messages::too_deep(DEPTH));
    }
    let mut errors = Errors::default();
    let read = |input: syn::parse::ParseStream<'_>| {
        file = items::file(input, &mut errors);
        Ok(())
    };
    let rest = Parser::parse2(read, tokens);
    if too_deep.is_some() {
        // What stands there could not be read either.
        file.lost = true;
        return file;
    }
    // What syn finds left over matters only when nobody has said why.
    let rest = rest.err().filter(|_| errors.found.is_empty());
    file.lost |= rest.is_some();
    for error in errors.found.into_iter().chain(rest) {
        for one in error {
            report.error(one.span(), one.to_string());
        }
    }
    file
}

/// Reads what the carrier of a network made of `weights!`.
///
/// # Errors
/// When it is something else.
pub fn parse_weights(tokens: TokenStream) -> syn::Result<(ast::Carried, syn::LitStr)> {
    Parser::parse2(carried::with_file, settled(tokens).0)
}

/// A message on the next token, or on the closing bracket (syn's own would begin with "unexpected end of input").
fn here(input: syn::parse::ParseStream<'_>, text: impl std::fmt::Display) -> syn::Error {
    syn::Error::new(input.span(), text)
}

/// The errors so far.
#[derive(Debug, Default)]
struct Errors {
    found: Vec<syn::Error>,
    /// The number of slips among them.
    slips: usize,
    /// The paths after `net` so far.
    nets: Vec<syn::Path>,
    /// The blocks that could not be read.
    blocks: Vec<(syn::Visibility, proc_macro2::Ident)>,
}

impl Errors {
    fn push(&mut self, error: syn::Error) {
        self.found.push(error);
    }

    /// A mistake that hides nothing: it is clear what was meant, and all of it was read.
    fn slip(&mut self, error: syn::Error) {
        self.slips += 1;
        self.push(error);
    }

    /// The number of times that something could not be read.
    fn losses(&self) -> usize {
        self.found.len() - self.slips
    }

    /// The value, or `None` with the error kept.
    fn keep<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.push(error)).ok()
    }
}
