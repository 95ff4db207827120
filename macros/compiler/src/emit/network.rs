//! The whole of one network: its type, its blocks, its tables, its code.

use super::names::Names;
use super::types::{Kind, Types};
use super::{Context, docs, infer, info, inner, parametrized, step, train, values_type};
use crate::graph::{Count, EqualSizes, GraphOutput, ValueType};
use crate::lower::Lowered;
use fireclay_ir::Dtype;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Index;

/// All that a declaration becomes.
pub fn emit(cx: &Context<'_>, library: &TokenStream) -> TokenStream {
    let lowered = cx.lowered;
    let name = &lowered.name;
    let (impl_generics, ty_generics, where_clause) = lowered.generics.split_for_impl();
    let this = quote!(#name #ty_generics);
    let numeric = cx.generics.is_empty();

    let mut names = Names::around(name, &lowered.generics, cx.graph);
    let (plan, takes) = (names.item(name, "Plan"), names.item(name, "Input"));
    let mut types = Types::new(name, cx.graph, &cx.generics, names);
    let params = types.block(Kind::Params);
    let buffers = types.block(Kind::Buffers);
    let frozen = cx.graph.tensors.iter().any(|t| t.frozen);
    let grads = if frozen { types.block(Kind::Grads) } else { params.clone() };
    let structs = types.items();

    let type_of = |o: &GraphOutput| cx.graph.values[o.value].ty.clone();
    let input = values_type(&cx.graph.inputs.iter().map(|i| cx.graph.values[i.value].ty.clone()).collect::<Vec<_>>());
    let output = values_type(&cx.graph.outputs.iter().filter(|o| !o.train).map(type_of).collect::<Vec<_>>());
    let train_output = values_type(&cx.graph.outputs.iter().map(type_of).collect::<Vec<_>>());
    let inferred = inferred(&cx.graph.outputs);

    let inference = infer::emit(cx);
    let memory = memory(cx, &inference.arena);
    let (constants, items, training) = (cx.constants.items(cx.graph), &inference.items, train::emit(cx));
    let equal = equal_sizes(cx);
    let of_plan = |name: &str| {
        let name = Ident::new(name, Span::mixed_site());
        match &equal {
            None => quote!(<#plan #ty_generics>::#name),
            Some(_) => quote!({ <#plan #ty_generics>::EQUAL_SIZES; <#plan #ty_generics>::#name }),
        }
    };
    let [plan_info, plan_infer, plan_batch, plan_train, plan_sample] =
        ["INFO", "INFER", "BATCH", "TRAIN", "TRAIN_SAMPLE"].map(of_plan);
    let (inner, inner_items) = if lowered.inner {
        let ty = quote!(::core::option::Option<&'static __f::InnerFunctions>);
        let inner = of_plan("INNER");
        (quote!(const INNER: #ty = #inner;), inner::emit(cx))
    } else {
        (TokenStream::new(), TokenStream::new())
    };
    let (parametrized, parametrized_items) = parametrized(cx, &quote!(<#plan #ty_generics>));
    let layers = info::layers(cx);
    let (docs, drawing) = (docs::text(cx, &layers, &memory), docs::drawing(cx, &layers));
    let info = info::emit(cx, layers, &memory, &inference.one_sample);
    let (infer_store, packed_store) = if numeric {
        let (arena, packed) = (&inference.store, inference.packed.times(&Dtype::F32.size().into()).value());
        (quote!(__f::InlineStore<{ #arena }>), quote!(__f::InlineStore<{ #packed }>))
    } else {
        (quote!(__f::HeapStore), quote!(__f::HeapStore))
    };
    let plan_generics = &cx.generics;
    let phantom = quote!(::core::marker::PhantomData<(#(#plan_generics,)*)>);
    let checks = sizes(cx, &params, &buffers, numeric);
    let parts = parts(lowered);
    let structure = structure(cx, library, &parts, [docs, drawing]);
    let border = border(cx, library, &takes, &input);
    let step = lowered.step.as_ref().map(|graph| step::emit(&Context::new(lowered, graph)));

    quote! {
        #structure
        const _: () = {
            use #library::__private as __f;

            #structs
            #checks

            impl #impl_generics __f::Declared for #this #where_clause {
                type Params = #params;
                type Buffers = #buffers;
            }

            unsafe impl #impl_generics __f::Network for #this #where_clause {
                type Input = #input;
                type Output = #output;
                type TrainOutput = #train_output;
                type GradFields = #grads;
                type InferStore = #infer_store;
                type PackedStore = #packed_store;
                const INFO: &'static __f::Info = #plan_info;
                const INFER: &'static __f::InferFunctions = #plan_infer;
                __f::when_std! { const BATCH: &'static __f::BatchFunctions = #plan_batch; }
                __f::when_train! {
                    const TRAIN: &'static __f::TrainFunctions = #plan_train;
                    const TRAIN_SAMPLE: ::core::option::Option<&'static __f::SampleTraining> = #plan_sample;
                    #inner
                }
                #parametrized
                fn parts(&self) -> &__f::Parts<Self> { &self.#parts }
                fn parts_mut(&mut self) -> &mut __f::Parts<Self> { &mut self.#parts }
                __f::when_std! {
                    fn inferred(all: <Self::TrainOutput as __f::Values>::Refs<'_>) -> <Self::Output as __f::Values>::Refs<'_> { #inferred }
                }
            }

            #border

            /// What the declaration compiles to.
            struct #plan #impl_generics (#phantom) #where_clause;

            impl #impl_generics #plan #ty_generics #where_clause {
                #equal
                #constants
                #items
                #info
                #parametrized_items
                __f::when_train! { #training #inner_items }
            }

            #step
        };
    }
}

/// What a network says of weights that are made of parameters, and the items of its plan.
fn parametrized(cx: &Context<'_>, plan: &TokenStream) -> (TokenStream, TokenStream) {
    let Some(start) = parametrized::start(cx) else { return (TokenStream::new(), TokenStream::new()) };
    let train = parametrized::train(cx);
    let says = quote! {
        const START: ::core::option::Option<unsafe fn(*mut __f::f32, *mut __f::f32)> = ::core::option::Option::Some(#plan::start);
        __f::when_train! {
            const PARAMETRIZED: ::core::option::Option<&'static __f::ParametrizedWeights> = ::core::option::Option::Some(#plan::PARAMETRIZED);
        }
    };
    (says, quote!(#start __f::when_train! { #train }))
}

/// The constant that checks the formulas of types which the declaration says what they are; `None` where there are none.
pub fn equal_sizes(cx: &Context<'_>) -> Option<TokenStream> {
    let checks = cx.graph.equal.iter().map(|EqualSizes { what, got, wanted }| {
        let [got, wanted] = [got, wanted].map(|sizes| {
            let sizes = sizes.iter().map(crate::graph::Size::value);
            quote!(&[#(#sizes),*])
        });
        quote!(__f::same_sizes(#what, #got, #wanted);)
    });
    (!cx.graph.equal.is_empty()).then(|| quote!(const EQUAL_SIZES: () = { #(#checks)* };))
}

/// Of all outputs, those without `#[train]`.
fn inferred(outputs: &[GraphOutput]) -> TokenStream {
    if outputs.iter().all(|output| !output.train) {
        return quote!(all);
    }
    let places = outputs.iter().enumerate().filter(|(_, output)| !output.train).map(|(place, _)| Index::from(place));
    match places.collect::<Vec<_>>().as_slice() {
        [one] => quote!(all.#one),
        several => quote!((#(all.#several,)*)),
    }
}

/// Bytes of one inference: the arena and the outputs.
fn memory(cx: &Context<'_>, arena: &Count) -> Count {
    let outputs = cx.graph.outputs.iter().filter(|o| !o.train);
    outputs.fold(arena.clone(), |sum, o| sum.plus(&cx.graph.values[o.value].ty.bytes()))
}

/// The name of a network's one field. No label has it: field access goes on to the parameters.
pub fn parts(lowered: &Lowered) -> Ident {
    let labels = lowered.graph.iter().flat_map(|graph| &graph.modules.fields).map(|field| field.name.as_str());
    let longest = labels.filter(|label| label.starts_with("__parts")).map(str::len).max();
    let name = format!("__parts{}", "_".repeat(longest.map_or(0, |longest| longest + 1 - "__parts".len())));
    Ident::new(&name, Span::mixed_site())
}

/// The type that people see.
fn structure(cx: &Context<'_>, library: &TokenStream, parts: &Ident, [docs, drawing]: [String; 2]) -> TokenStream {
    let lowered = cx.lowered;
    let (vis, name) = (&lowered.vis, &lowered.name);
    let (impl_generics, ty_generics, where_clause) = lowered.generics.split_for_impl();
    let attrs = lowered.attrs.iter().filter(|attr| !attr.path().is_ident("fireclay"));
    let this = quote!(#name #ty_generics);
    quote! {
        #(#attrs)*
        #[doc = #docs]
        #[cfg_attr(doc, doc = #drawing)]
        #[repr(transparent)]
        #vis struct #name #impl_generics #where_clause {
            #parts: #library::__private::Parts<#this>,
        }
    }
}

/// The layout is what the offsets say: checked where all sizes are numbers.
fn sizes(cx: &Context<'_>, params: &TokenStream, buffers: &TokenStream, numeric: bool) -> TokenStream {
    if !numeric {
        return TokenStream::new();
    }
    let [p, b, _] = &cx.constants.totals;
    let [p, b] = [p, b].map(|numbers| numbers.times(&Dtype::F32.size().into()).value());
    quote! {
        const _: () = ::core::assert!(::core::mem::size_of::<#params>() == #p);
        const _: () = ::core::assert!(::core::mem::size_of::<#buffers>() == #b);
    }
}

/// Where user code meets the network: `infer`, `predict`, and field access.
fn border(cx: &Context<'_>, library: &TokenStream, takes: &Ident, input: &TokenStream) -> TokenStream {
    let lowered = cx.lowered;
    let name = &lowered.name;
    let (impl_generics, ty_generics, where_clause) = lowered.generics.split_for_impl();
    let this = quote!(#name #ty_generics);
    let types: Vec<String> = cx.graph.inputs.iter().map(|i| shown(&cx.graph.values[i.value].ty)).collect();
    let types = types.join(", ");
    let message = if cx.graph.inputs.len() == 1 { format!("{name} takes {types}") } else { format!("{name} takes ({types})") };
    let label = match cx.graph.inputs.as_slice() {
        [one] if matches!(cx.graph.values[one.value].ty, ValueType::Tensor(_)) => {
            format!("not a tensor of shape {types}: this is `{{Self}}`")
        }
        [_] => format!("not what {name} takes: this is `{{Self}}`"),
        several => {
            let names: Vec<String> = several.iter().map(|input| input.name.to_string()).collect();
            format!("{name} takes its inputs as one tuple, `&({})`: this is `{{Self}}`", names.join(", "))
        }
    };
    let generics = &cx.generics;
    // Where rustc says "required by this bound" it points at the network's name.
    let bound = {
        let takes = Ident::new(&takes.to_string(), name.span());
        quote_spanned!(name.span()=> __takes::#takes)
    };
    // Rustc knows `diagnostic` by its prelude alone.
    let wording = (!lowered.no_prelude).then(|| quote!(#[diagnostic::on_unimplemented(message = #message, label = #label)]));
    let given = match generics.as_slice() {
        [] => quote_spanned!(name.span()=> #bound<Values = #input>),
        generics => quote_spanned!(name.span()=> #bound<#(#generics,)* Values = #input>),
    };
    let unnamed = (!lowered.no_prelude).then(|| quote!(#[diagnostic::do_not_recommend]));
    quote! {
        impl #impl_generics ::core::ops::Deref for #this #where_clause {
            type Target = <#this as __f::Declared>::Params;
            #[inline]
            fn deref(&self) -> &Self::Target { __f::Network::params(self) }
        }
        impl #impl_generics ::core::ops::DerefMut for #this #where_clause {
            #[inline]
            fn deref_mut(&mut self) -> &mut Self::Target { __f::Network::params_mut(self) }
        }
        impl #impl_generics ::core::fmt::Debug for #this #where_clause {
            fn fmt(&self, __to: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::fmt::Display::fmt(&<#this as __f::Network>::summary(), __to)
            }
        }
        impl #impl_generics __f::AsNetwork for #this #where_clause {
            type Network = Self;
            fn network(&self) -> &Self { self }
            fn network_mut(&mut self) -> &mut Self { self }
        }

        // Of its own, so that no `diagnostic` of the crate is in sight.
        mod __takes {
            use #library::__private as __f;
            #wording
            /// What the network takes.
            pub trait #takes <#(#generics: __f::Dim),*> {
                /// Of this type; it is named outside, where aliases are in sight.
                type Values;
                /// The values.
                fn get(&self) -> &Self::Values;
            }
            __f::when_std! {
                #unnamed
                impl<#(#generics: __f::Dim,)* __T: #takes <#(#generics),*>> #takes <#(#generics),*> for __f::Box<__T> {
                    type Values = __T::Values;
                    fn get(&self) -> &Self::Values { __T::get(self) }
                }
            }
        }
        impl #impl_generics #bound #ty_generics for #input #where_clause {
            type Values = Self;
            fn get(&self) -> &Self { self }
        }
        __f::when_std! {
            impl #impl_generics ::core::clone::Clone for __f::Box<#this> #where_clause {
                fn clone(&self) -> Self { __f::Initialize::boxed_clone(&**self) }
                fn clone_from(&mut self, other: &Self) { __f::Initialize::copy_from(&mut **self, other) }
            }
        }

        impl #impl_generics #this #where_clause {
            /// The outputs for one sample, without allocation.
            pub fn infer<'m>(&self, input: &impl #given, memory: &'m mut __f::InferMemory<Self>)
                -> &'m <Self as __f::Network>::Output
            {
                __f::infer(self, input.get(), memory)
            }

            __f::when_std! {
                /// The outputs for one sample, in a box, with memory of its own.
                pub fn predict(&self, input: &impl #given) -> __f::Box<<Self as __f::Network>::Output> {
                    __f::predict(self, input.get())
                }

                /// A copy of the whole network, in a box: parameters and running statistics.
                pub fn clone(&self) -> __f::Box<Self> {
                    __f::Initialize::boxed_clone(self)
                }

                /// Takes the parameters and running statistics of another one, without allocation.
                pub fn clone_from(&mut self, other: &Self) {
                    __f::Initialize::copy_from(self, other)
                }
            }
        }
    }
}

/// `[1, 28, 28]`; a size that is a type is left to rustc, which knows what it is where the message is said.
fn shown(ty: &ValueType) -> String {
    let ValueType::Tensor(dims) = ty else { return ty.to_string() };
    let sizes = dims.iter().map(|size| if size.num().is_some() { size.to_string() } else { format!("{{{size}}}") });
    format!("[{}]", sizes.collect::<Vec<_>>().join(", "))
}

/// The types at a network's border, for the code that stands in for a broken one.
pub fn border_types(lowered: &Lowered) -> [TokenStream; 3] {
    let some = ValueType::Tensor(vec![crate::graph::Size::Num(1)]);
    // Where a border is missing any type will do: a message says what is wrong with it.
    let or_some = |mut types: Vec<&ValueType>| {
        types.truncate(crate::lower::BORDER);
        if types.is_empty() { values_type([&some]) } else { values_type(types) }
    };
    let outputs = |train: bool| or_some(lowered.outputs.iter().filter(|o| train || !o.train).map(|o| &o.ty).collect());
    [or_some(lowered.inputs.iter().map(|(_, ty)| ty).collect()), outputs(false), outputs(true)]
}
