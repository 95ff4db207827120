//! A batch norm folded into the weight before it, for inference.

use crate::simd::Vector;
use fireclay_ir::geometry::Fold;

/// Folds a batch norm with running statistics into the weight and bias before it:
/// `w' = w · γ / √(σ² + ε)`, `b' = (b − μ) · γ / √(σ² + ε) + β`. `bias`, `gamma` and `beta` may be null.
///
/// # Safety
/// Pointers are valid for the geometry; `to_weight` may be `weight`, `to_bias` may be `bias`.
pub unsafe fn fold_batch_norm(
    g: &Fold,
    weight: *const f32,
    bias: *const f32,
    gamma: *const f32,
    beta: *const f32,
    mean: *const f32,
    var: *const f32,
    to_weight: *mut f32,
    to_bias: *mut f32,
) {
    // SAFETY: the caller's promise.
    unsafe {
        // SAFETY: what is not null is valid for all channels.
        let or = |p: *const f32, c: usize, missing: f32| if p.is_null() { missing } else { *p.add(c) };
        for c in 0..g.channels {
            let scale = or(gamma, c, 1.0) / Vector::sqrt(*var.add(c) + g.eps);
            *to_bias.add(c) = (or(bias, c, 0.0) - *mean.add(c)) * scale + or(beta, c, 0.0);
            for o in 0..g.outer {
                for i in 0..g.inner {
                    let at = (o * g.channels + c) * g.inner + i;
                    *to_weight.add(at) = *weight.add(at) * scale;
                }
            }
        }
    }
}

/// The kernels of one sample.
pub mod chw {
    pub use super::fold_batch_norm;
}

fireclay_ir::fold_kernels!(checked[by_layout]);
