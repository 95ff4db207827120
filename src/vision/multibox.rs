//! Detectors that say for each of many boxes what is in it and how it should be moved: SSD of its default boxes, a region proposal network of its anchors, Fast
//! R-CNN of its regions.

use super::{BoxCoder, Corners, Match, batched_nms};
use crate::metrics::{Detection, Truth};
use crate::{Const, Tensor};

/// For each of `N` boxes a row of so many numbers.
pub type Rows<const N: usize, const WIDTH: usize> = Tensor<(Const<N>, Const<WIDTH>)>;

/// What a network should say of each box: a class, and the code of the box that is there ([`BoxCoder`]). Class 0 is the background, so that classes are one more than
/// those of `truths`; −1 is that of boxes that do not count, [`Match::Between`]. [`multibox_loss`] takes it.
///
/// ```
/// use fireclay::metrics::Truth;
/// use fireclay::vision::{BoxCoder, box_targets, match_anchors};
/// let (boxes, corners) = ([[0.0, 0.0, 8.0, 8.0], [8.0, 0.0, 16.0, 8.0]], [1.0, 0.0, 9.0, 8.0]);
/// let matches = match_anchors(&[corners], &boxes, 0.3, 0.5, true);
/// let targets = box_targets::<2>(&[Truth { corners, class: 7 }], &boxes, &matches, &BoxCoder::new([1.0; 4]));
/// assert_eq!(targets, [[8.0, 0.125, 0.0, 0.0, 0.0], [0.0; 5]].into());
/// ```
///
/// # Panics
/// If there are not `N` boxes and matches, or there is no box with a number that one has.
#[must_use]
#[track_caller]
pub fn box_targets<const N: usize>(truths: &[Truth], boxes: &[Corners], matches: &[Match], coder: &BoxCoder) -> Rows<N, 5> {
    assert!(boxes.len() == N && matches.len() == N, "{N} rows for {} boxes with {} matches", boxes.len(), matches.len());
    let row = |i: usize| match matches[i] {
        Match::Background => [0.0; 5],
        Match::Between => [-1.0, 0.0, 0.0, 0.0, 0.0],
        Match::Box(number) => {
            let [a, b, c, d] = coder.encode(&truths[number].corners, &boxes[i]);
            #[expect(clippy::cast_precision_loss, reason = "a class")]
            [truths[number].class as f32 + 1.0, a, b, c, d]
        }
    };
    let mut rows: Rows<N, 5> = Tensor::zeros();
    rows.as_mut_slice().chunks_exact_mut(5).enumerate().for_each(|(i, to)| to.copy_from_slice(&row(i)));
    rows
}

