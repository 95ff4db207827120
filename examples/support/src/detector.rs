//! How well a detector does, with a picture.

use crate::{Report, Result};
use fireclay::metrics::{Accumulator, Detection, MeanAveragePrecision, Truth};
use fireclay::picture::{COLORS, Picture};
use fireclay::vision::{Corners, Scene, batched_nms, nms};
use std::time::Instant;

/// What there is to find in a scene.
#[must_use]
pub fn truths(scene: &Scene) -> Vec<Truth> {
    scene.objects.iter().map(|object| Truth { corners: object.corners, class: object.class }).collect()
}

/// Non-maximum suppression: of two boxes that overlap by more than `threshold`, the one with the higher score; among boxes of the same class, if `by_class`, else among all.
#[must_use]
pub fn suppressed(all: &[Detection], threshold: f32, by_class: bool) -> Vec<Detection> {
    let boxes: Vec<Corners> = all.iter().map(|found| found.corners).collect();
    let (scores, classes): (Vec<f32>, Vec<usize>) = all.iter().map(|found| (found.score, found.class)).unzip();
    let kept = if by_class { batched_nms(&boxes, &scores, &classes, threshold) } else { nms(&boxes, &scores, threshold) };
    kept.into_iter().map(|i| all[i]).collect()
}

/// What a function finds in each scene, and the median time in milliseconds.
pub fn timed<T>(scenes: &[Scene], find: impl Fn(&Scene) -> T) -> (Vec<T>, f64) {
    let one = |scene: &Scene| {
        let start = Instant::now();
        (find(scene), start.elapsed().as_secs_f64() * 1e3)
    };
    let (found, mut times): (Vec<T>, Vec<f64>) = scenes.iter().map(one).unzip();
    times.sort_by(f64::total_cmp);
    (found, times[times.len() / 2])
}

/// What a detector finds in each scene; mean average precision and the median time of a scene on one core are figures of the report, and the first scenes its picture.
///
/// # Errors
/// If there is nothing to find, or the picture cannot be written.
pub fn measure(report: &mut Report, test: &[Scene], least: f64, find: impl Fn(&Scene) -> Vec<Detection>) -> Result {
    let (found, time) = timed(test, find);
    let mut precision = MeanAveragePrecision::at(0.5);
    test.iter().zip(&found).for_each(|(scene, found)| precision.add(found, &truths(scene)));
    report.at_least("mAP@0.5", precision.compute()?, least);
    report.figure("milliseconds a scene on one core", time);
    let shown = test
        .iter()
        .zip(&found)
        .take(15)
        .map(|(scene, found)| drawn(&Picture::of_numbers(&scene.pixels, scene.side, scene.side), found));
    report.picture("detections.png", &Picture::grid(shown, 5))
}

/// A scene, three times as large, with the boxes and classes whose score is above 0.3.
#[must_use]
pub fn drawn(scene: &Picture, found: &[Detection]) -> Picture {
    let mut picture = scene.enlarged(3);
    for Detection { corners, class, .. } in found.iter().filter(|found| found.score > 0.3) {
        let corners = corners.map(|x| x * 3.0);
        picture.frame(corners, COLORS[1]);
        let [left, top, ..] = corners.map(|x| x.max(0.0) as usize);
        picture.text([left + 1, top.saturating_sub(10)], &class.to_string(), COLORS[6]);
    }
    picture
}
