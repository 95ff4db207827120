//! Terms: numbers, words, names, arithmetic.

use super::{list, meant};
use crate::graph::ValueType;
use crate::layers::ArgValue;
use crate::syntax::ast::{Term, TermKind};

/// `"same"`
pub fn string(word: &str) -> String {
    format!("a string has no meaning here\n  help: words stand without quotes: `{word}`")
}

pub fn nested() -> String {
    "this is nested too deeply".to_owned()
}

pub fn too_large(n: u64) -> String {
    format!("{n} is too large for a size")
}

pub fn size_below_one(n: i64) -> String {
    format!("a size is at least 1; this is {n}")
}

pub fn whole_number(what: &str, got: &ArgValue) -> String {
    format!("{what} is a whole number, not `{got}`")
}

pub fn type_as_number(ty: &str) -> String {
    format!(
        "not yet: `{ty}` here: this number must be known to the macro\n  help: `{ty}` is taken as a type; declare `const {ty} = …;` if it is a number"
    )
}

pub fn rust_constant(name: &str) -> String {
    format!(
        "`{name}` is not declared in this network!; a constant of Rust around it cannot be seen here\n  help: declare `const {name} = …;` inside network!"
    )
}

/// `True`
pub fn python_bool(name: &str) -> String {
    format!("true and false stand in lower case\n  help: `{}`", name.to_lowercase())
}

pub fn declare(name: &str) -> String {
    format!("\n  help: a number is declared inside network!: `const {name} = …;`")
}

pub fn unknown_term(name: &str, help: &str) -> String {
    format!("no number, word or value is called `{name}`{help}")
}

pub fn tuple_in_term(name: &str) -> String {
    format!("`{name}` is a tuple; a single value is wanted here")
}

pub fn unknown_value(name: &str, near: Option<&str>, inputs: Vec<String>) -> String {
    let help = match inputs.as_slice() {
        [] => String::new(),
        [input] => format!("\n  help: the input is `{input}`"),
        inputs => format!("\n  help: the inputs are {}", list(inputs)),
    };
    format!("no value is called `{name}`{}{help}", meant(near))
}

pub fn unknown_within(name: &str, block: &str, values: &[String], numbers: bool) -> String {
    let values: Vec<&str> = values.iter().map(String::as_str).chain([name]).collect();
    let numbers = if numbers { "; …" } else { "" };
    format!("no value is called `{name}`: a block sees only what it is given\n  help: block {block}({}{numbers})", list(&values))
}

pub fn unknown_field(field: &str, near: Option<&str>) -> String {
    format!(
        "a value has no `{field}`{}\n  a value has channels, height and width (and regions, where there are four sizes), or time and features, or features",
        meant(near)
    )
}

pub fn no_such_axis(value: &str, ty: &ValueType, field: &str) -> String {
    let has = match ty {
        ValueType::Tensor(dims) | ValueType::Typed(_, dims) => match dims.len() {
            1 => "features",
            2 => "time and features",
            3 => "channels, height and width",
            _ => "regions, channels, height and width",
        },
        ValueType::Indices { .. } => "time",
        ValueType::Index { .. } => "no axes",
    };
    format!("{value} is {ty}: it has {has}, not `{field}`")
}

pub fn overflow(op: &str, a: i64, b: Option<i64>) -> String {
    match b {
        Some(b) => format!("{a} {op} {b} is too large"),
        None => format!("{op}{a} is too large"),
    }
}

pub fn by_zero(op: &str, a: i64) -> String {
    format!("{a} {op} 0: division by zero")
}

pub fn operand(op: &str, wants: &str, got: &ArgValue) -> String {
    format!("`{op}` takes {wants}, not `{got}`")
}

pub fn incomparable(a: &ArgValue, b: &ArgValue) -> String {
    format!("`{a}` and `{b}` cannot be compared")
}

pub fn condition(got: &ArgValue) -> String {
    format!("a condition is true or false, not `{got}`")
}

pub fn if_on_type(ty: &str) -> String {
    format!("not yet: `if` on `{ty}`, a size that is a type")
}

pub fn arithmetic_on_type(ty: &str) -> String {
    format!("not yet: arithmetic on `{ty}`, a size that is a type")
}

/// A term as it was written, where it is short.
pub fn show_term(term: &Term) -> String {
    written(term).unwrap_or_else(|| "(…)".to_owned())
}

pub fn formula_of_type(op: &str, ty: &str) -> String {
    format!("not yet: `{op}` on `{ty}`, a size that is a type: sums and products are formulas of types")
}

/// A term as it was written; `None` where it is long.
pub fn written(term: &Term) -> Option<String> {
    let all = |items: &[Term]| items.iter().map(written).collect::<Option<Vec<_>>>().map(|items| items.join(", "));
    Some(match &term.kind {
        TermKind::Int(n) => n.to_string(),
        TermKind::Float(x) => format!("{x:?}"),
        TermKind::Bool(b) => b.to_string(),
        TermKind::Tie(names) => format!("tie({})", names.iter().map(ToString::to_string).collect::<Vec<_>>().join(".")),
        TermKind::Wild => "_".to_owned(),
        TermKind::Name(name) | TermKind::Quoted(name) => name.to_string(),
        TermKind::Field(value, field) => format!("{value}.{field}"),
        TermKind::Unary(_, a) if matches!(a.kind, TermKind::Int(_) | TermKind::Float(_)) => format!("-{}", written(a)?),
        TermKind::Tuple(items) if items.len() > 1 && items.iter().all(is_atom) => format!("({})", all(items)?),
        TermKind::Range(from, to) => {
            let end = |term: &Term| if matches!(term.kind, TermKind::Wild) { Some(String::new()) } else { written(term) };
            format!("{}..{}", end(from)?, end(to)?)
        }
        TermKind::List(items) if items.iter().all(is_atom) => format!("[{}]", all(items)?),
        _ => return None,
    })
}

fn is_atom(term: &Term) -> bool {
    !matches!(term.kind, TermKind::Tuple(_) | TermKind::List(_))
}
