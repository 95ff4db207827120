//! Steps divided by a sum of squares.

use super::{Algorithm, flush, least};
use crate::setting;
use fireclay_runtime::simd::TINY_ROOT;

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

    fn set_weight_decay(&mut self, weight_decay: f32) -> bool {
        self.weight_decay = weight_decay;
        true
    }
}
