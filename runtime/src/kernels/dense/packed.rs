//! Dense layers of one sample with packed weights: sixteen outputs lie in a vector.
//!
//! The weight becomes `[outputs / 16][input][16]`, each sixteen outputs followed by their biases; the last sixteen are filled up with zeros.

use crate::kernels::pack_rows::pack_rows;
use crate::simd::{LANES, Vector};
use fireclay_ir::geometry::Dense;

/// Packs a dense layer; `bias` may be null.
///
/// # Safety
/// Pointers are valid for the geometry; `packed` holds `dense_packed_len` floats.
pub unsafe fn dense_pack(g: &Dense, weight: *const f32, bias: *const f32, packed: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe { pack_rows(g.outputs, g.inputs, weight, bias, packed) };
}

#[inline(always)]
unsafe fn dense_forward_packed<V: Vector>(g: &Dense, x: *const f32, packed: *const f32, y: *mut f32) {
    /// Chains under way at once.
    const CHAINS: usize = 4;
    let whole = g.inputs - g.inputs % CHAINS;
    // SAFETY: the caller's promise.
    unsafe {
        for first in (0..g.outputs).step_by(LANES) {
            let panel = packed.add(first * (g.inputs + 1));
            let live = (g.outputs - first).min(LANES);
            for row in 0..g.rows {
                let x = x.add(row * g.inputs);
                let mut acc = [V::splat(0.0); CHAINS];
                acc[0] = V::load(panel.add(g.inputs * LANES));
                let mut i = 0;
                while i < whole {
                    for (k, acc) in acc.iter_mut().enumerate() {
                        *acc = V::splat(*x.add(i + k)).mul_add(V::load(panel.add((i + k) * LANES)), *acc);
                    }
                    i += CHAINS;
                }
                for i in whole..g.inputs {
                    acc[0] = V::splat(*x.add(i)).mul_add(V::load(panel.add(i * LANES)), acc[0]);
                }
                let mut lanes = [0.0_f32; LANES];
                acc[0].add(acc[1]).add(acc[2].add(acc[3])).store(lanes.as_mut_ptr());
                let y = y.add(row * g.outputs + first);
                // A call of `memcpy` takes longer than one number.
                if live == 1 {
                    *y = lanes[0];
                } else {
                    y.copy_from_nonoverlapping(lanes.as_ptr(), live);
                }
            }
        }
    }
}

#[expect(dead_code, reason = "the lanes are outputs here, so that only one of both entries is used")]
mod entry {
    use super::dense_forward_packed;
    fireclay_ir::dense_packed_kernels!(declared);
}

/// The kernels of one sample.
pub mod chw {
    pub use super::dense_pack;
    pub use super::entry::chwn16::dense_forward_packed;
}

fireclay_ir::dense_pack_kernels!(checked[by_layout]);
