//! The plan that keeps inner values, and the table of where they lie: `#[fireclay(inner_values)]`.

use super::{Context, train};
use crate::graph::{Size, ValueType};
use crate::passes::memory::Place;
use crate::passes::plan::train::TrainPlan;
use proc_macro2::TokenStream;
use quote::quote;

/// The functions of the plan and `const INNER`, as associated items of the plan.
pub fn emit(cx: &Context<'_>) -> TokenStream {
    let plan = TrainPlan::with_inner_values(cx.graph);
    let (functions, list) = train::functions(cx, &plan, "inner_");
    let values = cx.graph.nodes.iter().filter_map(|node| {
        let value = *node.outputs.first()?;
        let ValueType::Tensor(dims) = &cx.graph.values[value].ty else { return None };
        // What is a view of an input is the input.
        let (Some(Place::Arena(at)), Some(Place::Arena(grad))) = (plan.values[value], plan.grads[value]) else { return None };
        let [at, grad] = [at, grad].map(|buffer| plan.arena.offsets[buffer].value());
        let (name, dims) = (&node.path, dims.iter().map(Size::value));
        Some(quote!(__f::InnerPlace { name: #name, dims: &[#(#dims),*], value: #at, grad: #grad }))
    });
    let values: Vec<TokenStream> = values.collect();
    quote! {
        #functions
        const INNER: ::core::option::Option<&'static __f::InnerFunctions> =
            ::core::option::Option::Some(&__f::InnerFunctions { functions: #list, values: &[#(#values),*], broken: false });
    }
}
