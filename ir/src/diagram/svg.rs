//! The drawing: layers as boxes from top to bottom, blocks as frames around them, shapes on the arrows, what skips layers as an arc.

use super::layout::{BETWEEN_RANKS, CHARACTER, HEIGHT, Place, places};
use super::{Diagram, Node, NodeKind};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::Write;

/// Around everything: room for arrows.
const MARGIN: f32 = 16.0;
/// The colors: text and lines are of the page around, so that they can be read on dark ones too; the rules hold within the drawing alone.
const STYLE: [(&str, &str); 11] = [
    ("text", "fill:currentColor;font:12px ui-monospace,monospace;text-anchor:middle"),
    (".small", "font-size:11px;opacity:.65"),
    (".start", "text-anchor:start"),
    (".end", "text-anchor:end"),
    ("path", "fill:none;stroke:currentColor;stroke-opacity:.6"),
    ("rect", "stroke:currentColor;stroke-opacity:.45;fill:#8884"),
    (".learned", "fill:#4a90d944"),
    (".input,.fireclay .output", "fill:#e0a03055"),
    (".block", "fill:#4a90d922"),
    (".frame", "fill:none;stroke-dasharray:4 3"),
    (".arrow", "fill:currentColor;fill-opacity:.6;stroke:none"),
];

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn class(kind: NodeKind) -> &'static str {
    match kind {
        NodeKind::Input => "input",
        NodeKind::Layer => "layer",
        NodeKind::Learned => "learned",
        NodeKind::Block => "block",
        NodeKind::Output => "output",
    }
}

/// A rectangle: left, top, right, bottom.
type Area = [f32; 4];

fn area(place: &Place) -> Area {
    [place.left(), place.y, place.right(), place.bottom()]
}

fn meet(a: &Area, b: &Area) -> bool {
    a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]
}

/// The arrow from one box to another: straight where nothing stands between, or straight down and then aside, else an arc around what is there.
///
/// Gives the path and the farthest that it goes to either side.
fn arrow(places: &[Place], from: &Place, to: &Place) -> (String, f32) {
    let (start, end) = (from.bottom(), to.y - 5.0);
    let between = || places.iter().filter(|place| place.rank > from.rank && place.rank < to.rank);
    // From a point to the end of the arrow, where the boxes of other ranks leave room.
    let aside = |x1: f32, y: f32| {
        let (x2, half) = (to.x, (end - y) / 2.0);
        alloc::format!("C{x1:.0} {:.0} {x2:.0} {:.0} {x2:.0} {end:.0}", y + half, end - half)
    };
    let down = to.y - BETWEEN_RANKS;
    if !between().any(|place| from.x > place.left() - 4.0 && from.x < place.right() + 4.0) {
        let x = from.x;
        let path = match (x - to.x).abs() < 0.5 {
            true => alloc::format!("M{x:.0} {start:.0}V{end:.0}"),
            false => alloc::format!("M{x:.0} {start:.0}V{down:.0}{}", aside(x, down)),
        };
        return (path, x);
    }
    #[expect(clippy::cast_precision_loss, reason = "a number of ranks")]
    let away = 8.0 + (3 * (to.rank - from.rank)).min(36) as f32;
    // What comes from the left goes around on the left.
    let side = if from.x < to.x - 0.5 { -1.0 } else { 1.0 };
    let edge = |place: &Place| place.x + side * place.width / 2.0;
    let farthest = between().map(edge).fold(edge(from), |a, b| if (b - a) * side > 0.0 { b } else { a });
    let farthest = if (edge(to) - farthest) * side > 0.0 { edge(to) } else { farthest };
    let out = farthest + side * away;
    // From one side to the other, rounded.
    let (y1, y2, turn) = (from.y + HEIGHT / 2.0, to.y + HEIGHT / 2.0, out - side * 10.0);
    let path = alloc::format!(
        "M{:.0} {y1:.0}H{turn:.0}Q{out:.0} {y1:.0} {out:.0} {:.0}V{:.0}Q{out:.0} {y2:.0} {turn:.0} {y2:.0}H{:.0}",
        edge(from),
        y1 + 10.0,
        y2 - 10.0,
        edge(to) + side * 5.0
    );
    (path, out)
}

