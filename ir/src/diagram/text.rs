//! The graph in the languages of Graphviz and Mermaid.

use super::{Diagram, Node, NodeKind};
use alloc::string::String;
use core::fmt::Write;

/// What stands in a box, in lines.
fn lines(node: &Node) -> [&str; 2] {
    let name = if node.path.is_empty() && node.kind == NodeKind::Output { "output" } else { &node.path };
    [name, &node.layer]
}

impl Diagram {
    /// The graph for Graphviz: `dot -Tsvg`.
    #[must_use]
    pub fn graphviz(&self) -> String {
        let quoted = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
        let mut text = alloc::format!("digraph \"{}\" {{\n    node [shape=box, fontname=monospace];\n", quoted(&self.name));
        for (i, node) in self.nodes.iter().enumerate() {
            let [name, layer] = lines(node).map(quoted);
            let label = if layer.is_empty() { name } else { alloc::format!("{layer}\\n{name}") };
            let style = match node.kind {
                NodeKind::Input | NodeKind::Output => ", style=rounded",
                NodeKind::Learned => ", style=filled, fillcolor=\"#dbe9f7\"",
                NodeKind::Layer | NodeKind::Block => "",
            };
            // Writing into a String does not fail.
            let _ = writeln!(text, "    n{i} [label=\"{label}\"{style}];");
        }
        for (i, node) in self.nodes.iter().enumerate() {
            for input in &node.inputs {
                let _ = writeln!(text, "    n{input} -> n{i} [label=\"{}\"];", quoted(&self.nodes[*input].shape));
            }
        }
        text.push_str("}\n");
        text
    }

    /// The graph for Mermaid, which Markdown pages on many sites draw in a block marked `mermaid`.
    #[must_use]
    pub fn mermaid(&self) -> String {
        let quoted = |text: &str| text.replace('"', "#quot;");
        let mut text = String::from("flowchart TD\n");
        for (i, node) in self.nodes.iter().enumerate() {
            let [name, layer] = lines(node).map(quoted);
            let label = if layer.is_empty() { name } else { alloc::format!("{layer}<br>{name}") };
            let (open, close) = match node.kind {
                NodeKind::Input | NodeKind::Output => ("([", "])"),
                NodeKind::Layer | NodeKind::Learned | NodeKind::Block => ("[", "]"),
            };
            // Writing into a String does not fail.
            let _ = writeln!(text, "    n{i}{open}\"{label}\"{close}");
        }
        for (i, node) in self.nodes.iter().enumerate() {
            for input in &node.inputs {
                let _ = writeln!(text, "    n{input} -->|\"{}\"| n{i}", quoted(&self.nodes[*input].shape));
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::residual;

    #[test]
    fn both_have_all_nodes_and_arrows() {
        let diagram = residual(1);
        let graphviz = diagram.graphviz();
        assert!(graphviz.starts_with("digraph \"Net\" {") && graphviz.ends_with("}\n"));
        assert!(graphviz.contains("n1 [label=\"Conv(8, 3, pad = 1)\\nstem\", style=filled"), "{graphviz}");
        assert!(graphviz.contains("n1 -> n5 [label=\"[8, 4, 4]\"];"), "{graphviz}");
        let mermaid = diagram.mermaid();
        assert!(mermaid.contains("n0([\"image\"])") && mermaid.contains("n4 -->|\"[8, 4, 4]\"| n5"), "{mermaid}");
        for text in [&graphviz, &mermaid] {
            assert_eq!(text.lines().filter(|line| line.contains("->") || line.contains("-->")).count(), 7, "{text}");
        }
    }
}
