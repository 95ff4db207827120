//! Adam, and Adam with a decay apart from the moments.

use super::moments::rest;
use super::{Algorithm, least};
use crate::setting;

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

    fn set_weight_decay(&mut self, weight_decay: f32) -> bool {
        self.weight_decay = weight_decay;
        true
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

    fn set_weight_decay(&mut self, weight_decay: f32) -> bool {
        self.weight_decay = weight_decay;
        true
    }
}
