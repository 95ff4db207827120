//! Regions: boxes of a scene that may hold an object, which of them to learn from, and what they are to say.

use crate::truths;
use fireclay::Rng;
use fireclay::vision::{BoxCoder, Corners, Rows, Scene, anchors, box_targets, iou, match_anchors};
use std::collections::BTreeSet;

/// A connected part of a scene.
#[derive(Clone, Copy)]
struct Region {
    size: f32,
    /// The mean of its pixels.
    color: [f32; 3],
    corners: Corners,
}

impl Region {
    fn of_pixel(scene: &Scene, at: usize) -> Self {
        let (pixels, [x, y]) = (scene.side * scene.side, [at % scene.side, at / scene.side].map(|x| x as f32));
        Self { size: 1.0, color: [0, 1, 2].map(|c| scene.pixels[c * pixels + at]), corners: [x, y, x + 1.0, y + 1.0] }
    }

    fn distance(&self, other: &Self) -> f32 {
        self.color.iter().zip(other.color).map(|(a, b)| (a - b).powi(2)).sum::<f32>().sqrt()
    }

    fn with(&self, other: &Self) -> Self {
        let (size, [a, b, c, d], [e, f, g, h]) = (self.size + other.size, self.corners, other.corners);
        let color = [0, 1, 2].map(|c| (self.color[c] * self.size + other.color[c] * other.size) / size);
        Self { size, color, corners: [a.min(e), b.min(f), c.max(g), d.max(h)] }
    }

    /// Of one color, both small, and filling their common box.
    fn similarity(&self, other: &Self, pixels: f32) -> f32 {
        let [left, top, right, bottom] = self.with(other).corners;
        let (both, area) = (self.size + other.size, (right - left) * (bottom - top));
        -self.distance(other) - both / pixels - (area - both) / pixels
    }
}

/// Boxes that may hold an object, as a method without learning finds them: selective search (Uijlings et al. 2013, "Selective search for object recognition") with the
/// mean color in place of histograms. Pixels become regions of one color (Felzenszwalb and Huttenlocher 2004, "Efficient graph-based image segmentation");
/// the two neighbors that are most alike become one region, until there is only one. The box of every region on the way is a proposal.
#[must_use]
pub fn selective_search(scene: &Scene) -> Vec<Corners> {
    /// Larger for larger regions.
    const SCALE: f32 = 0.15;
    const SMALLEST: f32 = 20.0;
    let (side, pixels) = (scene.side, scene.side * scene.side);
    let mut regions: Vec<Region> = (0..pixels).map(|at| Region::of_pixel(scene, at)).collect();
    let right = (0..pixels).filter(|at| at % side + 1 < side).map(|at| (at, at + 1));
    let below = (0..pixels - side).map(|at| (at, at + side));
    let mut edges: Vec<(f32, usize, usize)> = right.chain(below).map(|(a, b)| (regions[a].distance(&regions[b]), a, b)).collect();
    edges.sort_by(|a, b| a.0.total_cmp(&b.0));

    // Each region is known by one of its pixels; it grows over an edge that is not much stronger than those within it, and when it is too small to be one.
    let (mut parents, mut within): (Vec<usize>, _) = ((0..pixels).collect(), vec![0.0_f32; pixels]);
    for smallest in [0.0, SMALLEST] {
        for (weight, a, b) in &edges {
            let (a, b) = (root(&mut parents, *a), root(&mut parents, *b));
            let limit = |i: usize| within[i] + SCALE / regions[i].size;
            if a != b && (*weight <= limit(a).min(limit(b)) || regions[a].size.min(regions[b].size) < smallest) {
                (parents[b], within[a], regions[a]) = (a, *weight, regions[a].with(&regions[b]));
            }
        }
    }

    let mut pairs: BTreeSet<(usize, usize)> = BTreeSet::new();
    for (_, a, b) in &edges {
        let (a, b) = (root(&mut parents, *a), root(&mut parents, *b));
        if a != b {
            pairs.insert((a.min(b), a.max(b)));
        }
    }
    let mut boxes: Vec<Corners> = (0..pixels).filter(|at| parents[*at] == *at).map(|at| regions[at].corners).collect();
    let alike = |regions: &[Region], (a, b): (usize, usize)| regions[a].similarity(&regions[b], pixels as f32);
    while let Some((a, b)) = pairs.iter().copied().max_by(|x, y| alike(&regions, *x).total_cmp(&alike(&regions, *y))) {
        let both = regions.len();
        regions.push(regions[a].with(&regions[b]));
        boxes.push(regions[both].corners);
        let joined = |i: usize| if i == a || i == b { both } else { i };
        pairs = pairs
            .into_iter()
            .map(|(x, y)| (joined(x), joined(y)))
            .filter(|(x, y)| x != y)
            .map(|(x, y)| (x.min(y), x.max(y)))
            .collect();
    }
    boxes.sort_by(|a, b| {
        a.iter().zip(b).map(|(a, b)| a.total_cmp(b)).find(|order| order.is_ne()).unwrap_or(std::cmp::Ordering::Equal)
    });
    boxes.dedup();
    boxes
}

