//! Stages, right of `->`.

use super::ast::{Repeat, Stage, StageKind, Term, TermKind, ValueKind, ValueType};
use super::{Errors, attributes, here, items, messages, recover, slips, term};
use crate::lower::foreign_names::{self, MODULES, Meaning};
use proc_macro2::Ident;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::parse::discouraged::Speculative;
use syn::spanned::Spanned;
use syn::{Result, Token, braced, bracketed, parenthesized, token};

/// An identifier that may be a keyword, raw where it is one.
fn name(input: ParseStream<'_>) -> Result<Ident> {
    let name = input.call(Ident::parse_any)?;
    let text = name.to_string();
    if matches!(text.as_str(), "self" | "super" | "crate" | "Self" | "_") {
        return Err(syn::Error::new(name.span(), messages::LABEL_RESERVED));
    }
    if matches!(text.as_str(), "true" | "false") {
        return Err(syn::Error::new(name.span(), messages::LABEL_LITERAL));
    }
    if !text.starts_with("r#") && syn::parse_str::<Ident>(&text).is_err() {
        return Ok(Ident::new_raw(&text, name.span()));
    }
    Ok(name)
}

/// `nn.Linear`: what is meant without the module.
pub fn without_module(first: Ident, input: ParseStream<'_>, errors: &mut Errors) -> Result<Ident> {
    if !MODULES.contains(&first.to_string().as_str()) || !(input.peek(Token![.]) || input.peek(Token![::])) {
        return Ok(first);
    }
    let mut last = first.clone();
    while input.peek(Token![.]) || input.peek(Token![::]) {
        if input.parse::<Option<Token![.]>>()?.is_none() {
            input.parse::<Token![::]>()?;
        }
        last = name(input)?;
    }
    let mut code = None;
    match foreign_names::meaning(&last.to_string()) {
        Some(Meaning::Layer(layer)) => last = Ident::new(layer, last.span()),
        Some(meaning) => {
            if let Some(function) = foreign_names::function(meaning).filter(|_| input.peek(token::Paren)) {
                last = Ident::new(function, last.span());
                code = slips::call_text(function, input);
            }
        }
        None => {}
    }
    let code = code.unwrap_or_else(|| last.to_string());
    errors.slip(syn::Error::new(first.span(), messages::module(&code)));
    Ok(last)
}

/// Whether a name with a colon (not two) stands here.
pub fn peek_label(input: ParseStream<'_>) -> bool {
    input.peek(Ident::peek_any) && input.peek2(Token![:]) && !input.peek2(Token![::])
}

/// `name:`
pub fn label(input: ParseStream<'_>) -> Result<Ident> {
    let name = name(input)?;
    input.parse::<Token![:]>()?;
    Ok(name)
}

/// A stage, its annotation included; `None` where a condition says that it is not there.
pub fn stage(input: ParseStream<'_>, errors: &mut Errors) -> Result<Option<Stage>> {
    let nets = errors.nets.len();
    let at = input.span();
    let inner = input.peek2(Token![!]);
    let outer =
        attributes::outer(input).map_err(|error| if inner { error } else { syn::Error::new(at, messages::STAGE_ATTRIBUTE) })?;
    let frozen = outer.only("frozen", messages::STAGE_ATTRIBUTE)?.map(|attr| attr.path().span());
    let misspelled = slips::label(input, "a label", errors)?;
    if input.peek(syn::Lit) {
        return Err(here(
            input,
            match input.peek2(Token![:]) {
                true if input.peek(syn::LitBool) => messages::LABEL_LITERAL,
                true => messages::LABEL_DIGIT,
                false => messages::STAGE,
            },
        ));
    }
    let label = if misspelled.is_none() && peek_label(input) { Some(label(input)?) } else { misspelled };
    if input.peek(Ident::peek_any) && input.peek2(Token![=]) && !input.peek2(Token![==]) && !input.peek2(Token![=>]) {
        input.call(Ident::parse_any)?;
        return Err(here(input, messages::LABEL_EQUALS));
    }
    let span = input.span();
    let kind = kind(input, errors)?;
    let annotation = if input.peek(Token![as]) {
        input.parse::<Token![as]>()?;
        Some(value_type(input, errors)?)
    } else {
        None
    };
    if outer.absent {
        errors.nets.truncate(nets);
    }
    Ok(Some(Stage { frozen, label, kind, annotation, span }).filter(|_| !outer.absent))
}

