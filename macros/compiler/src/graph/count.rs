//! A count is a polynomial of sizes: numbers of things, bytes, and the sizes that are formulas of types.

use super::size::Size;
use fireclay_ir::LANES;
use proc_macro2::{Ident, TokenStream};
use quote::quote;
use std::collections::BTreeMap;
use std::fmt;

/// A number of things: a sum of products of sizes, kept exact as long as all are numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Count(BTreeMap<Vec<Factor>, usize>);

/// What stands in a product beside its number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Factor {
    /// `In`
    Type(Ident),
    /// The windows over a size.
    Windows(Box<Windows>),
    /// An expression of generated code.
    Told(String),
}

/// `⌊(of + pads − extent) / stride⌋ + 1`: the windows over a size that is no number, where that is no polynomial.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Windows {
    of: Count,
    pads: usize,
    extent: usize,
    stride: usize,
}

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
            Size::Type(t) => Self(BTreeMap::from([(vec![Factor::Type(t)], 1)])),
            Size::Formula(count) => count,
        }
    }
}

/// `2 * C + 3`
impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let term = |(factors, n): (&Vec<Factor>, &usize)| {
            let number = (*n != 1 || factors.is_empty()).then(|| n.to_string());
            number.into_iter().chain(factors.iter().map(ToString::to_string)).collect::<Vec<_>>().join(" * ")
        };
        // The number alone comes last.
        let (mut numbers, mut terms): (Vec<_>, Vec<_>) = self.0.iter().partition(|(factors, _)| factors.is_empty());
        terms.append(&mut numbers);
        f.write_str(&terms.into_iter().map(term).collect::<Vec<_>>().join(" + "))
    }
}

