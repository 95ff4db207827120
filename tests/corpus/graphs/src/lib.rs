//! The graphs of networks as JSON: what `tests/golden/generate` writes PyTorch modules from.
//!
//! A graph is what the compiler's lowering gives, before any pass: one node for each layer that the declaration names, blocks expanded. Nothing here knows
//! a kind of layer; arguments are exported as [`Attributes`] has them.

use fireclay_compiler::graph::attributes::{ArgValue, Attributes};
use fireclay_compiler::graph::{Graph, Node, Parametrization, Parametrized, Size, TensorInfo, ValueType};
use fireclay_compiler::report::Report;
use serde_json::{Map, Value, json};

/// The file of the corpus: the compiler's tests read the same one.
pub const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../macros/compiler/tests/corpus/models.fireclay");

/// Networks with batch norm that drop while training: what one library drops, no other does. They stand in the corpus a second time, dropping nothing.
const DROPPING: [&str; 2] = ["FractalNet", "MobileNetV2"];

/// The declarations of the corpus: the file, and `MobileNetV2WithoutDropout` and others, which are in it but for what they drop.
///
/// # Errors
/// When the file cannot be read, or one of these networks is not in it.
pub fn corpus() -> Result<String, String> {
    let mut text = std::fs::read_to_string(CORPUS).map_err(|error| format!("{CORPUS}: {error}"))?;
    let more: Result<Vec<String>, String> =
        DROPPING.iter().map(|name| without_dropout(&text, name).ok_or_else(|| format!("{CORPUS}: no {name}"))).collect();
    text.extend(more?);
    Ok(text)
}

/// The declaration of a network under another name, whose probabilities are 0.
fn without_dropout(text: &str, name: &str) -> Option<String> {
    let declaration = &text[text.find(&format!("pub {name}("))?..];
    let declaration = &declaration[..declaration.find("\n}\n")? + 3];
    let mut result = declaration.replacen(name, &format!("{name}WithoutDropout"), 1);
    for before in ["Dropout(0.", "drop = 0."] {
        let mut parts = result.split(before);
        let first = parts.next()?.to_owned();
        // Behind the point all digits are those of the probability.
        let rest = parts.map(|part| format!("{before}0{}", part.trim_start_matches(|c: char| c.is_ascii_digit())));
        result = std::iter::once(first).chain(rest).collect();
    }
    Some(result)
}

/// Every network of the text (what stands between the braces of a `network!`), in the order of its declarations: its name and its graph.
///
/// # Errors
/// The messages of the compiler, or what of a graph JSON has no form for: sizes that are types, and weights that are made of others.
pub fn graphs(text: &str) -> Result<Vec<(String, Value)>, String> {
    let mut report = Report::default();
    let tokens = text.parse().map_err(|error| format!("no tokens: {error}"))?;
    let networks = fireclay_compiler::check(tokens, &mut report);
    if !report.is_clean() {
        let messages = report.messages().iter().map(|message| format!("{}: {}", message.span.start().line, message.text));
        return Err(messages.collect::<Vec<_>>().join("\n"));
    }
    let named = networks.iter().map(|network| {
        let name = network.name.to_string();
        let graph = network.graph.as_ref().ok_or_else(|| format!("{name} has no graph"))?;
        let exported = export(&name, graph).map_err(|error| format!("{name}: {error}"))?;
        Ok((name, exported))
    });
    named.collect()
}

fn export(name: &str, graph: &Graph) -> Result<Value, String> {
    let inputs = graph.inputs.iter().map(|input| json!({ "name": input.name.to_string(), "value": input.value }));
    let outputs = graph.outputs.iter().map(|output| {
        let name = output.name.as_ref().map(ToString::to_string);
        json!({ "name": name, "train": output.train, "value": output.value })
    });
    let values = graph.values.iter().map(|value| Ok(json!({ "name": value.name, "type": value_type(&value.ty)? })));
    let places = places(graph)?;
    let tensors = graph.tensors.iter().filter(|tensor| tensor.parametrized.is_none()).map(tensor);
    Ok(json!({
        "name": name,
        "inputs": inputs.collect::<Vec<_>>(),
        "outputs": outputs.collect::<Vec<_>>(),
        "values": values.collect::<Result<Vec<_>, String>>()?,
        "tensors": tensors.collect::<Result<Vec<_>, String>>()?,
        "nodes": graph.nodes.iter().map(|of| node(of, &places)).collect::<Result<Vec<_>, String>>()?,
    }))
}

/// Where each tensor stands among those that are exported. A masked weight is the one before the mask, which is an argument of its layer.
fn places(graph: &Graph) -> Result<Vec<usize>, String> {
    let mut count = 0;
    let mut places = Vec::new();
    for tensor in &graph.tensors {
        places.push(match &tensor.parametrized {
            None => count,
            Some(Parametrized { how: Parametrization::Mask(_), from }) => places[from[0]],
            Some(_) => return Err(format!("{} is made of other tensors", tensor.path)),
        });
        count += usize::from(tensor.parametrized.is_none());
    }
    Ok(places)
}

