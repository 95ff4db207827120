//! How well objects in images are found.

use super::average_precision::Matches;
use super::{Accumulator, Score, Update, no_value, number, same_len};
use crate::{Batch, Const, Error, Result, setting};
use std::collections::BTreeSet;

/// A box that a network found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Detection {
    /// Left, top, right, bottom.
    pub corners: [f32; 4],
    /// How sure the network is: only the order of scores counts.
    pub score: f32,
    /// What it holds.
    pub class: usize,
}

/// A box that is there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Truth {
    /// Left, top, right, bottom.
    pub corners: [f32; 4],
    /// What it holds.
    pub class: usize,
}

/// The boxes of an image.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Image {
    pub detections: Vec<Detection>,
    pub truths: Vec<Truth>,
    /// `[detection][truth]`, where that is not of their boxes.
    pub overlaps: Option<Vec<f64>>,
}

/// Mean average precision of boxes as COCO defines it (Lin et al. 2014, "Microsoft COCO: common objects in context") and as torchmetrics'
/// `MeanAveragePrecision` gives it: of each class and each threshold of intersection over union the area under the curve of precision over
/// recall, read at 101 recalls; their mean over thresholds and over the classes that there are boxes of.
///
/// A detection takes the box of its class and image that it overlaps most, of those that none with a larger score has taken, if by at least the
/// threshold. Of detections with equal scores the one that was counted first comes first. Of each class the 100 best of an image count.
/// There are no crowds, and boxes of all sizes count.
///
/// A network whose outputs are boxes already, `[BOXES, 6]` with rows of left, top, right, bottom, score and class, is counted by itself against
/// targets `[BOXES, 5]`, rows without the score; a row whose class is negative is none. For others [`add`](MeanAveragePrecision::add) counts
/// an image.
///
/// `compute` is an error where there are no boxes to find, where a number is infinite or NaN, and where a right edge lies left of the left one.
///
/// ```
/// use fireclay::metrics::{Accumulator, Detection, MeanAveragePrecision, Truth};
/// let mut map = MeanAveragePrecision::coco();
/// let corners = [0.0, 0.0, 10.0, 10.0];
/// // It overlaps by 0.8, which is enough for the first seven of ten thresholds.
/// let found = Detection { corners: [0.0, 0.0, 10.0, 8.0], score: 0.9, class: 3 };
/// map.add(&[found], &[Truth { corners, class: 3 }]);
/// assert!((map.compute()? - 0.7).abs() < 1e-9);
/// assert!((map.at_iou(0.5)? - 1.0).abs() < 1e-9);
/// # Ok::<(), fireclay::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct MeanAveragePrecision {
    thresholds: Vec<f64>,
    most: usize,
    images: Vec<Image>,
    /// The first thing that cannot be counted.
    wrong: Option<String>,
}

impl MeanAveragePrecision {
    /// The mean over the thresholds 0.5, 0.55, …, 0.95, nothing counted yet.
    #[must_use]
    pub fn coco() -> Self {
        // As COCO's program makes them: one of them is a little less than 0.9.
        Self::of((0..10).map(|i| 0.5 + f64::from(i) * ((0.95 - 0.5) / 9.0)).collect())
    }

    /// At one threshold of intersection over union.
    ///
    /// # Panics
    /// If it is not from 0 to 1.
    #[must_use]
    #[track_caller]
    pub fn at(threshold: f32) -> Self {
        setting::share("MeanAveragePrecision: threshold", threshold);
        // From the decimal that was written: 0.55 as f32 is more than 11 / 20.
        Self::of(vec![(f64::from(threshold) * 1e6).round() / 1e6])
    }

    const fn of(thresholds: Vec<f64>) -> Self {
        Self { thresholds, most: 100, images: Vec::new(), wrong: None }
    }

    /// How many detections of a class count in an image, those with the largest scores: 100 at first.
    ///
    /// # Panics
    /// If it is 0.
    #[must_use]
    #[track_caller]
    pub const fn most(mut self, most: usize) -> Self {
        setting::at_least_one("MeanAveragePrecision: most", most);
        self.most = most;
        self
    }

    /// Counts an image.
    pub fn add(&mut self, detections: &[Detection], truths: &[Truth]) {
        let refused = detections
            .iter()
            .find_map(|d| wrong(&d.corners, d.score))
            .or_else(|| truths.iter().find_map(|t| wrong(&t.corners, 0.0)));
        if let Some(reason) = refused {
            self.refuse(reason);
        }
        self.images.push(Image { detections: detections.to_vec(), truths: truths.to_vec(), overlaps: None });
    }

    /// Counts an image by something else than boxes: `overlap` says how much a detection overlaps a truth, from 0 to 1, both given by their numbers. With
    /// [`vision::mask_iou`](crate::vision::mask_iou) that is the mean average precision of instance segmentation.
    ///
    /// ```
    /// use fireclay::metrics::{Accumulator, Detection, MeanAveragePrecision, Truth};
    /// use fireclay::vision::mask_iou;
    /// let mut map = MeanAveragePrecision::at(0.5);
    /// let (corners, masks) = ([0.0, 0.0, 2.0, 2.0], [[true, true, true, false], [true, true, false, false]]);
    /// let found = Detection { corners, score: 0.9, class: 3 };
    /// map.add_by(&[found], &[Truth { corners, class: 3 }], |_, _| mask_iou(&masks[0], &masks[1]));
    /// assert_eq!(map.compute()?, 1.0);
    /// # Ok::<(), fireclay::Error>(())
    /// ```
    pub fn add_by(&mut self, detections: &[Detection], truths: &[Truth], overlap: impl Fn(usize, usize) -> f32) {
        let all = (0..detections.len()).flat_map(|found| (0..truths.len()).map(move |there| (found, there)));
        let overlaps: Vec<f64> = all.map(|(found, there)| f64::from(overlap(found, there))).collect();
        if let Some(wrong) = overlaps.iter().find(|overlap| !(0.0..=1.0).contains(*overlap)) {
            self.refuse(format!("an overlap of {wrong} is not from 0 to 1"));
        }
        self.add(detections, truths);
        if let Some(image) = self.images.last_mut() {
            image.overlaps = Some(overlaps);
        }
    }

