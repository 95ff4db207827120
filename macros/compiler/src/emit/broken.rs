//! What stands for networks that are wrong: their types and methods, so that the rest of the file says nothing more.

use super::network::{border_types, parts};
use crate::lower::Lowered;
use proc_macro2::TokenStream;
use quote::quote;

/// The networks, which do nothing. What is not known of them is of the type `unknown`: one that rustc holds to be an error already
/// said, so that no use of it is a second one.
pub fn emit<'n>(networks: impl IntoIterator<Item = &'n Lowered>, library: &TokenStream, unknown: &TokenStream) -> TokenStream {
    let (types, code): (TokenStream, TokenStream) =
        networks.into_iter().map(|network| (structure(network, library), code(network))).unzip();
    quote! {
        #types
        const _: () = {
            use #library::__private as __f;
            type __Unknown = #unknown;
            #code
        };
    }
}

fn structure(lowered: &Lowered, library: &TokenStream) -> TokenStream {
    let (vis, name) = (&lowered.vis, &lowered.name);
    let attrs = &lowered.attrs;
    let generics = sizes(lowered, &quote!(#library::Dim));
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    let this = quote!(#name #ty_generics);
    let parts = parts(lowered);
    quote! {
        #(#attrs)*
        #[doc = ""]
        #vis struct #name #impl_generics #where_clause {
            #parts: #library::__private::Parts<#this>,
        }
    }
}

/// The parameters; those that were written without a bound are sizes here.
fn sizes(lowered: &Lowered, dim: &TokenStream) -> syn::Generics {
    let mut generics = lowered.generics.clone();
    for parameter in generics.type_params_mut().filter(|parameter| parameter.bounds.is_empty()) {
        parameter.bounds.push(syn::parse_quote!(#dim));
    }
    generics
}

fn code(lowered: &Lowered) -> TokenStream {
    let name = &lowered.name;
    let generics = sizes(lowered, &quote!(__f::Dim));
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    let this = quote!(#name #ty_generics);
    let [input, output, train_output] = border_types(lowered);
    let parts = parts(lowered);
    quote! {
            impl #impl_generics __f::Declared for #this #where_clause {
                type Params = __Unknown;
                type Buffers = Self::Params;
            }
            unsafe impl #impl_generics __f::Network for #this #where_clause {
                type Input = #input;
                type Output = #output;
                type TrainOutput = #train_output;
                type GradFields = <Self as __f::Declared>::Params;
                type InferStore = __f::InlineStore<0>;
                type PackedStore = __f::InlineStore<0>;
                const INFO: &'static __f::Info = &__f::broken::INFO;
                const INFER: &'static __f::InferFunctions = &__f::broken::INFER;
                __f::when_std! { const BATCH: &'static __f::BatchFunctions = &__f::broken::BATCH; }
                __f::when_train! {
                    const TRAIN: &'static __f::TrainFunctions = &__f::broken::TRAIN;
                    const TRAIN_SAMPLE: ::core::option::Option<&'static __f::SampleTraining> = ::core::option::Option::None;
                    const INNER: ::core::option::Option<&'static __f::InnerFunctions> = ::core::option::Option::Some(&__f::broken::INNER);
                }
                fn parts(&self) -> &__f::Parts<Self> { &self.#parts }
                fn parts_mut(&mut self) -> &mut __f::Parts<Self> { &mut self.#parts }
                __f::when_std! {
                    fn inferred(_: <Self::TrainOutput as __f::Values>::Refs<'_>) -> <Self::Output as __f::Values>::Refs<'_> {
                        ::core::unreachable!()
                    }
                }
            }
            impl #impl_generics __f::AsNetwork for #this #where_clause {
                type Network = Self;
                fn network(&self) -> &Self { self }
                fn network_mut(&mut self) -> &mut Self { self }
            }
            impl #impl_generics ::core::ops::Deref for #this #where_clause {
                type Target = <Self as __f::Declared>::Params;
                fn deref(&self) -> &Self::Target { __f::Network::params(self) }
            }
            unsafe impl #impl_generics __f::Stepping for #this #where_clause {
                type StepInput = <Self as __f::Declared>::Params;
                type StepOutput = <Self as __f::Declared>::Params;
                type StepStore = __f::InlineStore<0>;
                const STEP: &'static __f::StepFunctions = &__f::broken::STEP;
            }
            impl #impl_generics #this #where_clause {
                /// What is carried from one step to the next.
                pub fn state() -> __f::State<Self> { ::core::unreachable!() }
            }
    }
}
