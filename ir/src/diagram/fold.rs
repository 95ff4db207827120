//! Which layers belong together: blocks as frames, and as single boxes where a network is large.

use super::{Diagram, Node, NodeKind};
use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

/// The first so many parts of a path; `None` where it has no more than these.
fn prefix(path: &str, depth: usize) -> Option<&str> {
    path.match_indices('.').nth(depth.checked_sub(1)?).map(|(at, _)| &path[..at])
}

impl Diagram {
    /// The runs of layers whose paths begin alike to this depth, `body.0` being one of depth 2.
    ///
    /// They are runs of neighbors, so that each can stand for its layers without a circle among the arrows.
    pub(super) fn blocks(&self, depth: usize) -> Vec<(&str, Range<usize>)> {
        let mut blocks: Vec<(&str, Range<usize>)> = Vec::new();
        for (i, node) in self.nodes.iter().enumerate() {
            let layer = !matches!(node.kind, NodeKind::Input | NodeKind::Output);
            let Some(name) = prefix(&node.path, depth).filter(|_| layer) else { continue };
            match blocks.last_mut() {
                Some((last, range)) if *last == name && range.end == i => range.end = i + 1,
                _ => blocks.push((name, i..i + 1)),
            }
        }
        blocks.retain(|(_, range)| range.len() > 1);
        blocks
    }

    /// The same with at most about so many nodes: blocks as single boxes, those within others first.
    #[must_use]
    pub fn folded(&self, most: usize) -> Self {
        let deepest = self.nodes.iter().map(|node| node.path.matches('.').count()).max().unwrap_or(0);
        let size =
            |blocks: &[(&str, Range<usize>)]| self.nodes.len() - blocks.iter().map(|(_, range)| range.len() - 1).sum::<usize>();
        if self.nodes.len() <= most || deepest == 0 {
            return self.clone();
        }
        // The deepest blocks that are enough; else the outermost.
        let depth = (1..=deepest).rev().find(|depth| size(&self.blocks(*depth)) <= most).unwrap_or(1);
        let blocks = self.blocks(depth);
        let mut place = Vec::with_capacity(self.nodes.len());
        let mut nodes: Vec<Node> = Vec::new();
        let mut next = 0;
        while next < self.nodes.len() {
            let found = blocks.iter().find(|(_, range)| range.start == next);
            let range = found.map_or(next..next + 1, |(_, range)| range.clone());
            let mut inputs: Vec<usize> = Vec::new();
            for input in self.nodes[range.clone()].iter().flat_map(|node| &node.inputs).filter(|input| **input < range.start) {
                if !inputs.contains(&place[*input]) {
                    inputs.push(place[*input]);
                }
            }
            let last = &self.nodes[range.end - 1];
            nodes.push(match found {
                Some((name, _)) => Node {
                    kind: NodeKind::Block,
                    path: (*name).to_owned(),
                    layer: alloc::format!("{} layers", range.len()),
                    shape: last.shape.clone(),
                    inputs,
                },
                None => Node { inputs, ..last.clone() },
            });
            place.extend(core::iter::repeat_n(nodes.len() - 1, range.len()));
            next = range.end;
        }
        Self { name: String::clone(&self.name), nodes }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::residual;

    #[test]
    fn blocks_become_boxes() {
        let whole = residual(5);
        assert_eq!(whole.folded(100), whole);
        let folded = whole.folded(10);
        let paths: alloc::vec::Vec<_> = folded.nodes.iter().map(|node| node.path.as_str()).collect();
        assert_eq!(paths, ["image", "stem", "body.0", "body.1", "body.2", "body.3", "body.4", ""]);
        assert!(folded.nodes.iter().skip(1).enumerate().all(|(i, node)| node.inputs == [i]));
        // What goes into the middle of a block goes into its box, and all are inside each other.
        assert_eq!(whole.folded(3).nodes.len(), 4);
    }
}
