//! What parameters pay for being large.

use crate::narrow;
use fireclay_runtime::math::number::{exp, ln};

/// A term of the loss for each parameter θ: λ₁·|θ| + λ₂·θ²/2 + λ·|θ|ᵖ/p.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Penalty {
    pub l1: f32,
    pub l2: f32,
    /// p and λ.
    pub lp: Option<(f32, f32)>,
}

impl Penalty {
    pub fn is_none(self) -> bool {
        self == Self::default()
    }

    /// |θ|ᵖ
    fn power(x: f32, p: f32) -> f32 {
        let x = x.abs();
        match p {
            0.0 => 1.0,
            1.0 => x,
            2.0 => x * x,
            _ if x == 0.0 => 0.0,
            _ => exp(p * ln(x)),
        }
    }

    /// The term of all these parameters.
    pub fn value(self, params: &[f32]) -> f64 {
        let of = |x: f32| {
            let x1 = f64::from(x.abs());
            let lp = self.lp.map_or(0.0, |(p, weight)| f64::from(weight) / f64::from(p) * f64::from(Self::power(x, p)));
            f64::from(self.l1) * x1 + 0.5 * f64::from(self.l2) * x1 * x1 + lp
        };
        params.iter().map(|x| of(*x)).sum()
    }

    /// Adds its derivative, λ₁·sign θ + λ₂·θ + λ·|θ|ᵖ⁻¹·sign θ, to gradients; at 0 it is 0.
    pub fn add(self, params: &[f32], grads: &mut [f32]) {
        for (p, g) in params.iter().zip(grads) {
            let sign = if *p == 0.0 { 0.0 } else { p.signum() };
            let lp = self.lp.map_or(0.0, |(power, weight)| weight * Self::power(*p, power - 1.0));
            *g += self.l2 * *p + (self.l1 + lp) * sign;
        }
    }
}

/// Of many tensors.
pub(super) fn sum(terms: impl Iterator<Item = f64>) -> f32 {
    narrow(terms.sum())
}
