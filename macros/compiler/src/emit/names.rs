//! Names of what is emitted.

use crate::graph::{FieldKind, Graph, Module};
use proc_macro2::{Ident, Span};
use quote::quote;
use std::collections::HashSet;
use syn::Generics;
use syn::ext::IdentExt;

/// Makes identifiers that do not collide.
#[derive(Debug, Default)]
pub struct Names(HashSet<String>);

/// The constants of a plan that no label names.
const OURS: [&str; 9] = ["INFO", "INFER", "BATCH", "TRAIN", "TRAIN_SAMPLE", "STEP", "PANELS", "PANELS_AT", "PARAMETRIZED"];

impl Names {
    /// For the constants of a plan.
    pub fn of_constants() -> Self {
        Self(OURS.map(str::to_owned).into())
    }

    /// For what stands in the scope of a network: its name, those of the networks within it, and all that its type parameters say are taken.
    pub fn around(network: &Ident, generics: &Generics, graph: &Graph) -> Self {
        fn walk(module: &Module, taken: &mut HashSet<String>) {
            taken.extend(module.network.iter().flat_map(|path| &path.segments).map(|segment| segment.ident.to_string()));
            for field in &module.fields {
                if let FieldKind::Module(inner) = &field.kind {
                    walk(inner, taken);
                }
            }
        }
        let mut taken = HashSet::from([network.to_string()]);
        super::types::collect(quote!(#generics), &mut |word| {
            taken.insert(word);
        });
        let bounds = &generics.where_clause;
        super::types::collect(quote!(#bounds), &mut |word| {
            taken.insert(word);
        });
        walk(&graph.modules, &mut taken);
        Self(taken)
    }

    /// `LeNetParams`, for an item that belongs to the network.
    pub fn item(&mut self, network: &Ident, what: &str) -> Ident {
        let mut name = self.unique(&format!("{}{what}", network.unraw()));
        // Where rustc points when it speaks of the item; the style of its name is not the crate's affair.
        name.set_span(Span::call_site().located_at(network.span()));
        name
    }

    /// `LAYER1_0_CONV1`, for a constant.
    pub fn constant(&mut self, path: &str) -> Ident {
        self.unique(&clean(path).to_uppercase())
    }

    /// `__v_layer1_0_conv1`, for a value: no constant of the crate is called so.
    pub fn value(&mut self, path: &str) -> Ident {
        self.unique(&format!("__v_{}", clean(path)))
    }

    /// `Layer10Conv1Params`, for a struct.
    pub fn structure(&mut self, path: &str, what: &str) -> Ident {
        let camel: String = clean(path)
            .split('_')
            .map(|word| {
                let mut chars = word.chars();
                chars.next().map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
            })
            .collect();
        self.unique(&format!("{camel}{what}"))
    }

    fn unique(&mut self, name: &str) -> Ident {
        let name = if name.starts_with(|c: char| c.is_ascii_digit()) { format!("_{name}") } else { name.to_owned() };
        let mut candidate = name.clone();
        let mut n = 2;
        while !self.0.insert(candidate.clone()) {
            candidate = format!("{name}_{n}");
            n += 1;
        }
        Ident::new(&candidate, Span::mixed_site())
    }
}

fn clean(path: &str) -> String {
    path.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect()
}

/// An identifier as a field, raw where it is a keyword; with the span of where it was written.
#[must_use]
pub fn field(name: &str, span: Span) -> Ident {
    // A label may have capitals: no lint of the crate asks why.
    let span = Span::call_site().located_at(span);
    // `gen` is a keyword since edition 2024, which syn does not know.
    let plain = name != "gen" && syn::parse_str::<Ident>(name).is_ok();
    if plain { Ident::new(name, span) } else { Ident::new_raw(name, span) }
}

/// Whether a module's fields are numbers: some elements of a list.
#[must_use]
pub fn is_list(module: &Module) -> bool {
    !module.fields.is_empty() && module.fields.iter().all(|f| f.name.parse::<usize>().is_ok())
}