/// The pixel by which a region is known.
fn root(parents: &mut [usize], mut at: usize) -> usize {
    while parents[at] != at {
        parents[at] = parents[parents[at]];
        at = parents[at];
    }
    at
}

/// Regions to learn from: a quarter are proposals that overlap an object by at least a half (or its own box), the others overlap each by less
/// (Girshick 2015, arXiv 1504.08083).
#[must_use]
pub fn sampled<const N: usize>(proposals: &[Corners], scene: &Scene, rng: &mut Rng) -> [Corners; N] {
    let own = corners(scene);
    let overlap = |region: &Corners| own.iter().map(|object| iou(region, object)).fold(0.0, f32::max);
    let all = proposals.iter().chain(&own).copied();
    let (objects, rest): (Vec<Corners>, Vec<Corners>) = all.partition(|region| overlap(region) >= 0.5);
    std::array::from_fn(|i| match (objects.len(), rest.len()) {
        (0, 0) => NOTHING,
        (some, none) if some > 0 && (i < N / 4 || none == 0) => objects[rng.below(some)],
        (_, some) => rest[rng.below(some)],
    })
}

/// A box of one pixel, in which nothing is.
const NOTHING: Corners = [0.0, 0.0, 1.0, 1.0];

/// As many boxes as a network takes: the first ones, or all and then boxes in which nothing is.
#[must_use]
pub fn filled<const N: usize>(boxes: &[Corners]) -> [Corners; N] {
    std::array::from_fn(|i| boxes.get(i).copied().unwrap_or(NOTHING))
}

/// The boxes of a scene's objects.
#[must_use]
pub fn corners(scene: &Scene) -> Vec<Corners> {
    scene.objects.iter().map(|object| object.corners).collect()
}

/// The anchors of the region proposal networks: a square and an upright box around each place of a map of 12×12 over 48×48 pixels.
#[must_use]
pub fn anchor_boxes() -> Vec<Corners> {
    anchors([12; 2], 4.0, &[16.0], &[1.0, 2.0]).into_iter().map(|corners| corners.map(|x| x + 2.0)).collect()
}

/// What a region proposal network is to say of its anchors: whether there is an object and where. An anchor has one that it overlaps by 0.6, and the best
/// anchors of an object have it in any case; those that overlap one by 0.3 do not count otherwise.
#[must_use]
pub fn anchor_targets<const N: usize>(scene: &Scene, anchors: &[Corners], coder: &BoxCoder) -> Rows<N, 5> {
    let mut objects = truths(scene);
    objects.iter_mut().for_each(|object| object.class = 0);
    box_targets(&objects, anchors, &match_anchors(&corners(scene), anchors, 0.3, 0.6, true), coder)
}

/// What is to be said of regions: class and place of the object that a region overlaps by at least a half.
#[must_use]
pub fn region_targets<const N: usize>(scene: &Scene, regions: &[Corners; N], coder: &BoxCoder) -> Rows<N, 5> {
    box_targets(&truths(scene), regions, &match_anchors(&corners(scene), regions, 0.5, 0.5, false), coder)
}
