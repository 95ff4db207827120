//! A network as a drawing: its layers as boxes, its values as arrows with their shapes.
//!
//! The compiler draws a network for its rustdoc, the library for a program that asks; both describe it as a [`Diagram`].

mod fold;
mod layout;
mod svg;
mod text;

use alloc::string::String;
use alloc::vec::Vec;

/// What a node of a [`Diagram`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeKind {
    /// An input of the network.
    Input,
    /// A layer without parameters.
    Layer,
    /// A layer with parameters.
    Learned,
    /// Several layers of one block, shown as one.
    Block,
    /// An output of the network.
    Output,
}

/// An input, a layer or an output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// What it is.
    pub kind: NodeKind,
    /// The label's path: `layer1.0.conv1`; the name of an input or output.
    pub path: String,
    /// As declared: `Conv(64, 3, pad = 1)`; empty for inputs and outputs.
    pub layer: String,
    /// The shape of what it gives: `[64, 8, 8]`.
    pub shape: String,
    /// The nodes that it reads, all of them earlier.
    pub inputs: Vec<usize>,
}

/// A network as a graph of what people see: inputs, layers in the order they run, outputs.
///
/// `Net::diagram()` gives that of a network.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diagram {
    /// The name of the network.
    pub name: String,
    /// The nodes; each reads earlier ones alone.
    pub nodes: Vec<Node>,
}

impl Diagram {
    /// The most boxes that the rustdoc of a network draws, and `net.svg(…)`: in larger ones blocks are boxes.
    pub const BOXES: usize = 60;

    /// A diagram of these inputs (name, shape), layers and outputs (name, shape, the node it is).
    ///
    /// The inputs of a layer count the network's inputs first, then the layers.
    #[must_use]
    pub fn new(
        name: String,
        inputs: impl IntoIterator<Item = (String, String)>,
        layers: impl IntoIterator<Item = Node>,
        outputs: impl IntoIterator<Item = (String, String, usize)>,
    ) -> Self {
        let border = |kind, path, shape, inputs| Node { kind, path, layer: String::new(), shape, inputs };
        let mut nodes: Vec<Node> =
            inputs.into_iter().map(|(path, shape)| border(NodeKind::Input, path, shape, Vec::new())).collect();
        nodes.extend(layers);
        nodes.extend(outputs.into_iter().map(|(path, shape, from)| border(NodeKind::Output, path, shape, alloc::vec![from])));
        Self { name, nodes }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use alloc::borrow::ToOwned;
    use alloc::format;

    pub(crate) fn layer(path: &str, layer: &str, inputs: &[usize]) -> Node {
        let kind = if layer.starts_with("Conv") { NodeKind::Learned } else { NodeKind::Layer };
        Node { kind, path: path.to_owned(), layer: layer.to_owned(), shape: "[8, 4, 4]".to_owned(), inputs: inputs.to_vec() }
    }

    /// A stem and so many residual blocks.
    pub(crate) fn residual(blocks: usize) -> Diagram {
        let mut layers = alloc::vec![layer("stem", "Conv(8, 3, pad = 1)", &[0])];
        for i in 0..blocks {
            let x = layers.len();
            let at = |name: &str| format!("body.{i}.{name}");
            layers.extend([
                layer(&at("conv1"), "Conv(8, 3, pad = 1)", &[x]),
                layer(&at("relu"), "Relu", &[x + 1]),
                layer(&at("conv2"), "Conv(8, 3, pad = 1)", &[x + 2]),
                layer(&at("add"), "add", &[x, x + 3]),
            ]);
        }
        let last = layers.len();
        let shape = || "[8, 4, 4]".to_owned();
        Diagram::new("Net".to_owned(), [("image".to_owned(), shape())], layers, [(String::new(), shape(), last)])
    }
}
