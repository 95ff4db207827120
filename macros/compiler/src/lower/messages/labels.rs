//! Labels: names that stand twice, layers that are used again, paths of parameters that clash.

use super::count;
use crate::graph::{Size, ValueType, show};

pub fn label_before_if(name: &str) -> String {
    format!("the label `{name}` cannot stand before `if`\n  help: label the stages within")
}

pub fn label_twice(name: &str, line: usize) -> String {
    format!(
        "the label `{name}` stands in line {line} already\n  help: another label; or `{name}` alone, to use the same weights again"
    )
}

pub fn arguments_again(name: &str) -> String {
    format!("{name} is used again: its arguments are those of its declaration\n  help: `{name}` alone; or another label")
}

pub fn label_again(label: &str, name: &str) -> String {
    format!("{name} is used again and has its label\n  help: `{name}` alone, without `{label}:`")
}

pub fn frozen_again(name: &str, line: usize) -> String {
    format!("{name} is trained by its use in line {line}\n  help: write #[frozen] there")
}

/// `1 channel`, `6 features`
fn width(inputs: &[ValueType]) -> Option<(usize, &'static str)> {
    match inputs {
        [ValueType::Tensor(dims) | ValueType::Typed(_, dims)] => match dims.as_slice() {
            [Size::Num(n), _, _] | [_, Size::Num(n), _, _] => Some((*n, "channel")),
            [.., Size::Num(n)] => Some((*n, "feature")),
            _ => None,
        },
        _ => None,
    }
}

pub fn other_weights(
    label: &str,
    line: usize,
    then: &[ValueType],
    now: &[ValueType],
    differ: Option<(&Vec<Size>, &Vec<Size>)>,
) -> String {
    if let (Some((a, what)), Some((b, what_now))) = (width(then), width(now))
        && (a, what) != (b, what_now)
    {
        let unit = if what == what_now { String::new() } else { format!(" {what_now}{}", if b == 1 { "" } else { "s" }) };
        return format!("{label} has weights for {} (declared in line {line}); this input has {b}{unit}", count(a, what));
    }
    let weights = |dims: &Vec<Size>| show(dims);
    match differ {
        Some((a, b)) => format!("{label} has weights {} (declared in line {line}); this input needs {}", weights(a), weights(b)),
        None => format!("{label} has other weights (declared in line {line}) than this input needs"),
    }
}

pub fn other_weights_within(
    label: &str,
    line: usize,
    path: &str,
    there: Option<&[Size]>,
    needed: &[Size],
    now: &[ValueType],
) -> String {
    let inner = match width(now) {
        Some((n, what)) => format!(" for {}", count(n, what)),
        None => String::new(),
    };
    match there {
        Some(there) => format!(
            "{label} has {path} of shape {} (declared in line {line}); this input needs {}{inner}",
            show(there),
            show(needed)
        ),
        None => {
            format!("{label} has no {path} (declared in line {line}); with this input it needs one of shape {}", show(needed))
        }
    }
}

pub fn fewer_weights(label: &str, line: usize) -> String {
    format!("{label} has weights (declared in line {line}) that it does not use with this input")
}

pub fn clash_via(path: &str, what: &str) -> String {
    if what == "list" {
        // Beside a list with a label one without would be wrong too.
        return format!("two parameters would be called `{path}`\n  help: give each list a label: `name: […]`");
    }
    format!("two parameters would be called `{path}`\n  help: give this {what} a label: `name: {what}`")
}

pub fn numbers_beside_names() -> String {
    "the elements of this list are called by their numbers, which cannot stand beside labels\n  help: give this list a label: `name: […]`".to_owned()
}

pub fn clash_label(path: &str) -> String {
    format!("two parameters would be called `{path}`\n  help: another label")
}

pub fn clash_unlabeled(path: &str, what: &str) -> String {
    format!("two parameters would be called `{path}`\n  help: give this {what} a label: `name: {what}`")
}

/// Two values that are parameters have one name.
pub fn clash_parameter(path: &str) -> String {
    format!("two parameters would be called `{path}`\n  help: each has a name of its own: `let name = Param([64]);`")
}
