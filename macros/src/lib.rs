//! The macros `network!` and `weights!`. All of them is in `fireclay-compiler`; this is the door.

/// Declares networks: every shape is checked, all memory planned, forward and backward code written. The language is described in
/// `docs/language.md`.
#[proc_macro]
pub fn network(tokens: proc_macro::TokenStream) -> proc_macro::TokenStream {
    fireclay_compiler::expand(tokens.into()).into()
}

/// A packed network as a constant, from a safetensors file that is read, checked and folded (batch norms into what stands before
/// them) while compiling: neither a heap nor a parser is needed when running, and a tensor that is missing or of another
/// shape is a compile error that names it.
///
/// ```text
/// static NET: Packed<DigitNet> = weights!(DigitNet, "digits.safetensors");
/// ```
///
/// The network is named by its path, as after `net`; it may be declared in another module or crate. The file's path begins at the folder of
/// the crate's `Cargo.toml`. What it becomes is as large as the weights that inference reads, and belongs into a `static`: a `let`
/// would put all of it on the stack. Files are taken as by `Save::load`; what had to be changed (numbers of half precision, a `module.`
/// before every name) is printed as a note while compiling.
#[proc_macro]
pub fn weights(tokens: proc_macro::TokenStream) -> proc_macro::TokenStream {
    fireclay_compiler::weights::expand(tokens.into()).into()
}

/// What `weights!` comes to when the network's declaration is at hand.
#[doc(hidden)]
#[proc_macro]
pub fn __weights(tokens: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let folder = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default();
    let mut note = |note: String| eprintln!("note: {note}");
    fireclay_compiler::weights::expand_carried(tokens.into(), folder.as_ref(), &mut note).into()
}
