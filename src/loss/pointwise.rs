//! Losses that compare number with number.

use super::expects::extremes;
use super::reduce::{Reduction, reductions, scale};
use super::{Expects, Loss, MicroBatch, TERMS, math};
use crate::{Batch, Shape, Tensor, setting};

/// A loss of one number against one target: its value and its derivative by the number.
pub(super) trait Pointwise {
    /// `at` is the place of the number in its sample.
    fn point(&self, at: usize, x: f32, target: f32) -> (f32, f32);

    fn reduction(&self) -> Reduction;

    /// What it takes outputs for, where these are the smallest and the largest target.
    fn expects_of(&self, targets: [f32; 2]) -> Expects;

    /// The sum over the real lanes of a part, with `target(position, lane)`.
    fn run(&self, part: MicroBatch, outputs: &[f32], gradient: &mut [f32], target: impl Fn(usize, usize) -> f32) -> f32 {
        let scale = scale(self.reduction().divisor(part.samples, outputs.len() / part.lanes()));
        self.run_scaled(scale, part, outputs, gradient, target)
    }

    /// As [`Pointwise::run`], where every single loss counts this much.
    fn run_scaled(
        &self,
        scale: f32,
        part: MicroBatch,
        outputs: &[f32],
        gradient: &mut [f32],
        target: impl Fn(usize, usize) -> f32,
    ) -> f32 {
        let mut sum = 0.0_f64;
        for (at, (xs, gs)) in outputs.chunks_exact(part.lanes()).zip(gradient.chunks_exact_mut(part.lanes())).enumerate() {
            for lane in 0..part.count {
                let (x, t) = (xs[lane], target(at, lane));
                // What is no number is none in every loss, also where a formula would cut it off.
                let (loss, derivative) = if x.is_nan() || t.is_nan() { (f32::NAN, f32::NAN) } else { self.point(at, x, t) };
                sum += f64::from(loss);
                gs[lane] = derivative * scale;
            }
        }
        crate::narrow(sum * f64::from(scale))
    }
}

/// `Loss` against a batch and against one number for all, for each of these; `check` sees the length of a sample, `expects` is
/// [`Pointwise::expects_of`].
macro_rules! pointwise {
    ($name:ident, |$self:ident, $at:pat_param, $x:ident, $t:ident| $body:expr $(, check $check:ident)? $(, domain $domain:literal)?, expects $expects:expr) => {
        impl Pointwise for $name {
            fn point(&$self, $at: usize, $x: f32, $t: f32) -> (f32, f32) {
                $body
            }
            fn reduction(&self) -> Reduction {
                self.reduction
            }
            fn expects_of(&self, targets: [f32; 2]) -> Expects {
                let expects: fn([f32; 2]) -> Expects = $expects;
                expects(targets)
            }
        }

        reductions!($name);

        impl<'a, S: Shape> Loss<Tensor<S>, &'a Batch<S>> for $name {
            #[track_caller]
            fn targets(&self, targets: &'a Batch<S>) -> Option<usize> {
                $(self.$check(S::LEN);)?
                Some(targets.len())
            }
            fn divisor(&self, _: usize, samples: usize, _: &'a Batch<S>) -> Option<f64> {
                self.reduction.divisor(samples, S::LEN)
            }
            fn micro(&self, part: MicroBatch, outputs: &[f32], targets: &'a Batch<S>, gradient: &mut [f32]) -> f32 {
                self.run(part, outputs, gradient, targets.part(part.first))
            }
            fn expects(&self, targets: &'a Batch<S>) -> [Expects; TERMS] {
                self.expects_of(extremes(targets)).alone()
            }
            $(fn domain(&self, loss: f32) -> Option<&'static str> {
                loss.is_nan().then_some($domain)
            })?
        }

        #[diagnostic::do_not_recommend]
        impl<S: Shape> Loss<Tensor<S>, f32> for $name {
            #[track_caller]
            fn targets(&self, _: f32) -> Option<usize> {
                $(self.$check(S::LEN);)?
                None
            }
            fn divisor(&self, _: usize, samples: usize, _: f32) -> Option<f64> {
                self.reduction.divisor(samples, S::LEN)
            }
            fn micro(&self, part: MicroBatch, outputs: &[f32], target: f32, gradient: &mut [f32]) -> f32 {
                self.run(part, outputs, gradient, |_, _| target)
            }
            fn expects(&self, target: f32) -> [Expects; TERMS] {
                self.expects_of([target; 2]).alone()
            }
            $(fn domain(&self, loss: f32) -> Option<&'static str> {
                loss.is_nan().then_some($domain)
            })?
        }
    };
}

