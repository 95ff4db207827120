//! Batch norms of one sample in `chw16c`, by the running statistics: those that could not be folded into a weight before them.

use super::batch_norm::or;
use crate::simd::{LANES, Vector};
use fireclay_ir::geometry::BatchNorm;

/// Packs; γ and β may be null.
///
/// # Safety
/// Pointers are valid for the geometry; `packed` holds `batch_norm_chw16c_len` floats.
pub unsafe fn batch_norm_chw16c_pack(
    g: &BatchNorm,
    gamma: *const f32,
    beta: *const f32,
    running_mean: *const f32,
    running_var: *const f32,
    packed: *mut f32,
) {
    let all = g.channels.next_multiple_of(LANES);
    // SAFETY: the caller's promise.
    unsafe {
        packed.write_bytes(0, 2 * all);
        for c in 0..g.channels {
            let factor = or(gamma, c, 1.0) / Vector::sqrt(*running_var.add(c) + g.eps);
            *packed.add(c) = factor;
            *packed.add(all + c) = or(beta, c, 0.0) - *running_mean.add(c) * factor;
        }
    }
}

#[inline(always)]
unsafe fn batch_norm_chw16c<V: Vector>(g: &BatchNorm, x: *const f32, packed: *const f32, add: *const f32, low: f32, y: *mut f32) {
    let all = g.channels.next_multiple_of(LANES);
    // SAFETY: the caller's promise.
    unsafe {
        let low = V::splat(low);
        for first in (0..all).step_by(LANES) {
            let (factor, summand) = (V::load(packed.add(first)), V::load(packed.add(all + first)));
            for i in (first * g.size..(first + LANES) * g.size).step_by(LANES) {
                let mut value = V::load(x.add(i)).mul_add(factor, summand);
                if !add.is_null() {
                    value = value.add(V::load(add.add(i)));
                }
                // NaN stays: `max` gives its second operand where one is.
                low.max(value).store(y.add(i));
            }
        }
    }
}

#[expect(dead_code, reason = "the lanes are channels here, so that only one of both entries is used")]
mod entry {
    use super::batch_norm_chw16c;
    fireclay_ir::batch_norm_chw16c_kernels!(declared);
}

/// What runs on a single sample.
pub mod chw {
    pub use super::batch_norm_chw16c_pack;
    pub use super::entry::chwn16::batch_norm_chw16c;
}

fireclay_ir::batch_norm_chw16c_pack_kernels!(checked[by_layout]);