impl Diagram {
    /// The drawing as SVG, in which lines and text have the color of the page around it.
    #[must_use]
    pub fn svg(&self) -> String {
        let places = places(self);
        let mut body = String::new();
        let frames = self.frames(&places);
        for (name, [left, top, right, bottom]) in &frames {
            // Frames within each other begin close to each other: their names stand on different sides.
            let inner = name.matches('.').count() % 2 == 1;
            let (x, class) = if inner { (right - 4.0, "small end") } else { (left + 4.0, "small start") };
            // Writing into a String does not fail.
            let _ = write!(
                body,
                "<rect class=\"frame\" x=\"{left:.0}\" y=\"{top:.0}\" width=\"{:.0}\" height=\"{:.0}\" rx=\"6\"/>\
                 <text class=\"{class}\" x=\"{x:.0}\" y=\"{:.0}\">{}</text>",
                right - left,
                bottom - top,
                top + 11.0,
                escaped(name)
            );
        }
        let areas = places.iter().map(area).chain(frames.iter().map(|(_, area)| *area));
        let bounds = |mut all: Area, one: Area| {
            all = [all[0].min(one[0]), all[1].min(one[1]), all[2].max(one[2]), all[3].max(one[3])];
            all
        };
        let [mut left, top, mut right, bottom] = areas.fold([0.0, 0.0, 0.0, 0.0], bounds);
        for (node, place) in self.nodes.iter().zip(&places) {
            for input in &node.inputs {
                let (path, out) = arrow(&places, &places[*input], place);
                (left, right) = (left.min(out), right.max(out));
                let _ = write!(body, "<path d=\"{path}\" marker-end=\"url(#a)\"/>");
            }
        }
        for (i, (node, place)) in self.nodes.iter().zip(&places).enumerate() {
            node.draw(place, &mut body);
            let shown = self.nodes.iter().any(|reader| reader.inputs.contains(&i)) && !node.shape.is_empty();
            if shown {
                #[expect(clippy::cast_precision_loss, reason = "a length of a word")]
                let half = node.shape.chars().count() as f32 * CHARACTER * 0.46;
                let x = place.x + half + 6.0;
                right = right.max(x + half);
                let _ = write!(
                    body,
                    "<text class=\"small\" x=\"{x:.0}\" y=\"{:.0}\">{}</text>",
                    place.bottom() + 20.0,
                    escaped(&node.shape)
                );
            }
        }
        let style: String = STYLE.iter().map(|(what, rules)| alloc::format!(".fireclay {what}{{{rules}}}")).collect();
        let (width, height) = (right - left + 2.0 * MARGIN, bottom - top + 2.0 * MARGIN);
        alloc::format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"{:.0} {:.0} {width:.0} {height:.0}\" width=\"{width:.0}\" height=\"{height:.0}\" class=\"fireclay\" \
             role=\"img\"><title>{}</title><style>{style}</style><defs><marker id=\"a\" viewBox=\"0 0 6 6\" refX=\"1\" refY=\"3\" markerWidth=\"6\" \
             markerHeight=\"6\" orient=\"auto\"><path class=\"arrow\" d=\"M0 0L6 3L0 6z\"/></marker></defs>{body}</svg>",
            left - MARGIN,
            top - MARGIN,
            escaped(&self.name)
        )
    }

    /// The frames around blocks, the outermost first; none around a block between whose layers others stand.
    fn frames(&self, places: &[Place]) -> Vec<(String, Area)> {
        let deepest = self.nodes.iter().map(|node| node.path.matches('.').count()).max().unwrap_or(0);
        let mut frames: Vec<(String, Area)> = Vec::new();
        for depth in 1..=deepest {
            #[expect(clippy::cast_precision_loss, reason = "a depth")]
            let room = 3.0 + 4.0 * (deepest - depth) as f32;
            for (name, range) in self.blocks(depth) {
                let inner = &places[range.clone()];
                let of = |at: fn(&Place) -> f32, best: fn(f32, f32) -> f32, first: f32| inner.iter().map(at).fold(first, best);
                let frame = [
                    of(Place::left, f32::min, f32::INFINITY) - 8.0 - room,
                    of(|p| p.y, f32::min, f32::INFINITY) - 12.0 - room,
                    of(Place::right, f32::max, 0.0) + 8.0 + room,
                    of(Place::bottom, f32::max, 0.0) + 2.0 + room,
                ];
                let mut others = places.iter().enumerate().filter(|(i, _)| !range.contains(i));
                if !others.any(|(_, place)| meet(&area(place), &frame)) {
                    frames.push((name.to_string(), frame));
                }
            }
        }
        frames
    }
}

impl Node {
    fn draw(&self, place: &Place, to: &mut String) {
        let name = self.path.rsplit('.').next().unwrap_or_default();
        // A box of a block keeps its path.
        let name = if self.kind == NodeKind::Block { &self.path } else { name };
        let name = if name.is_empty() { class(self.kind) } else { name };
        let _ = write!(
            to,
            "<rect class=\"{}\" x=\"{:.0}\" y=\"{:.0}\" width=\"{:.0}\" height=\"{HEIGHT:.0}\" rx=\"4\"/>",
            class(self.kind),
            place.left(),
            place.y,
            place.width
        );
        let mut line = |class: &str, y: f32, text: &str| {
            let _ = write!(to, "<text{class} x=\"{:.0}\" y=\"{:.0}\">{}</text>", place.x, place.y + y, escaped(text));
        };
        match self.layer.as_str() {
            "" if self.kind == NodeKind::Output && !self.shape.is_empty() => {
                line("", 14.0, name);
                line(" class=\"small\"", 28.0, &self.shape);
            }
            "" => line("", 21.0, name),
            layer => {
                line("", 14.0, layer);
                line(" class=\"small\"", 28.0, name);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::residual;

    #[test]
    fn a_residual_network() {
        let svg = residual(2).svg();
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>"), "{svg}");
        // A blank line would end the HTML in a page of Markdown.
        assert!(!svg.contains('\n'));
        for part in ["Conv(8, 3, pad = 1)", ">body.0<", ">body.1<", "[8, 4, 4]", ">image<", ">output<"] {
            assert!(svg.contains(part), "{part} is not in {svg}");
        }
        // Two sums, whose second input goes around a block.
        assert_eq!(svg.matches('Q').count(), 4);
        assert_eq!(svg.matches("<rect").count(), svg.matches("rx=").count());
        for tag in ["svg", "text", "style", "defs", "marker", "title"] {
            assert_eq!(svg.matches(&alloc::format!("<{tag}")).count(), svg.matches(&alloc::format!("</{tag}>")).count(), "{tag}");
        }
    }

    #[test]
    fn signs_of_markup_are_escaped() {
        let mut diagram = residual(1);
        diagram.nodes[1].layer = "Conv(<8> & \"9\")".into();
        assert!(diagram.svg().contains("Conv(&lt;8&gt; &amp; &quot;9&quot;)"));
    }
}
