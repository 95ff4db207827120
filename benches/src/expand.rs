//! How long the compiler behind `network!` takes, without rustc around it.

use proc_macro2::{TokenStream, TokenTree};
use std::hint::black_box;
use std::time::Instant;

/// Prints a JSON line: the least of some times, and the size of what comes out.
pub fn measure(file: &str) -> Result<(), String> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?;
    let program: TokenStream = text.parse().map_err(|error| format!("{file}: {error}"))?;
    let declaration = declaration(program).ok_or(format!("{file}: no `network!`"))?;
    let code = fireclay_compiler::expand(declaration.clone()).to_string();
    let times = (0..10).map(|_| {
        let tokens = declaration.clone();
        let start = Instant::now();
        black_box(fireclay_compiler::expand(tokens));
        start.elapsed().as_secs_f64() * 1e3
    });
    let ms = times.fold(f64::INFINITY, f64::min);
    println!("{}", serde_json::json!({ "file": file, "expand_ms": (ms * 1e3).round() / 1e3, "bytes": code.len() }));
    Ok(())
}

/// What stands in the first `network! { … }`.
fn declaration(program: TokenStream) -> Option<TokenStream> {
    let mut trees = program.into_iter().skip_while(|tree| !matches!(tree, TokenTree::Ident(name) if name == "network"));
    trees.find_map(|tree| if let TokenTree::Group(group) = tree { Some(group.stream()) } else { None })
}
