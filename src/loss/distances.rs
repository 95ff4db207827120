//! Distances between outputs: what is alike shall lie near, what differs far.

use super::reduce::{Reduction, reductions, scale};
use super::{Loss, MicroBatch, math};
use crate::{Batch, Const, Shape, Tensor, setting};

/// Triplet margin (Balntas et al. 2016; Schroff et al. 2015, arXiv 1503.03832): max(0, d(a, p) − d(a, n) + margin), as `torch.nn.TripletMarginLoss`: an
/// anchor shall be nearer to a positive than to a negative, by the margin. d is the p-norm of the difference + 1e-6. It is a loss of three outputs of one
/// shape, `(anchor, positive, negative)`, most often of one part of the network used three times; targets are not looked at and may be anything,
/// `()` too. The samples of a data set have one all the same, such as the class of the anchor.
///
/// ```
/// use fireclay::loss::{TripletMargin, evaluate};
/// use fireclay::{check, prelude::*};
///
/// network! {
///     pub Triplet(a: [4], p: [4], n: [4]) -> (anchor: [3], positive: [3], negative: [3]) {
///         let anchor = a -> embed: Dense(3);
///         (anchor, positive: p -> embed, negative: n -> embed)
///     }
/// }
/// let of = |seed| Batch::from_fn(5, |i, j| ((i * 7 + j * 5 + seed) % 11) as f32 / 5.0 - 1.0);
/// check::gradient(&Triplet::init(&mut rng(1)), (&of(0), &of(3), &of(6)), TripletMargin.margin(9.0), ())?;
///
/// let at = |x: f32| Batch::from_samples([&Tensor::from([x])]);
/// let (loss, _) = evaluate(&TripletMargin, &(at(0.0), at(1.0), at(1.5)), ());
/// assert!((loss - 0.5).abs() < 1e-5); // 1 − 1.5 + 1
/// # Ok::<(), fireclay::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[must_use]
pub struct TripletMargin {
    margin: f32,
    p: f32,
    eps: f32,
    swap: bool,
    reduction: Reduction,
}

/// With a margin of 1, Euclidean distances and the mean over the samples.
#[expect(non_upper_case_globals, reason = "the type's plain value, written as a unit struct would be")]
pub const TripletMargin: TripletMargin =
    TripletMargin { margin: 1.0, p: 2.0, eps: 1e-6, swap: false, reduction: Reduction::Mean };

impl TripletMargin {
    /// How much farther away the negative should be.
    ///
    /// # Panics
    /// If it is not a finite number of at least 0.
    #[track_caller]
    pub const fn margin(mut self, margin: f32) -> Self {
        setting::not_negative("TripletMargin: margin", margin);
        self.margin = margin;
        self
    }

    /// Distances are p-norms: 2 at first.
    ///
    /// # Panics
    /// If it is not a finite number of at least 1.
    #[track_caller]
    pub const fn p(mut self, p: f32) -> Self {
        assert!(p >= 1.0 && p.is_finite(), "TripletMargin: p must be a finite number of at least 1");
        self.p = p;
        self
    }

    /// Added to each difference, so that no distance is 0, where it has no derivative: 1e-6 at first.
    ///
    /// # Panics
    /// If it is not a finite number of at least 0.
    #[track_caller]
    pub const fn eps(mut self, eps: f32) -> Self {
        setting::not_negative("TripletMargin: eps", eps);
        self.eps = eps;
        self
    }

    /// The distance from the positive to the negative counts where it is smaller than that from the anchor (Balntas et al. 2016).
    pub const fn swap(mut self) -> Self {
        self.swap = true;
        self
    }

    /// The distance of two samples.
    fn distance(&self, a: Sample<'_>, b: Sample<'_>) -> f64 {
        let differences = || a.numbers().zip(b.numbers()).map(|(a, b)| (a - b + self.eps).abs());
        if self.p == 1.0 {
            return differences().map(f64::from).sum();
        }
        if self.p == 2.0 {
            return differences().map(|d| f64::from(d) * f64::from(d)).sum::<f64>().sqrt();
        }
        // As shares of the largest: their powers do not overflow.
        let most = differences().fold(0.0_f32, |most, d| if d > most || d.is_nan() { d } else { most });
        if most == 0.0 || most.is_nan() {
            return f64::from(most);
        }
        let sum: f64 = differences().map(|d| f64::from(math::powf(d / most, self.p))).sum();
        f64::from(most) * f64::from(math::powf(crate::narrow(sum), 1.0 / self.p))
    }

