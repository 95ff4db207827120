//! Optimizers with a rate per parameter: Adam and its relatives.

use super::moments::rest;
use super::{Algorithm, flush, least};
use crate::setting;
use fireclay_runtime::simd::{TINY, TINY_ROOT};

/// The numbers that Adam and AdamW share.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Moments {
    beta1: f32,
    beta2: f32,
    eps: f32,
    amsgrad: bool,
}

impl Moments {
    const DEFAULT: Self = Self { beta1: 0.9, beta2: 0.999, eps: 1e-8, amsgrad: false };

    const fn rows(self) -> usize {
        if self.amsgrad { 3 } else { 2 }
    }

    /// θ ← keep·θ − η·m̂ / (√v̂ + ε), with the gradient g + decay·θ.
    #[expect(clippy::too_many_arguments, reason = "one loop for Adam and AdamW")]
    fn update(self, learning_rate: f32, step: u64, decay: f32, keep: f32, params: &mut [f32], grads: &[f32], state: &mut [f32]) {
        let Self { beta1, beta2, eps, amsgrad } = self;
        let n = params.len();
        let (m, others) = state.split_at_mut(n);
        let (v, most) = others.split_at_mut(n);
        let numbers = fireclay_runtime::kernels::optim::Adam {
            beta2,
            rest1: rest(beta1, 1),
            rest2: rest(beta2, 1),
            decay,
            keep,
            size: learning_rate / rest(beta1, step),
            scale: 1.0 / rest(beta2, step).sqrt(),
            eps,
            least: least(decay != 0.0 || keep != 1.0),
        };
        let most = if amsgrad { most } else { &mut [] };
        fireclay_runtime::kernels::optim::adam_step(&numbers, params, grads, m, v, most);
    }
}

macro_rules! adam_builders {
    ($name:ident) => {
        impl $name {
            /// The decay of the two moments; 0.9 and 0.999 at first.
            ///
            /// # Panics
            /// If one is not at least 0 and less than 1.
            #[track_caller]
            pub const fn betas(mut self, beta1: f32, beta2: f32) -> Self {
                setting::below_one(concat!(stringify!($name), ": the first of betas"), beta1);
                setting::below_one(concat!(stringify!($name), ": the second of betas"), beta2);
                self.moments.beta1 = beta1;
                self.moments.beta2 = beta2;
                self
            }

            /// What is added to the square root; 1e-8 at first.
            ///
            /// # Panics
            /// If it is not a finite number greater than 0.
            #[track_caller]
            pub const fn eps(mut self, eps: f32) -> Self {
                setting::positive(concat!(stringify!($name), ": eps"), eps);
                self.moments.eps = eps;
                self
            }

            /// Divides by the largest second moment so far (Reddi et al. 2018, "On the convergence of Adam and beyond").
            pub const fn amsgrad(mut self, amsgrad: bool) -> Self {
                self.moments.amsgrad = amsgrad;
                self
            }
        }
    };
}

/// Adam (Kingma and Ba 2015, arXiv 1412.6980), as `torch.optim.Adam`.
///
/// g ← g + λ·θ; m ← β₁·m + (1 − β₁)·g; v ← β₂·v + (1 − β₂)·g²; θ ← θ − η·m̂ / (√v̂ + ε) with m̂ = m / (1 − β₁ᵗ), v̂ = v / (1 − β₂ᵗ).
///
/// ```
/// use fireclay::optim::{Adam, Algorithm};
/// let (mut weight, mut moments) = ([1.0], [0.0; 2]);
/// Adam::new(0.1).update(0.1, 1, &mut weight, &[5.0], &mut moments);
/// assert!((weight[0] - 0.9).abs() < 1e-6); // the first step is as long as the rate, whatever the gradient
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[must_use = "a description does nothing until `.on(&net)` makes an optimizer of it"]
pub struct Adam {
    learning_rate: f32,
    moments: Moments,
    weight_decay: f32,
}

