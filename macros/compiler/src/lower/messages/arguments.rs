//! Arguments of layers and blocks.

use super::{count, list};

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

pub fn positional_after_named(name: &str) -> String {
    format!("after an argument with a name all have names\n  help: `{name} = …`")
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

pub fn foreign_word(layer: &str, param: &str, word: &str, words: &[&str]) -> String {
    match words {
        [] => format!("{layer}: {param} takes a number, not the word `{word}`"),
        words => format!("{layer}: {param} knows no `{word}`\n  help: it may be a number or one of {}", list(words)),
    }
}

pub fn default_of_block(name: &str) -> String {
    format!("{name} is a block: its defaults stand where it is declared\n  help: block {name}(x; size = 3) {{ … }}")
}
