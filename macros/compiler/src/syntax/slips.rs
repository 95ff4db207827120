//! Habits of other languages and libraries where it is clear what was meant: each is reported, and read as what it means.

use super::ast::{Expr, ExprKind, Repeat, Stage, StageKind};
use super::{Errors, flow, here, messages, recover, stage};
use crate::layers;
use crate::lower::foreign_names::{self, Meaning};
use proc_macro2::{Ident, Span, TokenTree};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Result, Token, braced, bracketed, parenthesized, token};

/// `conv-1:`, `fc.1:` or `"conv1":` (`what` it names: "a label"), read as the identifier that it comes nearest to; `None` where none stands here.
pub fn label(input: ParseStream<'_>, what: &str, errors: &mut Errors) -> Result<Option<Ident>> {
    let fork = input.fork();
    let (text, quoted) = if fork.peek(syn::LitStr) {
        (fork.parse::<syn::LitStr>()?.value(), true)
    } else if fork.peek(Ident::peek_any) {
        let mut text = fork.call(Ident::parse_any)?.to_string();
        while fork.peek(Token![-]) && !fork.peek(Token![->]) || fork.peek(Token![.]) && !fork.peek(Token![..]) {
            fork.parse::<proc_macro2::Punct>()?;
            match fork.parse()? {
                TokenTree::Ident(part) => text += &format!("_{part}"),
                TokenTree::Literal(part) => text += &format!("_{part}"),
                _ => return Ok(None),
            }
        }
        (text, false)
    } else {
        return Ok(None);
    };
    let plain = input.peek(Ident::peek_any) && input.peek2(Token![:]);
    if plain || !fork.peek(Token![:]) || fork.peek(Token![::]) {
        return Ok(None);
    }
    let span = input.span();
    let meant: String = text.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let Ok(mut meant) = syn::parse_str::<Ident>(&meant) else {
        return Err(syn::Error::new(span, messages::LABEL_DIGIT));
    };
    meant.set_span(span);
    errors.slip(syn::Error::new(span, messages::label_spelling(what, &meant, quoted)));
    while !input.peek(Token![:]) {
        input.parse::<TokenTree>()?;
    }
    input.parse::<Token![:]>()?;
    Ok(Some(meant))
}

/// `return`, which is skipped; a loop, which no statement is.
pub fn statement(content: ParseStream<'_>, errors: &mut Errors) -> Result<()> {
    if content.peek(Token![return]) {
        errors.slip(here(content, messages::RETURN));
        content.parse::<Token![return]>()?;
    }
    let is_loop = content.peek(Token![for]) || content.peek(Token![while]) || content.peek(Token![loop]);
    if is_loop { Err(here(content, messages::FOR_STATEMENT)) } else { Ok(()) }
}

/// Whether `Dense(10)(x)` begins here.
pub fn peek_applied(input: ParseStream<'_>) -> bool {
    let fork = input.fork();
    while fork.call(Ident::parse_any).is_ok() {
        if fork.parse::<Token![.]>().is_err() && fork.parse::<Token![::]>().is_err() {
            break;
        }
    }
    let group = |fork: ParseStream<'_>| fork.peek(token::Paren) && fork.parse::<TokenTree>().is_ok();
    group(&fork) && group(&fork)
}

/// `Dense(10)(x)`, read as `x -> Dense(10)`.
pub fn applied(input: ParseStream<'_>, errors: &mut Errors) -> Result<Expr> {
    let (from, span) = (input.fork(), input.span());
    let stage = stage::stage(input, errors)?;
    let layer = layer_text(stage.as_ref(), &recover::text(&from, input));
    let content;
    parenthesized!(content in input);
    let from = content.fork();
    let value = flow::operand_of(&content, errors);
    let shown = recover::text(&from, &content);
    recover::drain(&content);
    errors.slip(syn::Error::new(span, messages::applied(&short(&shown, "x"), &short(&layer, "Layer(…)"))));
    Ok(Expr { kind: ExprKind::Flow(Box::new(value?), stage.into_iter().collect()), span })
}

/// Names that other libraries write around a layer.
fn is_wrapper(name: &str) -> bool {
    const NAMES: [&str; 6] =
        ["weightnorm", "weightnormalization", "spectralnorm", "spectralnormalization", "timedistributed", "bidirectional"];
    NAMES.contains(&name.replace('_', "").to_lowercase().as_str())
}