impl Adam {
    /// With this rate and the paper's other numbers.
    ///
    /// # Panics
    /// If it is not a finite number of at least 0.
    #[track_caller]
    pub const fn new(learning_rate: f32) -> Self {
        setting::not_negative("Adam: learning rate", learning_rate);
        Self { learning_rate, moments: Moments::DEFAULT, weight_decay: 0.0 }
    }

    /// Adds this share of each parameter to its gradient, before the moments see it ([`AdamW`] decays apart from them).
    ///
    /// # Panics
    /// If it is not a finite number of at least 0.
    #[track_caller]
    pub const fn weight_decay(mut self, weight_decay: f32) -> Self {
        setting::not_negative("Adam: weight_decay", weight_decay);
        self.weight_decay = weight_decay;
        self
    }
}

adam_builders!(Adam);

impl Algorithm for Adam {
    fn state_rows(&self) -> usize {
        self.moments.rows()
    }

    fn learning_rate(&self) -> f32 {
        self.learning_rate
    }

    fn update(&self, learning_rate: f32, step: u64, params: &mut [f32], grads: &[f32], state: &mut [f32]) {
        self.moments.update(learning_rate, step, self.weight_decay, 1.0, params, grads, state);
    }

    fn set_momentum(&mut self, momentum: f32) {
        self.moments.beta1 = momentum;
    }
}

/// Adam with the weight decay apart from the moments (Loshchilov and Hutter 2019, arXiv 1711.05101), as `torch.optim.AdamW`.
///
/// θ ← θ − η·λ·θ, then as [`Adam`] with λ = 0.
///
/// ```
/// use fireclay::optim::{AdamW, Algorithm};
/// let (mut weight, mut moments) = ([1.0], [0.0; 2]);
/// AdamW::new(0.1).weight_decay(0.5).update(0.1, 1, &mut weight, &[0.0], &mut moments);
/// assert!((weight[0] - 0.95).abs() < 1e-6);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[must_use = "a description does nothing until `.on(&net)` makes an optimizer of it"]
pub struct AdamW {
    learning_rate: f32,
    moments: Moments,
    weight_decay: f32,
}

impl AdamW {
    /// With this rate, a weight decay of 0.01, and the paper's other numbers.
    ///
    /// # Panics
    /// If it is not a finite number of at least 0.
    #[track_caller]
    pub const fn new(learning_rate: f32) -> Self {
        setting::not_negative("AdamW: learning rate", learning_rate);
        Self { learning_rate, moments: Moments::DEFAULT, weight_decay: 0.01 }
    }

    /// The share of each parameter that a step with rate 1 would take away.
    ///
    /// # Panics
    /// If it is not a finite number of at least 0.
    #[track_caller]
    pub const fn weight_decay(mut self, weight_decay: f32) -> Self {
        setting::not_negative("AdamW: weight_decay", weight_decay);
        self.weight_decay = weight_decay;
        self
    }
}

adam_builders!(AdamW);

impl Algorithm for AdamW {
    fn state_rows(&self) -> usize {
        self.moments.rows()
    }

    fn learning_rate(&self) -> f32 {
        self.learning_rate
    }

    fn update(&self, learning_rate: f32, step: u64, params: &mut [f32], grads: &[f32], state: &mut [f32]) {
        self.moments.update(learning_rate, step, 0.0, 1.0 - learning_rate * self.weight_decay, params, grads, state);
    }

    fn set_momentum(&mut self, momentum: f32) {
        self.moments.beta1 = momentum;
    }
}

