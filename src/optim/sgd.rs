//! Stochastic gradient descent.

use super::{Algorithm, flush, least};
use crate::setting;
use fireclay_runtime::simd::TINY;

/// Stochastic gradient descent with momentum, as `torch.optim.SGD` (Sutskever et al. 2013, "On the importance of initialization and
/// momentum in deep learning"; like PyTorch, the rate multiplies the velocity as a whole).
///
/// With gradient g, weight decay λ, momentum μ, dampening τ, rate η:
/// g ← g + λ·θ; v ← μ·v + (1 − τ)·g (v = g at the first step); Nesterov: g ← g + μ·v, else g ← v; θ ← θ − η·g.
///
/// ```
/// use fireclay::optim::{Algorithm, Sgd};
/// let sgd = Sgd::new(0.1).momentum(0.9);
/// let (mut weight, mut velocity) = ([1.0], [0.0]);
/// sgd.update(0.1, 1, &mut weight, &[2.0], &mut velocity);
/// sgd.update(0.1, 2, &mut weight, &[2.0], &mut velocity);
/// assert!((weight[0] - (1.0 - 0.2 - 0.38)).abs() < 1e-6);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[must_use = "a description does nothing until `.on(&net)` makes an optimizer of it"]
pub struct Sgd {
    learning_rate: f32,
    momentum: f32,
    /// There is a velocity, however small the momentum has become.
    velocity: bool,
    dampening: f32,
    weight_decay: f32,
    nesterov: bool,
}

impl Sgd {
    /// Plain gradient descent with this rate.
    ///
    /// # Panics
    /// If it is not a finite number of at least 0.
    #[track_caller]
    pub const fn new(learning_rate: f32) -> Self {
        setting::not_negative("Sgd: learning rate", learning_rate);
        Self { learning_rate, momentum: 0.0, velocity: false, dampening: 0.0, weight_decay: 0.0, nesterov: false }
    }

    /// Keeps a velocity, of which this share is left after each step.
    ///
    /// # Panics
    /// If it is not at least 0 and less than 1.
    #[track_caller]
    pub const fn momentum(mut self, momentum: f32) -> Self {
        setting::below_one("Sgd: momentum", momentum);
        self.momentum = momentum;
        self.velocity = momentum != 0.0;
        self
    }

    /// Takes this share away from what each gradient adds to the velocity.
    ///
    /// # Panics
    /// If it is not at least 0 and less than 1, or not 0 where Nesterov's momentum is asked for.
    #[track_caller]
    pub const fn dampening(mut self, dampening: f32) -> Self {
        setting::below_one("Sgd: dampening", dampening);
        self.dampening = dampening;
        self.check()
    }

    /// Looks one step ahead (Nesterov 1983). Without momentum it changes nothing.
    ///
    /// # Panics
    /// If there is dampening.
    #[track_caller]
    pub const fn nesterov(mut self, nesterov: bool) -> Self {
        self.nesterov = nesterov;
        self.check()
    }

    #[track_caller]
    const fn check(self) -> Self {
        assert!(
            !self.nesterov || self.dampening == 0.0,
            "Sgd: `nesterov(true)` looks ahead by the whole gradient: without `dampening`"
        );
        self
    }

    /// Adds this share of each parameter to its gradient.
    ///
    /// # Panics
    /// If it is not a finite number of at least 0.
    #[track_caller]
    pub const fn weight_decay(mut self, weight_decay: f32) -> Self {
        setting::not_negative("Sgd: weight_decay", weight_decay);
        self.weight_decay = weight_decay;
        self
    }
}

impl Algorithm for Sgd {
    fn state_rows(&self) -> usize {
        usize::from(self.velocity)
    }

    fn learning_rate(&self) -> f32 {
        self.learning_rate
    }

    fn update(&self, learning_rate: f32, step: u64, params: &mut [f32], grads: &[f32], state: &mut [f32]) {
        let Self { momentum, dampening, weight_decay, nesterov, .. } = *self;
        let least = least(weight_decay != 0.0);
        if state.is_empty() {
            for (p, g) in params.iter_mut().zip(grads) {
                *p = flush(*p - learning_rate * (g + weight_decay * *p), least);
            }
            return;
        }
        let gain = if step == 1 { 1.0 } else { 1.0 - dampening };
        for ((p, g), v) in params.iter_mut().zip(grads).zip(state) {
            let g = g + weight_decay * *p;
            *v = flush(momentum * *v + gain * g, TINY);
            *p = flush(*p - learning_rate * if nesterov { g + momentum * *v } else { *v }, least);
        }
    }

    fn set_momentum(&mut self, momentum: f32) {
        // A velocity that was not asked for has no place to stand.
        if self.velocity {
            self.momentum = momentum;
        }
    }

    fn set_weight_decay(&mut self, weight_decay: f32) -> bool {
        self.weight_decay = weight_decay;
        true
    }
}
