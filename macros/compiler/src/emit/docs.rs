//! The layer table in the rustdoc of a network.

use super::{Context, info};
use crate::graph::{Count, ValueType};
use std::fmt::Write;

fn number(count: &Count) -> String {
    count.num().map_or_else(|| count.value().to_string().replace("__f :: ", ""), |n| n.to_string())
}

/// Markdown, to be put behind what the author wrote.
pub fn table(cx: &Context<'_>, memory: &Count) -> String {
    let [parameters, _, macs] = info::totals(cx);
    let mut text = String::from("\n| name | layer | output | parameters | MACs | bytes |\n|---|---|---|---:|---:|---:|\n");
    for layer in info::layers(cx) {
        // Writing into a String does not fail.
        let _ = writeln!(
            text,
            "| `{}` | `{}` | {} | {} | {} | {} |",
            layer.name,
            layer.layer.replace('|', "\\|"),
            ValueType::tensor(layer.dtype, layer.output).to_string().replace('[', "\\[").replace(']', "\\]"),
            number(&layer.parameters),
            number(&layer.macs),
            number(&layer.memory),
        );
    }
    let _ = writeln!(
        text,
        "\n{} parameters, {} MACs and {} bytes for one inference.",
        number(&parameters),
        number(&macs),
        number(memory)
    );
    text
}
