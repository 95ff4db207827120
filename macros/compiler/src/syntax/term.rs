//! Numbers and words: an expression language of its own (`syn::Expr` would read `channels { x }` as a struct).

use super::ast::{Arg, Term, TermKind, TermOp, UnaryOp};
use super::{Errors, here, messages, recover};
use proc_macro2::Ident;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Lit, Result, Token, bracketed, parenthesized, token};

/// A term, perhaps a range; an end that is left open is [`TermKind::Wild`].
pub fn term(input: ParseStream<'_>) -> Result<Term> {
    let span = input.span();
    let open = Term { kind: TermKind::Wild, span };
    let from = if input.peek(Token![..]) { open.clone() } else { number(input)? };
    if input.peek(Token![..]) {
        input.parse::<Token![..]>()?;
        let span = from.span;
        let ends = input.is_empty() || input.peek(Token![,]) || input.peek(Token![;]);
        let to = if ends { open } else { number(input)? };
        return Ok(Term { kind: TermKind::Range(Box::new(from), Box::new(to)), span });
    }
    Ok(from)
}

/// A term that is not a range.
pub fn number(input: ParseStream<'_>) -> Result<Term> {
    let term = level(input, 0)?;
    no_more(input)?;
    Ok(term)
}

/// Syntax that Rust has after an expression and the language of numbers has not.
fn no_more(input: ParseStream<'_>) -> Result<()> {
    let operator = input.peek(Token![&]) || input.peek(Token![|]) || input.peek(Token![^]) || input.peek(Token![as]);
    if operator || input.peek(Token![>>]) || input.peek(Token![..=]) {
        return Err(here(input, messages::TERM_OPERATOR));
    }
    if input.peek(token::Paren) {
        return Err(here(input, messages::TERM_CALL));
    }
    if input.peek(Token![.]) && !input.peek(Token![..]) {
        return Err(here(input, messages::FIELD));
    }
    Ok(())
}

/// The operator here, if it belongs to the given level (0 binds loosest).
fn operator(input: ParseStream<'_>, level: usize) -> Option<TermOp> {
    let op = match level {
        0 if input.peek(Token![||]) => TermOp::Or,
        1 if input.peek(Token![&&]) => TermOp::And,
        2 if input.peek(Token![==]) => TermOp::Eq,
        2 if input.peek(Token![!=]) => TermOp::Ne,
        2 if input.peek(Token![<=]) => TermOp::Le,
        2 if input.peek(Token![>=]) => TermOp::Ge,
        3 if input.peek(Token![<<]) => TermOp::Shl,
        2 if input.peek(Token![<]) && !input.peek(Token![<<]) => TermOp::Lt,
        2 if input.peek(Token![>]) && !input.peek(Token![>>]) => TermOp::Gt,
        4 if input.peek(Token![+]) => TermOp::Add,
        4 if input.peek(Token![-]) && !input.peek(Token![->]) => TermOp::Sub,
        5 if input.peek(Token![*]) => TermOp::Mul,
        5 if input.peek(Token![/]) => TermOp::Div,
        5 if input.peek(Token![%]) => TermOp::Rem,
        _ => return None,
    };
    Some(op)
}

fn level(input: ParseStream<'_>, at: usize) -> Result<Term> {
    const UNARY: usize = 6;
    if at == UNARY {
        return unary(input);
    }
    let mut left = level(input, at + 1)?;
    while let Some(op) = operator(input, at) {
        let span = input.span();
        // Operators of two characters are two tokens.
        let double = !matches!(op, TermOp::Lt | TermOp::Gt | TermOp::Add | TermOp::Sub | TermOp::Mul | TermOp::Div | TermOp::Rem);
        for _ in 0..=usize::from(double) {
            input.parse::<proc_macro2::Punct>()?;
        }
        let right = level(input, at + 1)?;
        left = Term { kind: TermKind::Binary(Box::new(left), op, Box::new(right)), span };
    }
    Ok(left)
}

fn unary(input: ParseStream<'_>) -> Result<Term> {
    let mut ops = Vec::new();
    loop {
        let span = input.span();
        if input.peek(Token![-]) && !input.peek(Token![->]) {
            ops.push((UnaryOp::Neg, span));
        } else if input.peek(Token![!]) {
            ops.push((UnaryOp::Not, span));
        } else {
            break;
        }
        input.parse::<proc_macro2::Punct>()?;
    }
    // More than a few signs in a row mean nothing, and thousands would use up the stack further on.
    if ops.len() > 8 {
        return Err(here(input, messages::TERM));
    }
    let mut inner = primary(input)?;
    for (op, span) in ops.into_iter().rev() {
        inner = Term { kind: TermKind::Unary(op, Box::new(inner)), span };
    }
    Ok(inner)
}

