//! Items: `default`, `const`, `block`, networks.

use super::ast::{Block, BlockParam, Const, Default, File, Input, Item, Network, Output, Source};
use super::attributes::{self, Outer};
use super::flow::{ReadItem, body};
use super::{Errors, carried, elsewhere, here, messages, recover, slips, stage, term};
use proc_macro2::Ident;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Attribute, Result, Token, Visibility, parenthesized, token};

/// Everything.
pub fn file(input: ParseStream<'_>, errors: &mut Errors) -> File {
    let mut file = File::default();
    if input.is_empty() {
        errors.push(here(input, messages::EMPTY));
    }
    while carried::peek(input) {
        match carried::carried(input) {
            Ok(carried) => file.carried.push(carried),
            Err(error) => errors.push(error),
        }
    }
    while !input.is_empty() {
        if input.peek(Token![;]) {
            errors.slip(here(input, messages::STRAY_SEMICOLON));
            let _ = input.parse::<Token![;]>();
            continue;
        }
        let (from, losses) = (input.fork(), errors.losses());
        let read = item(input, errors);
        let nets = std::mem::take(&mut errors.nets);
        match read {
            Ok(Some(mut item)) => {
                match &mut item {
                    Item::Network(network) if errors.losses() > losses => network.body = None,
                    Item::Block(block) if errors.losses() > losses => {
                        errors.blocks.push((block.vis.clone(), block.name.clone()));
                        continue;
                    }
                    _ => file.lost |= errors.losses() > losses,
                }
                file.items.push(item);
                file.sources.push(Source { tokens: recover::tokens(&from, input), nets });
            }
            Ok(None) => {}
            Err(error) => {
                file.lost = true;
                errors.push(error);
                recover::past_item(input);
            }
        }
    }
    file.unread = std::mem::take(&mut errors.blocks);
    file
}

/// An item with its attributes; `None` where a condition says that it is not there.
fn item(input: ParseStream<'_>, errors: &mut Errors) -> Result<Option<Item>> {
    let outer = attributes::outer(input)?;
    let public = {
        let fork = input.fork();
        fork.peek(Token![pub]) && fork.parse::<Visibility>().is_ok() && peek_item(&fork).is_some()
    };
    let at = input.span();
    let vis = if public { input.parse()? } else { Visibility::Inherited };
    let absent = outer.absent;
    let item = match peek_item(input) {
        None if input.peek(Token![use]) => {
            errors.keep(outer.none(messages::ITEM_ATTRIBUTE));
            Some(Item::Use(elsewhere::use_block(input, errors)?))
        }
        Some(read) => {
            errors.keep(outer.none(messages::ITEM_ATTRIBUTE));
            let before = errors.blocks.len();
            let mut item = read(input, errors)?;
            match &mut item {
                None if errors.blocks.len() > before => {
                    if let Some((of_block, _)) = errors.blocks.last_mut() {
                        *of_block = vis;
                    }
                }
                Some(Item::Block(block)) => block.vis = vis,
                _ if public => errors.push(syn::Error::new(at, messages::ITEM_PUB)),
                _ => {}
            }
            item
        }
        None => network(outer, input, errors)?,
    };
    if absent {
        errors.nets.clear();
    }
    Ok(item.filter(|_| !absent))
}

/// The parser of the `default`, `const` or `block` that begins here.
pub fn peek_item(input: ParseStream<'_>) -> Option<ReadItem> {
    let fork = input.fork();
    let word = fork.call(Ident::parse_any).ok()?;
    let name_follows = fork.peek(Ident::peek_any);
    match word.to_string().as_str() {
        "default" if name_follows => Some(default),
        "const" => Some(constant),
        "block" if name_follows => Some(block),
        _ => None,
    }
}

/// Past the `;` that ends an item; a missing one is reported.
pub fn end(input: ParseStream<'_>, errors: &mut Errors) {
    if input.peek(Token![;]) {
        let _ = input.parse::<Token![;]>();
    } else {
        errors.slip(here(input, messages::SEMICOLON));
    }
}

