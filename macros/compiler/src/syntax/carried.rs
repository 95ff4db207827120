//! `__carried (zoo::Trunk) { Trunk { … } }`: a network of another `network!`, which `crate::carrier` put before what was written.

use super::ast::File;
use super::{Errors, items, recover};
use proc_macro2::{Ident, TokenStream};
use syn::parse::ParseStream;
use syn::{Result, braced, parenthesized, token};

/// A network of another `network!`.
#[derive(Debug)]
pub struct Carried {
    /// The path after `net`, as it is written here.
    pub path: syn::Path,
    /// Its name there, with what was declared beside it; `None` where its own declaration is wrong.
    pub network: Option<(Ident, File)>,
    /// All of it, to be handed on.
    pub tokens: TokenStream,
}

/// No one writes this word.
pub const WORD: &str = "__carried";

/// Whether one begins here.
pub fn peek(input: ParseStream<'_>) -> bool {
    input.fork().parse::<Ident>().is_ok_and(|word| word == WORD) && input.peek2(token::Paren)
}

/// One of them.
pub fn carried(input: ParseStream<'_>) -> Result<Carried> {
    let from = input.fork();
    input.parse::<Ident>()?;
    let (path, declared);
    parenthesized!(path in input);
    let path = syn::Path::parse_mod_style(&path)?;
    braced!(declared in input);
    let network = if declared.is_empty() {
        None
    } else {
        let name = declared.parse()?;
        let content;
        braced!(content in declared);
        // Nothing is wrong here: who declared it was told otherwise.
        Some((name, items::file(&content, &mut Errors::default())))
    };
    Ok(Carried { path, network, tokens: recover::tokens(&from, input) })
}

/// One, and the name of a file.
pub fn with_file(input: ParseStream<'_>) -> Result<(Carried, syn::LitStr)> {
    Ok((carried(input)?, input.parse()?))
}
