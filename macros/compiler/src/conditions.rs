//! `#[cfg(…)]`. A macro cannot know whether a condition holds, but rustc does: for the first condition of a declaration it is handed both
//! answers,
//!
//! ```text
//! #[cfg(feature = "large")]      network! { … }   without this attribute
//! #[cfg(not(feature = "large"))] network! { … }   with `#[cfg(false)]` in its place
//! ```
//!
//! and takes one of them; so on, until no condition is left. Whoever is handed the declaration later (`crate::carrier`) has the answers of the
//! crate it stands in.

use crate::syntax;
use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};

/// The declarations with all conditions answered; or, as an error, the code that asks rustc.
pub fn settle(library: &TokenStream, tokens: TokenStream) -> Result<TokenStream, TokenStream> {
    if !mentions(&tokens, 0) {
        return Ok(tokens);
    }
    // An attribute may be written by a macro.
    let (settled, too_deep) = syntax::settled(tokens.clone());
    if too_deep.is_some() {
        // The parser says so, of the tokens as they are.
        return Ok(tokens);
    }
    let tokens = answer(settled, None);
    let Some(Conditional { condition, span, .. }) = first(&tokens) else { return Ok(tokens) };
    let text = condition.to_string();
    let [yes, no] = [true, false].map(|holds| answer(tokens.clone(), Some((&text, holds))));
    let asked = quote_spanned!(span=> #[cfg(#condition)]);
    if !is_condition(&condition) {
        // Rustc says what is wrong with it, once.
        return Err(quote!(#asked const _: () = (); #library::__private::network! { (#library) #yes }));
    }
    let opposite = quote_spanned!(span=> #[cfg(not(#condition))]);
    Err(quote! {
        #asked
        #library::__private::network! { (#library) #yes }
        #opposite
        #library::__private::network! { (#library) #no }
    })
}

/// Whether there may be a condition at all.
fn mentions(tokens: &TokenStream, depth: usize) -> bool {
    tokens.clone().into_iter().any(|token| match token {
        TokenTree::Ident(word) => word == "cfg" || word == "cfg_attr",
        TokenTree::Group(group) => depth < syntax::DEPTH && mentions(&group.stream(), depth + 1),
        _ => false,
    })
}

/// `unix`, `feature = "std"`, `not(…)`, `any(…, …)`
fn is_condition(tokens: &TokenStream) -> bool {
    let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
    match tokens.as_slice() {
        [TokenTree::Ident(_)] => true,
        [TokenTree::Ident(_), TokenTree::Punct(equals), TokenTree::Literal(_)] => equals.as_char() == '=',
        [TokenTree::Ident(word), TokenTree::Group(group)] => {
            let inside: Vec<TokenTree> = group.stream().into_iter().collect();
            let mut parts: Vec<&[TokenTree]> =
                inside.split(|token| matches!(token, TokenTree::Punct(p) if p.as_char() == ',')).collect();
            if parts.last().is_some_and(|last| last.is_empty()) {
                parts.pop();
            }
            let right = if word == "not" { parts.len() == 1 } else { word == "any" || word == "all" };
            right && parts.iter().all(|part| is_condition(&part.iter().cloned().collect()))
        }
        _ => false,
    }
}

/// `#[cfg(condition)]`, `#[cfg_attr(condition, attributes)]`
struct Conditional {
    condition: TokenStream,
    /// The brackets.
    span: Span,
    /// Of a `cfg_attr`.
    attributes: Option<Vec<TokenStream>>,
}

impl Conditional {
    /// The brackets behind `#`.
    fn read(brackets: &Group) -> Option<Self> {
        let tokens: Vec<TokenTree> = brackets.stream().into_iter().collect();
        let [TokenTree::Ident(word), TokenTree::Group(inside)] = tokens.as_slice() else { return None };
        if brackets.delimiter() != Delimiter::Bracket || inside.delimiter() != Delimiter::Parenthesis {
            return None;
        }
        let span = brackets.span();
        if word == "cfg" {
            return Some(Self { condition: inside.stream(), span, attributes: None });
        }
        let inside: Vec<TokenTree> = inside.stream().into_iter().collect();
        let mut parts = inside.split(|token| matches!(token, TokenTree::Punct(p) if p.as_char() == ','));
        let condition = parts.next().filter(|_| word == "cfg_attr")?.iter().cloned().collect();
        let attributes = parts.filter(|part| !part.is_empty()).map(|part| part.iter().cloned().collect());
        Some(Self { condition, span, attributes: Some(attributes.collect()) })
    }

    /// The answer, where it is known.
    fn holds(&self, answer: Option<(&str, bool)>) -> Option<bool> {
        match self.condition.to_string().as_str() {
            "true" => Some(true),
            "false" => Some(false),
            text => answer.filter(|(condition, _)| *condition == text).map(|(_, holds)| holds),
        }
    }
}

/// The tokens with this answer in the place of its condition.
fn answer(tokens: TokenStream, known: Option<(&str, bool)>) -> TokenStream {
    let mut answered = TokenStream::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match &token {
            TokenTree::Punct(hash) if hash.as_char() == '#' => {
                let conditional = match tokens.peek() {
                    Some(TokenTree::Group(brackets)) => Conditional::read(brackets),
                    _ => None,
                };
                let holds = conditional.as_ref().and_then(|conditional| conditional.holds(known));
                let (Some(conditional), Some(holds)) = (conditional, holds) else {
                    answered.extend([token]);
                    continue;
                };
                tokens.next();
                match conditional.attributes {
                    None if holds => {}
                    None => answered.extend(quote_spanned!(conditional.span=> #[cfg(false)])),
                    Some(attributes) if holds => {
                        // What stands there may have a condition of its own.
                        answered.extend(answer(attributes.iter().map(|attribute| quote!(#[#attribute])).collect(), known));
                    }
                    Some(_) => {}
                }
            }
            TokenTree::Group(group) if mentions(&group.stream(), 0) => {
                let mut inner = Group::new(group.delimiter(), answer(group.stream(), known));
                inner.set_span(group.span());
                answered.extend([TokenTree::Group(inner)]);
            }
            _ => answered.extend([token]),
        }
    }
    answered
}

/// The first condition whose answer is not known.
fn first(tokens: &TokenStream) -> Option<Conditional> {
    let mut hash = false;
    for token in tokens.clone() {
        if let TokenTree::Group(group) = &token {
            let found = if hash {
                Conditional::read(group).filter(|conditional| conditional.holds(None).is_none())
            } else {
                first(&group.stream())
            };
            if found.is_some() {
                return found;
            }
        }
        hash = matches!(&token, TokenTree::Punct(p) if p.as_char() == '#');
    }
    None
}