/// RMSprop (Hinton, lecture 6e of his 2012 course), as `torch.optim.RMSprop`: ε stands outside the square root.
///
/// g ← g + λ·θ; v ← α·v + (1 − α)·g²; d = g / (√v + ε); with momentum b ← μ·b + d; θ ← θ − η·b, else θ ← θ − η·d.
/// Centered: v ← α·(v + (1 − α)·(g − a)²) and then a ← α·a + (1 − α)·g, which is the mean square less the square of the mean without a
/// difference of the two, that rounding would take below zero where the gradient is steady.
///
/// ```
/// use fireclay::optim::{Algorithm, RmsProp};
/// let (mut weight, mut state) = ([1.0], [0.0]);
/// RmsProp::new(0.01).update(0.01, 1, &mut weight, &[3.0], &mut state);
/// assert!((weight[0] - 0.9).abs() < 1e-5); // 0.01 · 3 / √(0.01 · 9)
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[must_use = "a description does nothing until `.on(&net)` makes an optimizer of it"]
pub struct RmsProp {
    learning_rate: f32,
    alpha: f32,
    eps: f32,
    momentum: f32,
    /// There is a velocity, however small the momentum has become.
    velocity: bool,
    centered: bool,
    weight_decay: f32,
}

impl RmsProp {
    /// With this rate, α = 0.99, ε = 1e-8.
    ///
    /// # Panics
    /// If it is not a finite number of at least 0.
    #[track_caller]
    pub const fn new(learning_rate: f32) -> Self {
        setting::not_negative("RmsProp: learning rate", learning_rate);
        Self { learning_rate, alpha: 0.99, eps: 1e-8, momentum: 0.0, velocity: false, centered: false, weight_decay: 0.0 }
    }

    /// The decay of the mean square; 0.99 at first.
    ///
    /// # Panics
    /// If it is not at least 0 and less than 1.
    #[track_caller]
    pub const fn alpha(mut self, alpha: f32) -> Self {
        setting::below_one("RmsProp: alpha", alpha);
        self.alpha = alpha;
        self
    }

    /// What is added to the square root; 1e-8 at first.
    ///
    /// # Panics
    /// If it is not a finite number greater than 0.
    #[track_caller]
    pub const fn eps(mut self, eps: f32) -> Self {
        setting::positive("RmsProp: eps", eps);
        self.eps = eps;
        self
    }

    /// Keeps a velocity, of which this share is left after each step.
    ///
    /// # Panics
    /// If it is not at least 0 and less than 1.
    #[track_caller]
    pub const fn momentum(mut self, momentum: f32) -> Self {
        setting::below_one("RmsProp: momentum", momentum);
        self.momentum = momentum;
        self.velocity = momentum != 0.0;
        self
    }

    /// Divides by the deviation instead of the mean square.
    pub const fn centered(mut self, centered: bool) -> Self {
        self.centered = centered;
        self
    }

    /// Adds this share of each parameter to its gradient.
    ///
    /// # Panics
    /// If it is not a finite number of at least 0.
    #[track_caller]
    pub const fn weight_decay(mut self, weight_decay: f32) -> Self {
        setting::not_negative("RmsProp: weight_decay", weight_decay);
        self.weight_decay = weight_decay;
        self
    }
}

impl Algorithm for RmsProp {
    fn state_rows(&self) -> usize {
        1 + usize::from(self.velocity) + usize::from(self.centered)
    }

    fn learning_rate(&self) -> f32 {
        self.learning_rate
    }

    fn update(&self, learning_rate: f32, _: u64, params: &mut [f32], grads: &[f32], state: &mut [f32]) {
        let Self { alpha, eps, momentum, centered, weight_decay, .. } = *self;
        let least = least(weight_decay != 0.0);
        let n = params.len();
        let gain = rest(alpha, 1);
        let (square, others) = state.split_at_mut(n);
        let (velocity, mean) = others.split_at_mut(if self.velocity { n } else { 0 });
        for i in 0..n {
            let g = flush(grads[i] + weight_decay * params[i], TINY_ROOT);
            if centered {
                let away = flush(g - mean[i], TINY_ROOT);
                square[i] = flush(alpha * (square[i] + gain * away * away), f32::MIN_POSITIVE);
                mean[i] = flush(mean[i] + gain * away, TINY);
            } else {
                square[i] = flush(alpha * square[i] + gain * g * g, f32::MIN_POSITIVE);
            }
            let mut step = g / (square[i].sqrt() + eps);
            if let Some(b) = velocity.get_mut(i) {
                *b = flush(momentum * *b + step, TINY);
                step = *b;
            }
            params[i] = flush(params[i] - learning_rate * step, least);
        }
    }

