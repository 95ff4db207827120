//! Functions over a micro-batch as associated items of a plan; what several would do alike stands once.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use std::collections::HashMap;

/// The functions so far.
#[derive(Debug, Default)]
pub struct Functions {
    /// All of them.
    pub items: TokenStream,
    /// Their names, by what they do.
    known: HashMap<String, Ident>,
}

impl Functions {
    /// Adds a function and gives its name: that of an earlier one, where one does the same.
    pub fn add(&mut self, name: &str, body: &TokenStream) -> Ident {
        let Self { items, known } = self;
        let name = known.entry(body.to_string()).or_insert_with(|| {
            let name = Ident::new(name, Span::mixed_site());
            items.extend(quote!(unsafe fn #name(__c: &__f::Micro<'_>) { unsafe { #body } }));
            name
        });
        name.clone()
    }
}