fn default(input: ParseStream<'_>, errors: &mut Errors) -> Result<Option<Item>> {
    input.call(Ident::parse_any)?;
    let layer = input.call(Ident::parse_any)?;
    if !input.peek(token::Paren) {
        return Err(here(input, messages::DEFAULT));
    }
    let content;
    parenthesized!(content in input);
    let args = term::args(&content, errors);
    end(input, errors);
    Ok(Some(Item::Default(Default { layer, args })))
}

fn constant(input: ParseStream<'_>, errors: &mut Errors) -> Result<Option<Item>> {
    input.parse::<Token![const]>()?;
    let name = name(input)?;
    let colon = input.peek(Token![:]).then(|| input.span());
    if colon.is_some() {
        input.parse::<Token![:]>()?;
        input.parse::<syn::Type>()?;
    }
    input.parse::<Token![=]>()?;
    let from = input.fork();
    let value = term::term(input)?;
    if let Some(colon) = colon {
        errors.slip(syn::Error::new(colon, messages::typed_constant(&name, &recover::text(&from, input))));
    }
    end(input, errors);
    Ok(Some(Item::Const(Const { name, value })))
}

fn block(input: ParseStream<'_>, errors: &mut Errors) -> Result<Option<Item>> {
    input.call(Ident::parse_any)?;
    let name = name(input)?;
    if !input.peek(token::Paren) {
        errors.push(here(input, messages::BLOCK));
        errors.blocks.push((Visibility::Inherited, name));
        recover::past_item(input);
        return Ok(None);
    }
    let content;
    parenthesized!(content in input);
    let head = block_head(&content);
    recover::drain(&content);
    let read = head.and_then(|head| Ok((head, body(input, errors)?)));
    let Some(((values, params), body)) = errors.keep(read) else {
        errors.blocks.push((Visibility::Inherited, name));
        recover::past_item(input);
        return Ok(None);
    };
    Ok(Some(Item::Block(Block { vis: Visibility::Inherited, name, values, params, body })))
}

/// Refuses a name that begins with `__`: such names are those of what the macro emits.
pub fn refuse_internal(name: &Ident) -> Result<()> {
    let internal = name.unraw().to_string().starts_with("__");
    if internal { Err(syn::Error::new(name.span(), messages::NAME_INTERNAL)) } else { Ok(()) }
}

/// The name of an item.
fn name(input: ParseStream<'_>) -> Result<Ident> {
    if input.peek(Ident::peek_any) && !input.peek(syn::Ident) {
        return Err(here(input, messages::NAME_RESERVED));
    }
    input.parse()
}

fn block_head(content: ParseStream<'_>) -> Result<(Vec<Ident>, Vec<BlockParam>)> {
    let (mut values, mut params) = (Vec::new(), Vec::new());
    while !content.is_empty() && !content.peek(Token![;]) {
        values.push(content.parse().map_err(|_| here(content, messages::BLOCK))?);
        if content.peek(Token![,]) {
            content.parse::<Token![,]>()?;
        } else if !content.is_empty() && !content.peek(Token![;]) {
            return Err(here(content, messages::BLOCK));
        }
    }
    if values.is_empty() {
        return Err(here(content, messages::BLOCK));
    }
    if content.peek(Token![;]) {
        content.parse::<Token![;]>()?;
    }
    while !content.is_empty() {
        let name = content.parse().map_err(|_| here(content, messages::BLOCK))?;
        let mut default = None;
        if content.peek(Token![=]) {
            content.parse::<Token![=]>()?;
            default = Some(term::term(content)?);
        }
        params.push(BlockParam { name, default });
        if !content.is_empty() {
            content.parse::<Token![,]>().map_err(|_| here(content, messages::BLOCK))?;
        }
    }
    Ok((values, params))
}

