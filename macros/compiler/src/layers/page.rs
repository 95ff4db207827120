//! The tables of layers in `docs/language.md`, which are made of their declarations.

use super::{DefaultValue, LAYERS, Layer, Param};
use fireclay_ir::activation::ALL;
use std::fmt::Write;

/// `Conv(channels, kernel, stride = 1, …)`
fn signature(layer: &dyn Layer) -> String {
    let params: Vec<String> = layer.params().iter().map(param).collect();
    if params.is_empty() { layer.name().to_owned() } else { format!("{}({})", layer.name(), params.join(", ")) }
}

fn param(param: &Param) -> String {
    let name = param.name;
    match param.default {
        DefaultValue::Required | DefaultValue::Absent => name.to_owned(),
        DefaultValue::Int(n) => format!("{name} = {n}"),
        DefaultValue::Float(x) => format!("{name} = {x:?}"),
        DefaultValue::Bool(value) => format!("{name} = {value}"),
        DefaultValue::Word(word) => {
            let others = param.words.iter().filter(|other| **other != word).map(|other| format!(" or {other}"));
            format!("{name} = {word}{}", others.collect::<String>())
        }
        DefaultValue::SameAs(other) => format!("{name} = {other}"),
    }
}

/// Compares a file with what it is to be; `UPDATE_SNAPSHOTS=1` renews it.
fn current_file(path: &str, wanted: &str) {
    let path = format!("{}/../../{path}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    if text != wanted && std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        return std::fs::write(path, wanted).expect("written");
    }
    assert_eq!(text, wanted, "{path} is not current: UPDATE_SNAPSHOTS=1 renews it");
}

/// The names of all layers and operations as items of Rust: their documentation, and what editors find behind a name of a declaration.
#[test]
fn the_names_of_layers_are_current() {
    let mut text = "//! The layers and operations of `network!`, by name: documentation alone, none of them is used by a program.\n\
                    //!\n\
                    //! Editors find these behind the names of a declaration; `docs/language.md` has them in tables.\n\
                    //!\n\
                    //! Made of the declarations of the layers: `UPDATE_SNAPSHOTS=1 cargo test -p fireclay-compiler --lib page`.\n\n\
                    #![allow(non_camel_case_types, missing_debug_implementations, reason = \"names as declarations write them\")]\n"
        .to_owned();
    let mut all = LAYERS.to_vec();
    all.sort_by_key(|layer| layer.name());
    for layer in all {
        let [what, parameters] = layer.doc();
        let (what, parameters) = (what.trim(), parameters.trim());
        write!(text, "\n/// `{}`\n///\n/// {what}\n", signature(layer)).expect("a string");
        if !parameters.is_empty() {
            write!(text, "///\n/// Parameters: {parameters}\n").expect("a string");
        }
        // `where` is a word of Rust.
        let raw = if syn::parse_str::<syn::Ident>(layer.name()).is_ok() { "" } else { "r#" };
        writeln!(text, "pub struct {raw}{};", layer.name()).expect("a string");
    }
    current_file("src/layers.rs", &text);
}

/// Compares the text between two lines of the page with the table; `UPDATE_SNAPSHOTS=1` renews it.
pub(crate) fn current(page: &str, begin: &str, end: &str, table: &str) {
    let path = format!("{}/../../docs/{page}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).expect("the documentation");
    let from = text.find(begin).expect("where the table begins") + begin.len();
    let to = from + text[from..].find(end).expect("where the table ends");
    if text[from..to] != *table && std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        return std::fs::write(path, [&text[..from], table, &text[to..]].concat()).expect("written");
    }
    assert_eq!(&text[from..to], table, "docs/{page} is not current: UPDATE_SNAPSHOTS=1 renews it");
}

fn escaped(text: &str) -> String {
    text.trim().replace('|', "\\|")
}

fn activations(layer: &dyn Layer) -> bool {
    ALL.iter().any(|activation| activation.name == layer.name())
}

/// One test: two that write the page would meet.
#[test]
fn the_tables_of_layers_are_current() {
    let mut table = "| layer | takes → gives | parameters |\n|---|---|---|\n".to_owned();
    let rest = LAYERS.iter().copied().filter(|layer| !activations(*layer));
    // Operators, concat and split are written as operations.
    for layer in rest.filter(|layer| layer.name().starts_with(char::is_uppercase)) {
        let [shapes, parameters] = layer.doc().map(escaped);
        writeln!(table, "| `{}` | {shapes} | {parameters} |", signature(layer)).expect("a string");
    }
    table += "| [activations](#activations) | any shape, element by element | |\n";
    current("language.md", "<!-- layers: made of macros/compiler/src/layers -->\n", "<!-- end of layers -->\n", &table);

    let mut table = "| activation | y |\n|---|---|\n".to_owned();
    for layer in LAYERS.iter().copied().filter(|layer| activations(*layer)) {
        writeln!(table, "| `{}` | {} |", signature(layer), escaped(layer.doc()[0])).expect("a string");
    }
    current("language.md", "<!-- activations: made of ir/src/activation -->\n", "<!-- end of activations -->\n", &table);
}
