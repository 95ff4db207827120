//! Where each box of a drawing stands: ranks from top to bottom, and in each rank from left to right what is fed from there.

use super::{Diagram, Node, NodeKind};
use alloc::vec::Vec;

/// The height of a box.
pub(super) const HEIGHT: f32 = 34.0;
/// From one rank to the next, without the height of a box.
pub(super) const BETWEEN_RANKS: f32 = 40.0;
/// The least between boxes of a rank: what an arrow around one of them needs.
const BETWEEN_BOXES: f32 = 28.0;
/// The width of a character, of a font with equal widths at 12 pixels.
pub(super) const CHARACTER: f32 = 7.25;

/// The place of a box.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Place {
    /// Its rank: 0 at the top.
    pub rank: usize,
    /// The middle of its width.
    pub x: f32,
    /// Its upper edge.
    pub y: f32,
    pub width: f32,
}

impl Place {
    pub(super) fn left(&self) -> f32 {
        self.x - self.width / 2.0
    }

    pub(super) fn right(&self) -> f32 {
        self.x + self.width / 2.0
    }

    pub(super) fn bottom(&self) -> f32 {
        self.y + HEIGHT
    }
}

fn width(node: &Node) -> f32 {
    let name = node.path.rsplit('.').next().unwrap_or_default();
    let longest = node.layer.chars().count().max(name.chars().count()).max(node.shape.chars().count());
    #[expect(clippy::cast_precision_loss, reason = "a length of a word")]
    let text = longest as f32 * CHARACTER;
    (text + 18.0).max(60.0)
}

/// Ranks: each node below all that it reads; what reads nothing directly above its reader.
fn ranks(diagram: &Diagram) -> Vec<usize> {
    let nodes = &diagram.nodes;
    let mut ranks = Vec::with_capacity(nodes.len());
    for node in nodes {
        ranks.push(node.inputs.iter().map(|input| ranks[*input] + 1).max().unwrap_or(0));
    }
    for i in (0..nodes.len()).rev() {
        if nodes[i].inputs.is_empty() && nodes[i].kind != NodeKind::Input {
            let readers = nodes.iter().zip(&ranks).filter(|(node, _)| node.inputs.contains(&i)).map(|(_, rank)| *rank);
            ranks[i] = readers.min().map_or(0, |rank: usize| rank.saturating_sub(1));
        }
    }
    ranks
}

/// The places of all nodes, the leftmost beginning at 0.
pub(super) fn places(diagram: &Diagram) -> Vec<Place> {
    let ranks = ranks(diagram);
    let mut places: Vec<Place> = diagram.nodes.iter().map(|node| Place { width: width(node), ..Place::default() }).collect();
    for rank in 0..=ranks.iter().copied().max().unwrap_or(0) {
        // Under what it reads in the rank above; what reads none of that stands where its input does.
        let mut row: Vec<(f32, usize)> = Vec::new();
        for i in (0..ranks.len()).filter(|i| ranks[*i] == rank) {
            let inputs = &diagram.nodes[i].inputs;
            let above: Vec<f32> =
                inputs.iter().filter(|input| ranks[**input] + 1 == rank).map(|input| places[*input].x).collect();
            let of: Vec<f32> = if above.is_empty() { inputs.iter().map(|input| places[*input].x).collect() } else { above };
            #[expect(clippy::cast_precision_loss, reason = "a few inputs")]
            let wanted = if of.is_empty() { 0.0 } else { of.iter().sum::<f32>() / of.len() as f32 };
            row.push((wanted, i));
        }
        row.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let mut moved = 0.0;
        let mut left = f32::NEG_INFINITY;
        for (wanted, i) in &row {
            let place = &mut places[*i];
            place.rank = rank;
            #[expect(clippy::cast_precision_loss, reason = "a rank")]
            let y = rank as f32 * (HEIGHT + BETWEEN_RANKS);
            place.y = y;
            place.x = wanted.max(left + BETWEEN_BOXES + place.width / 2.0);
            left = place.right();
            moved += place.x - wanted;
        }
        // All were moved to the right: the row goes back by the mean.
        #[expect(clippy::cast_precision_loss, reason = "a row of boxes")]
        let back = moved / row.len().max(1) as f32;
        row.iter().for_each(|(_, i)| places[*i].x -= back);
    }
    let least = places.iter().map(Place::left).fold(f32::INFINITY, f32::min);
    places.iter_mut().for_each(|place| place.x -= least);
    places
}

#[cfg(test)]
mod tests {
    use super::super::tests::{layer, residual};
    use super::*;
    use alloc::borrow::ToOwned;

    #[test]
    fn boxes_do_not_lie_on_each_other() {
        let mut layers: Vec<Node> = (0..9).map(|i| layer(&alloc::format!("b{i}"), "Conv(64, 3, pad = 1)", &[0])).collect();
        layers.push(layer("all", "concat", &[1, 2, 3, 4, 5, 6, 7, 8, 9]));
        layers.push(layer("zeros", "zeros([4])", &[]));
        layers.push(layer("sum", "add", &[10, 11]));
        let inputs = [("x".to_owned(), "[4]".to_owned())];
        let wide = Diagram::new("Wide".to_owned(), inputs, layers, [("y".to_owned(), "[4]".to_owned(), 12)]);
        for diagram in [wide, residual(4)] {
            let places = places(&diagram);
            for (i, a) in places.iter().enumerate() {
                assert!(a.left() >= 0.0);
                assert!(diagram.nodes[i].inputs.iter().all(|input| places[*input].bottom() < a.y), "{:?}", diagram.nodes[i]);
                for b in &places[..i] {
                    assert!(a.rank != b.rank || a.left() > b.right() || b.left() > a.right(), "{a:?} {b:?}");
                }
            }
        }
    }

    #[test]
    fn a_chain_is_straight() {
        let places = places(&residual(3));
        assert!(places.iter().all(|place| (place.x - places[0].x).abs() < 1e-3), "{places:?}");
    }
}
