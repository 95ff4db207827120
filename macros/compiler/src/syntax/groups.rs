//! Groups, before anything is parsed: those that are not written are opened, and what nests too deep is refused.
//!
//! A `macro_rules!` that was handed `2 + 1` as `$n:expr` hands it on between delimiters that nobody wrote, and `4 * $n` is 12. Here such a
//! group becomes what a person would have written: one thing as it is, an operation in parentheses.

use proc_macro2::{Delimiter, Group, Spacing, Span, TokenStream, TokenTree};

/// The deepest nesting of a declaration: brackets within brackets, and operators (and `else`) in a row. Reading it, checking it and even
/// forgetting it goes as deep, and must not exhaust the stack: at 48 a debug build fits two megabytes, at 64 it does not.
pub const DEPTH: usize = 48;

/// The tokens as they are read; what nests too deep is left out, and its place is given.
pub fn settle(tokens: TokenStream) -> (TokenStream, Option<Span>) {
    let mut too_deep = None;
    let settled = level(tokens.clone(), 0, &mut too_deep);
    (settled.unwrap_or(tokens), too_deep)
}

/// The tokens between two brackets; `None` where nothing is to be changed: a group that is made anew loses the places of its brackets.
fn level(tokens: TokenStream, depth: usize, too_deep: &mut Option<Span>) -> Option<TokenStream> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let depths = depths(&tokens, depth);
    let mut changed = false;
    let mut settled = TokenStream::new();
    for (i, (token, depth)) in tokens.iter().zip(depths).enumerate() {
        if depth > DEPTH {
            too_deep.get_or_insert(token.span());
            return Some(TokenStream::new());
        }
        let TokenTree::Group(group) = token else {
            settled.extend([token.clone()]);
            continue;
        };
        let inner = level(group.stream(), depth + 1, too_deep);
        if group.delimiter() == Delimiter::None {
            changed = true;
            let inner: Vec<TokenTree> = inner.unwrap_or_else(|| group.stream()).into_iter().collect();
            if is_operation(&inner) {
                settled.extend([grouped(Delimiter::Parenthesis, inner.into_iter().collect(), group)]);
            } else {
                settled.extend(inner);
            }
        } else if let Some(mut inner) = inner {
            changed = true;
            if group.delimiter() == Delimiter::Bracket && follows_hash(&tokens[..i]) {
                inner = bare(inner);
            }
            settled.extend([grouped(group.delimiter(), inner, group)]);
        } else {
            settled.extend([token.clone()]);
        }
    }
    changed.then_some(settled)
}

fn grouped(delimiter: Delimiter, inner: TokenStream, old: &Group) -> TokenTree {
    let mut group = Group::new(delimiter, inner);
    group.set_span(old.span());
    group.into()
}

/// `#` or `#!`
fn follows_hash(before: &[TokenTree]) -> bool {
    let is = |token: Option<&TokenTree>, c| matches!(token, Some(TokenTree::Punct(p)) if p.as_char() == c);
    let last = before.last();
    is(last, '#') || is(last, '!') && is(before.len().checked_sub(2).and_then(|i| before.get(i)), '#')
}

/// `#[$m]` with `m:meta` is `#[doc = "…"]`, without parentheses.
fn bare(inner: TokenStream) -> TokenStream {
    let tokens: Vec<TokenTree> = inner.clone().into_iter().collect();
    match tokens.as_slice() {
        [TokenTree::Group(group)] if group.delimiter() == Delimiter::Parenthesis => group.stream(),
        _ => inner,
    }
}

/// The depth of each token: all operators between two `,`, `;` or `->` may lie around it.
fn depths(tokens: &[TokenTree], depth: usize) -> Vec<usize> {
    let mut depths = Vec::with_capacity(tokens.len());
    let mut angles = 0_usize;
    let mut operators = 0;
    let mut before = None;
    for (i, token) in tokens.iter().enumerate() {
        let joint = match token {
            TokenTree::Punct(p) if p.spacing() == Spacing::Joint => Some(p.as_char()),
            _ => None,
        };
        match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => angles = 0,
            TokenTree::Ident(word) if word == "else" => operators += 1,
            TokenTree::Punct(p) => match (before, p.as_char()) {
                (_, ';') => {
                    angles = 0;
                    close(&mut depths, i, depth, &mut operators);
                }
                (_, ',') | (Some('-' | '='), '>') if angles == 0 => close(&mut depths, i, depth, &mut operators),
                (Some('-' | '='), '>') | (_, ',' | ':' | '#' | '\'' | '.') => {}
                (_, '-' | '=') if joint.is_some() && is_greater(tokens.get(i + 1)) => {}
                (_, '>') => {
                    angles = angles.saturating_sub(1);
                    operators += 1;
                }
                (None, '<') if joint.is_none() => {
                    angles += 1;
                    operators += 1;
                }
                _ => operators += 1,
            },
            _ => {}
        }
        before = joint;
    }
    close(&mut depths, tokens.len(), depth, &mut operators);
    depths
}

fn is_greater(token: Option<&TokenTree>) -> bool {
    matches!(token, Some(TokenTree::Punct(p)) if p.as_char() == '>')
}

/// Ends a stretch of tokens before this one.
fn close(depths: &mut Vec<usize>, end: usize, depth: usize, operators: &mut usize) {
    depths.resize(end, depth + std::mem::take(operators));
}

/// Whether what an invisible group holds needs parentheses to stay together.
fn is_operation(tokens: &[TokenTree]) -> bool {
    if is_statement(tokens) || is_conditional(tokens) {
        return false;
    }
    tokens.iter().any(|token| match token {
        // A path, a field, a lifetime hold together; a range does not.
        TokenTree::Punct(p) => {
            !matches!(p.as_char(), ':' | '\'' | '.' | '#') || p.as_char() == '.' && p.spacing() == Spacing::Joint
        }
        _ => false,
    })
}

/// `let a = b`, `const N = 3;`, an attribute and what follows it
fn is_statement(tokens: &[TokenTree]) -> bool {
    let first = match tokens.first() {
        Some(TokenTree::Ident(word)) => word == "let",
        Some(TokenTree::Punct(p)) => p.as_char() == '#',
        _ => false,
    };
    first || tokens.iter().any(|token| matches!(token, TokenTree::Punct(p) if p.as_char() == ';'))
}

/// `if a { … } else if b { … } else { … }`, and nothing behind it
fn is_conditional(tokens: &[TokenTree]) -> bool {
    let word = |token: Option<&TokenTree>, text| matches!(token, Some(TokenTree::Ident(word)) if word == text);
    let brace = |token: &TokenTree| matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace);
    let mut rest = tokens;
    while word(rest.first(), "if") {
        let Some(end) = rest.iter().position(brace) else { return false };
        rest = &rest[end + 1..];
        if !word(rest.first(), "else") {
            return rest.is_empty();
        }
        rest = &rest[1..];
    }
    rest.len() == 1 && brace(&rest[0]) && tokens.len() > 1
}
