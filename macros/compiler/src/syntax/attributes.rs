//! Attributes. Documentation may stand anywhere; `#[cfg(…)]` was answered before anything was read
//! (`crate::conditions`), and what it leaves says that something is not there.

use super::{here, messages};
use syn::parse::ParseStream;
use syn::{Attribute, Result, Token};

/// The attributes before something.
#[derive(Debug, Default)]
pub struct Outer {
    /// All but `#[cfg(…)]`.
    pub attrs: Vec<Attribute>,
    /// What follows is read, and then it is not there.
    pub absent: bool,
}

/// Reads them.
pub fn outer(input: ParseStream<'_>) -> Result<Outer> {
    let mut outer = Outer::default();
    while input.peek(Token![#]) {
        if input.peek2(Token![!]) {
            return Err(here(input, messages::INNER_ATTRIBUTE));
        }
        for attr in input.call(Attribute::parse_outer)? {
            if attr.path().is_ident("cfg") {
                outer.absent = true;
            } else {
                outer.attrs.push(attr);
            }
        }
    }
    Ok(outer)
}

impl Outer {
    /// Whether `#[word]` is among them; any other is an error, which is this one.
    pub fn only(&self, word: &str, text: &str) -> Result<Option<&Attribute>> {
        let mut found = None;
        for attr in self.attrs.iter().filter(|attr| !attr.path().is_ident("doc")) {
            let alone = matches!(attr.meta, syn::Meta::Path(_));
            if !alone || !attr.path().is_ident(word) {
                return Err(syn::Error::new_spanned(attr.path(), text));
            }
            found = Some(attr);
        }
        Ok(found)
    }

    /// Nothing but documentation is among them.
    pub fn none(&self, text: &str) -> Result<()> {
        self.only("", text).map(drop)
    }
}
