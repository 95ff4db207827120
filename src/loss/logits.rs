//! Binary losses of logits.

use super::expects::extremes;
use super::pointwise::{Pointwise, pointwise};
use super::reduce::{Reduction, reductions};
use super::{Expects, Loss, MicroBatch, TERMS, math};
use crate::{Batch, Shape, Tensor, setting};

/// Binary cross-entropy of logits: w·t·ln(1 + e⁻ˣ) + (1 − t)·ln(1 + eˣ), as `torch.nn.BCEWithLogitsLoss`, computed without cancellation and so
/// that no logit is too large; w, 1 at first, is the weight of positives. Outputs and targets of any one shape.
///
/// ```
/// use fireclay::loss::evaluate;
/// use fireclay::prelude::*;
/// let y = Batch::from_samples([&Tensor::from([0.0, 200.0])]);
/// let t = Batch::from_samples([&Tensor::from([1.0, 1.0])]);
/// let (loss, gradient) = evaluate(&BceWithLogits.sum(), &y, &t);
/// assert!((loss - 2.0_f32.ln()).abs() < 1e-6);
/// assert_eq!(gradient.to_vec(), [-0.5, 0.0]);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub struct BceWithLogits {
    pos_weight: Vec<f32>,
    reduction: Reduction,
}

/// With the mean over everything that is compared.
#[expect(non_upper_case_globals, reason = "the type's plain value, written as a unit struct would be")]
pub const BceWithLogits: BceWithLogits = BceWithLogits { pos_weight: Vec::new(), reduction: Reduction::Mean };

impl BceWithLogits {
    /// Positives count this much more: one number for all, or one for each place along the last axes.
    ///
    /// ```
    /// use fireclay::loss::evaluate;
    /// use fireclay::prelude::*;
    /// let y = Batch::from_samples([&Tensor::from([0.0])]);
    /// assert!((evaluate(&BceWithLogits.pos_weight([3.0]), &y, 1.0).0 - 3.0 * 2.0_f32.ln()).abs() < 1e-6);
    /// ```
    ///
    /// # Panics
    /// If one is below 0 or not finite, or none is greater than 0.
    #[track_caller]
    pub fn pos_weight(mut self, weights: impl Into<Vec<f32>>) -> Self {
        self.pos_weight = weights.into();
        setting::weights("BceWithLogits: pos_weight", &self.pos_weight);
        self
    }

    #[track_caller]
    fn check(&self, len: usize) {
        let weights = self.pos_weight.len();
        assert!(weights == 0 || len.is_multiple_of(weights), "{weights} weights of positives for outputs of {len} numbers");
    }

    fn weight_of(&self, at: usize) -> f32 {
        match self.pos_weight.len() {
            0 => 1.0,
            n => self.pos_weight[at % n],
        }
    }
}

/// What is made of a logit, without overflow.
pub(super) struct Logit {
    /// Its sigmoid,
    pub up: f32,
    /// 1 − sigmoid,
    pub down: f32,
    /// −ln sigmoid,
    pub miss_up: f32,
    /// −ln (1 − sigmoid).
    pub miss_down: f32,
}

impl Logit {
    pub(super) fn of(x: f32) -> Self {
        let e = math::exp(-x.abs());
        let (large, small) = (1.0 / (1.0 + e), e / (1.0 + e));
        let (up, down) = if x > 0.0 { (large, small) } else { (small, large) };
        let rest = math::ln_1p(e);
        Self { up, down, miss_up: rest + (-x).max(0.0), miss_down: rest + x.max(0.0) }
    }
}

pointwise!(BceWithLogits, |self, at, x, t| {
    let Logit { up, down, miss_up, miss_down } = Logit::of(x);
    let (positive, negative) = (self.weight_of(at) * t, 1.0 - t);
    (math::share(positive, miss_up) + math::share(negative, miss_down), negative * up - positive * down)
}, check check, expects |_| Expects::BinaryLogits);

/// Focal loss of logits (Lin et al. 2017, arXiv 1708.02002): a·(1 − p)^γ · [`BceWithLogits`](struct@BceWithLogits), where p is the probability given to the
/// target, p = s·t + (1 − s)·(1 − t) with s = sigmoid(x), and a = α·t + (1 − α)·(1 − t); as `torchvision.ops.sigmoid_focal_loss`.
///
/// ```
/// use fireclay::loss::{Focal, evaluate};
/// use fireclay::prelude::*;
/// let y = Batch::from_samples([&Tensor::from([0.0])]);
/// let easy = evaluate(&Focal, &y, 1.0).0;
/// assert!((easy - 0.25 * 0.25 * 2.0_f32.ln()).abs() < 1e-6);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[must_use]
pub struct Focal {
    alpha: f32,
    gamma: f32,
    reduction: Reduction,
}

/// With α = 0.25, γ = 2 and the mean.
#[expect(non_upper_case_globals, reason = "the type's plain value, written as a unit struct would be")]
pub const Focal: Focal = Focal { alpha: 0.25, gamma: 2.0, reduction: Reduction::Mean };

impl Focal {
    /// The share of positives; −1 leaves positives and negatives alike.
    ///
    /// # Panics
    /// If it is neither from 0 to 1 nor −1.
    #[track_caller]
    pub const fn alpha(mut self, alpha: f32) -> Self {
        if alpha != -1.0 {
            setting::share("Focal: alpha", alpha);
        }
        self.alpha = alpha;
        self
    }

    /// How much less counts what is easy.
    ///
    /// # Panics
    /// If it is not a finite number of at least 0.
    #[track_caller]
    pub const fn gamma(mut self, gamma: f32) -> Self {
        setting::not_negative("Focal: gamma", gamma);
        self.gamma = gamma;
        self
    }
}

pointwise!(
    Focal,
    |self, _, x, t| {
        let Logit { up, down, miss_up, miss_down } = Logit::of(x);
        let ce = math::share(t, miss_up) + math::share(1.0 - t, miss_down);
        // 1 − p, summed without cancellation, and what it changes by, as a share of itself: finite where 1 − p vanishes.
        let miss = down * t + up * (1.0 - t);
        let slope = match t {
            0.0 => down,
            1.0 => -up,
            _ => up * down * (1.0 - 2.0 * t) / miss,
        };
        let focus = math::powf(miss, self.gamma);
        let steep = self.gamma * focus * slope;
        let a = if self.alpha < 0.0 { 1.0 } else { self.alpha * t + (1.0 - self.alpha) * (1.0 - t) };
        (math::share(a, math::share(focus, ce)), a * (math::share(steep, ce) + focus * (up - t)))
    },
    expects | _ | Expects::BinaryLogits
);
