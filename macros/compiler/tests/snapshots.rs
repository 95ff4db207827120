//! What declarations expand to, pretty-printed and pinned: the output is to read as the declaration does.
//!
//! After a change: `UPDATE_SNAPSHOTS=1 cargo test -p fireclay-compiler --test snapshots`, and read the difference.

use std::path::Path;

fn check(name: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots");
    let declaration = std::fs::read_to_string(folder.join(format!("{name}.fireclay"))).expect("a declaration");
    let tokens = fireclay_compiler::expand(declaration.parse().expect("Rust tokens"));
    let found = prettyplease::unparse(&syn::parse2(tokens).expect("Rust items"));
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
fn after_an_error() {
    check("after_an_error");
}