    fn set_momentum(&mut self, momentum: f32) {
        if self.velocity {
            self.momentum = momentum;
        }
    }
}

/// Adagrad (Duchi, Hazan and Singer 2011), as `torch.optim.Adagrad`.
///
/// g ← g + λ·θ; v ← v + g²; θ ← θ − η / (1 + (t − 1)·decay) · g / (√v + ε).
///
/// ```
/// use fireclay::optim::{Adagrad, Algorithm};
/// let (mut weight, mut state) = ([1.0], [0.0]);
/// Adagrad::new(0.1).update(0.1, 1, &mut weight, &[3.0], &mut state);
/// assert!((weight[0] - 0.9).abs() < 1e-6);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[must_use = "a description does nothing until `.on(&net)` makes an optimizer of it"]
pub struct Adagrad {
    learning_rate: f32,
    learning_rate_decay: f32,
    eps: f32,
    initial: f32,
    weight_decay: f32,
}

impl Adagrad {
    /// With this rate, ε = 1e-10.
    ///
    /// # Panics
    /// If it is not a finite number of at least 0.
    #[track_caller]
    pub const fn new(learning_rate: f32) -> Self {
        setting::not_negative("Adagrad: learning rate", learning_rate);
        Self { learning_rate, learning_rate_decay: 0.0, eps: 1e-10, initial: 0.0, weight_decay: 0.0 }
    }

    /// Divides the rate by 1 + this times the steps made.
    ///
    /// # Panics
    /// If it is not a finite number of at least 0.
    #[track_caller]
    pub const fn learning_rate_decay(mut self, learning_rate_decay: f32) -> Self {
        setting::not_negative("Adagrad: learning_rate_decay", learning_rate_decay);
        self.learning_rate_decay = learning_rate_decay;
        self
    }

    /// What is added to the square root; 1e-10 at first.
    ///
    /// # Panics
    /// If it is not a finite number greater than 0.
    #[track_caller]
    pub const fn eps(mut self, eps: f32) -> Self {
        setting::positive("Adagrad: eps", eps);
        self.eps = eps;
        self
    }

    /// What the sums of squares start at; 0 at first.
    ///
    /// # Panics
    /// If it is not a finite number of at least 0.
    #[track_caller]
    pub const fn initial(mut self, initial: f32) -> Self {
        setting::not_negative("Adagrad: initial", initial);
        self.initial = initial;
        self
    }

    /// Adds this share of each parameter to its gradient.
    ///
    /// # Panics
    /// If it is not a finite number of at least 0.
    #[track_caller]
    pub const fn weight_decay(mut self, weight_decay: f32) -> Self {
        setting::not_negative("Adagrad: weight_decay", weight_decay);
        self.weight_decay = weight_decay;
        self
    }
}

impl Algorithm for Adagrad {
    fn state_rows(&self) -> usize {
        1
    }

    fn learning_rate(&self) -> f32 {
        self.learning_rate
    }

    #[expect(clippy::cast_precision_loss, reason = "a count of steps")]
    fn update(&self, learning_rate: f32, step: u64, params: &mut [f32], grads: &[f32], state: &mut [f32]) {
        let learning_rate = learning_rate / (1.0 + (step - 1) as f32 * self.learning_rate_decay);
        let least = least(self.weight_decay != 0.0);
        for ((p, g), v) in params.iter_mut().zip(grads).zip(state) {
            let g = flush(g + self.weight_decay * *p, TINY_ROOT);
            *v += g * g;
            *p = flush(*p - learning_rate * g / ((*v + self.initial).sqrt() + self.eps), least);
        }
    }
}
