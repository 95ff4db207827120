//! Tokens to AST. Everything that is wrong is reported; reading goes on at the next `;`, `,` or item.

pub mod ast;
mod flow;
mod items;
pub mod messages;
mod recover;
mod stage;
mod term;

use crate::report::Report;
use proc_macro2::TokenStream;
use syn::parse::Parser;

/// Reads everything between the braces of a `network!`. What could not be read is reported and left out.
pub fn parse(tokens: TokenStream, report: &mut Report) -> ast::File {
    let mut file = ast::File::default();
    let mut errors = Errors::default();
    let read = |input: syn::parse::ParseStream<'_>| {
        file = items::file(input, &mut errors);
        Ok(())
    };
    let rest = Parser::parse2(read, tokens);
    // What syn finds left over matters only when nobody has said why.
    let rest = rest.err().filter(|_| errors.0.is_empty());
    for error in errors.0.into_iter().chain(rest) {
        for one in error {
            report.error(one.span(), one.to_string());
        }
    }
    file
}

/// A message on the next token, or on the closing bracket (syn's own would begin with "unexpected end of input").
fn here(input: syn::parse::ParseStream<'_>, text: impl std::fmt::Display) -> syn::Error {
    syn::Error::new(input.span(), text)
}

/// What was wrong so far.
#[derive(Debug, Default)]
struct Errors(Vec<syn::Error>);

impl Errors {
    fn push(&mut self, error: syn::Error) {
        self.0.push(error);
    }

    /// The value, or `None` with the error kept.
    fn keep<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.push(error)).ok()
    }
}