impl fmt::Display for Factor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Type(ident) => write!(f, "{ident}"),
            Self::Told(expression) => f.write_str(expression),
            Self::Windows(windows) => {
                let Windows { of, pads, extent, stride } = &**windows;
                let room = match (pads.checked_sub(*extent), extent.checked_sub(*pads)) {
                    (Some(0), _) => of.to_string(),
                    (Some(more), _) => format!("{of} + {more}"),
                    (None, less) => format!("{of} - {}", less.unwrap_or(0)),
                };
                if *stride == 1 { write!(f, "({room} + 1)") } else { write!(f, "(({room}) / {stride} + 1)") }
            }
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
    /// The difference, of which something is left: checked where the network is built.
    #[must_use]
    pub fn less(&self, other: usize) -> Self {
        let alone = self.0.get(&Vec::new()).copied().unwrap_or(0);
        if let Some(alone) = alone.checked_sub(other) {
            let mut count = self.clone();
            count.0.remove(&Vec::new());
            return count.plus(&alone.into());
        }
        let windows = Windows { of: self.clone(), pads: 0, extent: other.saturating_add(1), stride: 1 };
        Self(BTreeMap::from([(vec![Factor::Windows(Box::new(windows))], 1)]))
    }

    /// Rounded up to whole vectors of sixteen.
    #[must_use]
    pub fn whole_vectors(&self) -> Self {
        if let Some(n) = self.num() {
            return n.checked_next_multiple_of(LANES).unwrap_or(usize::MAX & !(LANES - 1)).into();
        }
        if self.0.values().all(|n| n.is_multiple_of(LANES)) {
            return self.clone();
        }
        let (value, lanes) = (self.value(), number(LANES));
        Self::told(&quote!((#value).next_multiple_of(#lanes)))
    }

    /// What an expression of generated code says, of sizes that are no numbers: the scratch of a kernel, by its geometry.
    #[must_use]
    pub fn told(expression: &TokenStream) -> Self {
        Self(BTreeMap::from([(vec![Factor::Told(expression.to_string())], 1)]))
    }

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

    /// The type that it is.
    pub(super) fn ident(&self) -> Option<&Ident> {
        match self.0.iter().next() {
            Some((factors, 1)) if self.0.len() == 1 => match factors.as_slice() {
                [Factor::Type(ident)] => Some(ident),
                _ => None,
            },
            _ => None,
        }
    }

    /// The windows over so many positions: `⌊(self + pads − extent) / stride⌋ + 1`, where all are numbers `None` if none fits. What is no number
    /// stays as simple as can be, so that a convolution that keeps the size gives the same one.
    #[must_use]
    pub fn windows(&self, pads: usize, extent: usize, stride: usize) -> Option<Self> {
        if let Some(n) = self.num() {
            return n.saturating_add(pads).checked_sub(extent).map(|room| (room / stride + 1).into());
        }
        let alone = self.0.get(&Vec::new()).copied().unwrap_or(0);
        let divides = self.0.iter().all(|(factors, n)| factors.is_empty() || n.is_multiple_of(stride));
        let signed = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        // Of what every factor's number is a multiple of the stride: each term by itself, and the rest rounded down.
        let rest = (signed(alone) + signed(pads) - signed(extent)).div_euclid(signed(stride)) + 1;
        if let (true, Ok(rest)) = (divides, usize::try_from(rest)) {
            let terms =
                self.0.iter().filter(|(factors, _)| !factors.is_empty()).map(|(factors, n)| (factors.clone(), n / stride));
            return Some(Self(terms.collect()).plus(&rest.into()));
        }
        let windows = Windows { of: self.clone(), pads, extent, stride };
        Some(Self(BTreeMap::from([(vec![Factor::Windows(Box::new(windows))], 1)])))
    }

    /// A `usize` expression.
    #[must_use]
    pub fn value(&self) -> TokenStream {
        if let Some(n) = self.num() {
            return number(n);
        }
        let terms = self.0.iter().map(|(factors, n)| {
            let (n, factors) = (number(*n), factors.iter().map(Factor::value));
            quote!(#n #( * #factors )*)
        });
        quote!((#(#terms)+*))
    }

    /// The same, with its type where it is a number.
    #[must_use]
    pub fn typed_value(&self) -> TokenStream {
        self.num().map_or_else(|| self.value(), |n| quote!(#n))
    }

    /// The type of a size that is so many: a sum of products of types; `None` where one of the factors is no type.
    pub(super) fn ty(&self) -> Option<TokenStream> {
        let term = |(factors, n): (&Vec<Factor>, &usize)| {
            let factor = |factor: &Factor| if let Factor::Type(t) = factor { Some(quote!(#t)) } else { None };
            let types: Option<Vec<_>> = factors.iter().map(factor).collect();
            let number = (*n != 1 || factors.is_empty()).then(|| Size::Num(*n).stated()).flatten();
            number.into_iter().chain(types?).reduce(|a, b| quote!(__f::Times<#a, #b>))
        };
        let terms: Option<Vec<_>> = self.0.iter().map(term).collect();
        terms?.into_iter().reduce(|a, b| quote!(__f::Plus<#a, #b>))
    }
}

impl Factor {
    /// A `usize` expression.
    fn value(&self) -> TokenStream {
        match self {
            Self::Type(t) => quote!(<#t as __f::Dim>::N),
            // It was tokens when it was told.
            Self::Told(expression) => {
                let tokens: TokenStream = expression.parse().unwrap_or_default();
                quote!((#tokens))
            }
            Self::Windows(windows) => {
                let (of, [pads, extent, stride]) =
                    (windows.of.value(), [windows.pads, windows.extent, windows.stride].map(number));
                quote!(__f::windows(#of, #pads, #extent, #stride))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Count, number};
    use crate::graph::Size;
    use proc_macro2::{Ident, Span};

    fn size(name: &str) -> Size {
        Size::Type(Ident::new(name, Span::call_site()))
    }

    #[test]
    fn formulas_are_as_simple_as_can_be() {
        let (c, three) = (size("C"), Size::Num(3));
        let twice = c.plus(&c);
        assert_eq!((twice.to_string(), c.times(&three).plus(&three).to_string()), ("2 * C".into(), "3 * C + 3".into()));
        assert_eq!(twice.ty().to_string(), "__f :: Times < __f :: Const < 2 > , C >");
        assert_eq!(c.plus(&three).ty().to_string(), "__f :: Plus < __f :: Const < 3 > , C >");
        let windows = |size: &Size, pads, extent, stride| {
            Size::from(Count::from(size.clone()).windows(pads, extent, stride).expect("it fits"))
        };
        // A kernel of 3 with a padding of 1 keeps the size, by a stride of 2 it halves what was doubled.
        assert_eq!([windows(&c, 2, 3, 1), windows(&twice, 2, 3, 2)], [c.clone(), c.clone()]);
        let half = windows(&c, 2, 3, 2);
        assert_eq!((half.to_string(), half.stated().is_none()), ("((C - 1) / 2 + 1)".into(), true));
        assert_eq!(half.value().to_string(), "(1 * __f :: windows ((1 * < C as __f :: Dim > :: N) , 2 , 3 , 2))");
        assert_eq!(windows(&c, 0, 5, 1).to_string(), "(C - 5 + 1)");
        let vectors = |size: &Size| Count::from(size.clone()).whole_vectors().value().to_string();
        assert_eq!(vectors(&c.times(&Size::Num(32))), "(32 * < C as __f :: Dim > :: N)");
        let whole = "(1 * (((2 * < C as __f :: Dim > :: N)) . next_multiple_of (16)))";
        assert_eq!(vectors(&twice), whole);
        assert_eq!((Count::from(9).windows(2, 3, 2).and_then(|n| n.num()), Count::from(2).windows(0, 3, 1)), (Some(5), None));
    }

    #[test]
    fn no_literal_is_beyond_32_bits() {
        for n in [0, 7, u32::MAX as usize] {
            assert_eq!(number(n).to_string(), n.to_string());
        }
        assert_eq!(number(5_000_000_000).to_string(), "(76293 * 65536 + 61952)");
        assert_eq!(number(usize::MAX).to_string(), "((4294967295 * 65536 + 65535) * 65536 + 65535)");
    }
}
