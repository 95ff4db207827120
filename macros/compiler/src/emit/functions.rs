//! Functions over a micro-batch as associated items of a plan; what several would do alike stands once.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

/// What a function does.
#[derive(Debug)]
pub struct Body {
    /// The places that its steps name.
    pub lets: TokenStream,
    /// In order.
    pub steps: Vec<TokenStream>,
}

impl Body {
    /// Whether two functions would do the same. Most differ in their first step, so that little of them has to be written out.
    fn same(&self, other: &Self) -> bool {
        let same = |(a, b): (&TokenStream, &TokenStream)| a.to_string() == b.to_string();
        self.steps.len() == other.steps.len() && self.steps.iter().zip(&other.steps).all(same) && same((&self.lets, &other.lets))
    }

    /// `{ let …; … }`
    fn tokens(self) -> TokenStream {
        let mut tokens = self.lets;
        tokens.extend(self.steps);
        tokens
    }
}

/// The functions so far.
#[derive(Debug, Default)]
pub struct Functions(Vec<(Ident, Body)>);

impl Functions {
    /// Adds a function and gives its name: that of an earlier one, where one does the same.
    pub fn add(&mut self, name: &str, body: Body) -> Ident {
        if let Some((known, _)) = self.0.iter().find(|(_, known)| known.same(&body)) {
            return known.clone();
        }
        let name = Ident::new(name, Span::mixed_site());
        self.0.push((name.clone(), body));
        name
    }

    /// All of them.
    #[must_use]
    pub fn items(self) -> TokenStream {
        let item = |(name, body): (Ident, Body)| {
            let body = body.tokens();
            quote!(unsafe fn #name(__c: &__f::Micro<'_>) { unsafe { #body } })
        };
        self.0.into_iter().map(item).collect()
    }
}
