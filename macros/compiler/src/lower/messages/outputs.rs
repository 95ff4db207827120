//! The outputs of a network: what its head promises, and what its body gives.

use super::{count, list, meant};
use crate::graph::{Value, ValueType};
use proc_macro2::Ident;

pub fn promise(name: &str, output: Option<&Ident>, promised: Option<&ValueType>, maker: Option<&str>, got: &Value) -> String {
    let promised = promised.map(ToString::to_string).unwrap_or_default();
    let promised = output.map_or_else(|| promised.clone(), |output| format!("{output}: {promised}"));
    match maker {
        Some(maker) => format!("{name} promises {promised}, but its last stage {maker} gives {}", got.ty),
        None => format!("{name} promises {promised}, but its input `{}` is {}", got.name, got.ty),
    }
}

/// Outputs are numbers of f32.
pub fn dequantize() -> &'static str {
    "\n  help: end with `-> Dequantize(scale = …)`, with the numbers of the Quantize: outputs are numbers of f32"
}

pub fn no_outputs(name: &str) -> String {
    format!("{name} promises nothing")
}

pub fn one_output(name: &str, got: usize) -> String {
    format!("{name} promises one output; this has {}", count(got, "value"))
}

pub fn unnamed_outputs() -> String {
    "several outputs need names\n  help: -> (first: […], second: […])".to_owned()
}

pub fn outputs_missing(missing: &[String], all: &[String]) -> String {
    let what = if missing.len() == 1 { "output" } else { "outputs" };
    let flows: Vec<String> = all.iter().map(|name| format!("{name}: …")).collect();
    format!("the {what} {} must be given\n  help: ({})", list(missing), list(&flows))
}

pub fn bare_output(names: &[String], got: &str, meant: Option<&str>) -> String {
    let help = meant.map(|meant| format!("\n  help: {meant}: {got}")).unwrap_or_default();
    format!("the {} named {}; this value is called `{got}`{help}", outputs_are(names), list(names))
}

pub fn nameless_output(names: &[String], meant: Option<&str>) -> String {
    let help = meant.map(|meant| format!("\n  help: {meant}: …")).unwrap_or_default();
    format!("the {} named {}; this value has no name{help}", outputs_are(names), list(names))
}

fn outputs_are(names: &[String]) -> &'static str {
    if names.len() == 1 { "output is" } else { "outputs are" }
}

pub fn unknown_output(names: &[String], got: &str, near: Option<&str>) -> String {
    format!("no output is called `{got}`: they are {}{}", list(names), meant(near))
}

pub fn output_is_tuple(n: usize) -> String {
    format!("an output is one value; this has {n}")
}
