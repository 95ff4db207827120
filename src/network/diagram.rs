//! A network's drawing, of its tables.

use super::Info;
use crate::ValueType;
use fireclay_runtime::diagram::{Diagram, Node, NodeKind};

/// The graph as people see it: inputs, layers, outputs.
pub(super) fn of(info: &Info) -> Diagram {
    let shape = |source: usize| {
        let layer = source.checked_sub(info.inputs.len()).map(|layer| &info.layers[layer]);
        layer.map_or_else(|| info.inputs[source].to_string(), |layer| layer.shape().to_string())
    };
    let inputs = info.input_names.iter().zip(info.inputs).map(|(name, ty): (_, &ValueType)| ((*name).to_owned(), ty.to_string()));
    let layers = info.layers.iter().map(|layer| Node {
        kind: if layer.parameters > 0 { NodeKind::Learned } else { NodeKind::Layer },
        path: layer.name.to_owned(),
        layer: layer.layer.to_owned(),
        shape: layer.shape().to_string(),
        inputs: layer.inputs.to_vec(),
    });
    let outputs = info.outputs.iter().map(|output| (output.name.to_owned(), shape(output.source), output.source));
    Diagram::new(info.name.to_owned(), inputs, layers, outputs)
}
