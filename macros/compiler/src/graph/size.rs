//! A size is a number, a type, or a formula of types.

use super::count::Count;
use proc_macro2::{Ident, TokenStream};
use quote::quote;
use std::fmt;

/// The extent of one axis: known to the macro, or told by types that are chosen where the network is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Size {
    /// `28`
    Num(usize),
    /// `In`: a type parameter or an alias, with `fireclay::Dim` implemented.
    Type(Ident),
    /// `2 * C + 3`, `(H - 1) / 2 + 1`: what layers make of types.
    Formula(Count),
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Num(n) => write!(f, "{n}"),
            Self::Type(t) => write!(f, "{t}"),
            Self::Formula(count) => write!(f, "{count}"),
        }
    }
}

impl From<usize> for Size {
    fn from(n: usize) -> Self {
        Self::Num(n)
    }
}

impl From<&Size> for Size {
    fn from(size: &Self) -> Self {
        size.clone()
    }
}

/// In its simplest form, so that equal sizes are the same.
impl From<Count> for Size {
    fn from(count: Count) -> Self {
        match (count.num(), count.ident()) {
            (Some(n), _) => Self::Num(n),
            (None, Some(ident)) => Self::Type(ident.clone()),
            (None, None) => Self::Formula(count),
        }
    }
}

impl Size {
    /// The number, where it is one.
    #[must_use]
    pub fn num(&self) -> Option<usize> {
        match self {
            Self::Num(n) => Some(*n),
            Self::Type(_) | Self::Formula(_) => None,
        }
    }

    /// The sum.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        Count::from(self.clone()).plus(&other.clone().into()).into()
    }

    /// The product.
    #[must_use]
    pub fn times(&self, other: &Self) -> Self {
        Count::from(self.clone()).times(&other.clone().into()).into()
    }

    /// A `usize` expression.
    #[must_use]
    pub fn value(&self) -> TokenStream {
        Count::from(self.clone()).value()
    }

    /// The type: `Const<28>`, `In`, or a sum of products of these; `None` where none states it.
    #[must_use]
    pub fn stated(&self) -> Option<TokenStream> {
        match self {
            Self::Num(n) => {
                let n = proc_macro2::Literal::usize_unsuffixed(*n);
                Some(quote!(__f::Const<#n>))
            }
            Self::Type(t) => Some(quote!(#t)),
            Self::Formula(count) => count.ty(),
        }
    }

    /// The type.
    ///
    /// # Panics
    /// If none states it: lowering refuses such a size at a border and in a parameter.
    #[must_use]
    pub fn ty(&self) -> TokenStream {
        self.stated().unwrap_or_else(|| panic!("no type states {self}"))
    }
}

/// `[1, 28, 28]`, as messages write it.
#[must_use]
pub fn show(dims: &[Size]) -> String {
    let parts: Vec<String> = dims.iter().map(ToString::to_string).collect();
    format!("[{}]", parts.join(", "))
}