/// The loss of one image: cross-entropy of classes, and smooth L1 (Girshick 2015, arXiv 1504.08083) of the codes of boxes that are not background, both divided by how
/// many those are. Of the background only the `negatives` times as many count that the network is most wrong about: hard negative mining
/// (Liu et al. 2016, "SSD", arXiv 1512.02325); with `usize::MAX` all do. `outputs` are logits of `C` classes, the first one the background's, and codes; the gradients are
/// written. For [`loss::per_sample`](crate::loss::per_sample()).
///
/// ```
/// use fireclay::vision::{Rows, multibox_loss};
/// use fireclay::{check, loss, prelude::*};
/// network! {
///     pub Two(x: [3]) -> (class: [4, 3], place: [4, 4]) {
///         (class: x -> class: Dense(12) -> Reshape([4, 3]), place: x -> place: Dense(16) -> Reshape([4, 4]))
///     }
/// }
/// type Outputs = (Rows<4, 3>, Rows<4, 4>);
/// let loss = loss::per_sample(|y: &Outputs, target: &Rows<4, 5>, dy: &mut Outputs| multibox_loss((&y.0, &y.1), target, (&mut dy.0, &mut dy.1), 1));
/// let row = |class: f32| [class, 0.4, -2.0, 0.1, 0.0];
/// let targets = Batch::from_samples(&[Tensor::from([row(2.0), row(0.0), row(-1.0), row(0.0)])]);
/// check::gradient(&Two::init(&mut rng(1)), &Batch::from_fn(1, |_, j| 1.0 - j as f32), loss, &targets)?;
/// # Ok::<(), fireclay::Error>(())
/// ```
pub fn multibox_loss<const N: usize, const C: usize>(
    (class, place): (&Rows<N, C>, &Rows<N, 4>),
    target: &Rows<N, 5>,
    (class_gradient, place_gradient): (&mut Rows<N, C>, &mut Rows<N, 4>),
    negatives: usize,
) -> f32 {
    let (class, target) = (class.as_slice(), target.as_slice());
    // A class that is not there counts as the background.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a class; casts of floats cut at both ends")]
    let class_of = |i: usize| Some(target[5 * i] as usize).filter(|c| *c < C).unwrap_or(0);
    let error = |i: usize| {
        let logits = &class[C * i..C * (i + 1)];
        let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        most + logits.iter().map(|x| (x - most).exp()).sum::<f32>().ln() - logits[class_of(i)]
    };
    let counted = (0..N).filter(|i| target[5 * i] >= 0.0).map(|i| (i, error(i)));
    let (mut background, mut kept): (Vec<(usize, f32)>, Vec<_>) = counted.partition(|(i, _)| class_of(*i) == 0);
    let found = kept.len();
    background.sort_by(|a, b| b.1.total_cmp(&a.1));
    kept.extend(background.iter().take(negatives.saturating_mul(found.max(1))));
    #[expect(clippy::cast_precision_loss, reason = "a count")]
    let share = 1.0 / found.max(1) as f32;
    let mut sum = 0.0;
    for (i, error) in kept {
        sum += error * share;
        let (wanted, logits) = (class_of(i), &class[C * i..C * (i + 1)]);
        for (c, dy) in class_gradient.as_mut_slice()[C * i..C * (i + 1)].iter_mut().enumerate() {
            let probability = (logits[c] - logits[wanted] - error).exp();
            *dy = share * (probability - f32::from(u8::from(c == wanted)));
        }
        if wanted > 0 {
            for j in 0..4 {
                let far = place.as_slice()[4 * i + j] - target[5 * i + 1 + j];
                sum += share * if far.abs() < 1.0 { far * far / 2.0 } else { far.abs() - 0.5 };
                place_gradient.as_mut_slice()[4 * i + j] = share * far.clamp(-1.0, 1.0);
            }
        }
    }
    sum
}

/// What a network that was trained with [`multibox_loss`] finds: of each box each class whose probability is more than `least`, moved as the network says; of those of a
/// class that overlap by more than a half, the best one. The best come first.
///
/// # Panics
/// If there are not `N` boxes.
#[must_use]
#[track_caller]
pub fn detections<const N: usize, const C: usize>(
    (class, place): (&Rows<N, C>, &Rows<N, 4>),
    boxes: &[Corners],
    coder: &BoxCoder,
    least: f32,
) -> Vec<Detection> {
    assert!(boxes.len() == N, "{N} rows for {} boxes", boxes.len());
    let mut all = Vec::new();
    for ((logits, code), anchor) in class.as_slice().chunks_exact(C).zip(place.as_slice().chunks_exact(4)).zip(boxes) {
        let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let sum: f32 = logits.iter().map(|x| (x - most).exp()).sum();
        let corners = coder.decode(&[code[0], code[1], code[2], code[3]], anchor);
        let scores = logits.iter().map(|x| (x - most).exp() / sum).enumerate().skip(1).filter(|(_, score)| *score > least);
        all.extend(scores.map(|(c, score)| Detection { corners, score, class: c - 1 }));
    }
    let corners: Vec<Corners> = all.iter().map(|found| found.corners).collect();
    let (scores, classes): (Vec<f32>, Vec<usize>) = all.iter().map(|found| (found.score, found.class)).unzip();
    batched_nms(&corners, &scores, &classes, 0.5).into_iter().map(|i| all[i]).collect()
}
