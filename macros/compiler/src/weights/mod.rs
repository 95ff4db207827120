//! `weights!(Net, "file.safetensors")`: a packed network as a constant. The carrier of `Net` brings its declaration (`crate::carrier`), the
//! file is read, checked and folded here, and what comes out is the bytes of `Packed<Net>`.

mod image;

use crate::graph::{Graph, Size, TensorId};
use crate::report::Report;
use crate::syntax::ast::Carried;
use crate::{carrier, lower, passes, syntax};
use fireclay_weight_file::{self as weight_file, Fault, Wanted};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use std::collections::HashMap;
use std::path::Path;
use syn::parse::{ParseStream, Parser};
use syn::spanned::Spanned;
use syn::{LitStr, Token};

const USAGE: &str = "help: weights!(Network, \"file.safetensors\")";

/// The expansion of `weights!`: the call of the network's carrier.
#[must_use]
pub fn expand(tokens: TokenStream) -> TokenStream {
    let (library, tokens) = crate::library(tokens);
    match Parser::parse2(arguments, syntax::settled(tokens).0) {
        Ok((network, file)) => carrier::call(&library, &network, "weights_carried", &quote!(#file)),
        Err(error) => message(error.span(), &error.to_string()),
    }
}

fn arguments(input: ParseStream<'_>) -> syn::Result<(syn::Path, LitStr)> {
    let network = syn::Path::parse_mod_style(input)
        .map_err(|error| syn::Error::new(error.span(), format!("expected the path of a network\n  {USAGE}")))?;
    if input.peek(Token![<]) {
        return Err(input.error("not yet: weights of a network with type parameters"));
    }
    input.parse::<Token![,]>().map_err(|error| syn::Error::new(error.span(), format!("expected `,` and a file\n  {USAGE}")))?;
    if input.peek(syn::Ident) {
        let word: Ident = input.parse()?;
        let text = match word.to_string().as_str() {
            "int8" => "not yet: `int8`".to_owned(),
            _ => format!("expected the name of a file, in quotes\n  {USAGE}"),
        };
        return Err(syn::Error::new(word.span(), text));
    }
    let file = input.parse().map_err(|error: syn::Error| {
        syn::Error::new(error.span(), format!("expected the name of a file, in quotes\n  {USAGE}"))
    })?;
    if input.peek(Token![,]) {
        input.parse::<Token![,]>()?;
    }
    if !input.is_empty() {
        return Err(input.error(format!("there is nothing more to say\n  {USAGE}")));
    }
    Ok((network, file))
}

/// The expansion of the carrier's call; the file's path begins at `folder`. `note` is told what had to be changed on the way from the
/// file into the network: a procedural macro has no warnings on stable Rust.
#[must_use]
pub fn expand_carried(tokens: TokenStream, folder: &Path, note: &mut dyn FnMut(String)) -> TokenStream {
    let (library, tokens) = crate::library(tokens);
    let (carried, file) = match syntax::parse_weights(tokens) {
        Ok(parsed) => parsed,
        Err(error) => return message(error.span(), &error.to_string()),
    };
    let path = &carried.path;
    match graph(&carried) {
        // What is wrong was said where the network is declared.
        Ok(None) => quote!(#library::__private::broken::packed::<#path>()),
        Ok(Some(graph)) => match bytes(&carried, &graph, &file, folder, note) {
            Ok(image) => {
                let image = proc_macro2::Literal::byte_string(&image);
                let absolute = Path::new(&file.value()).is_absolute();
                let at = if absolute {
                    quote!(#file)
                } else {
                    quote!(::core::concat!(::core::env!("CARGO_MANIFEST_DIR"), "/", #file))
                };
                quote! {{
                    // A build depends on what it includes: another file is another network.
                    const _: &[::core::primitive::u8] = ::core::include_bytes!(#at);
                    #library::__private::Packed::<#path>::from_image(#image)
                }}
            }
            Err(text) => message(file.span(), &text),
        },
        Err(text) => message(path.span(), &text),
    }
}

fn message(span: Span, text: &str) -> TokenStream {
    quote_spanned!(span=> ::core::compile_error! { #text })
}

/// The network; `Ok(None)` where its declaration is wrong.
fn graph(carried: &Carried) -> Result<Option<Graph>, String> {
    let Some((name, file)) = &carried.network else { return Ok(None) };
    let mut report = Report::default();
    let lowered = lower::lower(file, &mut report);
    let Some(network) = lowered.into_iter().find(|network| network.name == *name) else { return Ok(None) };
    if !network.generics.params.is_empty() {
        return Err(format!("not yet: weights of a network with type parameters, as {name} is"));
    }
    Ok(network.graph.filter(|_| report.is_clean()).map(|mut graph| {
        // The plan must be the one that the declaration was compiled to.
        passes::rewrite::copy_outputs::rewrite(&mut graph);
        graph
    }))
}

/// The bytes of `Packed`, or all that is wrong with the file.
fn bytes(
    carried: &Carried,
    graph: &Graph,
    file: &LitStr,
    folder: &Path,
    note: &mut dyn FnMut(String),
) -> Result<Vec<u8>, String> {
    let shown = file.value();
    let bytes = std::fs::read(folder.join(&shown)).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            format!("there is no file {shown}\n  its path begins at the folder of the crate's Cargo.toml")
        }
        _ => format!("{shown} cannot be read: {error}"),
    })?;
    let tensors = graph.modules.tensors();
    // Every size is a number: networks with type parameters were refused.
    let dims = |t: &TensorId| graph.tensors[*t].dims.iter().map(Size::num).collect::<Option<Vec<usize>>>().unwrap_or_default();
    let dims: Vec<Vec<usize>> = tensors.iter().map(dims).collect();
    let wanted = tensors.iter().zip(&dims).map(|(t, dims)| Wanted { name: &graph.tensors[*t].path, dims });
    let (views, notes) = weight_file::fit(&bytes, &wanted.collect::<Vec<_>>()).map_err(|fault| match fault {
        Fault::Format(format) => format.message(&shown, "a safetensors file"),
        Fault::Damaged(reason) => weight_file::damaged(&shown, &reason),
        Fault::Misfit { problems, help } => {
            weight_file::misfit(&shown, &carrier::text(&carried.path), &problems, help.as_deref())
        }
    })?;
    notes.iter().for_each(|text| note(format!("{shown}: {text}")));
    let views: HashMap<TensorId, _> = tensors.into_iter().zip(views).collect();
    let numbers = |tensor: TensorId| {
        let view = &views[&tensor];
        let mut numbers = vec![0.0; view.shape().iter().product()];
        weight_file::copy(view, &mut numbers);
        numbers
    };
    Ok(image::image(graph, &numbers).into_iter().flat_map(f32::to_le_bytes).collect())
}
