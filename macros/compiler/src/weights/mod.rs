//! `weights!(Net, "file.safetensors")`: a packed network as a constant. The carrier of `Net` brings its declaration (`crate::carrier`), the
//! file is read, checked and folded here, and what comes out is the bytes of `Packed<Net>`.

mod image;
mod json;
pub mod safetensors;

use crate::graph::{Graph, show};
use crate::report::Report;
use crate::syntax::ast::Carried;
use crate::{carrier, lower, passes, syntax};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use safetensors::SafeTensors;
use std::path::Path;
use syn::parse::{ParseStream, Parser};
use syn::spanned::Spanned;
use syn::{LitStr, Token};

const USAGE: &str = "help: weights!(Network, \"file.safetensors\")";

/// At most so many mistakes of a file are listed.
const SHOWN: usize = 8;

/// What `weights!` expands to: the call of the network's carrier.
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

/// What the carrier's call comes to; the file's path begins at `folder`.
#[must_use]
pub fn expand_carried(tokens: TokenStream, folder: &Path) -> TokenStream {
    let (library, tokens) = crate::library(tokens);
    let (carried, file) = match syntax::parse_weights(tokens) {
        Ok(parsed) => parsed,
        Err(error) => return message(error.span(), &error.to_string()),
    };
    let path = &carried.path;
    match graph(&carried) {
        // What is wrong was said where the network is declared.
        Ok(None) => quote!(#library::__private::broken::packed::<#path>()),
        Ok(Some(graph)) => match bytes(&carried, &graph, &file, folder) {
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
        passes::copy::give_outputs_memory(&mut graph);
        graph
    }))
}

/// The bytes of `Packed`, or all that is wrong with the file.
fn bytes(carried: &Carried, graph: &Graph, file: &LitStr, folder: &Path) -> Result<Vec<u8>, String> {
    let shown = file.value();
    let bytes = std::fs::read(folder.join(&shown)).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            format!("there is no file {shown}\n  its path begins at the folder of the crate's Cargo.toml")
        }
        _ => format!("{shown} cannot be read: {error}"),
    })?;
    let tensors = SafeTensors::parse(&bytes).map_err(|reason| format!("{shown} is not a whole safetensors file: {reason}"))?;
    let problems = problems(graph, &tensors);
    if !problems.is_empty() {
        let network = carrier::text(&carried.path);
        let more = problems.len().saturating_sub(SHOWN);
        let more = if more > 0 { format!("\n  and {more} more") } else { String::new() };
        let lines: String = problems.iter().take(SHOWN).map(|problem| format!("\n  {problem}")).collect();
        return Err(format!("{shown} does not fit {network}:{lines}{more}"));
    }
    let numbers = |tensor: usize| tensors.numbers(&graph.tensors[tensor].path);
    Ok(image::image(graph, &numbers).into_iter().flat_map(f32::to_le_bytes).collect())
}

/// All that does not fit, in the words of `fireclay::TensorProblem`.
fn problems(graph: &Graph, tensors: &SafeTensors<'_>) -> Vec<String> {
    let mut problems = Vec::new();
    for info in graph.modules.tensors().into_iter().map(|t| &graph.tensors[t]) {
        let (name, network) = (&info.path, show(&info.dims));
        let dims: Option<Vec<usize>> = info.dims.iter().map(crate::graph::Size::num).collect();
        match tensors.get(name) {
            None => problems.push(format!("{name} is missing; the network has {network}")),
            Some(tensor) if tensor.dtype != "F32" => {
                problems.push(format!("{name} holds {} numbers; the network takes F32", tensor.dtype));
            }
            Some(tensor) if dims.as_ref() != Some(&tensor.shape) => {
                problems.push(format!("{name} is {:?} in the file, {network} in the network", tensor.shape));
            }
            Some(_) => {}
        }
    }
    let known = |name: &str| graph.tensors.iter().any(|info| info.path == name);
    // PyTorch counts the batches that a batch norm has seen; nothing needs it.
    let counter = |name: &str| name == "num_batches_tracked" || name.ends_with(".num_batches_tracked");
    let extra = tensors.iter().filter(|(name, _)| !known(name) && !counter(name));
    problems.extend(extra.map(|(name, tensor)| format!("{name} {:?} is not in the network", tensor.shape)));
    problems
}
