//! Negative log-likelihoods of numbers: Gauss, Poisson.

use super::expects::extremes;
use super::pointwise::{Pointwise, pointwise};
use super::reduce::{Reduction, reductions, scale};
use super::{Expects, Loss, MicroBatch, TERMS, math};
use crate::{Batch, Shape, Tensor, setting};
use core::f32::consts::PI;

/// Negative log-likelihood of the targets under a Poisson distribution, as `torch.nn.PoissonNLLLoss`: eˣ − t·x, where the output x is the logarithm of the
/// rate; `log_input(false)`: x − t·ln(x + 1e-8), where it is the rate. Targets are counts. Outputs and targets of any one shape.
///
/// A logarithm of the rate above 88.7 has an infinite loss, as eˣ is infinite.
///
/// ```
/// use fireclay::loss::{PoissonNll, evaluate};
/// use fireclay::prelude::*;
/// let y = Batch::from_samples([&Tensor::from([0.0])]);
/// let (loss, gradient) = evaluate(&PoissonNll, &y, 3.0);
/// assert_eq!((loss, gradient.to_vec()), (1.0, vec![-2.0]));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[must_use]
pub struct PoissonNll {
    log_input: bool,
    full: bool,
    reduction: Reduction,
}

/// Of logarithms of rates, with the mean over everything that is compared.
#[expect(non_upper_case_globals, reason = "the type's plain value, written as a unit struct would be")]
pub const PoissonNll: PoissonNll = PoissonNll { log_input: true, full: false, reduction: Reduction::Mean };

impl PoissonNll {
    /// Whether outputs are logarithms of rates, or rates.
    pub const fn log_input(mut self, log_input: bool) -> Self {
        self.log_input = log_input;
        self
    }

    /// Adds Stirling's approximation of ln t!, t·ln t − t + ln(2π·t) / 2, for targets above 1: it changes the loss, not the gradient.
    pub const fn full(mut self) -> Self {
        self.full = true;
        self
    }
}

pointwise!(
    PoissonNll,
    |self, _, x, t| {
        let (loss, slope) = match self.log_input {
            true => {
                let rate = math::exp(x);
                // Where nothing is counted only the rate is left, also where its logarithm is −∞; what is infinite stays so.
                (if t == 0.0 || rate == f32::INFINITY { rate } else { rate - t * x }, rate - t)
            }
            false => {
                let rate = x + 1e-8;
                (if t == 0.0 || x == f32::INFINITY { x } else { x - t * math::ln(rate) }, 1.0 - t / rate)
            }
        };
        let rest = if self.full && t > 1.0 { t * math::ln(t) - t + 0.5 * math::ln(2.0 * PI * t) } else { 0.0 };
        (loss + rest, if loss.is_nan() { loss } else { slope })
    },
    expects | _ | Expects::Anything
);

/// Negative log-likelihood of the targets under normal distributions, of which the network tells mean and variance, as `torch.nn.GaussianNLLLoss`:
/// (ln v + (x − t)² / v) / 2, where v is the variance, at least `eps` (1e-6). It is a loss of two outputs, `(mean, variance)`: means in the shape of the
/// targets, a variance for each of them or one for all. A variance below 0 has no likelihood: it is NaN (PyTorch refuses the batch).
///
/// ```
/// use fireclay::loss::GaussianNll;
/// use fireclay::{check, prelude::*};
///
/// network! {
///     pub Sure(x: [2]) -> (mean: [3], variance: [3]) {
///         let h = x -> fc: Dense(8) -> Tanh;
///         (mean: h -> m: Dense(3), variance: h -> v: Dense(3) -> Softplus)
///     }
/// }
/// let mut net = Sure::init(&mut rng(1));
/// let x = Batch::from_fn(5, |i, j| (i + j) as f32 / 4.0);
/// let y = Batch::from_fn(5, |i, j| i as f32 - j as f32);
/// check::gradient(&net, &x, GaussianNll, &y)?;
/// let loss = net.train(&x, GaussianNll, &y, &mut Sure::memory(5), &mut Sure::grads());
/// assert!(loss.is_finite());
/// # Ok::<(), fireclay::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[must_use]
pub struct GaussianNll {
    eps: f32,
    full: bool,
    reduction: Reduction,
}

