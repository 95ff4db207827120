//! Steps divided by a mean of squares.

use super::moments::rest;
use super::{Algorithm, flush, least};
use crate::setting;
use fireclay_runtime::simd::{TINY, TINY_ROOT};

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

    fn set_weight_decay(&mut self, weight_decay: f32) -> bool {
        self.weight_decay = weight_decay;
        true
    }
}
