//! What optimizers that keep a mean of gradients and one of their squares share.

use super::{flush, least};
use crate::narrow;
use fireclay_runtime::simd::{TINY, TINY_ROOT};

/// What was written: 0.999, where f32 has 0.99900001.
pub(super) fn decimal(x: f32) -> f64 {
    (f64::from(x) * 1e7).round() / 1e7
}

/// 1 − βᵗ, in f64 and from the decimal that was written: 1 − 0.999 is 0.001, where f32 would have lost three digits.
pub(super) fn rest(beta: f32, step: u64) -> f32 {
    narrow(1.0 - power(beta, step))
}

/// βᵗ, from the decimal that was written.
pub(super) fn power(beta: f32, step: u64) -> f64 {
    decimal(beta).powi(i32::try_from(step).unwrap_or(i32::MAX))
}

/// The numbers that NAdam, RAdam and LAMB share.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Betas {
    pub beta1: f32,
    pub beta2: f32,
    pub eps: f32,
}

/// How the moments of a parameter move on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moving {
    beta2: f32,
    rest1: f32,
    rest2: f32,
}

impl Betas {
    pub fn moving(self) -> Moving {
        Moving { beta2: self.beta2, rest1: rest(self.beta1, 1), rest2: rest(self.beta2, 1) }
    }
}

impl Moving {
    /// m ← β₁·m + (1 − β₁)·g; v ← β₂·v + (1 − β₂)·g². What decays ends at zero, not among the denormal numbers.
    #[inline(always)]
    pub fn on(self, g: f32, m: &mut f32, v: &mut f32) {
        *m = flush(*m + self.rest1 * (g - *m), TINY);
        *v = flush(self.beta2 * *v + self.rest2 * g * g, f32::MIN_POSITIVE);
    }
}

/// Where the weight decay goes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Decay {
    pub weight: f32,
    /// Apart from the gradient, as in AdamW.
    pub decoupled: bool,
}

impl Decay {
    pub const NONE: Self = Self { weight: 0.0, decoupled: false };

    /// A step of each parameter: `change(gradient, both moments)` is taken from it.
    pub fn update(
        self,
        learning_rate: f32,
        betas: Betas,
        params: &mut [f32],
        grads: &[f32],
        state: &mut [f32],
        change: impl Fn(f32, f32, f32) -> f32,
    ) {
        let (add, keep) = if self.decoupled { (0.0, 1.0 - learning_rate * self.weight) } else { (self.weight, 1.0) };
        let (moving, least) = (betas.moving(), least(self.weight != 0.0));
        let (first, second) = state.split_at_mut(params.len());
        for (((p, g), m), v) in params.iter_mut().zip(grads).zip(first).zip(second) {
            // The square of a gradient is never denormal.
            let g = flush(g + add * *p, TINY_ROOT);
            moving.on(g, m, v);
            *p = flush(*p * keep - change(g, *m, *v), least);
        }
    }
}

/// `betas`, `eps` and `weight_decay`, for a description with a field `betas`, and where the decay is given.
macro_rules! moment_builders {
    ($name:ident, $eps:literal, $decay:ident $(. $weight:ident)?, $what:literal) => {
        impl $name {
            /// The decay of the two moments; 0.9 and 0.999 at first.
            ///
            /// # Panics
            /// If one is not at least 0 and less than 1.
            #[track_caller]
            pub const fn betas(mut self, beta1: f32, beta2: f32) -> Self {
                setting::below_one(concat!(stringify!($name), ": the first of betas"), beta1);
                setting::below_one(concat!(stringify!($name), ": the second of betas"), beta2);
                self.betas.beta1 = beta1;
                self.betas.beta2 = beta2;
                self
            }

            #[doc = concat!("What is added to the square root; ", $eps, " at first.")]
            ///
            /// # Panics
            /// If it is not a finite number greater than 0.
            #[track_caller]
            pub const fn eps(mut self, eps: f32) -> Self {
                setting::positive(concat!(stringify!($name), ": eps"), eps);
                self.betas.eps = eps;
                self
            }

            #[doc = $what]
            ///
            /// # Panics
            /// If it is not a finite number of at least 0.
            #[track_caller]
            pub const fn weight_decay(mut self, weight_decay: f32) -> Self {
                setting::not_negative(concat!(stringify!($name), ": weight_decay"), weight_decay);
                self.$decay $(. $weight)? = weight_decay;
                self
            }
        }
    };
}
pub(super) use moment_builders;