pub(super) use pointwise;

/// A loss without options but the reduction.
macro_rules! plain {
    ($(#[$doc:meta])* $name:ident, |$x:ident, $t:ident| $body:expr $(, domain $domain:literal)?, expects $expects:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq)]
        #[must_use]
        pub struct $name {
            reduction: Reduction,
        }

        /// With the mean over everything that is compared.
        #[allow(non_upper_case_globals, reason = "the type's plain value, written as a unit struct would be")]
        pub const $name: $name = $name { reduction: Reduction::Mean };

        pointwise!($name, |self, _, $x, $t| $body $(, domain $domain)?, expects $expects);
    };
}

plain! {
    /// Squared error: (x − t)², as `torch.nn.MSELoss`. Outputs and targets of any one shape.
    ///
    /// ```
    /// use fireclay::loss::evaluate;
    /// use fireclay::prelude::*;
    /// let y = Batch::from_samples([&Tensor::from([1.0, 3.0])]);
    /// let (loss, gradient) = evaluate(&Mse, &y, 1.0); // or a batch of targets
    /// assert_eq!((loss, gradient.to_vec()), (2.0, vec![0.0, 2.0]));
    /// assert_eq!(evaluate(&Mse.sum(), &y, 1.0).0, 4.0);
    /// ```
    Mse, |x, t| { let d = x - t; (d * d, 2.0 * d) }, expects targets
}

plain! {
    /// Absolute error: |x − t|, as `torch.nn.L1Loss`. Its derivative at 0 is 0.
    ///
    /// ```
    /// use fireclay::loss::{L1, evaluate};
    /// use fireclay::prelude::*;
    /// let y = Batch::from_samples([&Tensor::from([1.0, 3.0])]);
    /// assert_eq!(evaluate(&L1, &y, 1.0).0, 1.0);
    /// ```
    L1, |x, t| { let d = x - t; (d.abs(), sign(d)) }, expects targets
}

plain! {
    /// Binary cross-entropy of probabilities: −t·ln x − (1 − t)·ln(1 − x), as `torch.nn.BCELoss`: each logarithm is at least −100, and the
    /// derivative's denominator x·(1 − x) at least 1e-12. Outside of 0…1 it is NaN (PyTorch refuses the batch). Of logits,
    /// [`BceWithLogits`](struct@super::BceWithLogits) is more exact.
    ///
    /// ```
    /// use fireclay::loss::evaluate;
    /// use fireclay::prelude::*;
    /// let y = Batch::from_samples([&Tensor::from([0.5])]);
    /// assert!((evaluate(&Bce, &y, 1.0).0 - 2.0_f32.ln()).abs() < 1e-6);
    /// let sure_and_wrong = Batch::from_samples([&Tensor::from([0.0])]);
    /// assert_eq!(evaluate(&Bce, &sure_and_wrong, 1.0).0, 100.0);
    /// ```
    Bce, |x, t| {
        if !(0.0..=1.0).contains(&x) {
            return (f32::NAN, f32::NAN);
        }
        let (ln_x, ln_rest) = (math::ln(x).max(-100.0), math::ln_1p(-x).max(-100.0));
        (-t * ln_x - (1.0 - t) * ln_rest, (x - t) / (x * (1.0 - x)).max(1e-12))
    }, domain "`Bce` takes probabilities, from 0 to 1, and is NaN of anything else: end the network with `Sigmoid`, or take `BceWithLogits`, whose outputs are logits", expects |_| Expects::Probabilities
}

plain! {
    /// Hinge: max(0, 1 − t·x) with t of −1 and 1.
    ///
    /// ```
    /// use fireclay::loss::{Hinge, evaluate};
    /// use fireclay::prelude::*;
    /// let y = Batch::from_samples([&Tensor::from([0.5])]);
    /// assert_eq!(evaluate(&Hinge, &y, 1.0).0, 0.5);
    /// assert_eq!(evaluate(&Hinge, &y, -1.0).0, 1.5);
    /// ```
    Hinge, |x, t| { let m = 1.0 - t * x; if m <= 0.0 { (0.0, 0.0) } else { (m, -t) } }, expects |_| Expects::Anything
}

/// Outputs are to become the targets.
pub(super) fn targets([low, high]: [f32; 2]) -> Expects {
    Expects::Targets { low, high }
}

/// −1, 0 or 1; NaN stays NaN.
pub(super) fn sign(x: f32) -> f32 {
    if x > 0.0 {
        1.0
    } else if x < 0.0 {
        -1.0
    } else {
        x
    }
}

/// Huber's loss (1964): d²/2 for |d| = |x − t| up to δ, then δ·(|d| − δ/2), as `torch.nn.HuberLoss`.
///
/// ```
/// use fireclay::loss::{Huber, evaluate};
/// use fireclay::prelude::*;
/// let y = Batch::from_samples([&Tensor::from([0.5, 3.0])]);
/// assert_eq!(evaluate(&Huber.sum(), &y, 0.0).0, 0.125 + 2.5);
/// assert_eq!(evaluate(&Huber.delta(2.0).sum(), &y, 0.0).0, 0.125 + 4.0);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[must_use]
pub struct Huber {
    delta: f32,
    reduction: Reduction,
}

/// With δ = 1 and the mean.
#[expect(non_upper_case_globals, reason = "the type's plain value, written as a unit struct would be")]
pub const Huber: Huber = Huber { delta: 1.0, reduction: Reduction::Mean };

impl Huber {
    /// Where the parabola becomes a line.
    ///
    /// # Panics
    /// If it is not a finite number greater than 0.
    #[track_caller]
    pub const fn delta(mut self, delta: f32) -> Self {
        setting::positive("Huber: delta", delta);
        self.delta = delta;
        self
    }
}

pointwise!(Huber, |self, _, x, t| {
    let (d, delta) = (x - t, self.delta);
    if d.abs() <= delta { (0.5 * d * d, d) } else { (delta * (d.abs() - 0.5 * delta), delta * sign(d)) }
}, expects targets);

/// Smooth L1 (Girshick 2015, arXiv 1504.08083): d²/(2β) for |d| = |x − t| below β, then |d| − β/2, as `torch.nn.SmoothL1Loss`:
/// [`Huber`](struct@Huber) divided by β. With β = 0 it is [`L1`](struct@L1).
///
/// ```
/// use fireclay::loss::{SmoothL1, evaluate};
/// use fireclay::prelude::*;
/// let y = Batch::from_samples([&Tensor::from([0.5, 3.0])]);
/// assert_eq!(evaluate(&SmoothL1.sum(), &y, 0.0).0, 0.125 + 2.5);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[must_use]
pub struct SmoothL1 {
    beta: f32,
    reduction: Reduction,
}

/// With β = 1 and the mean.
#[expect(non_upper_case_globals, reason = "the type's plain value, written as a unit struct would be")]
pub const SmoothL1: SmoothL1 = SmoothL1 { beta: 1.0, reduction: Reduction::Mean };

impl SmoothL1 {
    /// Where the parabola becomes a line.
    ///
    /// # Panics
    /// If it is not a finite number of at least 0.
    #[track_caller]
    pub const fn beta(mut self, beta: f32) -> Self {
        setting::not_negative("SmoothL1: beta", beta);
        self.beta = beta;
        self
    }
}

pointwise!(SmoothL1, |self, _, x, t| {
    let (d, beta) = (x - t, self.beta);
    if d.abs() < beta { (0.5 * d * d / beta, d / beta) } else { (d.abs() - 0.5 * beta, sign(d)) }
}, expects targets);

/// Hinge embedding: x where t is 1, max(0, margin − x) where t is −1, as `torch.nn.HingeEmbeddingLoss` (which gives both for any other t).
/// x is a distance.
///
/// ```
/// use fireclay::loss::{HingeEmbedding, evaluate};
/// use fireclay::prelude::*;
/// let distances = Batch::from_samples([&Tensor::from([0.25])]);
/// assert_eq!(evaluate(&HingeEmbedding, &distances, 1.0).0, 0.25);
/// assert_eq!(evaluate(&HingeEmbedding, &distances, -1.0).0, 0.75);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[must_use]
pub struct HingeEmbedding {
    margin: f32,
    reduction: Reduction,
}

/// With a margin of 1 and the mean.
#[expect(non_upper_case_globals, reason = "the type's plain value, written as a unit struct would be")]
pub const HingeEmbedding: HingeEmbedding = HingeEmbedding { margin: 1.0, reduction: Reduction::Mean };

impl HingeEmbedding {
    /// How far apart what differs should be.
    ///
    /// # Panics
    /// If it is not a finite number of at least 0.
    #[track_caller]
    pub const fn margin(mut self, margin: f32) -> Self {
        setting::not_negative("HingeEmbedding: margin", margin);
        self.margin = margin;
        self
    }
}

pointwise!(
    HingeEmbedding,
    |self, _, x, t| {
        let near = if t == -1.0 { (0.0, 0.0) } else { (x, 1.0) };
        let far = if t == 1.0 || x >= self.margin { (0.0, 0.0) } else { (self.margin - x, -1.0) };
        (near.0 + far.0, near.1 + far.1)
    },
    expects | _ | Expects::Anything
);

/// Kullback–Leibler divergence of log-probabilities x from probabilities t: t·(ln t − x), as `torch.nn.KLDivLoss`.
///
/// The divergence of whole distributions is their sum, averaged over the samples: `KlDiv.batch_mean()`.
///
/// ```
/// use fireclay::loss::{KlDiv, evaluate};
/// use fireclay::prelude::*;
/// let y = Batch::from_samples([&Tensor::from([0.5_f32.ln(), 0.5_f32.ln()])]);
/// let t = Batch::from_samples([&Tensor::from([1.0, 0.0])]);
/// assert!((evaluate(&KlDiv.batch_mean(), &y, &t).0 - 2.0_f32.ln()).abs() < 1e-6);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[must_use]
pub struct KlDiv {
    log_target: bool,
    reduction: Reduction,
}

/// With targets that are probabilities, and the mean over all numbers.
#[expect(non_upper_case_globals, reason = "the type's plain value, written as a unit struct would be")]
pub const KlDiv: KlDiv = KlDiv { log_target: false, reduction: Reduction::Mean };

impl KlDiv {
    /// The targets are logarithms of probabilities.
    pub const fn log_target(mut self) -> Self {
        self.log_target = true;
        self
    }
}

pointwise!(
    KlDiv,
    |self, _, x, t| {
        let (p, ln_p) = if self.log_target { (math::exp(t), t) } else { (t, math::ln(t)) };
        // What has no probability is no part of the sum, also where x says so with −∞.
        if p == 0.0 { (0.0, 0.0) } else { (p * (ln_p - x), -p) }
    },
    expects | _ | Expects::LogProbabilities
);