fn tensor(tensor: &TensorInfo) -> Result<Value, String> {
    Ok(json!({ "path": tensor.path, "dims": sizes(&tensor.dims)?, "buffer": tensor.buffer, "frozen": tensor.frozen }))
}

fn node(node: &Node, places: &[usize]) -> Result<Value, String> {
    let Attributes { layer, list, .. } = node.op.attributes();
    let arguments = list.iter().map(|argument| Ok((argument.name.to_owned(), value(&argument.value)?)));
    Ok(json!({
        "layer": layer,
        "arguments": arguments.collect::<Result<Map<_, _>, String>>()?,
        "path": node.path,
        "inputs": node.inputs,
        "outputs": node.outputs,
        "tensors": node.params.iter().map(|tensor| places[*tensor]).collect::<Vec<_>>(),
        "frozen": node.frozen,
    }))
}

/// `{"dims": [6, 28, 28]}`, or `{"bound": 96, "len": 64}` of indices; an index alone has no `len`.
fn value_type(ty: &ValueType) -> Result<Value, String> {
    Ok(match ty {
        ValueType::Tensor(dims) => json!({ "dims": sizes(dims)? }),
        ValueType::Typed(dtype, dims) => json!({ "dims": sizes(dims)?, "dtype": dtype.to_string() }),
        ValueType::Indices { bound, len } => json!({ "bound": bound, "len": len }),
        ValueType::Index { bound } => json!({ "bound": bound }),
    })
}

fn sizes(dims: &[Size]) -> Result<Vec<usize>, String> {
    dims.iter().map(|size| size.num().ok_or_else(|| format!("{size} is a type"))).collect()
}

/// The value of an argument; a range is `{"from": 0, "to": 28}` with `null` for an open end, `_` is `null`.
fn value(argument: &ArgValue) -> Result<Value, String> {
    let list = |items: &[ArgValue]| items.iter().map(value).collect::<Result<Vec<_>, String>>();
    Ok(match argument {
        ArgValue::Int(n) => json!(n),
        ArgValue::Float(x) => json!(decimal(*x)?),
        ArgValue::Bool(flag) => json!(flag),
        ArgValue::Word(word) => json!(word),
        ArgValue::Tuple(items) | ArgValue::List(items) => json!(list(items)?),
        ArgValue::Wild => Value::Null,
        ArgValue::Range(from, to) => json!({ "from": from, "to": to }),
        ArgValue::Type(size) => return Err(format!("{size} is a type")),
        ArgValue::Value(ty) => value_type(ty)?,
        ArgValue::Tie(tie) => json!({ "tie": tie.tensor }),
    })
}

/// Layers round their numbers to `f32`, and a default is one: the number of few digits that is meant, `0.1` for `0.10000000149011612`.
#[expect(clippy::cast_possible_truncation, reason = "as layers do")]
fn decimal(x: f64) -> Result<f64, String> {
    let digits = (x as f32).to_string();
    digits.parse().map_err(|error| format!("{digits}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::{corpus, graphs};

    #[test]
    fn the_corpus() {
        let all = graphs(&corpus().expect("the corpus")).expect("no mistakes");
        assert!(all.len() > 40, "{}", all.len());
        let of = |name: &str| &all.iter().find(|(other, _)| other == name).expect("a network").1;
        let arguments = |name: &str, layer: &str, argument: &str| -> Vec<serde_json::Value> {
            let nodes = of(name)["nodes"].as_array().expect("a list");
            nodes.iter().filter(|node| node["layer"] == layer).map(|node| node["arguments"][argument].clone()).collect()
        };
        assert_eq!(arguments("MobileNetV2", "Dropout", "probability"), [0.2]);
        assert_eq!(arguments("MobileNetV2WithoutDropout", "Dropout", "probability"), [0.0]);
        assert!(arguments("FractalNetWithoutDropout", "mean", "drop").iter().all(|drop| *drop == 0.0));
    }

    #[test]
    fn a_network() {
        let text = "pub Tiny(image: [3, 8, 8]) -> [2] { image -> c: Conv(4, 3, pad = same) -> LeakyRelu(0.1) -> GlobalAvgPool -> fc: Dense(2) }";
        let (name, graph) = graphs(text).expect("a network").remove(0);
        assert_eq!(name, "Tiny");
        assert_eq!(graph["tensors"][0]["path"], "c.weight");
        let conv = &graph["nodes"][0];
        assert_eq!((&conv["layer"], &conv["arguments"]["pad"]), (&"Conv".into(), &"same".into()));
        assert_eq!(graph["nodes"][1]["arguments"]["slope"], 0.1);
        assert_eq!(graph["values"][1]["type"]["dims"], serde_json::json!([4, 8, 8]));
    }

    #[test]
    fn mistakes() {
        assert!(graphs("pub Tiny(x: [3]) -> [2] { x -> Dense(3) }").is_err_and(|text| text.contains("Tiny")));
    }
}
