//! Numbers as tokens of generated code.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

/// `28`
pub(super) fn number(n: usize) -> Literal {
    Literal::usize_unsuffixed(n)
}

/// `[2, 2]`
pub(super) fn pair([a, b]: [usize; 2]) -> TokenStream {
    let (a, b) = (number(a), number(b));
    quote!([#a, #b])
}

/// `0.01`; a finite number.
pub(super) fn float(x: f32) -> TokenStream {
    let size = Literal::f32_unsuffixed(x.abs());
    if x.is_sign_negative() { quote!(-#size) } else { quote!(#size) }
}
