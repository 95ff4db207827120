//! What declarations expand to, pretty-printed and pinned: the output is to read as the declaration does.
//!
//! After a change: `UPDATE_SNAPSHOTS=1 cargo test -p fireclay-compiler --test snapshots`, and read the difference.

use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use quote::{format_ident, quote};
use std::path::Path;

/// Macros of ours that hold items, and those that hold expressions: to a formatter what is within is but tokens.
const HOLD_ITEMS: [&str; 2] = ["when_std", "when_train"];
const HOLD_EXPRESSIONS: [&str; 1] = ["if_std"];

/// With their calls opened: items stand between two constants that mark where they began and ended, a call with expressions is one of a
/// function. `closed` makes macros of them again.
fn opened(tokens: TokenStream) -> TokenStream {
    let mut to: Vec<TokenTree> = Vec::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let bang = matches!(tokens.peek(), Some(TokenTree::Punct(sign)) if sign.as_char() == '!');
        match token {
            TokenTree::Ident(name) if bang && HOLD_ITEMS.iter().any(|known| name == known) => {
                let Some(TokenTree::Group(items)) = tokens.nth(1) else { panic!("{name}! without a group") };
                // The path before the name, `__f::`.
                to.truncate(to.len() - 3);
                let items = opened(items.stream());
                let [begins, ends] = ["begins", "ends"].map(|which| format_ident!("__{name}_{which}"));
                to.extend(quote!(const #begins: () = (); #items const #ends: () = ();));
            }
            TokenTree::Ident(name) if bang && HOLD_EXPRESSIONS.iter().any(|known| name == known) => {
                tokens.next();
                to.push(Ident::new(&format!("{name}__"), name.span()).into());
            }
            TokenTree::Group(group) => to.push(Group::new(group.delimiter(), opened(group.stream())).into()),
            token => to.push(token),
        }
    }
    to.into_iter().collect()
}

/// The calls again, of formatted code in which they are opened.
fn closed(formatted: &str) -> String {
    let (mut text, mut depth) = (String::new(), 0);
    for line in formatted.lines() {
        let mark = line.trim().strip_prefix("const __").and_then(|rest| rest.strip_suffix(": () = ();"));
        let name = |which: &str| mark.and_then(|mark| mark.strip_suffix(which));
        let line = match (name("_begins"), name("_ends")) {
            (Some(begins), _) => line.replace(line.trim(), &format!("__f::{begins}! {{")),
            (_, Some(_)) => line.replace(line.trim(), "}"),
            _ => line.to_owned(),
        };
        depth -= usize::from(name("_ends").is_some());
        if !line.is_empty() {
            text += &"    ".repeat(depth);
            text += &line;
        }
        text.push('\n');
        depth += usize::from(name("_begins").is_some());
    }
    assert_eq!(depth, 0);
    HOLD_EXPRESSIONS.iter().fold(text, |text, name| text.replace(&format!("{name}__("), &format!("{name}!(")))
}

fn check(name: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots");
    let declaration = std::fs::read_to_string(folder.join(format!("{name}.fireclay"))).expect("a declaration");
    let tokens = fireclay_compiler::expand(declaration.parse().expect("Rust tokens"));
    let found = closed(&prettyplease::unparse(&syn::parse2(opened(tokens)).expect("Rust items")));
    let path = folder.join(format!("{name}.expanded"));
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, &found).expect("a snapshot");
    }
    let wanted = std::fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    if let Some(line) = (0..).find(|i| found.lines().nth(*i) != wanted.lines().nth(*i) || *i > found.lines().count())
        && found != wanted
    {
        let at = |text: &str| text.lines().nth(line).unwrap_or("(nothing)").to_owned();
        panic!(
            "{name} expands to something else than {name}.expanded, first in line {}:\n  was {}\n  is  {}\nUPDATE_SNAPSHOTS=1 accepts it",
            line + 1,
            at(&wanted),
            at(&found)
        );
    }
}

#[test]
fn classifier() {
    check("classifier");
}

#[test]
fn branches() {
    check("branches");
}

#[test]
fn lstm() {
    check("lstm");
}

#[test]
fn residual() {
    check("residual");
}

#[test]
fn winograd() {
    check("winograd");
}

#[test]
fn normalized() {
    check("normalized");
}

#[test]
fn inner_values() {
    check("inner_values");
}

#[test]
fn after_an_error() {
    check("after_an_error");
}
