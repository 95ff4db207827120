//! Numbers as tokens of emitted code.

use crate::graph::{Arg, Count, Size};
use proc_macro2::{Literal, TokenStream};
use quote::quote;

/// A count as an operand.
pub(crate) fn count(len: &Count) -> Arg {
    Arg::Value(len.value())
}

/// `28`
pub(crate) fn number(n: usize) -> Literal {
    Literal::usize_unsuffixed(n)
}

/// Sizes as numbers of a geometry, each as it is written.
pub(crate) fn values<const N: usize>(sizes: [&Size; N]) -> [TokenStream; N] {
    sizes.map(Size::value)
}

/// The fan-in of a transposed convolution: of its kernel's positions only one in `stride` meets an output.
pub(crate) fn one_in(inputs: &Count, stride: usize) -> Count {
    match inputs.num() {
        Some(inputs) => (inputs / stride).max(1).into(),
        None => {
            let (inputs, stride) = (inputs.value(), number(stride));
            Count::told(&quote!(if #inputs > #stride { #inputs / #stride } else { 1 }))
        }
    }
}

/// `[2, 2]`
pub(crate) fn pair([a, b]: [usize; 2]) -> TokenStream {
    let (a, b) = (number(a), number(b));
    quote!([#a, #b])
}

/// `0.01`; a finite number.
pub(crate) fn float(x: f32) -> TokenStream {
    let size = Literal::f32_unsuffixed(x.abs());
    if x.is_sign_negative() { quote!(-#size) } else { quote!(#size) }
}
