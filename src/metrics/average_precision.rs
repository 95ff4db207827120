//! Average precision of one class, as COCO's evaluation program computes it.

use super::boxes::Image;
use super::number;
use crate::vision::overlap;

/// The best detections of an image, in the order of their scores, and how much each overlaps each box that is there.
struct Overlaps {
    scores: Vec<f32>,
    /// `[detection][box]`
    overlaps: Vec<f64>,
    boxes: usize,
}

impl Overlaps {
    fn of(image: &Image, class: usize, most: usize) -> Self {
        let of_class = |(i, found): (usize, usize)| (found == class).then_some(i);
        let mut detections: Vec<usize> =
            image.detections.iter().map(|found| found.class).enumerate().filter_map(of_class).collect();
        detections.sort_by(|a, b| image.detections[*b].score.total_cmp(&image.detections[*a].score));
        detections.truncate(most);
        let truths: Vec<usize> = image.truths.iter().map(|truth| truth.class).enumerate().filter_map(of_class).collect();
        let of = |found: usize, there: usize| match &image.overlaps {
            Some(overlaps) => overlaps[found * image.truths.len() + there],
            None => overlap(&image.detections[found].corners, &image.truths[there].corners),
        };
        let overlaps = detections.iter().flat_map(|found| truths.iter().map(move |there| of(*found, *there))).collect();
        Self { scores: detections.iter().map(|found| image.detections[*found].score).collect(), overlaps, boxes: truths.len() }
    }

    /// For each detection whether it took a box.
    fn hits(&self, threshold: f64) -> Vec<bool> {
        let mut taken = vec![false; self.boxes];
        let hit = |detection: usize| {
            let row = &self.overlaps[detection * self.boxes..(detection + 1) * self.boxes];
            let (mut best, mut least) = (None, threshold);
            for (i, overlap) in row.iter().enumerate() {
                // The last of those that are overlapped alike, as COCO has it.
                if !taken[i] && *overlap >= least {
                    (best, least) = (Some(i), *overlap);
                }
            }
            if let Some(best) = best {
                taken[best] = true;
            }
            best.is_some()
        };
        (0..self.scores.len()).map(hit).collect()
    }
}

/// One class in all images.
pub(super) struct Matches {
    images: Vec<Overlaps>,
    boxes: usize,
}

impl Matches {
    pub(super) fn of(images: &[Image], class: usize, most: usize) -> Self {
        let images: Vec<_> = images.iter().map(|image| Overlaps::of(image, class, most)).collect();
        let boxes = images.iter().map(|image| image.boxes).sum();
        Self { images, boxes }
    }

    /// The mean of the largest precision at a recall of at least 0, 0.01, …, 1; there is a box to find.
    pub(super) fn average_precision(&self, threshold: f64) -> f64 {
        let hits = |image: &Overlaps| image.scores.iter().copied().zip(image.hits(threshold)).collect::<Vec<_>>();
        let mut all: Vec<(f32, bool)> = self.images.iter().flat_map(hits).collect();
        all.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut right = 0;
        let mut curve: Vec<(usize, f64)> = Vec::with_capacity(all.len());
        for (i, (_, hit)) in all.iter().enumerate() {
            right += usize::from(*hit);
            curve.push((right, number(right) / number(i + 1)));
        }
        // The precision of any larger recall is one of this, too.
        let mut largest = 0.0_f64;
        for (_, precision) in curve.iter_mut().rev() {
            largest = largest.max(*precision);
            *precision = largest;
        }
        let precision = |hundredths: usize| {
            // As COCO's program makes the recalls; 7 · 0.01 is more than 7 / 100.
            let recall = number(hundredths) * 0.01;
            let enough = curve.partition_point(|(right, _)| number(*right) / number(self.boxes) < recall);
            curve.get(enough).map_or(0.0, |point| point.1)
        };
        (0..=100).map(precision).sum::<f64>() / 101.0
    }
}
