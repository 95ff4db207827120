//! A size is a number or a type; a count is a polynomial of sizes.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use std::collections::BTreeMap;
use std::fmt;

/// The extent of one axis: known to the macro, or a type that is chosen where the network is used.
#[derive(Debug, Clone)]
pub enum Size {
    /// `28`
    Num(usize),
    /// `In`: a type parameter or an alias, with `fireclay::Dim` implemented.
    Type(Ident),
}

impl PartialEq for Size {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Num(a), Self::Num(b)) => a == b,
            (Self::Type(a), Self::Type(b)) => a == b,
            _ => false,
        }
    }
}

impl Eq for Size {}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Num(n) => write!(f, "{n}"),
            Self::Type(t) => write!(f, "{t}"),
        }
    }
}

impl Size {
    /// The number, where it is one.
    #[must_use]
    pub fn num(&self) -> Option<usize> {
        match self {
            Self::Num(n) => Some(*n),
            Self::Type(_) => None,
        }
    }

    /// A `usize` expression.
    #[must_use]
    pub fn value(&self) -> TokenStream {
        Count::from(self.clone()).value()
    }

    /// The typenum type: `Const<28>` or `In`.
    #[must_use]
    pub fn ty(&self) -> TokenStream {
        match self {
            Self::Num(n) => {
                let n = proc_macro2::Literal::usize_unsuffixed(*n);
                quote!(__f::Const<#n>)
            }
            Self::Type(t) => quote!(#t),
        }
    }
}

/// `[1, 28, 28]`, as messages write it.
#[must_use]
pub fn show(dims: &[Size]) -> String {
    let parts: Vec<String> = dims.iter().map(ToString::to_string).collect();
    format!("[{}]", parts.join(", "))
}

/// A number of things: a sum of products of sizes, kept exact as long as all are numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Count(BTreeMap<Vec<Ident>, usize>);

impl From<usize> for Count {
    fn from(n: usize) -> Self {
        let mut count = Self::default();
        if n > 0 {
            count.0.insert(Vec::new(), n);
        }
        count
    }
}

impl From<Size> for Count {
    fn from(size: Size) -> Self {
        match size {
            Size::Num(n) => n.into(),
            Size::Type(t) => Self(BTreeMap::from([(vec![t], 1)])),
        }
    }
}

/// A number as a `usize` expression. One beyond 32 bits is a sum of products: a literal too large for the machine that code is compiled for would be
/// cut to its size without a word, a constant that overflows is an error.
fn number(n: usize) -> TokenStream {
    let literal = |n: usize| proc_macro2::Literal::usize_unsuffixed(n);
    if u32::try_from(n).is_ok() {
        let n = literal(n);
        return quote!(#n);
    }
    let (high, low) = (number(n >> 16), literal(n & 0xFFFF));
    quote!((#high * 65536 + #low))
}

impl Count {
    /// The number of elements of a tensor of this shape.
    #[must_use]
    pub fn product(dims: &[Size]) -> Self {
        let numbers = dims.iter().filter_map(Size::num).fold(1, usize::saturating_mul);
        let types = dims.iter().filter(|size| size.num().is_none());
        types.fold(numbers.into(), |count: Self, size| count.times(&size.clone().into()))
    }

    /// The sum.
    #[must_use]
    pub fn plus(mut self, other: &Self) -> Self {
        for (key, n) in &other.0 {
            let slot = self.0.entry(key.clone()).or_default();
            *slot = slot.saturating_add(*n);
        }
        self
    }

    /// The product.
    #[must_use]
    pub fn times(&self, other: &Self) -> Self {
        if let (Some(a), Some(b)) = (self.num(), other.num()) {
            return a.saturating_mul(b).into();
        }
        let mut result = Self::default();
        for (a, m) in &self.0 {
            for (b, n) in &other.0 {
                let mut key = [a.as_slice(), b.as_slice()].concat();
                key.sort();
                let slot = result.0.entry(key).or_default();
                *slot = slot.saturating_add(m.saturating_mul(*n));
            }
        }
        result
    }

    /// The number, where no type takes part.
    #[must_use]
    pub fn num(&self) -> Option<usize> {
        match self.0.len() {
            0 => Some(0),
            1 => self.0.get(&Vec::new()).copied(),
            _ => None,
        }
    }

    /// A `usize` expression.
    #[must_use]
    pub fn value(&self) -> TokenStream {
        if let Some(n) = self.num() {
            return number(n);
        }
        let terms = self.0.iter().map(|(types, n)| {
            let n = number(*n);
            quote!(#n #( * <#types as __f::Dim>::N )*)
        });
        quote!((#(#terms)+*))
    }
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn no_literal_is_beyond_32_bits() {
        for n in [0, 7, u32::MAX as usize] {
            assert_eq!(number(n).to_string(), n.to_string());
        }
        assert_eq!(number(5_000_000_000).to_string(), "(76293 * 65536 + 61952)");
        assert_eq!(number(usize::MAX).to_string(), "((4294967295 * 65536 + 65535) * 65536 + 65535)");
    }
}
