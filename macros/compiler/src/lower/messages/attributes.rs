//! `#[fireclay(…)]` and other attributes; what cannot run step by step.

pub fn derived_clone() -> String {
    "networks have `clone` without this: `net.clone()` is a copy of the whole network, in a box\n  help: remove it".to_owned()
}

pub fn empty_attribute() -> String {
    "#[fireclay(…)] says nothing\n  help: remove it".to_owned()
}

/// Before what is wrong only when a sequence is taken step by step.
pub fn while_stepping(text: &str) -> String {
    format!("with #[fireclay(step)]: {text}")
}

pub fn no_step(label: &str) -> String {
    format!("{label} needs the whole sequence; it cannot take one step at a time")
}

pub fn nothing_to_step(name: &str) -> String {
    format!("{name} has no sequence to go through\n  help: an input such as [64, 8] or [0..96; 64]")
}

pub fn steps_differ(first: usize, other: usize) -> String {
    format!("the inputs have {first} and {other} steps; all sequences go through time together")
}

pub fn step_changes(path: &str) -> String {
    format!("{path} would have another shape for one step: a layer works on the whole sequence")
}

pub fn unknown_attribute(text: &str) -> String {
    format!("#[fireclay(…)] knows no `{text}`\n  help: it takes `step`, `inner_values` and `exact`")
}
