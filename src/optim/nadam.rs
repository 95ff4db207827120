//! Adam with Nesterov's momentum.

use super::Algorithm;
use super::moments::{Betas, Decay, decimal, moment_builders, rest};
use crate::{narrow, setting};

/// NAdam (Dozat 2016, "Incorporating Nesterov momentum into Adam"), as `torch.optim.NAdam`.
///
/// With μₜ = β₁·(1 − ½·0.96^(t·ψ)), where ψ is the momentum decay, and Πₜ = μ₁·…·μₜ: g ← g + λ·θ; m ← β₁·m + (1 − β₁)·g;
/// v ← β₂·v + (1 − β₂)·g²; θ ← θ − η·(μₜ₊₁·m / (1 − Πₜ₊₁) + (1 − μₜ)·g / (1 − Πₜ)) / (√v̂ + ε) with v̂ = v / (1 − β₂ᵗ).
///
/// The product Πₜ is kept beside the moments. Checkpoints of the trainer hold it; [`Optimizer::restore`](super::Optimizer::restore) computes it anew, of the momentum that is then set.
///
/// ```
/// use fireclay::optim::{Algorithm, NAdam};
/// let (mut weight, mut moments) = ([1.0], [0.0; 2]);
/// NAdam::new(0.1).update(0.1, 1, &mut weight, &[5.0], &mut moments);
/// assert!((weight[0] - 0.894_355).abs() < 1e-6); // farther than Adam, which steps to 0.9
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[must_use = "a description does nothing until `.on(&net)` makes an optimizer of it"]
pub struct NAdam {
    learning_rate: f32,
    betas: Betas,
    momentum_decay: f32,
    decay: Decay,
    /// The step that is taken, and Πₜ.
    product: (u64, f64),
}

impl NAdam {
    /// With this rate, a momentum decay of 0.004, no weight decay.
    ///
    /// # Panics
    /// If it is not a finite number of at least 0.
    #[track_caller]
    pub const fn new(learning_rate: f32) -> Self {
        setting::not_negative("NAdam: learning rate", learning_rate);
        let betas = Betas { beta1: 0.9, beta2: 0.999, eps: 1e-8 };
        Self { learning_rate, betas, momentum_decay: 4e-3, decay: Decay::NONE, product: (0, 1.0) }
    }

    /// How fast the momentum grows towards the first of the betas; 0.004 at first.
    ///
    /// # Panics
    /// If it is not a finite number of at least 0.
    #[track_caller]
    pub const fn momentum_decay(mut self, momentum_decay: f32) -> Self {
        setting::not_negative("NAdam: momentum_decay", momentum_decay);
        self.momentum_decay = momentum_decay;
        self
    }

    /// Whether the weight decay stays apart from the gradient, as [`AdamW`](super::AdamW) has it: θ ← θ − η·λ·θ.
    pub const fn decoupled_weight_decay(mut self, decoupled: bool) -> Self {
        self.decay.decoupled = decoupled;
        self
    }

    /// μₜ
    fn momentum(&self, step: u64) -> f64 {
        let steps = crate::optim::number(step) * decimal(self.momentum_decay);
        decimal(self.betas.beta1) * (1.0 - 0.5 * 0.96_f64.powf(steps))
    }

    /// Πₜ
    fn product(&self, step: u64) -> f64 {
        match self.product {
            (at, product) if at == step => product,
            (at, product) if at + 1 == step => product * self.momentum(step),
            _ => {
                let mut product = 1.0;
                for step in 1..=step {
                    product *= self.momentum(step);
                    // 1 − Πₜ is 1 from here on.
                    if product < 1e-30 {
                        break;
                    }
                }
                product
            }
        }
    }
}

moment_builders!(
    NAdam,
    "1e-8",
    decay.weight,
    "Adds this share of each parameter to its gradient, before the moments see it; see [`NAdam::decoupled_weight_decay`]."
);

impl Algorithm for NAdam {
    fn state_rows(&self) -> usize {
        2
    }

    fn learning_rate(&self) -> f32 {
        self.learning_rate
    }

    fn begin(&mut self, step: u64) {
        self.product = (step, self.product(step));
    }

    fn update(&self, learning_rate: f32, step: u64, params: &mut [f32], grads: &[f32], state: &mut [f32]) {
        let (product, rate) = (self.product(step), f64::from(learning_rate));
        let (now, next) = (self.momentum(step), self.momentum(step + 1));
        let of_gradient = narrow(rate * (1.0 - now) / (1.0 - product));
        let of_mean = narrow(rate * next / (1.0 - product * next));
        let (scale, eps) = (1.0 / rest(self.betas.beta2, step).sqrt(), self.betas.eps);
        self.decay.update(learning_rate, self.betas, params, grads, state, |g, m, v| {
            (of_gradient * g + of_mean * m) / (v.sqrt() * scale + eps)
        });
    }

    fn counted(&self) -> u64 {
        if self.product.0 == 0 { 0 } else { self.product.1.to_bits() }
    }

    fn set_counted(&mut self, step: u64, counted: u64) {
        // Where it is not known it is computed anew.
        self.product = if counted == 0 { (0, 1.0) } else { (step, f64::from_bits(counted)) };
    }

    fn set_momentum(&mut self, momentum: f32) {
        self.betas.beta1 = momentum;
    }

    fn set_weight_decay(&mut self, weight_decay: f32) -> bool {
        self.decay.weight = weight_decay;
        true
    }
}
