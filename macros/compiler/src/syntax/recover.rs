//! Going on after a mistake.

use proc_macro2::{TokenStream, TokenTree};
use syn::parse::ParseStream;

/// Skips one token.
fn skip(input: ParseStream<'_>) -> Option<TokenTree> {
    input.parse().ok()
}

/// Skips everything.
pub fn drain(input: ParseStream<'_>) {
    while skip(input).is_some() {}
}

/// Skips past the next `;` of this level.
pub fn past_semicolon(input: ParseStream<'_>) {
    while let Some(token) = skip(input) {
        if matches!(&token, TokenTree::Punct(p) if p.as_char() == ';') {
            break;
        }
    }
}

/// Skips up to the next `,` of this level.
pub fn to_comma(input: ParseStream<'_>) {
    while !input.is_empty() && !input.peek(syn::Token![,]) {
        skip(input);
    }
}

/// Skips past the end of an item: a `;` or a pair of braces.
pub fn past_item(input: ParseStream<'_>) {
    while let Some(token) = skip(input) {
        let end = match &token {
            TokenTree::Punct(p) => p.as_char() == ';',
            TokenTree::Group(g) => g.delimiter() == proc_macro2::Delimiter::Brace,
            _ => false,
        };
        if end {
            break;
        }
    }
}

/// Skips what stands before a body, or before the end of an item.
pub fn to_body(input: ParseStream<'_>) {
    let ends = || input.peek(syn::token::Brace) || input.peek(syn::Token![;]) || input.peek(syn::Token![where]);
    while !input.is_empty() && !ends() {
        skip(input);
    }
}

/// The tokens from one place to another.
pub fn tokens(from: ParseStream<'_>, to: ParseStream<'_>) -> TokenStream {
    let mut tokens = TokenStream::new();
    while from.cursor() != to.cursor() {
        match skip(from) {
            Some(token) => tokens.extend([token]),
            None => break,
        }
    }
    tokens
}

/// The tokens from one place to another, as a person would write them.
pub fn text(from: ParseStream<'_>, to: ParseStream<'_>) -> String {
    tidy(&tokens(from, to).to_string())
}

/// Takes the spaces out that printing tokens puts in.
pub fn tidy(text: &str) -> String {
    const SPACED: [(&str, &str); 12] = [
        (" (", "("),
        ("( ", "("),
        (" )", ")"),
        (" ,", ","),
        (" :", ":"),
        (" ;", ";"),
        ("- >", "->"),
        (" . ", "."),
        (". .", ".."),
        (" .. ", ".."),
        ("# [", "#["),
        ("= - ", "= -"),
    ];
    let mut tidy = SPACED.iter().fold(text.to_owned(), |text, (spaced, close)| text.replace(spaced, close));
    for before in ["->", "+", "-", "*", ","] {
        tidy = tidy.replace(&format!("{before}("), &format!("{before} ("));
    }
    tidy
}
