//! What stands for a network that is wrong: its type and methods, so that the rest of the file says nothing more.

use super::network::border_types;
use crate::lower::Lowered;
use proc_macro2::TokenStream;
use quote::quote;

/// The type, which does nothing.
pub fn emit(lowered: &Lowered) -> TokenStream {
    let (vis, name) = (&lowered.vis, &lowered.name);
    let (impl_generics, ty_generics, where_clause) = lowered.generics.split_for_impl();
    let this = quote!(#name #ty_generics);
    let [input, output, train_output] = border_types(lowered);
    let generics = lowered.generics.type_params().map(|p| &p.ident);
    quote! {
        #[allow(missing_docs)]
        #vis struct #name #impl_generics #where_clause {
            pub params: ::fireclay::__private::Empty,
            pub buffers: ::fireclay::__private::Empty,
            phantom: ::core::marker::PhantomData<(#(#generics,)*)>,
        }
        #[allow(clippy::all, clippy::pedantic, missing_docs, non_local_definitions, unused)]
        const _: () = {
            use ::fireclay::__private as __f;
            impl #impl_generics __f::Declared for #this #where_clause {
                type Params = __f::Empty;
                type Buffers = __f::Empty;
            }
            impl #impl_generics __f::Network for #this #where_clause {
                type Input = #input;
                type Output = #output;
                type TrainOutput = #train_output;
                type GradFields = __f::Empty;
                type InferStore = __f::InPlace<0>;
                type PackedStore = __f::InPlace<0>;
                const INFO: &'static __f::Info = &__f::broken::INFO;
                const INFER: &'static __f::InferPlan = &__f::broken::INFER;
                __f::when_train! { const TRAIN: &'static __f::TrainPlan = &__f::broken::TRAIN; }
                fn params(&self) -> &Self::Params { &self.params }
                fn params_mut(&mut self) -> &mut Self::Params { &mut self.params }
                fn buffers(&self) -> &Self::Buffers { &self.buffers }
                fn buffers_mut(&mut self) -> &mut Self::Buffers { &mut self.buffers }
            }
            impl #impl_generics __f::AsNetwork for #this #where_clause {
                type Network = Self;
                fn network(&self) -> &Self { self }
                fn network_mut(&mut self) -> &mut Self { self }
            }
            impl #impl_generics #this #where_clause {
                pub fn infer<'m>(&self, input: &<Self as __f::Network>::Input, memory: &'m mut __f::InferMemory<Self>)
                    -> &'m <Self as __f::Network>::Output
                {
                    __f::run_one(self, input, memory)
                }
                __f::when_std! {
                    pub fn predict(&self, input: &<Self as __f::Network>::Input) -> <Self as __f::Network>::Output {
                        ::core::unreachable!()
                    }
                }
            }
        };
    }
}
