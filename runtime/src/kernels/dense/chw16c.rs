//! Dense layers of one sample in `chw16c`: sixteen outputs in a vector, weights as [`dense_pack`](super::packed::chw::dense_pack) lays them out.

use crate::simd::{LANES, Vector};
use fireclay_ir::Share;
use fireclay_ir::geometry::Dense;

/// `F` times sixteen outputs from `first` on, in `C` chains each.
#[inline(always)]
unsafe fn panels<V: Vector, const F: usize, const C: usize>(
    g: &Dense,
    first: usize,
    x: *const f32,
    packed: *const f32,
    add: *const f32,
    low: f32,
    y: *mut f32,
) {
    let (whole, panel) = (g.inputs - g.inputs % C, (g.inputs + 1) * LANES);
    // SAFETY: the caller's promise.
    unsafe {
        let mut acc = [[V::splat(0.0); C]; F];
        let mut w = packed.add(first * (g.inputs + 1));
        for f in 0..F {
            acc[f][0] = V::load(w.add(f * panel + g.inputs * LANES));
        }
        let mut i = 0;
        while i < whole {
            for k in 0..C {
                let input = V::splat(*x.add(i + k));
                for f in 0..F {
                    acc[f][k] = input.mul_add(V::load(w.add(f * panel + k * LANES)), acc[f][k]);
                }
            }
            (i, w) = (i + C, w.add(C * LANES));
        }
        for i in whole..g.inputs {
            for f in 0..F {
                acc[f][0] = V::splat(*x.add(i)).mul_add(V::load(w.add(f * panel)), acc[f][0]);
            }
            w = w.add(LANES);
        }
        for f in 0..F {
            let mut sum = acc[f][0];
            for k in 1..C {
                sum = sum.add(acc[f][k]);
            }
            let place = first + f * LANES;
            if !add.is_null() {
                sum = sum.add(V::load(add.add(place)));
            }
            V::splat(low).max(sum).store(y.add(place));
        }
    }
}

#[inline(always)]
unsafe fn dense_chw16c<V: Vector>(
    g: &Dense,
    x: *const f32,
    packed: *const f32,
    add: *const f32,
    low: f32,
    y: *mut f32,
    share: Share,
) {
    // Whole pairs of vectors.
    let (from, until) = share.evenly(g.outputs.div_ceil(2 * LANES));
    let (mut first, until) = (from * 2 * LANES, g.outputs.min(until * 2 * LANES));
    // SAFETY: the caller's promise.
    unsafe {
        while first < until {
            if const { V::ACCUMULATORS >= 16 } && first + LANES < g.outputs {
                panels::<V, 2, 4>(g, first, x, packed, add, low, y);
                first += 2 * LANES;
            } else {
                panels::<V, 1, 4>(g, first, x, packed, add, low, y);
                first += LANES;
            }
        }
    }
}

#[expect(dead_code, reason = "the lanes are outputs here, so that only one of both entries is used")]
mod entry {
    use super::dense_chw16c;
    fireclay_ir::dense_chw16c_kernels!(declared);
}

/// What runs on a single sample.
pub mod chw {
    pub use super::entry::chwn16::dense_chw16c;
}