/// `weight_norm(Conv(8, 3))`, read as the layer within; `None` where nothing like it stands here.
pub fn wrapped(name: &Ident, input: ParseStream<'_>, errors: &mut Errors) -> Result<Option<StageKind>> {
    let Some(Meaning::Written(help)) = foreign_names::meaning(&name.to_string()).filter(|_| is_wrapper(&name.to_string())) else {
        return Ok(None);
    };
    if !input.peek(token::Paren) {
        return Ok(None);
    }
    let error = syn::Error::new(name.span(), messages::wrapper(name, help));
    let content;
    parenthesized!(content in input);
    if name.to_string().to_lowercase() == "bidirectional" {
        // The layer within gives another shape.
        recover::drain(&content);
        return Err(error);
    }
    errors.slip(error);
    let stage = stage::stage(&content, errors);
    recover::drain(&content);
    Ok(stage?.map(|stage| stage.kind))
}

/// `concat(a, b)` of what stands between the parentheses here, where it is written so.
pub fn call_text(function: &str, input: ParseStream<'_>) -> Option<String> {
    let fork = input.fork();
    let group =
        fork.parse::<proc_macro2::Group>().ok().filter(|group| group.delimiter() == proc_macro2::Delimiter::Parenthesis)?;
    let text = recover::tidy(&group.stream().to_string());
    let text = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(&text);
    let plain = !text.is_empty() && text.len() < 40 && !text.contains(['[', '=']);
    plain.then(|| format!("{function}({text})"))
}

/// `x.flatten()`: what is written for it, on the method's name. `start` is where the flow begins.
pub fn method(start: ParseStream<'_>, input: ParseStream<'_>) -> syn::Error {
    let before = recover::text(start, input);
    let value = match before.rsplit_once(' ') {
        Some((flow, _)) if flow.contains("->") => before.as_str(),
        Some((_, last)) => last,
        None => &before,
    };
    let value = short(value, "…");
    let fork = input.fork();
    let Some(name) = fork.parse::<Token![.]>().ok().and_then(|_| fork.call(Ident::parse_any).ok()) else {
        return here(input, messages::ARROW);
    };
    let method = name.to_string();
    if matches!(method.as_str(), "size" | "shape" | "dim") {
        let help = "a size is `x.channels`, `x.height`, `x.width`, `x.time` or `x.features`, where a number stands";
        return syn::Error::new(name.span(), messages::method(Some(help)));
    }
    let group = fork.parse::<proc_macro2::Group>().ok().filter(|group| group.delimiter() == proc_macro2::Delimiter::Parenthesis);
    let Some(group) = group else { return here(input, messages::ARROW) };
    let arguments = recover::tidy(&group.stream().to_string());
    let help = match foreign_names::meaning(&method) {
        Some(Meaning::Layer("Permute")) if method == "permute" => Some(format!("`{value} -> {}`", permute(&arguments))),
        Some(Meaning::Layer("Reshape")) => Some(format!("`{value} -> {}`", reshape(&arguments))),
        Some(Meaning::Layer(function)) if function.starts_with(char::is_lowercase) => Some(format!("`{function}({value})`")),
        Some(Meaning::Layer(layer)) => {
            let needs = layers::find(layer).is_some_and(|layer| layer.params().iter().any(layers::Param::is_required));
            Some(match needs {
                true if method == layer && !arguments.is_empty() => format!("`{value} -> {layer}({arguments})`"),
                true => format!("`{value} -> {layer}(…)`"),
                false => format!("`{value} -> {layer}`"),
            })
        }
        Some(meaning @ Meaning::Written(help)) => {
            Some(foreign_names::function(meaning).map_or_else(|| help.to_owned(), |function| format!("`{function}({value}, …)`")))
        }
        _ => None,
    };
    syn::Error::new(name.span(), messages::method(help.as_deref()))
}

/// `Permute` for the axes of `permute`, of which 0 in front is that of the batch.
fn permute(arguments: &str) -> String {
    let axes: Option<Vec<usize>> = arguments.split(',').map(|axis| axis.trim().parse().ok()).collect();
    let shown = |axes: &[usize], from: usize| {
        let axes: Vec<String> = axes.iter().map(|axis| axis.saturating_sub(from).to_string()).collect();
        format!("Permute({})", axes.join(", "))
    };
    match axes.as_deref() {
        Some([0, axes @ ..]) if !axes.is_empty() => shown(axes, 1),
        Some(axes) => shown(axes, 0),
        None => "Permute(…)".to_owned(),
    }
}

/// `Reshape` for the sizes of `view`, of which the first may be that of the batch.
fn reshape(arguments: &str) -> String {
    let mut sizes: Vec<&str> = arguments.split(',').map(str::trim).filter(|size| !size.is_empty()).collect();
    let is_size = |size: &str| size.parse::<u32>().is_ok();
    if sizes.len() > 1 && !is_size(sizes[0]) {
        sizes.remove(0);
    }
    let sizes: Vec<&str> = sizes.into_iter().map(|size| if size.replace(' ', "") == "-1" { "_" } else { size }).collect();
    match sizes[..] {
        ["_"] => "Flatten".to_owned(),
        _ if sizes.is_empty() || arguments.contains(['(', '[']) => "Reshape([…])".to_owned(),
        _ => format!("Reshape([{}])", sizes.join(", ")),
    }
}

