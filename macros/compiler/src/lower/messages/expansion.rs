//! Blocks, constants and networks, and what expands without end.

use super::{count, did_you_mean, list};
use crate::graph::ValueType;

fn uses(chain: &[(String, usize)]) -> String {
    let mut text: String = chain.iter().take(6).map(|(name, line)| format!("\n  {name}, used in line {line}")).collect();
    if chain.len() > 6 {
        let (name, line) = &chain[chain.len() - 1];
        text += &format!("\n  … {} more, the outermost {name}, used in line {line}", chain.len() - 6);
    }
    text
}

pub fn too_deep(name: &str, depth: usize, chain: &[(String, usize)]) -> String {
    format!("{name} stands within {depth} others: does its recursion end?{}", uses(chain))
}

pub fn too_many_nodes(limit: usize) -> String {
    format!("the network has more than {limit} nodes")
}

pub fn too_many_steps(chain: &[(String, usize)]) -> String {
    format!("this expands without end{}", uses(chain))
}

pub fn too_many_values() -> String {
    "this tuple has too many values".to_owned()
}

pub fn block_twice(name: &str, line: usize) -> String {
    format!("a block called {name} stands in line {line} already")
}

pub fn const_twice(name: &str, line: usize) -> String {
    format!("a constant called {name} stands in line {line} already")
}

pub fn const_cycle(names: &[String]) -> String {
    let [first, ..] = names else { return String::new() };
    format!("the constant {first} is computed from itself: {}", names.join(" → "))
}

pub fn value_count(what: &str, names: &[String], got: usize) -> String {
    let takes = match names {
        [] => "no value".to_owned(),
        names => format!("{}: {}", count(names.len(), "value"), list(names)),
    };
    format!("{what} takes {takes}; it receives {got}")
}

pub fn other_value_name(what: &str, names: &[String], got: &str) -> String {
    format!("{what} takes {} in this order; this one is called `{got}`", list(names))
}

pub fn net_from_elsewhere(name: &str) -> String {
    format!("`net {name}` is of another `network!`, which is found only while a program is built")
}

/// `net Block<Const<8>>`, or `net Block` of a network with type parameters.
pub fn generic_inside(name: &str, inputs: &[String], axis: &str) -> String {
    let first = inputs.first().map_or("x", String::as_str);
    format!(
        "not yet: {name}, a network with type parameters, inside another one\n  help: write it as a block, which takes values of any size: `block {name}({}) {{ … }}`, and then `{name}` as a stage; a size within it is `{first}.{axis}`",
        list(inputs)
    )
}

/// `net Trunk(3)`, `net Trunk<Const<8>>`
pub fn network_arguments(name: &str) -> String {
    format!("{name} takes no arguments: its sizes are those of its declaration\n  help: `net {name}`; a `block` takes arguments")
}

pub fn unknown_network(name: &str, near: &str) -> String {
    format!("no network is called `{name}`{}", did_you_mean(near))
}

pub fn net_cycle(names: &[String]) -> String {
    match names {
        [one, other] if one == other => format!("{one} contains itself"),
        [first, ..] => format!("{first} contains itself: {}", names.join(" → ")),
        [] => String::new(),
    }
}

pub fn net_input(name: &str, input: &str, wanted: &ValueType, got: &ValueType) -> String {
    format!("{name} takes {wanted} as its `{input}`; it receives {got}")
}

pub fn tuple_into_net(name: &str, input: &str) -> String {
    format!("{name} takes one value as its `{input}`; it receives a tuple")
}