/// Whether the name, the inputs and the arrow of a network stand here.
fn peek_head(input: ParseStream<'_>) -> bool {
    let fork = input.fork();
    let named = fork.parse::<Ident>().is_ok() && fork.parse::<syn::Generics>().is_ok();
    named && fork.parse::<proc_macro2::Group>().is_ok_and(|group| !group.stream().is_empty()) && fork.peek(Token![->])
}

/// A network of which no more than the name could be read: it hides nothing of the others.
fn unread(attrs: Vec<Attribute>, vis: Visibility, name: Ident, input: ParseStream<'_>) -> Network {
    recover::past_item(input);
    let (generics, inputs, outputs) = (syn::Generics::default(), Vec::new(), Vec::new());
    Network { attrs, vis, name, generics, like: None, inputs, outputs, body: None }
}

fn network(outer: Outer, input: ParseStream<'_>, errors: &mut Errors) -> Result<Option<Item>> {
    let attrs = outer.attrs;
    let vis: Visibility = input.parse()?;
    for (found, text) in [(input.peek(Token![fn]), messages::FN), (input.peek(Token![struct]), messages::STRUCT)] {
        if found {
            let error = here(input, text);
            input.call(Ident::parse_any)?;
            if !peek_head(input) {
                return Err(error);
            }
            errors.slip(error);
        }
    }
    if input.peek(Token![use]) {
        return Err(here(input, messages::USE));
    }
    if !input.peek(syn::Ident) && input.peek(Ident::peek_any) && (input.peek2(token::Paren) || input.peek2(Token![<])) {
        return Err(here(input, messages::NAME_RESERVED));
    }
    let name: Ident = input.parse().map_err(|_| here(input, messages::ITEM))?;
    refuse_internal(&name)?;
    if input.peek(Token![=]) {
        let like = elsewhere::like(attrs.clone(), vis.clone(), name.clone(), input, errors);
        let network = errors.keep(like).unwrap_or_else(|| unread(attrs, vis, name, input));
        return Ok(Some(Item::Network(network)));
    }
    let head = input.parse::<syn::Generics>().and_then(|generics| {
        generics.type_params().try_for_each(|param| refuse_internal(&param.ident))?;
        if input.peek(token::Paren) { Ok(generics) } else { Err(here(input, messages::ITEM)) }
    });
    let Some(mut generics) = errors.keep(head) else {
        return Ok(Some(Item::Network(unread(attrs, vis, name, input))));
    };
    let inputs = {
        let content;
        let span = parenthesized!(content in input).span.join();
        let before = errors.found.len();
        let inputs = inputs(&content, errors);
        recover::drain(&content);
        if inputs.is_empty() && errors.found.len() == before {
            errors.push(syn::Error::new(span, messages::NO_INPUTS));
        }
        inputs
    };
    let outputs = if input.peek(Token![->]) {
        input.parse::<Token![->]>()?;
        let outputs = outputs(input, errors);
        errors.keep(outputs).unwrap_or_else(|| {
            recover::to_body(input);
            Vec::new()
        })
    } else {
        let text = if input.peek(Token![=>]) { messages::ARROW_OUTPUTS } else { messages::NO_OUTPUTS };
        errors.push(here(input, text));
        Vec::new()
    };
    let clause = input.parse();
    generics.where_clause = errors.keep(clause).flatten();
    sizes_only(&mut generics, errors);
    if !input.peek(token::Brace) {
        if !outputs.is_empty() {
            errors.push(here(input, messages::BODY));
        }
        recover::past_item(input);
        return Ok(Some(Item::Network(Network { attrs, vis, name, generics, like: None, inputs, outputs, body: None })));
    }
    let body = errors_body(input, errors);
    Ok(Some(Item::Network(Network { attrs, vis, name, generics, like: None, inputs, outputs, body })))
}

