//! The blocks as types: one struct per distinct signature.

use super::names::{Names, field, is_list};
use crate::graph::{FieldKind, Graph, Module, Size};
use proc_macro2::{Ident, TokenStream};
use quote::quote;
use std::collections::HashMap;

/// Which tensors a block holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// What is learned.
    Params,
    /// What is only kept.
    Buffers,
    /// Gradients of what is trained.
    Grads,
}

/// Writes the structs of a network.
#[derive(Debug)]
pub struct Types<'a> {
    network: &'a Ident,
    graph: &'a Graph,
    generics: &'a [Ident],
    names: Names,
    /// By signature.
    known: HashMap<String, TokenStream>,
    items: TokenStream,
}

impl<'a> Types<'a> {
    /// Nothing yet.
    #[must_use]
    pub fn new(network: &'a Ident, graph: &'a Graph, generics: &'a [Ident], names: Names) -> Self {
        Self { network, graph, generics, names, known: HashMap::new(), items: TokenStream::new() }
    }

    /// The struct of the whole network, as a type.
    pub fn block(&mut self, kind: Kind) -> TokenStream {
        self.module(&self.graph.modules, "", kind).unwrap_or_else(|| quote!(__f::Empty))
    }

    /// All structs.
    #[must_use]
    pub fn items(self) -> TokenStream {
        self.items
    }

    fn holds(&self, tensor: usize, kind: Kind) -> bool {
        let info = &self.graph.tensors[tensor];
        match kind {
            Kind::Params => !info.buffer,
            Kind::Buffers => info.buffer,
            Kind::Grads => !info.buffer && !info.frozen,
        }
    }

    /// The type of a module; `None` where it holds nothing of this kind.
    fn module(&mut self, module: &Module, path: &str, kind: Kind) -> Option<TokenStream> {
        if let Some(network) = &module.network
            && kind != Kind::Grads
        {
            let name = if kind == Kind::Params { quote!(Params) } else { quote!(Buffers) };
            return module.tensors().iter().any(|t| self.holds(*t, kind)).then(|| quote!(<#network as __f::Declared>::#name));
        }
        let mut fields = Vec::new();
        for f in &module.fields {
            let ty = match &f.kind {
                FieldKind::Module(inner) => self.module(inner, &format!("{path}_{}", f.name), kind),
                FieldKind::Tensor(tensor) => self.holds(*tensor, kind).then(|| {
                    let dims = self.graph.tensors[*tensor].dims.iter().map(Size::ty);
                    quote!(__f::Tensor<(#(#dims,)*)>)
                }),
            };
            fields.push((f, ty));
        }
        if fields.iter().all(|(_, ty)| ty.is_none()) {
            return None;
        }
        let fields: Vec<_> = fields.into_iter().filter_map(|(f, ty)| ty.map(|ty| (f, ty))).collect();
        let signature: String = fields.iter().map(|(f, ty)| format!("{}:{ty};", f.name)).collect();
        if let Some(known) = self.known.get(&signature) {
            return Some(known.clone());
        }
        let what = match kind {
            Kind::Params => "Params",
            Kind::Buffers => "Buffers",
            Kind::Grads => "Grads",
        };
        let name = if path.is_empty() { self.names.item(self.network, what) } else { self.names.structure(path, what) };
        let generics = self.generics_in(&fields.iter().map(|(_, ty)| ty.clone()).collect());
        let types = fields.iter().map(|(_, ty)| ty);
        let body = if is_list(module) {
            // An element that holds nothing still counts: its neighbors keep their numbers.
            let last = fields.iter().filter_map(|(f, _)| f.name.parse::<usize>().ok()).max().unwrap_or(0);
            let types = (0..=last).map(|i| {
                let at = fields.iter().find(|(f, _)| f.name == i.to_string());
                at.map_or(quote!(__f::Empty), |(_, ty)| ty.clone())
            });
            quote!( ( #( pub #types, )* ); )
        } else {
            let idents = fields.iter().map(|(f, _)| field(&f.name, f.span));
            quote!( { #( pub #idents: #types, )* } )
        };
        let bounds = quote!(<#(#generics: __f::Dim),*>);
        let uses = quote!(<#(#generics),*>);
        self.items.extend(quote! {
            #[repr(C)]
            pub struct #name #bounds #body
            impl #bounds ::core::clone::Clone for #name #uses {
                fn clone(&self) -> Self { *self }
            }
            impl #bounds ::core::marker::Copy for #name #uses {}
            // SAFETY: `repr(C)`, tensors and such structs alone.
            unsafe impl #bounds __f::Block for #name #uses {}
        });
        let ty = quote!(#name #uses);
        self.known.insert(signature, ty.clone());
        Some(ty)
    }

    /// The type parameters that stand in these types.
    fn generics_in(&self, types: &TokenStream) -> Vec<Ident> {
        let mut found = Vec::new();
        collect(types.clone(), &mut |word| found.push(word));
        self.generics.iter().filter(|g| found.contains(&g.to_string())).cloned().collect()
    }
}

/// All words of some tokens.
pub fn collect(tokens: TokenStream, to: &mut dyn FnMut(String)) {
    for token in tokens {
        match token {
            proc_macro2::TokenTree::Ident(ident) => to(ident.to_string()),
            proc_macro2::TokenTree::Group(group) => collect(group.stream(), to),
            _ => {}
        }
    }
}
