//! Adam that waits until its second moment can be trusted.

use super::Algorithm;
use super::moments::{Betas, Decay, decimal, moment_builders, power, rest};
use crate::{narrow, setting};

/// RAdam (Liu et al. 2020, arXiv 1908.03265, "On the variance of the adaptive learning rate and beyond"), as `torch.optim.RAdam`.
///
/// g ← g + λ·θ; m ← β₁·m + (1 − β₁)·g; v ← β₂·v + (1 − β₂)·g²; m̂ = m / (1 − β₁ᵗ). With ρ∞ = 2 / (1 − β₂) − 1 and
/// ρₜ = ρ∞ − 2·t·β₂ᵗ / (1 − β₂ᵗ): where ρₜ > 5, θ ← θ − η·r·m̂·√(1 − β₂ᵗ) / (√v + ε) with
/// r = √((ρₜ − 4)·(ρₜ − 2)·ρ∞ / ((ρ∞ − 4)·(ρ∞ − 2)·ρₜ)); else θ ← θ − η·m̂.
///
/// ```
/// use fireclay::optim::{Algorithm, RAdam};
/// let (mut weight, mut moments) = ([1.0], [0.0; 2]);
/// RAdam::new(0.1).update(0.1, 1, &mut weight, &[5.0], &mut moments);
/// assert!((weight[0] - 0.5).abs() < 1e-6); // the first steps are those of momentum alone
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[must_use = "a description does nothing until `.on(&net)` makes an optimizer of it"]
pub struct RAdam {
    learning_rate: f32,
    betas: Betas,
    decay: Decay,
}

impl RAdam {
    /// With this rate and no weight decay.
    ///
    /// # Panics
    /// If it is not a finite number of at least 0.
    #[track_caller]
    pub const fn new(learning_rate: f32) -> Self {
        setting::not_negative("RAdam: learning rate", learning_rate);
        Self { learning_rate, betas: Betas { beta1: 0.9, beta2: 0.999, eps: 1e-8 }, decay: Decay::NONE }
    }

    /// Whether the weight decay stays apart from the gradient, as [`AdamW`](super::AdamW) has it: θ ← θ − η·λ·θ.
    pub const fn decoupled_weight_decay(mut self, decoupled: bool) -> Self {
        self.decay.decoupled = decoupled;
        self
    }

    /// r, from when the variance of the second moment is known.
    fn rectified(&self, step: u64) -> Option<f64> {
        let end = 2.0 / (1.0 - decimal(self.betas.beta2)) - 1.0;
        let power = power(self.betas.beta2, step);
        let length = end - 2.0 * super::number(step) * power / (1.0 - power);
        let share = (length - 4.0) * (length - 2.0) * end / ((end - 4.0) * (end - 2.0) * length);
        (length > 5.0).then(|| share.sqrt())
    }
}

moment_builders!(
    RAdam,
    "1e-8",
    decay.weight,
    "Adds this share of each parameter to its gradient, before the moments see it; see [`RAdam::decoupled_weight_decay`]."
);

impl Algorithm for RAdam {
    fn state_rows(&self) -> usize {
        2
    }

    fn learning_rate(&self) -> f32 {
        self.learning_rate
    }

    fn update(&self, learning_rate: f32, step: u64, params: &mut [f32], grads: &[f32], state: &mut [f32]) {
        let size = f64::from(learning_rate) / (1.0 - power(self.betas.beta1, step));
        match self.rectified(step) {
            Some(rectified) => {
                let size = narrow(size * rectified * f64::from(rest(self.betas.beta2, step)).sqrt());
                let eps = self.betas.eps;
                self.decay.update(learning_rate, self.betas, params, grads, state, |_, m, v| size * m / (v.sqrt() + eps));
            }
            None => {
                let size = narrow(size);
                self.decay.update(learning_rate, self.betas, params, grads, state, |_, m, _| size * m);
            }
        }
    }

    fn set_momentum(&mut self, momentum: f32) {
        self.betas.beta1 = momentum;
    }

    fn set_weight_decay(&mut self, weight_decay: f32) -> bool {
        self.decay.weight = weight_decay;
        true
    }
}
