//! Numbers as tokens of emitted code.

use crate::graph::{Arg, Count};
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