    /// The derivative of a distance by a difference.
    fn slope(&self, difference: f32, distance: f64) -> f32 {
        if distance == 0.0 {
            return 0.0;
        }
        let share = crate::narrow(f64::from(difference) / distance);
        match self.p {
            1.0 if share.is_nan() => share,
            1.0 if difference == 0.0 => 0.0,
            1.0 => 1.0_f32.copysign(difference),
            2.0 => share,
            p => math::powf(share.abs(), p - 1.0).copysign(share),
        }
    }

    /// Adds the derivative of d(a, b), times a number, to the gradients of both.
    fn push(&self, [a, b]: [Sample<'_>; 2], distance: f64, scale: f32, by_a: &mut [f32], by_b: &mut [f32]) {
        for (at, (x, y)) in a.numbers().zip(b.numbers()).enumerate() {
            let slope = scale * self.slope(x - y + self.eps, distance);
            by_a[a.place(at)] += slope;
            by_b[b.place(at)] -= slope;
        }
    }
}

/// A sample among those beside it.
#[derive(Clone, Copy)]
struct Sample<'a> {
    lanes: usize,
    lane: usize,
    all: &'a [f32],
}

impl Sample<'_> {
    fn place(self, at: usize) -> usize {
        at * self.lanes + self.lane
    }

    fn numbers(self) -> impl Iterator<Item = f32> {
        self.all.iter().skip(self.lane).step_by(self.lanes).copied()
    }
}

reductions!(TripletMargin);

impl<S: Shape, T: Copy> Loss<(Tensor<S>, Tensor<S>, Tensor<S>), T> for TripletMargin {
    fn targets(&self, _: T) -> Option<usize> {
        None
    }

    fn divisor(&self, _: usize, samples: usize, _: T) -> Option<f64> {
        self.reduction.divisor(samples, 1)
    }

    fn micro(
        &self,
        part: MicroBatch,
        (anchor, positive, negative): (&[f32], &[f32], &[f32]),
        _: T,
        (by_anchor, by_positive, by_negative): (&mut [f32], &mut [f32], &mut [f32]),
    ) -> f32 {
        let scale = scale(self.reduction.divisor(part.samples, 1));
        let mut sum = 0.0_f64;
        for gradient in [&mut *by_anchor, &mut *by_positive, &mut *by_negative] {
            gradient.fill(0.0);
        }
        for lane in 0..part.count {
            let [a, p, n] = [anchor, positive, negative].map(|all| Sample { lanes: part.lanes(), lane, all });
            let (near, mut far) = (self.distance(a, p), self.distance(a, n));
            let other = if self.swap { self.distance(p, n) } else { f64::INFINITY };
            let swapped = other < far;
            if swapped {
                far = other;
            }
            let short = near - far + f64::from(self.margin);
            // What is no number is not far enough either.
            if short <= 0.0 {
                continue;
            }
            sum += short;
            self.push([a, p], near, scale, by_anchor, by_positive);
            match swapped {
                true => self.push([p, n], far, -scale, by_positive, by_negative),
                false => self.push([a, n], far, -scale, by_anchor, by_negative),
            }
        }
        crate::narrow(sum * f64::from(scale))
    }
}

/// Cosine embedding, as `torch.nn.CosineEmbeddingLoss`: 1 − cos(a, b) where t is 1, max(0, cos(a, b) − margin) where t is −1, 0 for any other t. It is a loss of two
/// outputs of one shape; targets are `&Batch<shape![1]>`, or one `f32` for all. Each squared length has 1e-12 added, so that the cosine of what is zero is 0.
///
/// ```
/// use fireclay::loss::{CosineEmbedding, evaluate};
/// use fireclay::prelude::*;
/// let both = (Batch::from_samples([&Tensor::from([1.0, 0.0])]), Batch::from_samples([&Tensor::from([3.0, 4.0])]));
/// assert!((evaluate(&CosineEmbedding, &both, 1.0).0 - 0.4).abs() < 1e-6);
/// assert!((evaluate(&CosineEmbedding.margin(0.5), &both, -1.0).0 - 0.1).abs() < 1e-6);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[must_use]
pub struct CosineEmbedding {
    margin: f32,
    reduction: Reduction,
}

