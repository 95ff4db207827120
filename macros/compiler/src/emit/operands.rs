//! Calls with their operands filled in.

use super::Context;
use crate::graph::{Arg, Call, Count, Graph, TensorId, ValueId, When};
use crate::passes::memory::{Arena, Place};
use crate::passes::plan::infer::InferPlan;
use fireclay_ir::Dtype;
use proc_macro2::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};
use quote::{TokenStreamExt, quote};
use std::collections::HashMap;

/// Named places of one emitted function: each is bound once, by `let`, before its first use.
#[derive(Debug, Default)]
pub struct Locals {
    names: super::names::Names,
    known: HashMap<(bool, ValueId), Ident>,
    lets: TokenStream,
}

impl Locals {
    /// The local of a value (or, with `grad`, of its gradient), bound to `place`.
    pub fn bind(&mut self, graph: &Graph, grad: bool, value: ValueId, place: impl FnOnce() -> TokenStream) -> TokenStream {
        let names = &mut self.names;
        let lets = &mut self.lets;
        let name = self.known.entry((grad, value)).or_insert_with(|| {
            let path = &graph.values[value].name;
            let name = if grad { names.value(&format!("d_{path}")) } else { names.value(path) };
            let place = place();
            let cast = (!grad).then(|| pointer_to(graph.values[value].ty.dtype()));
            lets.extend(quote!(let #name = #place #cast;));
            name
        });
        quote!(#name)
    }

    /// The `let`s.
    #[must_use]
    pub fn lets(self) -> TokenStream {
        self.lets
    }
}

/// What makes a pointer to `f32`, as all places are given, one to this dtype: `.cast::<__f::i8>()`.
pub fn pointer_to(dtype: Dtype) -> TokenStream {
    if dtype == Dtype::F32 {
        return TokenStream::new();
    }
    let name = Ident::new(dtype.name(), Span::mixed_site());
    quote!(.cast::<__f::#name>())
}

/// What differs between the functions that calls are emitted into.
pub trait Operands {
    /// An operand that depends on where things lie.
    fn operand(&mut self, arg: &Arg) -> TokenStream;
}

/// `__f::chwn16::conv_forward(Self::CONV1, …);`, under its mode.
pub fn call(cx: &Context<'_>, module: &str, node: usize, call: &Call, operands: &mut dyn Operands) -> TokenStream {
    let mut args = TokenStream::new();
    for (i, arg) in call.args.iter().enumerate() {
        if i > 0 {
            args.append(Punct::new(',', Spacing::Alone));
        }
        args.extend(match arg {
            Arg::Geometry => cx.constants.geometry(node),
            Arg::GeometryAt(i) => {
                let (name, i) = (cx.constants.geometry(node), Literal::usize_unsuffixed(*i));
                quote!(&#name[#i])
            }
            Arg::Value(tokens) => tokens.clone(),
            Arg::Null => quote!(::core::ptr::null_mut()),
            Arg::Count => quote!(__c.count),
            Arg::Samples => quote!(__c.samples),
            Arg::Lanes => quote!(__c.lanes),
            Arg::Key => quote!(__c.key),
            Arg::Node => TokenTree::from(Literal::usize_unsuffixed(node)).into(),
            Arg::FirstSample => quote!(__c.first_sample()),
            Arg::StatsStride => quote!(__c.stride),
            Arg::Share => quote!(__share),
            Arg::AllSamples => quote!(__c.all_samples()),
            other => operands.operand(other),
        });
    }
    let args = Group::new(Delimiter::Parenthesis, args);
    let module = Ident::new(module, Span::mixed_site());
    let kernel = Ident::new(call.kernel.name, Span::mixed_site());
    let tokens = quote!(__f::#module::#kernel #args;);
    match call.when {
        When::Always => tokens,
        When::Train => quote!(if __c.train { #tokens }),
        When::Eval => quote!(if !__c.train { #tokens }),
    }
}

/// Where a value lies, or its gradient: `__c.input(0)`, `__c.output_grad(0)`, `__c.at(64)`.
pub fn place(place: Option<Place>, grad: bool, arena: &Arena) -> TokenStream {
    let [input, output] = if grad { ["input_grad", "output_grad"] } else { ["input", "output"] };
    match place {
        Some(Place::Input(i)) => on(input, i),
        Some(Place::Output(i)) => on(output, i),
        Some(Place::Arena(b)) => at(arena, b),
        Some(Place::Part { buffer, first }) => {
            let offset = arena.offsets[buffer].clone().plus(&first.into()).value();
            quote!(__c.at(#offset))
        }
        None => unreachable!("every value that runs has a place"),
    }
}

/// Where a buffer lies: `__c.at(64)`.
pub fn at(arena: &Arena, buffer: usize) -> TokenStream {
    let offset = arena.offsets[buffer].value();
    quote!(__c.at(#offset))
}

/// A parameter or buffer where it was learned: `__c.param(Self::FC_WEIGHT)`; a weight that is made of some where it was made.
pub fn tensor(cx: &Context<'_>, tensor: TensorId) -> TokenStream {
    let offset = cx.constants.tensor(tensor);
    let info = &cx.graph.tensors[tensor];
    if info.parametrized.is_some() {
        quote!(__c.parametrized(#offset))
    } else if info.buffer {
        quote!(__c.buffer(#offset))
    } else {
        quote!(__c.param(#offset))
    }
}

/// `__c.input(0)`
pub fn on(method: &str, number: impl Into<Count>) -> TokenStream {
    let method = Ident::new(method, Span::mixed_site());
    let number = number.into().value();
    quote!(__c.#method(#number))
}

/// The state of the node that gives a value.
pub fn state_of(graph: &Graph, plan: &InferPlan, value: ValueId) -> TokenStream {
    let Some(node) = graph.source(value) else { unreachable!("a node carries the state") };
    on("state", plan.states.0[node].clone())
}