fn kind(input: ParseStream<'_>, errors: &mut Errors) -> Result<StageKind> {
    if input.peek(token::Bracket) {
        let content;
        bracketed!(content in input);
        let list = list(&content, errors);
        recover::drain(&content);
        return list;
    }
    if input.peek(Token![if]) {
        return optional(input, errors);
    }
    if input.peek(Token![for]) {
        return slips::repeated(input, errors);
    }
    if !input.peek(Ident::peek_any) {
        return Err(here(input, messages::STAGE));
    }
    let fork = input.fork();
    let word = fork.call(Ident::parse_any)?;
    if word == "net" && fork.peek(Ident::peek_any) {
        input.call(Ident::parse_any)?;
        return network(input, errors);
    }
    let name = name(input)?;
    let name = without_module(name, input, errors)?;
    if let Some(list) = slips::sequential(&name, input, errors)? {
        return Ok(list);
    }
    if let Some(wrapped) = slips::wrapped(&name, input, errors)? {
        return Ok(wrapped);
    }
    if input.peek(Token![<]) && input.fork().parse::<syn::AngleBracketedGenericArguments>().is_ok() {
        return Err(here(input, messages::TYPE_ARGUMENTS));
    }
    if input.peek(token::Paren) {
        let content;
        parenthesized!(content in input);
        if name == "each" || name == "scan" {
            let chain = inner_chain(&content, errors);
            recover::drain(&content);
            return Ok(if name == "each" { StageKind::Each(chain?) } else { StageKind::Scan(chain?) });
        }
        let args = term::args(&content, errors);
        return Ok(StageKind::Apply { name, args });
    }
    if name == "each" || name == "scan" {
        return Err(syn::Error::new(name.span(), messages::EACH));
    }
    if input.peek(syn::Lit) || input.peek(token::Bracket) || input.peek(token::Brace) {
        return Err(here(input, messages::bare_argument(&name)));
    }
    Ok(StageKind::Apply { name, args: Vec::new() })
}

/// What stands after `net`: a path; whether arguments may follow it is said where the network is known.
fn network(input: ParseStream<'_>, errors: &mut Errors) -> Result<StageKind> {
    let fork = input.fork();
    let generic = fork.parse::<syn::Path>().ok().filter(|path| path.segments.iter().any(|segment| !segment.arguments.is_empty()));
    let mut arguments = None;
    let path = match generic {
        Some(mut path) => {
            input.advance_to(&fork);
            for segment in &mut path.segments {
                if !segment.arguments.is_empty() {
                    arguments = Some(segment.arguments.span());
                }
                segment.arguments = syn::PathArguments::None;
            }
            path
        }
        None => input.call(syn::Path::parse_mod_style)?,
    };
    if input.peek(token::Paren) {
        let content;
        let span = parenthesized!(content in input).span.join();
        recover::drain(&content);
        arguments = arguments.or(Some(span));
    }
    path.segments.first().map_or(Ok(()), |segment| items::refuse_internal(&segment.ident))?;
    errors.nets.push(path.clone());
    Ok(StageKind::Net { path, arguments })
}

/// The inside of a list.
pub fn list(content: ParseStream<'_>, errors: &mut Errors) -> Result<StageKind> {
    let mut elements = Vec::new();
    let mut written = 0;
    let mut repeat = None;
    if content.is_empty() {
        return Err(here(content, messages::EMPTY_LIST));
    }
    while !content.is_empty() {
        let element = chain(content, errors)?;
        written += 1;
        elements.extend(Some(element).filter(|element| !element.is_empty()));
        if content.peek(Token![,]) {
            content.parse::<Token![,]>()?;
        } else if content.peek(Token![;]) {
            let span = content.span();
            content.parse::<Token![;]>()?;
            if written > 1 {
                return Err(syn::Error::new(span, messages::REPEAT_SEVERAL));
            }
            repeat = Some(repetition(content)?);
            if !content.is_empty() {
                return Err(here(content, messages::AFTER_REPEAT));
            }
        } else if !content.is_empty() {
            return Err(here(content, messages::LIST));
        }
    }
    Ok(StageKind::List { elements, repeat })
}

/// `3` or `i in 0..3`
pub fn repetition(input: ParseStream<'_>) -> Result<Repeat> {
    if input.peek(syn::Ident) && input.peek2(Token![in]) {
        let index: Ident = input.parse()?;
        input.parse::<Token![in]>()?;
        let from = term::number(input)?;
        if let TermKind::Range(from, to) = from.kind {
            return Ok(Repeat::Over(index, *from, *to));
        }
        input.parse::<Token![..]>()?;
        return Ok(Repeat::Over(index, from, term::number(input)?));
    }
    Ok(Repeat::Times(term::number(input)?))
}

/// `a -> b -> c`, at least one is written.
pub fn chain(input: ParseStream<'_>, errors: &mut Errors) -> Result<Vec<Stage>> {
    let mut stages: Vec<Stage> = stage(input, errors)?.into_iter().collect();
    while input.peek(Token![->]) {
        input.parse::<Token![->]>()?;
        stages.extend(stage(input, errors)?);
    }
    Ok(stages)
}