/// With a margin of 0 and the mean over the samples.
#[expect(non_upper_case_globals, reason = "the type's plain value, written as a unit struct would be")]
pub const CosineEmbedding: CosineEmbedding = CosineEmbedding { margin: 0.0, reduction: Reduction::Mean };

impl CosineEmbedding {
    /// The cosine that what differs may have.
    ///
    /// # Panics
    /// If it is not from −1 to 1.
    #[track_caller]
    pub const fn margin(mut self, margin: f32) -> Self {
        assert!(margin >= -1.0 && margin <= 1.0, "CosineEmbedding: margin must be from -1 to 1, as cosines are");
        self.margin = margin;
        self
    }

    fn run(
        &self,
        part: MicroBatch,
        (a, b): (&[f32], &[f32]),
        (by_a, by_b): (&mut [f32], &mut [f32]),
        target: impl Fn(usize, usize) -> f32,
    ) -> f32 {
        let scale = f64::from(scale(self.reduction.divisor(part.samples, 1)));
        let mut sum = 0.0;
        for lane in 0..part.count {
            let [a, b] = [a, b].map(|all| Sample { lanes: part.lanes(), lane, all });
            let dot = |a: Sample<'_>, b: Sample<'_>| -> f64 {
                a.numbers().zip(b.numbers()).map(|(a, b)| f64::from(a) * f64::from(b)).sum()
            };
            let (aa, bb) = (dot(a, a) + 1e-12, dot(b, b) + 1e-12);
            let both = (aa * bb).sqrt();
            let cosine = dot(a, b) / both;
            let far = cosine - f64::from(self.margin);
            // The loss, and its derivative by the cosine.
            let (loss, slope) = match target(0, lane) {
                t if t.is_nan() || cosine.is_nan() => (f64::NAN, f64::NAN),
                1.0 => (1.0 - cosine, -1.0),
                -1.0 if far > 0.0 => (far, 1.0),
                _ => (0.0, 0.0),
            };
            sum += loss;
            for (at, (x, y)) in a.numbers().zip(b.numbers()).enumerate() {
                let (x, y) = (f64::from(x), f64::from(y));
                by_a[a.place(at)] = crate::narrow(scale * slope * (y / both - cosine * x / aa));
                by_b[b.place(at)] = crate::narrow(scale * slope * (x / both - cosine * y / bb));
            }
        }
        crate::narrow(sum * scale)
    }
}

reductions!(CosineEmbedding);

impl<'a, S: Shape> Loss<(Tensor<S>, Tensor<S>), &'a Batch<(Const<1>,)>> for CosineEmbedding {
    fn targets(&self, targets: &'a Batch<(Const<1>,)>) -> Option<usize> {
        Some(targets.len())
    }

    fn divisor(&self, _: usize, samples: usize, _: &'a Batch<(Const<1>,)>) -> Option<f64> {
        self.reduction.divisor(samples, 1)
    }

    fn micro(
        &self,
        part: MicroBatch,
        outputs: (&[f32], &[f32]),
        targets: &'a Batch<(Const<1>,)>,
        gradient: (&mut [f32], &mut [f32]),
    ) -> f32 {
        self.run(part, outputs, gradient, targets.part(part.first))
    }
}

#[diagnostic::do_not_recommend]
impl<S: Shape> Loss<(Tensor<S>, Tensor<S>), f32> for CosineEmbedding {
    fn targets(&self, _: f32) -> Option<usize> {
        None
    }

    fn divisor(&self, _: usize, samples: usize, _: f32) -> Option<f64> {
        self.reduction.divisor(samples, 1)
    }

    fn micro(&self, part: MicroBatch, outputs: (&[f32], &[f32]), target: f32, gradient: (&mut [f32], &mut [f32])) -> f32 {
        self.run(part, outputs, gradient, |_, _| target)
    }
}
