//! The form that takes one step of a sequence at a time.

use super::infer::OneStep;
use super::names::Names;
use super::network::equal_sizes;
use super::{Context, infer, values_type};
use crate::graph::{Graph, Layout, Size, ValueType};
use crate::passes::plan::infer::InferPlan;
use crate::passes::plan::packed::PackedLayout;
use proc_macro2::TokenStream;
use quote::quote;

/// `state()`, `step()`, and what they stand on.
pub fn emit(cx: &Context<'_>) -> TokenStream {
    let name = &cx.lowered.name;
    let (impl_generics, ty_generics, where_clause) = cx.lowered.generics.split_for_impl();
    let this = quote!(#name #ty_generics);
    let of = |value: usize| single(&cx.graph.values[value].ty);
    let input = values_type(&cx.graph.inputs.iter().map(|i| of(i.value)).collect::<Vec<_>>());
    let outputs: Vec<ValueType> = cx.graph.outputs.iter().filter(|o| !o.train).map(|o| of(o.value)).collect();
    let output = values_type(&outputs);
    let packed = |graph: &Graph| PackedLayout::new(graph, &InferPlan::new(graph, true, Layout::Chw));
    let whole = packed(cx.lowered.graph.as_ref().unwrap_or(cx.graph));
    let OneStep { items, arena, state, plain, packed } = infer::step(cx, &whole);
    let (arena, state) = (arena.value(), state.typed_value());
    let (generics, constants) = (&cx.generics, cx.constants.items(cx.graph));
    let plan = Names::around(name, &cx.lowered.generics, cx.graph).item(name, "StepPlan");
    let store = if cx.generics.is_empty() {
        quote!(__f::InlineStore<{ __f::state_bytes(#state) + #arena }>)
    } else {
        quote!(__f::HeapStore)
    };
    let (packed_sample, panels) = if let Some([chw, chw16c]) = packed {
        (
            quote!(::core::option::Option::Some(__f::if_std!(<#plan #ty_generics>::#chw16c, <#plan #ty_generics>::#chw))),
            quote!(__f::when_std! { const PANELS: &'static __f::StepPanels = <#plan #ty_generics>::PANELS; }),
        )
    } else {
        (quote!(::core::option::Option::None), TokenStream::new())
    };
    let functions = quote! {
        &__f::StepFunctions { state: #state, arena: #arena, one: <#plan #ty_generics>::#plain, packed_sample: #packed_sample }
    };
    let equal = equal_sizes(cx);
    let functions = match &equal {
        None => functions,
        Some(_) => quote!({ <#plan #ty_generics>::EQUAL_SIZES; #functions }),
    };
    quote! {
        /// What one step of the declaration compiles to.
        struct #plan #impl_generics (::core::marker::PhantomData<(#(#generics,)*)>) #where_clause;

        impl #impl_generics #plan #ty_generics #where_clause {
            #equal
            #constants
            #items
        }

        unsafe impl #impl_generics __f::Stepping for #this #where_clause {
            type StepInput = #input;
            type StepOutput = #output;
            type StepStore = #store;
            const STEP: &'static __f::StepFunctions = #functions;
            #panels
        }

        impl #impl_generics #this #where_clause {
            /// What is carried from one step to the next, all zero, as before the first step.
            pub fn state() -> __f::State<Self> {
                __f::State::new()
            }

            /// The outputs for the next step of a sequence, without allocation.
            pub fn step(
                &self,
                input: impl ::core::borrow::Borrow<<Self as __f::Stepping>::StepInput>,
                state: &mut __f::State<Self>,
            ) -> <Self as __f::Stepping>::StepOutput {
                __f::run_step(self, input.borrow(), state)
            }
        }
    }
}

/// A sequence of one step as what that step is.
fn single(ty: &ValueType) -> ValueType {
    match ty {
        ValueType::Indices { bound, len: 1 } => ValueType::Index { bound: *bound },
        ValueType::Tensor(dims) => match dims.as_slice() {
            [Size::Num(1), features] => ValueType::Tensor(vec![features.clone()]),
            _ => ty.clone(),
        },
        _ => ty.clone(),
    }
}
