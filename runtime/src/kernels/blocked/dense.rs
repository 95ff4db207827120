//! Dense layers: sixteen outputs in a vector, weights as [`dense_pack`](crate::kernels::packed::one::dense_pack) lays them out.

use crate::kernels::dense::Dense;
use crate::simd::{LANES, Vector};

#[inline(always)]
unsafe fn dense_blocked<V: Vector>(g: &Dense, x: *const f32, packed: *const f32, add: *const f32, low: f32, y: *mut f32) {
    /// Chains under way at once.
    const CHAINS: usize = 4;
    let whole = g.inputs - g.inputs % CHAINS;
    // SAFETY: the caller's promise.
    unsafe {
        let mut panel = packed;
        for first in (0..g.outputs).step_by(LANES) {
            let mut acc = [V::splat(0.0); CHAINS];
            acc[0] = V::load(panel.add(g.inputs * LANES));
            let (mut i, mut w) = (0, panel);
            while i < whole {
                for (k, acc) in acc.iter_mut().enumerate() {
                    *acc = V::splat(*x.add(i + k)).mul_add(V::load(w.add(k * LANES)), *acc);
                }
                (i, w) = (i + CHAINS, w.add(CHAINS * LANES));
            }
            for i in whole..g.inputs {
                acc[0] = V::splat(*x.add(i)).mul_add(V::load(panel.add(i * LANES)), acc[0]);
            }
            let mut sum = acc[0].add(acc[1]).add(acc[2].add(acc[3]));
            if !add.is_null() {
                sum = sum.add(V::load(add.add(first)));
            }
            V::splat(low).max(sum).store(y.add(first));
            panel = panel.add((g.inputs + 1) * LANES);
        }
    }
}

#[expect(dead_code, reason = "here `lanes` are outputs, and there is but one form")]
mod entry {
    use super::{Dense, dense_blocked};
    entries! {
        /// `y = max(low, weight · x + bias + add)` of one row, from packed weights; `add` may be null.
        pub unsafe fn dense_blocked(g: &Dense, x: *const f32, packed: *const f32, add: *const f32, low: f32, y: *mut f32);
    }
}

/// What runs on a single sample.
pub mod one {
    pub use super::entry::lanes::dense_blocked;
}
