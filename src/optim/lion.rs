//! The signs of a momentum.

use super::moments::rest;
use super::{Algorithm, flush, least};
use crate::setting;
use fireclay_runtime::simd::TINY;

/// Lion (Chen et al. 2023, arXiv 2302.06675, "Symbolic discovery of optimization algorithms"): every parameter moves by the rate, in the
/// direction of a mean of gradients. It keeps one number for each parameter. Its rate is to be three to ten times smaller than that of
/// [`AdamW`](super::AdamW), its weight decay as many times larger.
///
/// c = β₁·m + (1 − β₁)·g; θ ← θ − η·(sign(c) + λ·θ); m ← β₂·m + (1 − β₂)·g.
///
/// ```
/// use fireclay::optim::{Algorithm, Lion};
/// let (mut weights, mut mean) = ([1.0, 1.0, 1.0], [0.0; 3]);
/// Lion::new(0.1).update(0.1, 1, &mut weights, &[5.0, -1e-3, 0.0], &mut mean);
/// assert_eq!(weights, [0.9, 1.1, 1.0]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[must_use = "a description does nothing until `.on(&net)` makes an optimizer of it"]
pub struct Lion {
    learning_rate: f32,
    beta1: f32,
    beta2: f32,
    weight_decay: f32,
}

impl Lion {
    /// With this rate, the paper's betas, 0.9 and 0.99, and no weight decay.
    ///
    /// # Panics
    /// If it is not a finite number of at least 0.
    #[track_caller]
    pub const fn new(learning_rate: f32) -> Self {
        setting::not_negative("Lion: learning rate", learning_rate);
        Self { learning_rate, beta1: 0.9, beta2: 0.99, weight_decay: 0.0 }
    }

    /// How much of the mean the direction has, and how much of it stays; 0.9 and 0.99 at first.
    ///
    /// # Panics
    /// If one is not at least 0 and less than 1.
    #[track_caller]
    pub const fn betas(mut self, beta1: f32, beta2: f32) -> Self {
        setting::below_one("Lion: the first of betas", beta1);
        setting::below_one("Lion: the second of betas", beta2);
        self.beta1 = beta1;
        self.beta2 = beta2;
        self
    }

    /// The share of each parameter that a step with rate 1 would take away.
    ///
    /// # Panics
    /// If it is not a finite number of at least 0.
    #[track_caller]
    pub const fn weight_decay(mut self, weight_decay: f32) -> Self {
        setting::not_negative("Lion: weight_decay", weight_decay);
        self.weight_decay = weight_decay;
        self
    }
}

/// −1, 0 or 1; NaN stays.
fn sign(x: f32) -> f32 {
    if x == 0.0 { 0.0 } else { x.signum() }
}

impl Algorithm for Lion {
    fn state_rows(&self) -> usize {
        1
    }

    fn learning_rate(&self) -> f32 {
        self.learning_rate
    }

    fn update(&self, learning_rate: f32, _: u64, params: &mut [f32], grads: &[f32], state: &mut [f32]) {
        let (keep, least) = (1.0 - learning_rate * self.weight_decay, least(self.weight_decay != 0.0));
        let (rest1, rest2) = (rest(self.beta1, 1), rest(self.beta2, 1));
        for ((p, g), m) in params.iter_mut().zip(grads).zip(state) {
            let away = g - *m;
            *p = flush(*p * keep - learning_rate * sign(*m + rest1 * away), least);
            *m = flush(*m + rest2 * away, TINY);
        }
    }

    fn set_momentum(&mut self, momentum: f32) {
        self.beta1 = momentum;
    }

    fn set_weight_decay(&mut self, weight_decay: f32) -> bool {
        self.weight_decay = weight_decay;
        true
    }
}
