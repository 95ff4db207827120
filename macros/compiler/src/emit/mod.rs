//! From plans to tokens. What is emitted reads like the declaration: one call per operation, named buffers, named constants.

mod broken;
mod chw16c;
mod constants;
mod docs;
mod editor;
mod functions;
mod infer;
mod info;
mod inner;
mod mark;
mod names;
mod network;
mod operands;
mod packed;
mod parametrized;
mod step;
mod train;
mod types;

pub use editor::emit as names_for_editors;

use crate::graph::{Graph, ValueType};
use crate::lower::{Lowered, WrongPart};
use crate::passes;
use crate::report::Report;
use proc_macro2::{Ident, TokenStream};
use quote::quote;

/// What every part of the emitter needs.
pub(crate) struct Context<'a> {
    pub lowered: &'a Lowered,
    pub graph: &'a Graph,
    /// The names of the type parameters.
    pub generics: Vec<Ident>,
    pub constants: constants::Constants,
}

/// The code of all networks of a `network!`, with the messages of what is wrong; fireclay is found by the path `library`.
#[must_use]
pub fn emit(library: &TokenStream, networks: &mut [Lowered], report: &Report) -> TokenStream {
    match networks {
        [] => report.to_tokens(),
        _ if !report.is_clean() => broken::emit(once(networks), library, &report.as_type(library)),
        _ => networks.iter_mut().map(|network| whole(library, network)).collect(),
    }
}

/// The networks, of several of one name the first: that there are several is one of the messages.
fn once(networks: &[Lowered]) -> impl Iterator<Item = &Lowered> {
    let first = |i: usize, name: &Ident| networks[..i].iter().all(|other| other.name != *name);
    networks.iter().enumerate().filter(move |(i, network)| first(*i, &network.name)).map(|(_, network)| network)
}

/// A network in whose file nothing is wrong.
fn whole(library: &TokenStream, network: &mut Lowered) -> TokenStream {
    if let Some(graph) = &mut network.graph {
        passes::rewrite::initialization::settle(graph);
        passes::rewrite::copy_outputs::rewrite(graph);
    }
    if let Some(graph) = &mut network.step {
        passes::rewrite::copy_outputs::rewrite(graph);
    }
    match (&network.graph, &network.wrong_part) {
        (Some(graph), _) => network::emit(&Context::new(network, graph), library),
        // What is wrong was said where the network within it is declared; its parameters are of a type that rustc knows to be an error.
        (None, Some(WrongPart::Network(path))) => {
            broken::emit([&*network], library, &quote!(<#path as #library::__private::Declared>::Params))
        }
        (None, Some(WrongPart::Block)) => broken::emit([&*network], library, &quote!(#library::__private::Empty)),
        (None, None) => unreachable!("a network without a graph has a message"),
    }
}

impl<'a> Context<'a> {
    fn new(lowered: &'a Lowered, graph: &'a Graph) -> Self {
        let generics = lowered.generics.type_params().map(|p| p.ident.clone()).collect();
        Self { lowered, graph, generics, constants: constants::Constants::new(graph) }
    }
}

/// The Rust type of a value.
fn value_type(ty: &ValueType) -> TokenStream {
    match ty {
        // A border has numbers of `f32` or indices: lowering refuses others there.
        ValueType::Tensor(dims) | ValueType::Typed(_, dims) => {
            let dims = dims.iter().map(crate::graph::Size::ty);
            quote!(__f::Tensor<(#(#dims,)*)>)
        }
        ValueType::Indices { bound, len } => quote!(__f::Indices<#bound, #len>),
        ValueType::Index { bound } => quote!(__f::Index<#bound>),
    }
}

/// One value's type, or a tuple of several.
fn values_type<'a>(types: impl IntoIterator<Item = &'a ValueType>) -> TokenStream {
    let types: Vec<TokenStream> = types.into_iter().map(value_type).collect();
    match types.as_slice() {
        [one] => one.clone(),
        many => quote!((#(#many,)*)),
    }
}
