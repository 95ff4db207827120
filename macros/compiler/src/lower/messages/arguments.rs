//! Arguments of layers and blocks.

use super::{count, list, words_are};
use crate::graph::ValueType;
use crate::layers::Param;

pub fn inferred_argument(name: &str) -> String {
    format!("the input's sizes are inferred: leave `{name}` out")
}

pub fn foreign_argument(what: &str, name: &str, help: &str) -> String {
    format!("{what} has no argument `{name}`\n  help: {help}")
}

pub fn no_argument(what: &str, name: &str, known: &[&str], near: Option<&str>) -> String {
    let help = near.map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
    if known.is_empty() {
        return format!("{what} has no argument `{name}`: it takes none");
    }
    format!("{what} has no argument `{name}`\n  help: {help}{what} takes {}", list(known))
}

pub fn too_many_arguments(what: &str, positional: &[&str], all: usize) -> String {
    match positional {
        [] if all == 0 => format!("{what} takes no arguments"),
        [] => format!("{what} takes its arguments by name only"),
        names => format!("{what} takes {} without a name: {}", count(names.len(), "argument"), list(names)),
    }
}

/// `BatchNorm(6)`, `Conv(3, 16, 5)`
pub fn inferred_here(code: &str) -> String {
    format!("\n  help: the input's sizes are inferred: `{code}`")
}

/// `MaxPool(2, 2)`
pub fn by_name(code: &str) -> String {
    format!("\n  help: the others go by name: `{code}`")
}

/// Something other than what was written, in full.
pub fn rather(code: &str) -> String {
    format!("\n  help: `{code}`")
}

/// `Attention(x, x, x)`
pub fn own_input(code: &str) -> String {
    format!("\n  help: it takes its number of heads, and attends over its own input: `{code}`")
}

/// `Attention(x)`
pub fn heads_are_a_number(value: &str) -> String {
    format!("Attention: heads is a number, not the value `{value}`")
}

/// `Embedding(1000, 16)`
pub fn rows_of_embedding(rows: &str, ty: &ValueType, code: &str) -> String {
    let input = match ty {
        ValueType::Index { .. } => format!("[0..{rows}]"),
        ValueType::Indices { len, .. } => format!("[0..{rows}; {len}]"),
        ValueType::Tensor(dims) | ValueType::Typed(_, dims) => {
            format!("[0..{rows}; {}]", dims.first().map_or_else(|| "…".to_owned(), ToString::to_string))
        }
    };
    format!("\n  help: the number of rows comes with the input, `{input}`: `{code}`")
}

/// `Conv2d(3, 16, kernel_size = 3)`
pub fn width_out(layer: &str, width: &str) -> String {
    format!("{layer}: the input's sizes are inferred: leave `{width}` out")
}

/// `bias = none`
pub fn flag(layer: &str, name: &str, word: &str, meant: bool) -> String {
    format!("{layer}: {name} takes true or false, not `{word}`\n  help: `{name} = {meant}`")
}

/// `pad = none`
pub fn leave_out(name: &str) -> String {
    format!("\n  help: leave `{name}` out")
}

pub fn positional_after_named(name: Option<&str>) -> String {
    let help = name.map(|name| format!("\n  help: `{name} = …`")).unwrap_or_default();
    format!("after an argument with a name all have names{help}")
}

pub fn given_twice(what: &str, name: &str, positional: &[&str]) -> String {
    let help = if positional.contains(&name) {
        format!("\n  help: without names stand {}, in this order", list(positional))
    } else {
        String::new()
    };
    format!("{what}: `{name}` is given twice{help}")
}

pub fn missing_arguments(what: &str, missing: &[&str], required: &[&str]) -> String {
    let missing: Vec<String> = missing.iter().map(|name| format!("`{name}`")).collect();
    format!("{what} needs {}\n  help: {what}({})", missing.join(" and "), list(required))
}

pub fn foreign_word(layer: &str, param: &Param, word: &str) -> String {
    let name = param.name;
    match param.words {
        [] if param.takes_numbers() => format!("{layer}: {name} takes a number, not the word `{word}`"),
        [] => format!("{layer}: {name} takes true or false, not the word `{word}`"),
        words => format!("{layer}: {name} knows no `{word}`{}", words_are(words, param.takes_numbers())),
    }
}

pub fn default_of_block(name: &str) -> String {
    format!("{name} is a block: its defaults stand where it is declared\n  help: block {name}(x; size = 3) {{ … }}")
}