    fn refuse(&mut self, reason: String) {
        self.wrong.get_or_insert(reason);
    }

    /// At one threshold, of the same boxes.
    ///
    /// # Errors
    /// As `compute`.
    ///
    /// # Panics
    /// If it is not from 0 to 1.
    #[track_caller]
    pub fn at_iou(&self, threshold: f32) -> Result<f64> {
        let thresholds = Self::at(threshold).thresholds;
        mean(self.name(), &self.classes(&thresholds)?)
    }

    /// Of each class that there are boxes of; nothing where there are none.
    ///
    /// # Errors
    /// If nothing was counted, or something that is no box.
    pub fn per_class(&self) -> Result<Vec<(usize, f64)>> {
        self.classes(&self.thresholds)
    }

    fn classes(&self, thresholds: &[f64]) -> Result<Vec<(usize, f64)>> {
        if let Some(reason) = &self.wrong {
            return Err(no_value(self.name(), reason));
        }
        if self.images.is_empty() {
            return Err(Error::Empty { what: self.name() });
        }
        let classes: BTreeSet<usize> =
            self.images.iter().flat_map(|image| image.truths.iter().map(|truth| truth.class)).collect();
        let of = |class| {
            let matches = Matches::of(&self.images, class, self.most);
            thresholds.iter().map(|threshold| matches.average_precision(*threshold)).sum::<f64>() / number(thresholds.len())
        };
        Ok(classes.into_iter().map(|class| (class, of(class))).collect())
    }

    /// A row of a tensor: corners, further numbers, the class. `None` where it is none.
    fn row<const N: usize>(&mut self, row: [f32; N]) -> Option<([f32; N], usize)> {
        let class = row[N - 1];
        if class < 0.0 {
            return None;
        }
        if class.fract() != 0.0 || class > 1e9 {
            self.refuse(format!("{class} is no class"));
            return None;
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole number from 0 on")]
        Some((row, class as usize))
    }
}

/// What is wrong with a box.
fn wrong(corners: &[f32; 4], score: f32) -> Option<String> {
    let [left, top, right, bottom] = *corners;
    if corners.iter().chain([&score]).any(|x| !x.is_finite()) {
        Some(format!("the box {corners:?} with the score {score} is not of finite numbers"))
    } else if right < left || bottom < top {
        Some(format!("the box {corners:?} ends before it begins: it takes left, top, right and bottom"))
    } else {
        None
    }
}

fn mean(name: &'static str, classes: &[(usize, f64)]) -> Result<f64> {
    if classes.is_empty() {
        return Err(no_value(name, "there is no box to find in any image"));
    }
    Ok(classes.iter().map(|class| class.1).sum::<f64>() / number(classes.len()))
}

impl Accumulator for MeanAveragePrecision {
    type Value = f64;

    #[track_caller]
    fn merge(&mut self, other: &Self) {
        let same = self.thresholds == other.thresholds && self.most == other.most;
        assert!(same, "MeanAveragePrecision: two of different thresholds or limits are not merged");
        self.images.extend_from_slice(&other.images);
        if let Some(reason) = &other.wrong {
            self.refuse(reason.clone());
        }
    }

    fn compute(&self) -> Result<f64> {
        mean(self.name(), &self.per_class()?)
    }

    fn reset(&mut self) {
        self.images.clear();
        self.wrong = None;
    }
}

impl<'a, const FOUND: usize, const THERE: usize> Update<&'a Batch<(Const<FOUND>, Const<6>)>, &'a Batch<(Const<THERE>, Const<5>)>>
    for MeanAveragePrecision
{
    #[track_caller]
    fn update(&mut self, outputs: &'a Batch<(Const<FOUND>, Const<6>)>, targets: &'a Batch<(Const<THERE>, Const<5>)>) {
        same_len(outputs.len(), targets.len());
        for i in 0..outputs.len() {
            let found = |row| core::array::from_fn(|j| outputs.as_slice()[outputs.position(i, row * 6 + j)]);
            let there = |row| core::array::from_fn(|j| targets.as_slice()[targets.position(i, row * 5 + j)]);
            let detections: Vec<_> = (0..FOUND)
                .filter_map(|row| self.row(found(row)))
                .map(|([a, b, c, d, score, _], class)| Detection { corners: [a, b, c, d], score, class })
                .collect();
            let truths: Vec<_> = (0..THERE)
                .filter_map(|row| self.row(there(row)))
                .map(|([a, b, c, d, _], class)| Truth { corners: [a, b, c, d], class })
                .collect();
            self.add(&detections, &truths);
        }
    }
}

impl Score for MeanAveragePrecision {
    fn name(&self) -> &'static str {
        match *self.thresholds {
            [0.5] => "mAP@50",
            [0.75] => "mAP@75",
            [_] => "mAP at one IoU",
            _ => "mAP",
        }
    }
}