/// What stands between the parentheses of `each(…)`.
fn inner_chain(content: ParseStream<'_>, errors: &mut Errors) -> Result<Vec<Stage>> {
    if content.is_empty() {
        return Err(here(content, messages::EACH));
    }
    let chain = chain(content, errors)?;
    if content.is_empty() { Ok(chain) } else { Err(here(content, messages::AFTER_STAGE)) }
}

/// `if c { chain } else { chain }` as a stage; empty braces pass the value on.
fn optional(input: ParseStream<'_>, errors: &mut Errors) -> Result<StageKind> {
    input.parse::<Token![if]>()?;
    let condition = term::number(input)?;
    let then = branch(input, errors)?;
    let mut otherwise = Vec::new();
    if input.peek(Token![else]) {
        input.parse::<Token![else]>()?;
        otherwise = if input.peek(Token![if]) { stage(input, errors)?.into_iter().collect() } else { branch(input, errors)? };
    }
    Ok(StageKind::If { condition, then, otherwise })
}

fn branch(input: ParseStream<'_>, errors: &mut Errors) -> Result<Vec<Stage>> {
    let content;
    braced!(content in input);
    if content.is_empty() {
        return Ok(Vec::new());
    }
    let chain = chain(&content, errors);
    if chain.is_ok() && !content.is_empty() {
        errors.push(here(&content, messages::AFTER_STAGE));
    }
    recover::drain(&content);
    chain
}

/// `[1, 28, 28]`, `[0..96; 64]`, `[0..10]`
pub fn value_type(input: ParseStream<'_>, errors: &mut Errors) -> Result<ValueType> {
    if !input.peek(token::Bracket) {
        return Err(here(input, messages::VALUE_TYPE));
    }
    let content;
    let span = bracketed!(content in input).span.join();
    let kind = value_kind(&content, errors);
    recover::drain(&content);
    Ok(ValueType { kind: kind?, span })
}

fn value_kind(content: ParseStream<'_>, errors: &mut Errors) -> Result<ValueKind> {
    if content.is_empty() {
        return Err(here(content, messages::VALUE_TYPE));
    }
    let start = content.fork();
    let first = term::number(content)?;
    let (first, range) = match first.kind {
        // `[(0..96); 64]`, as a macro may write it.
        TermKind::Range(low, bound) => (*low, Some(*bound)),
        kind => (Term { kind, span: first.span }, None),
    };
    if range.is_some() || content.peek(Token![..]) {
        let bound = match range {
            Some(bound) => bound,
            None => {
                content.parse::<Token![..]>()?;
                term::number(content)?
            }
        };
        let mut len = None;
        if content.peek(Token![;]) {
            content.parse::<Token![;]>()?;
            len = Some(term::number(content)?);
        }
        if !content.is_empty() {
            return Err(here(content, messages::VALUE_TYPE));
        }
        return Ok(ValueKind::Indices { low: first, bound, len });
    }
    let elements = content.peek(Token![,]) && is_number_type(&first);
    if content.peek(Token![;]) || elements {
        return array_type(&start, first, content, errors);
    }
    let mut sizes = vec![first];
    while !content.is_empty() {
        if content.parse::<Token![,]>().is_err() {
            return Err(here(content, messages::SIZE_COMMA));
        }
        if !content.is_empty() {
            sizes.push(term::number(content)?);
        }
    }
    Ok(ValueKind::Tensor(sizes))
}

/// `f32`
fn is_number_type(term: &Term) -> bool {
    const NUMBERS: [&str; 12] = ["f32", "f64", "f16", "bf16", "i8", "u8", "i16", "u16", "i32", "u32", "i64", "usize"];
    matches!(&term.kind, TermKind::Name(name) if NUMBERS.iter().any(|number| name == number))
}

/// `[20; 12]`, `[f32; 16]` and `[f32, 16]`, from what follows the first on.
fn array_type(start: ParseStream<'_>, first: Term, content: ParseStream<'_>, errors: &mut Errors) -> Result<ValueKind> {
    let bound = recover::text(start, content);
    content.parse::<proc_macro2::Punct>()?;
    let from = content.fork();
    let mut sizes = term::list(content)?.0;
    let shown = recover::text(&from, content);
    let one = sizes.len() == 1;
    let Some(len) = sizes.pop() else { return Err(here(content, messages::VALUE_TYPE)) };
    if is_number_type(&first) {
        errors.slip(syn::Error::new(first.span, messages::element_type(&shown)));
        sizes.push(len);
        return Ok(ValueKind::Tensor(sizes));
    }
    if !one {
        return Err(syn::Error::new(first.span, messages::VALUE_TYPE));
    }
    errors.slip(syn::Error::new(first.span, messages::bound_alone(&bound, &shown)));
    let low = Term { kind: TermKind::Int(0), span: first.span };
    Ok(ValueKind::Indices { low, bound: first, len: Some(len) })
}
