//! The rustdoc of a network, behind what its author wrote: what goes in and out, the tables of layers and parameters, the drawing.

use super::Context;
use super::info::{self, Layer};
use crate::graph::{Count, ValueType};
use fireclay_ir::diagram::{Diagram, Node, NodeKind};
use std::fmt::Write;
use syn::ext::IdentExt;

fn number(count: &Count) -> String {
    count.num().map_or_else(|| count.value().to_string().replace("__f :: ", ""), |n| n.to_string())
}

/// For a cell of a table, where `[` begins a link and `|` the next cell.
fn cell(text: &str) -> String {
    text.replace('[', "\\[").replace(']', "\\]").replace('|', "\\|")
}

/// The text, as Markdown.
pub fn text(cx: &Context<'_>, layers: &[Layer], memory: &Count) -> String {
    let mut text = String::new();
    border(cx, &mut text);
    table(cx, layers, memory, &mut text);
    tensors(cx, &mut text);
    text
}

/// The drawing, as a line of HTML, for rustdoc alone: editors show Markdown as it is.
pub fn drawing(cx: &Context<'_>, layers: &[Layer]) -> String {
    format!("\n<div style=\"overflow:auto\">{}</div>\n", diagram(cx, layers).folded(Diagram::BOXES).svg())
}

/// The inputs and outputs, by name.
fn border(cx: &Context<'_>, text: &mut String) {
    let of = |value: usize| cx.graph.values[value].ty.to_string();
    let inputs = cx.graph.inputs.iter().map(|input| format!("`{}: {}`", input.name.unraw(), of(input.value)));
    let outputs = cx.graph.outputs.iter().map(|output| {
        let name = output.name.as_ref().map(|name| format!("{}: ", name.unraw())).unwrap_or_default();
        format!("`{}{name}{}`", if output.train { "#[train] " } else { "" }, of(output.value))
    });
    let [inputs, outputs] = [inputs.collect::<Vec<_>>(), outputs.collect()].map(|names| names.join(", "));
    // Writing into a String does not fail.
    let _ = writeln!(text, "\nTakes {inputs}; gives {outputs}.");
}

/// The graph as people see it.
fn diagram(cx: &Context<'_>, layers: &[Layer]) -> Diagram {
    let of = |value: usize| cx.graph.values[value].ty.to_string();
    let sources = info::sources(cx.graph);
    let layers = layers.iter().zip(&cx.graph.nodes).map(|(layer, node)| Node {
        kind: if node.params.is_empty() { NodeKind::Layer } else { NodeKind::Learned },
        path: layer.name.clone(),
        layer: layer.layer.clone(),
        shape: node.outputs.first().map(|value| of(*value)).unwrap_or_default(),
        inputs: layer.inputs.clone(),
    });
    let name = |name: Option<&proc_macro2::Ident>| name.map(|name| name.unraw().to_string()).unwrap_or_default();
    Diagram::new(
        cx.lowered.name.unraw().to_string(),
        cx.graph.inputs.iter().map(|input| (name(Some(&input.name)), of(input.value))),
        layers,
        cx.graph.outputs.iter().map(|output| (name(output.name.as_ref()), of(output.value), sources[output.value])),
    )
}

fn table(cx: &Context<'_>, layers: &[Layer], memory: &Count, text: &mut String) {
    let [parameters, _, macs] = info::totals(cx);
    text.push_str("\n| name | layer | output | parameters | MACs | bytes |\n|---|---|---|---:|---:|---:|\n");
    for layer in layers {
        let _ = writeln!(
            text,
            "| `{}` | `{}` | {} | {} | {} | {} |",
            layer.name,
            layer.layer.replace('|', "\\|"),
            cell(&ValueType::tensor(layer.dtype, layer.output.clone()).to_string()),
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
}

/// The fields that hold parameters and buffers.
fn tensors(cx: &Context<'_>, text: &mut String) {
    let tensors = cx.graph.modules.tensors();
    if tensors.is_empty() {
        return;
    }
    text.push_str("\n| field of the network | shape |\n|---|---|\n");
    for tensor in tensors.into_iter().map(|tensor| &cx.graph.tensors[tensor]) {
        let dims: Vec<String> = tensor.dims.iter().map(ToString::to_string).collect();
        let owner = if tensor.buffer { "buffers()." } else { "" };
        let _ = writeln!(text, "| `{owner}{}` | {} |", tensor.path, cell(&format!("[{}]", dims.join(", "))));
    }
}
