//! Boxes: how much two have in common, which of many to keep, and how a network says where one lies.

/// Left, top, right and bottom, in pixels.
pub type Corners = [f32; 4];

/// Intersection over union: 1 for equal boxes, 0 for boxes that have nothing in common (or no area).
///
/// ```
/// use fireclay::vision::iou;
/// assert_eq!(iou(&[0.0, 0.0, 2.0, 2.0], &[1.0, 0.0, 3.0, 2.0]), 1.0 / 3.0);
/// ```
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "rounded to the nearest")]
pub fn iou(a: &Corners, b: &Corners) -> f32 {
    overlap(a, b) as f32
}

/// Intersection over union, before it is rounded.
pub(crate) fn overlap(a: &Corners, b: &Corners) -> f64 {
    let [a, b] = [a, b].map(|corners| corners.map(f64::from));
    let width = a[2].min(b[2]) - a[0].max(b[0]);
    let height = a[3].min(b[3]) - a[1].max(b[1]);
    if width <= 0.0 || height <= 0.0 {
        return 0.0;
    }
    let area = |c: [f64; 4]| (c[2] - c[0]) * (c[3] - c[1]);
    let common = width * height;
    common / (area(a) + area(b) - common)
}

/// Intersection over union of masks, which say of each pixel whether an object covers it; 0 where neither covers any.
///
/// # Panics
/// If they are not of one length.
#[must_use]
#[track_caller]
#[expect(clippy::cast_precision_loss, reason = "pixels")]
pub fn mask_iou(a: &[bool], b: &[bool]) -> f32 {
    assert!(a.len() == b.len(), "masks of {} and {} pixels", a.len(), b.len());
    let count = |covers: fn((bool, bool)) -> bool| a.iter().copied().zip(b.iter().copied()).filter(|pair| covers(*pair)).count();
    count(|(a, b)| a && b) as f32 / count(|(a, b)| a || b).max(1) as f32
}

/// The center (x, y) of a box, its width and its height.
#[must_use]
pub const fn center_size([left, top, right, bottom]: Corners) -> [f32; 4] {
    [(left + right) / 2.0, (top + bottom) / 2.0, right - left, bottom - top]
}

/// The corners of a box that is given by its center (x, y), its width and its height.
#[must_use]
pub const fn corners([x, y, width, height]: [f32; 4]) -> Corners {
    [x - width / 2.0, y - height / 2.0, x + width / 2.0, y + height / 2.0]
}

/// The part of a box that lies in an image of this height and width. A height or width that is negative or NaN counts as 0.
#[must_use]
pub fn clip([left, top, right, bottom]: Corners, extent: [f32; 2]) -> Corners {
    let [height, width] = extent.map(|side| side.max(0.0));
    [left.clamp(0.0, width), top.clamp(0.0, height), right.clamp(0.0, width), bottom.clamp(0.0, height)]
}

/// Non-maximum suppression: from the best score down, each box that overlaps no better one that is kept by more than `threshold`. Their numbers, the best
/// first; of equal scores the first one counts as the better one.
///
/// ```
/// use fireclay::vision::nms;
/// let boxes = [[0.0, 0.0, 10.0, 10.0], [0.0, 1.0, 10.0, 11.0], [20.0, 0.0, 30.0, 10.0]];
/// assert_eq!(nms(&boxes, &[0.6, 0.9, 0.7], 0.5), [1, 2]);
/// ```
///
/// # Panics
/// If there are not as many scores as boxes.
#[must_use]
#[track_caller]
pub fn nms(boxes: &[Corners], scores: &[f32], threshold: f32) -> Vec<usize> {
    suppress(boxes, scores, threshold, |_, _| true)
}

/// As [`nms`], class by class: boxes of different classes leave each other alone.
///
/// # Panics
/// If there are not as many scores and classes as boxes.
#[must_use]
#[track_caller]
pub fn batched_nms(boxes: &[Corners], scores: &[f32], classes: &[usize], threshold: f32) -> Vec<usize> {
    assert!(boxes.len() == classes.len(), "{} boxes with {} classes", boxes.len(), classes.len());
    suppress(boxes, scores, threshold, |a, b| classes[a] == classes[b])
}

#[track_caller]
fn suppress(boxes: &[Corners], scores: &[f32], threshold: f32, rivals: impl Fn(usize, usize) -> bool) -> Vec<usize> {
    assert!(boxes.len() == scores.len(), "{} boxes with {} scores", boxes.len(), scores.len());
    let mut order: Vec<usize> = (0..boxes.len()).collect();
    order.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]));
    let mut kept: Vec<usize> = Vec::new();
    for i in order {
        if kept.iter().all(|k| !rivals(i, *k) || iou(&boxes[i], &boxes[*k]) <= threshold) {
            kept.push(i);
        }
    }
    kept
}

/// How a network says where a box lies: relative to an anchor, by the offset of the center in widths and heights of the anchor and the logarithm of the ratio of
/// the sizes (Girshick et al. 2014, arXiv 1311.2524, appendix C). Each of the four is multiplied by a weight, which brings it to about the size of 1.
///
/// ```
/// use fireclay::vision::BoxCoder;
/// let (coder, anchor, truth) = (BoxCoder::new([10.0, 10.0, 5.0, 5.0]), [0.0, 0.0, 8.0, 8.0], [1.0, 0.0, 9.0, 16.0]);
/// let found = coder.decode(&coder.encode(&truth, &anchor), &anchor);
/// assert!(found.iter().zip(truth).all(|(a, b)| (a - b).abs() < 1e-5));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BoxCoder {
    weights: [f32; 4],
}

impl BoxCoder {
    /// With weights of the two offsets and the two logarithms.
    #[must_use]
    pub const fn new(weights: [f32; 4]) -> Self {
        Self { weights }
    }

    /// What a network should say of a box.
    #[must_use]
    pub fn encode(&self, truth: &Corners, anchor: &Corners) -> [f32; 4] {
        let ([tx, ty, tw, th], [x, y, width, height]) = (center_size(*truth), center_size(*anchor));
        let [a, b, c, d] = self.weights;
        [a * (tx - x) / width, b * (ty - y) / height, c * (tw / width).ln(), d * (th / height).ln()]
    }

    /// The box that a network speaks of. It is at most 62.5 times as large as the anchor, so that nothing becomes infinite.
    #[must_use]
    pub fn decode(&self, code: &[f32; 4], anchor: &Corners) -> Corners {
        const MOST: f32 = 1000.0 / 16.0;
        let [x, y, width, height] = center_size(*anchor);
        let [dx, dy, dw, dh] = core::array::from_fn(|i| code[i] / self.weights[i]);
        let size = |d: f32, side: f32| side * d.min(MOST.ln()).exp();
        corners([x + dx * width, y + dy * height, size(dw, width), size(dh, height)])
    }
}
