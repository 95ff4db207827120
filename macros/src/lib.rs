//! What `network!` and `weights!` of fireclay call. All of it is in `fireclay-compiler`; this is the door.

use proc_macro::TokenStream;

/// The code of a `network!`.
#[proc_macro]
pub fn network(tokens: TokenStream) -> TokenStream {
    fireclay_compiler::guarded(tokens.into(), fireclay_compiler::expand).into()
}

/// The code of a `weights!`: it asks for the network's declaration.
#[proc_macro]
pub fn weights(tokens: TokenStream) -> TokenStream {
    fireclay_compiler::guarded(tokens.into(), fireclay_compiler::weights::expand).into()
}

/// What `weights!` comes to when the network's declaration is at hand.
#[proc_macro]
pub fn weights_carried(tokens: TokenStream) -> TokenStream {
    let folder = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default();
    let mut note = |note: String| eprintln!("note: {note}");
    fireclay_compiler::guarded(tokens.into(), |tokens| {
        fireclay_compiler::weights::expand_carried(tokens, folder.as_ref(), &mut note)
    })
    .into()
}