/// Type parameters are all that a network has; where something else stands, what was meant by it.
fn sizes_only(generics: &mut syn::Generics, errors: &mut Errors) {
    let params = std::mem::take(&mut generics.params);
    for param in params {
        let name = match param {
            syn::GenericParam::Type(param) if !param.bounds.is_empty() || generics.where_clause.is_some() => {
                generics.params.push(syn::GenericParam::Type(param));
                continue;
            }
            syn::GenericParam::Lifetime(param) => {
                errors.slip(syn::Error::new_spanned(&param.lifetime, messages::LIFETIME));
                continue;
            }
            syn::GenericParam::Const(param) => {
                errors.slip(syn::Error::new_spanned(param.const_token, messages::const_parameter(&param.ident)));
                param.ident
            }
            syn::GenericParam::Type(param) => {
                errors.slip(syn::Error::new_spanned(&param.ident, messages::bare_parameter(&param.ident)));
                param.ident
            }
        };
        // Its bound is put there where the library's name is known (`emit/broken.rs`).
        generics.params.push(syn::parse_quote!(#name));
    }
}

fn errors_body(input: ParseStream<'_>, errors: &mut Errors) -> Option<super::ast::Body> {
    let body = body(input, errors);
    errors.keep(body)
}

/// `image: [1, 28, 28], class: [0..10]`
pub fn inputs(content: ParseStream<'_>, errors: &mut Errors) -> Vec<Input> {
    let mut inputs = Vec::new();
    while !content.is_empty() {
        match one_input(content, errors) {
            Ok(input) => inputs.extend(input),
            Err(error) => {
                errors.push(error);
                recover::to_comma(content);
            }
        }
        if !content.is_empty() && content.parse::<Token![,]>().is_err() {
            errors.push(here(content, messages::INPUT_COMMA));
            recover::to_comma(content);
            let _ = content.parse::<Token![,]>();
        }
    }
    inputs
}

fn one_input(content: ParseStream<'_>, errors: &mut Errors) -> Result<Option<Input>> {
    let outer = attributes::outer(content)?;
    outer.none(messages::INPUT_ATTRIBUTE)?;
    let name = match slips::label(content, "a name", errors)? {
        Some(name) => name,
        None if stage::peek_label(content) => stage::label(content)?,
        None => return Err(here(content, messages::INPUT)),
    };
    let input = Input { name, ty: stage::value_type(content, errors)? };
    Ok(Some(input).filter(|_| !outer.absent))
}

fn outputs(input: ParseStream<'_>, errors: &mut Errors) -> Result<Vec<Output>> {
    if !input.peek(token::Paren) {
        let ty = stage::value_type(input, errors)?;
        return Ok(vec![Output { train: false, name: None, ty }]);
    }
    let content;
    let span = parenthesized!(content in input).span.join();
    let before = errors.found.len();
    let mut outputs = Vec::new();
    while !content.is_empty() {
        match one_output(&content, errors) {
            Ok(output) => outputs.extend(output),
            Err(error) => {
                errors.push(error);
                recover::to_comma(&content);
            }
        }
        if !content.is_empty() && content.parse::<Token![,]>().is_err() {
            errors.push(here(&content, messages::OUTPUT_COMMA));
            recover::to_comma(&content);
            let _ = content.parse::<Token![,]>();
        }
    }
    if outputs.is_empty() && errors.found.len() == before {
        errors.push(syn::Error::new(span, messages::NO_OUTPUTS));
    }
    Ok(outputs)
}

fn one_output(content: ParseStream<'_>, errors: &mut Errors) -> Result<Option<Output>> {
    let outer = attributes::outer(content)?;
    let train = outer.only("train", messages::OUTPUT_ATTRIBUTE)?.is_some();
    let name = match slips::label(content, "a name", errors)? {
        None if stage::peek_label(content) => Some(stage::label(content)?),
        name => name,
    };
    if name.is_none() && !content.peek(token::Bracket) {
        return Err(here(content, messages::OUTPUT));
    }
    let output = Output { train, name, ty: stage::value_type(content, errors)? };
    Ok(Some(output).filter(|_| !outer.absent))
}
