//! `each` and `scan`.

use crate::graph::ValueType;

/// `(a, b) -> each(…)`
pub fn each_of_tuple(n: usize) -> String {
    format!("each: takes one value, not a tuple of {n}")
}

/// `x -> each(…)` of an image, or of one vector
pub fn no_elements(what: &str, ty: &ValueType) -> String {
    let help = match ty {
        ValueType::Indices { .. } => "\n  help: `Embedding` first makes a sequence of them",
        _ => "",
    };
    format!("{what}: goes along [time, features] or [regions, channels, height, width]; this value is {ty}{help}")
}

/// What comes out of the chain cannot be put together.
pub fn element_result(what: &str, ty: &ValueType) -> String {
    let help = if ty.dims().is_some_and(|dims| dims.len() == 2) { "\n  help: `Flatten` at its end" } else { "" };
    format!("{what}: each element becomes [features] or [channels, height, width]; here it becomes {ty}{help}")
}

/// The chain is written out for each element.
pub fn too_many_elements(what: &str, n: usize, most: usize) -> String {
    format!("{what}: {n} elements: what is between the parentheses is put in once for each, at most {most} times")
}

/// A batch norm within `each`.
pub fn each_statistics(layer: &str) -> String {
    format!(
        "{layer} takes its statistics of all samples at once, and here there is a separate {layer} run for each element\n  \
         help: before `each`, or a `GroupNorm` within"
    )
}

/// `x -> scan(…)` without a state
pub fn scan_inputs() -> String {
    "scan: takes a sequence and the first state: `(sequence, state) -> scan(Cell(64))`".to_owned()
}

/// What a cell gives is not what it takes.
pub fn scan_results(wanted: usize, got: usize) -> String {
    let states = if wanted == 2 { "the next state" } else { "the next states" };
    format!("scan: one step gives its result and {states}, {wanted} values; this one gives {got}")
}

/// A step gives one value, which is not the state.
pub fn scan_one_result() -> &'static str {
    "\n  help: the state keeps its shape; a step with a result of its own gives both, `(y, next)`"
}

/// `(x, h, c) -> scan(LstmCell(8))`
pub fn scan_one_state(sequence: &str, states: &[String]) -> String {
    format!("\n  help: the state of this cell is one of several values: `({sequence}, ({}))`", super::list(states))
}

/// The state changes its shape.
pub fn scan_state(place: usize, before: &str, after: &str) -> String {
    format!("scan: state {place} is {before} before a step and {after} after it")
}

/// A first state under `#[fireclay(step)]` that is not `zeros`.
pub fn scan_step() -> String {
    "scan: step by step the state is carried from one step to the next, and is all zeros before the first\n  \
     help: begin with `zeros([8])`, of the state's size; or leave out `#[fireclay(step)]` and give the network the state as an input"
        .to_owned()
}