/// The text of a layer as it is to be written: without a module before it, and `Sequential` as a list.
fn layer_text(stage: Option<&Stage>, text: &str) -> String {
    let within = text.split_once('(').filter(|(name, _)| is_wrapper(name.rsplit(['.', ':']).next().unwrap_or_default()));
    let text = within.map_or(text, |(_, within)| within.strip_suffix(')').unwrap_or(within));
    let arguments = text.find('(').map_or("", |at| &text[at..]);
    match stage.map(|stage| &stage.kind) {
        Some(StageKind::Apply { name, .. }) if arguments == "()" => name.to_string(),
        Some(StageKind::Apply { name, .. }) => format!("{name}{arguments}"),
        Some(StageKind::List { .. }) => {
            let inner = arguments.trim_start_matches(['(', '[']).trim_end_matches([']', ')']);
            let closing = if inner.contains('(') && arguments.ends_with("))") { ")" } else { "" };
            format!("[{inner}{closing}]")
        }
        _ => text.to_owned(),
    }
}

/// What is short enough to be shown.
fn short(text: &str, instead: &str) -> String {
    if text.is_empty() || text.len() > 60 { instead.to_owned() } else { text.to_owned() }
}

/// `Sequential(Conv(8, 3), Relu)`, read as the list; `None` where nothing like it stands here.
pub fn sequential(name: &Ident, input: ParseStream<'_>, errors: &mut Errors) -> Result<Option<StageKind>> {
    const NAMES: [&str; 3] = ["Sequential", "ModuleList", "sequential"];
    if !NAMES.contains(&name.to_string().as_str()) || !input.peek(token::Paren) {
        return Ok(None);
    }
    let (content, within);
    parenthesized!(content in input);
    let bracket = content.peek(token::Bracket);
    let inner = if bracket {
        bracketed!(within in content);
        &within
    } else {
        &content
    };
    let text = short(&recover::text(&inner.fork(), &end_of(inner)), "…");
    errors.slip(syn::Error::new(name.span(), messages::sequential(name, &text)));
    let list = stage::list(inner, errors);
    recover::drain(inner);
    recover::drain(&content);
    list.map(Some)
}

fn end_of<'a>(input: ParseStream<'a>) -> syn::parse::ParseBuffer<'a> {
    let end = input.fork();
    recover::drain(&end);
    end
}

/// `for i in 0..3 { … }`, read as the repetition.
pub fn repeated(input: ParseStream<'_>, errors: &mut Errors) -> Result<StageKind> {
    let span = input.span();
    input.parse::<Token![for]>()?;
    let from = input.fork();
    let repeat = stage::repetition(input)?;
    let over = recover::text(&from, input);
    if !matches!(repeat, Repeat::Over(..)) || !input.peek(token::Brace) {
        return Err(syn::Error::new(span, messages::for_loop("…", "i in 0..3")));
    }
    let content;
    braced!(content in input);
    let from = content.fork();
    let element: Result<Vec<Stage>> = stage::chain(&content, errors);
    let shown = recover::text(&from, &content);
    errors.slip(syn::Error::new(span, messages::for_loop(&short(&shown, "…"), &over)));
    if element.is_ok() && !content.is_empty() {
        errors.push(here(&content, messages::AFTER_STAGE));
    }
    recover::drain(&content);
    Ok(StageKind::List { elements: vec![element?], repeat: Some(repeat) })
}

/// `x -> Dense(32), Relu`: the comma between two stages, read as `->`. `None` where none stands here.
pub fn comma(flow: &Expr, content: ParseStream<'_>, errors: &mut Errors) -> Result<Option<Vec<Stage>>> {
    if !content.peek(Token![,]) {
        return Ok(None);
    }
    let fork = content.fork();
    fork.parse::<Token![,]>()?;
    let labeled = stage::peek_label(&fork);
    let capital = fork.call(Ident::parse_any).is_ok_and(|name| name.to_string().starts_with(char::is_uppercase));
    if !matches!(flow.kind, ExprKind::Flow(..)) || !(labeled || capital) {
        return Err(here(content, messages::BARE_TUPLE));
    }
    let at: Span = content.span();
    content.parse::<Token![,]>()?;
    let from = content.fork();
    let stages = stage::chain(content, errors)?;
    errors.slip(syn::Error::new(at, messages::comma_between_stages(&short(&recover::text(&from, content), "…"))));
    Ok(Some(stages))
}
