//! Stages: names right of `->`, and what they give.

use super::{count, did_you_mean, meant, not_yet};
use crate::graph::ValueType;
use crate::lower::foreign_names::Meaning;

pub fn unknown_stage(name: &str, near: Option<&str>) -> String {
    format!("no layer or block is called `{name}`{}", meant(near))
}

/// A name of another library.
pub fn foreign_stage(name: &str, meaning: Meaning) -> String {
    let unknown = || unknown_stage(name, None);
    match meaning {
        Meaning::Layer(layer) => unknown_stage(name, Some(layer)),
        Meaning::Written(help) => format!("{}\n  help: {help}", unknown()),
        Meaning::Loss(loss) => {
            let logits = if loss == "CrossEntropy" { " (it takes logits, without Softmax before it)" } else { "" };
            format!(
                "`{name}` is a loss: it stands where a network is trained, not within{logits}\n  help: `Trainer::new({loss}, …)`, or `.loss({loss}, &targets)`"
            )
        }
        Meaning::Optimizer(optimizer) => format!(
            "`{name}` is an optimizer: it stands where a network is trained, not within\n  help: `Trainer::new(…, {optimizer}::new(0.001))`"
        ),
        Meaning::NotYet => not_yet(&format!("`{name}`")),
    }
}

/// `add(x, y)`
pub fn operator_as_function(name: &str, symbol: &str, code: &str) -> String {
    format!("`{name}` is written `{symbol}`\n  help: `{code}`")
}

/// `fc(x)`, where `fc` is a value.
pub fn value_as_function(name: &str) -> String {
    format!("`{name}` is a value, not a function")
}

/// `let fc = Dense(10);`
pub fn layer_bound(code: &str) -> String {
    format!("a layer is no value: it is labeled where it is used\n  help: `{code}`")
}

/// `Sigmoid(h)`
pub fn layer_as_function(name: &str, code: &str) -> String {
    format!("`{name}` is no function: a layer stands right of `->`\n  help: `{code}`")
}

pub fn unknown_function(name: &str, near: Option<&str>) -> String {
    let help = near.map_or_else(|| "\n  help: a layer stands right of `->`: `x -> Conv(8, 3)`".to_owned(), did_you_mean);
    format!("no function is called `{name}`{help}")
}

pub fn operator_as_stage(name: &str, symbol: &str) -> String {
    format!("`{name}` is written `a {symbol} b`")
}

pub fn network_without_net(name: &str) -> String {
    format!("{name} is a network\n  help: net {name}")
}

pub fn value_as_stage(name: &str) -> String {
    format!("`{name}` is a value; right of `->` stands a layer, a block or a label")
}

pub fn number_as_stage(name: &str) -> String {
    format!("`{name}` is a number; right of `->` stands a layer, a block or a label")
}

pub fn stage_as_value(name: &str) -> String {
    format!("`{name}` is no value: it stands right of `->`\n  help: x -> {name}")
}

pub fn label_is_no_value(name: &str) -> String {
    format!("`{name}` is a label: it names a layer, not a value\n  help: bind the value: `let {name} = …;`")
}

pub fn name_in_tuple(name: &str) -> String {
    format!("`{name}:` has no meaning here: names are for outputs, and for the values of blocks and networks")
}

/// An argument with which it would be so.
pub fn repair(args: &str, layer: &str, gives: &ValueType) -> String {
    format!("\n  help: `{args}` in {layer} gives {gives}")
}

pub fn annotation(what: &str, got: &ValueType, wanted: &ValueType) -> String {
    format!("{what} gives {got}, not {wanted}")
}

pub fn annotated_tuple(what: &str, n: usize) -> String {
    format!("{what} gives {}; `as` states the shape of one", count(n, "value"))
}

pub fn repeated_elements() -> String {
    "a list of several elements cannot be repeated".to_owned()
}

pub fn negative_repeat(n: i64) -> String {
    format!("a list cannot be repeated {n} times")
}