/// With variances of at least 1e-6, and the mean over everything that is compared.
#[expect(non_upper_case_globals, reason = "the type's plain value, written as a unit struct would be")]
pub const GaussianNll: GaussianNll = GaussianNll { eps: 1e-6, full: false, reduction: Reduction::Mean };

impl GaussianNll {
    /// The least variance. A smaller one is taken for it, and its gradient is that there, as PyTorch's.
    ///
    /// # Panics
    /// If it is not a finite number greater than 0.
    #[track_caller]
    pub const fn eps(mut self, eps: f32) -> Self {
        setting::positive("GaussianNll: eps", eps);
        self.eps = eps;
        self
    }

    /// Adds ln(2π) / 2, the constant part: it changes the loss, not the gradient.
    pub const fn full(mut self) -> Self {
        self.full = true;
        self
    }

    /// The loss of a number, its derivative by the mean and by the variance.
    fn point(&self, x: f32, variance: f32, t: f32) -> [f32; 3] {
        if x.is_nan() || t.is_nan() || variance.is_nan() || variance < 0.0 {
            return [f32::NAN; 3];
        }
        let v = variance.max(self.eps);
        let (d, pull) = (x - t, (x - t) / v);
        let constant = if self.full { 0.5 * math::ln(2.0 * PI) } else { 0.0 };
        [0.5 * (math::ln(v) + d * pull) + constant, pull, 0.5 * (1.0 / v - pull * pull)]
    }

    /// Variances are as many as numbers, or one.
    fn run(
        &self,
        part: MicroBatch,
        (mean, variance): (&[f32], &[f32]),
        (by_mean, by_variance): (&mut [f32], &mut [f32]),
        target: impl Fn(usize, usize) -> f32,
    ) -> f32 {
        let (lanes, len) = (part.lanes(), mean.len() / part.lanes());
        let one = variance.len() == lanes;
        let scale = scale(self.reduction.divisor(part.samples, len));
        let mut sum = 0.0_f64;
        by_variance.fill(0.0);
        for at in 0..len {
            for lane in 0..part.count {
                let (place, of) = (at * lanes + lane, if one { lane } else { at * lanes + lane });
                let [loss, slope, spread] = self.point(mean[place], variance[of], target(at, lane));
                sum += f64::from(loss);
                by_mean[place] = slope * scale;
                by_variance[of] += spread * scale;
            }
        }
        crate::narrow(sum * f64::from(scale))
    }
}

reductions!(GaussianNll);

/// `Loss` of a mean and a variance, against a batch or one number for all.
macro_rules! gaussian {
    ([$($a:lifetime)?], $target:ty, $targets:ident => $count:expr, $extremes:expr, |$first:ident| $at:expr) => {
        impl<$($a,)? S: Shape, V: Shape> Loss<(Tensor<S>, Tensor<V>), $target> for GaussianNll {
            fn targets(&self, $targets: $target) -> Option<usize> {
                const { assert!(V::LEN == S::LEN || V::LEN == 1, "there is a variance for each mean, or one for all means of a sample") };
                $count
            }

            fn divisor(&self, _: usize, samples: usize, _: $target) -> Option<f64> {
                self.reduction.divisor(samples, S::LEN)
            }

            fn micro(
                &self,
                part: MicroBatch,
                outputs: (&[f32], &[f32]),
                $targets: $target,
                gradient: (&mut [f32], &mut [f32]),
            ) -> f32 {
                let $first = part.first;
                self.run(part, outputs, gradient, $at)
            }

            fn domain(&self, loss: f32) -> Option<&'static str> {
                loss.is_nan().then_some("`GaussianNll` takes a mean and a variance of at least 0, and is NaN of anything else: end the second output with `Softplus` or `Exp`")
            }

            fn expects(&self, $targets: $target) -> [Expects; TERMS] {
                let [low, high] = $extremes;
                let mut outputs = Expects::Targets { low, high }.alone();
                outputs[1] = Expects::NotNegative;
                outputs
            }
        }
    };
}

gaussian!(['a], &'a Batch<S>, targets => Some(targets.len()), extremes(targets), |first| targets.part(first));
gaussian!([], f32, target => { let _ = target; None }, [target; 2], |_first| |_, _| target);
