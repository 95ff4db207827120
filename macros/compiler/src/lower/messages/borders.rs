//! Inputs and outputs in the head of a network.

use crate::graph::{Size, show};

/// `without` is the same without its first size.
pub fn rank(rank: usize, without: Option<&str>) -> String {
    match without {
        Some(without) => format!("not yet: values with {rank} sizes\n  help: the batch is not written: `{without}`"),
        None => {
            format!(
                "not yet: values with {rank} sizes; a value is [features], [time, features], [channels, height, width] or [regions, channels, height, width]"
            )
        }
    }
}

/// `[_, 784]`
pub fn batch_written(without: &str) -> String {
    format!("the batch is the one size that is known only when running\n  help: it is not written: `{without}`")
}

pub fn huge(what: &str, dims: &[Size]) -> String {
    format!("{what}: {} are too many numbers", show(dims))
}

pub fn formula_at_border(size: &Size) -> String {
    format!(
        "`{size}` is a formula of types; a size of an input or output is a number or a type\n  help: give it a name, `Out: Dim`: that the two are equal is checked where the network is built"
    )
}

pub fn unstated(label: &str, path: &str, dims: &[Size], size: &Size) -> String {
    format!(
        "{label}: its {path} would be {}, and no type states {size}\n  help: a name for it, `Out: Dim`, and `as [Out, …]` behind the layer that gives it",
        show(dims)
    )
}

pub fn no_axes(label: &str) -> String {
    format!("{label}: the result has no axes")
}

pub fn indices_from_zero() -> String {
    "indices start at 0: write [0..bound] or [0..bound; length]".to_owned()
}

pub fn network_twice(name: &str, line: usize) -> String {
    format!("a network called {name} stands in line {line} already")
}

pub fn input_twice(name: &str) -> String {
    format!("two inputs are called `{name}`")
}

pub fn output_twice(name: &str) -> String {
    format!("output `{name}` is given twice")
}

/// `-> (#[train] a: [4])`
pub fn all_for_training() -> String {
    "a network needs an output without `#[train]`: those with it exist only while training".to_owned()
}

pub fn network_inside() -> String {
    "a network stands beside others, not inside one".to_owned()
}

pub fn border_too_wide(what: &str, most: usize) -> String {
    format!("a network has at most {most} {what}\n  help: `concat` puts several values into one")
}