fn primary(input: ParseStream<'_>) -> Result<Term> {
    let span = input.span();
    let make = |kind| Ok(Term { kind, span });
    if input.peek(Lit) {
        return make(literal(input)?);
    }
    if input.peek(Token![if]) {
        return conditional(input);
    }
    if input.peek(Token![_]) {
        input.parse::<Token![_]>()?;
        return make(TermKind::Wild);
    }
    if input.peek(token::Paren) {
        let content;
        let span = parenthesized!(content in input).span.join();
        let (mut terms, comma) = list(&content)?;
        return match (terms.len(), comma) {
            (1, false) => Ok(terms.remove(0)),
            _ => Ok(Term { kind: TermKind::Tuple(terms), span }),
        };
    }
    if input.peek(token::Bracket) {
        let content;
        let span = bracketed!(content in input).span.join();
        return Ok(Term { kind: TermKind::List(list(&content)?.0), span });
    }
    if input.peek(Ident::peek_any) {
        if input.peek2(Token![::]) {
            return make(TermKind::Path(input.call(syn::Path::parse_mod_style)?));
        }
        let name = input.call(Ident::parse_any)?;
        if name == "tie" && input.peek(token::Paren) {
            let content;
            syn::parenthesized!(content in input);
            return make(TermKind::Tie(label_path(&content)?));
        }
        if input.peek(Token![.]) && !input.peek(Token![..]) {
            input.parse::<Token![.]>()?;
            let field = input.call(Ident::parse_any).map_err(|_| here(input, messages::FIELD))?;
            return make(TermKind::Field(name, field));
        }
        return make(TermKind::Name(name));
    }
    Err(here(input, messages::TERM))
}

/// `encoder.fc`
fn label_path(content: ParseStream<'_>) -> Result<Vec<Ident>> {
    let mut names = Vec::new();
    loop {
        names.push(content.call(Ident::parse_any).map_err(|_| here(content, messages::TIE))?);
        if content.is_empty() {
            return Ok(names);
        }
        content.parse::<Token![.]>().map_err(|_| here(content, messages::TIE))?;
    }
}

fn literal(input: ParseStream<'_>) -> Result<TermKind> {
    let literal: Lit = input.parse()?;
    let error = |text: &str| Err(syn::Error::new(literal.span(), text));
    match &literal {
        Lit::Int(int) if !int.suffix().is_empty() => error(&messages::suffix(int.base10_digits())),
        Lit::Int(int) => int.base10_parse().map(TermKind::Int).or_else(|_| error(messages::TOO_LARGE)),
        Lit::Float(float) if !float.suffix().is_empty() => error(&messages::suffix(float.base10_digits())),
        Lit::Float(float) => match float.base10_parse::<f64>() {
            Ok(x) if x.is_finite() => Ok(TermKind::Float(x)),
            _ => error(messages::TOO_LARGE),
        },
        Lit::Bool(b) => Ok(TermKind::Bool(b.value)),
        Lit::Str(text) => match syn::parse_str::<Ident>(&text.value()) {
            Ok(mut word) => {
                word.set_span(literal.span());
                Ok(TermKind::Quoted(word))
            }
            Err(_) => error(messages::STRING),
        },
        _ => error(messages::TERM),
    }
}

/// `if c { a } else { b }`
fn conditional(input: ParseStream<'_>) -> Result<Term> {
    let span = input.span();
    input.parse::<Token![if]>()?;
    let condition = number(input)?;
    let then = braced(input)?;
    if !input.peek(Token![else]) {
        return Err(here(input, messages::NO_ELSE));
    }
    input.parse::<Token![else]>()?;
    let otherwise = if input.peek(Token![if]) { conditional(input)? } else { braced(input)? };
    Ok(Term { kind: TermKind::If(Box::new(condition), Box::new(then), Box::new(otherwise)), span })
}

fn braced(input: ParseStream<'_>) -> Result<Term> {
    let content;
    syn::braced!(content in input);
    let inner = term(&content)?;
    if content.is_empty() { Ok(inner) } else { Err(here(&content, messages::TERM)) }
}

/// Terms between commas, and whether a comma stood behind the last.
pub fn list(content: ParseStream<'_>) -> Result<(Vec<Term>, bool)> {
    let mut terms = Vec::new();
    let mut comma = false;
    while !content.is_empty() {
        terms.push(term(content)?);
        comma = content.peek(Token![,]);
        if comma {
            content.parse::<Token![,]>()?;
        } else if !content.is_empty() {
            return Err(here(content, messages::COMMA));
        }
    }
    Ok((terms, comma))
}

/// `name = term`, with the name if one is there.
pub fn arg(input: ParseStream<'_>, errors: &mut Errors) -> Result<Arg> {
    if input.peek(Ident::peek_any) && input.peek2(Token![:]) && !input.peek2(Token![::]) {
        let name = input.call(Ident::parse_any)?;
        let at = input.span();
        input.parse::<Token![:]>()?;
        let from = input.fork();
        let value = term(input)?;
        errors.slip(syn::Error::new(at, messages::colon_argument(&name, &recover::text(&from, input))));
        return Ok(Arg { name: Some(name), value });
    }
    let named = input.peek(Ident::peek_any) && input.peek2(Token![=]) && !input.peek2(Token![==]);
    let name = if named {
        let name = input.call(Ident::parse_any)?;
        input.parse::<Token![=]>()?;
        Some(name)
    } else {
        None
    };
    Ok(Arg { name, value: term(input)? })
}

/// Arguments between parentheses, going on after a wrong one.
pub fn args(content: ParseStream<'_>, errors: &mut Errors) -> Vec<Arg> {
    let mut args = Vec::new();
    while !content.is_empty() {
        match arg(content, errors) {
            Ok(arg) => args.push(arg),
            Err(error) => {
                errors.push(error);
                recover::to_comma(content);
            }
        }
        if content.is_empty() {
            break;
        }
        if content.parse::<Token![,]>().is_err() {
            errors.push(here(content, messages::COMMA));
            recover::to_comma(content);
            let _ = content.parse::<Token![,]>();
        }
    }
    args
}

/// A number literal alone.
pub fn literal_term(input: ParseStream<'_>) -> Result<Term> {
    let span = input.span();
    Ok(Term { kind: literal(input)?, span })
}
