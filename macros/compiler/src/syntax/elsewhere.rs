//! Items that are made of what stands elsewhere: `pub Sliding = Window(image: [1, 64, 64]);`, `use zoo::Basic;`.

use super::ast::{Network, Use};
use super::{Errors, here, items, messages, recover};
use proc_macro2::Ident;
use syn::parse::ParseStream;
use syn::{Attribute, Generics, Result, Token, Visibility, parenthesized, token};

/// From `=` on: another network, at other sizes.
pub fn like(attrs: Vec<Attribute>, vis: Visibility, name: Ident, input: ParseStream<'_>, errors: &mut Errors) -> Result<Network> {
    input.parse::<Token![=]>()?;
    let path = input.call(syn::Path::parse_mod_style).map_err(|error| syn::Error::new(error.span(), messages::LIKE))?;
    path.segments.first().map_or(Ok(()), |segment| items::refuse_internal(&segment.ident))?;
    if !input.peek(token::Paren) {
        return Err(here(input, messages::LIKE));
    }
    let content;
    let span = parenthesized!(content in input).span.join();
    let before = errors.found.len();
    let inputs = items::inputs(&content, errors);
    recover::drain(&content);
    if inputs.is_empty() && errors.found.len() == before {
        errors.push(syn::Error::new(span, messages::LIKE));
    }
    items::end(input, errors);
    errors.nets.push(path.clone());
    let generics = Generics::default();
    Ok(Network { attrs, vis, name, generics, like: Some(path), inputs, outputs: Vec::new(), body: None })
}

/// `use zoo::Basic;`, `use zoo::Basic as Residual;`
pub fn use_block(input: ParseStream<'_>, errors: &mut Errors) -> Result<Use> {
    input.parse::<Token![use]>()?;
    let path = input.call(syn::Path::parse_mod_style).map_err(|error| syn::Error::new(error.span(), messages::USE_ONE))?;
    path.segments.first().map_or(Ok(()), |segment| items::refuse_internal(&segment.ident))?;
    let mut name = path.segments.last().map_or_else(|| Ident::new("_", input.span()), |segment| segment.ident.clone());
    if input.peek(Token![as]) {
        input.parse::<Token![as]>()?;
        name = input.parse()?;
    }
    if input.peek(Token![::]) {
        return Err(here(input, messages::USE_ONE));
    }
    items::end(input, errors);
    errors.nets.push(path.clone());
    Ok(Use { path, name })
}
