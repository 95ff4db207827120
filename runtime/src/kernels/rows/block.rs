//! Rows × vectors of results in registers.

use crate::simd::{LANES, Vector};

/// Adds to the sums of `R` rows × `N` vectors the products of so many sources: x of each row, and the weights `[source][N][16]`.
#[cfg(feature = "train")]
#[inline(always)]
pub(super) unsafe fn add_products<V: Vector, const R: usize, const N: usize>(
    sources: usize,
    weights: *const f32,
    x: [*const f32; R],
    sums: &mut [[V; N]; R],
) {
    // SAFETY: the caller's promise.
    unsafe {
        let (mut acc, mut from) = (*sums, weights);
        for k in 0..sources {
            let mut w = [V::splat(0.0); N];
            for n in 0..N {
                w[n] = V::load(from.add(n * LANES));
            }
            for r in 0..R {
                let number = V::splat(*x[r].add(k));
                for n in 0..N {
                    acc[r][n] = number.mul_add(w[n], acc[r][n]);
                }
            }
            from = from.wrapping_add(N * LANES);
        }
        *sums = acc;
    }
}

/// The first `live` of sixteen numbers; zeros behind them.
#[inline(always)]
pub(in crate::kernels) unsafe fn load_part<V: Vector>(from: *const f32, live: usize) -> V {
    // SAFETY: the caller's promise.
    unsafe {
        if live >= LANES {
            return V::load(from);
        }
        let mut lanes = [0.0_f32; LANES];
        for lane in 0..live {
            lanes[lane] = *from.add(lane);
        }
        V::load(lanes.as_ptr())
    }
}

/// Stores the first `live` of sixteen numbers.
#[inline(always)]
pub(in crate::kernels) unsafe fn store_part<V: Vector>(numbers: V, to: *mut f32, live: usize) {
    // SAFETY: the caller's promise.
    unsafe {
        if live >= LANES {
            return numbers.store(to);
        }
        let mut lanes = [0.0_f32; LANES];
        numbers.store(lanes.as_mut_ptr());
        for lane in 0..live {
            *to.add(lane) = lanes[lane];
        }
    }
}

/// `N` vectors of which `live` numbers are there.
#[inline(always)]
pub(in crate::kernels) unsafe fn load_row<V: Vector, const N: usize>(from: *const f32, live: usize) -> [V; N] {
    // SAFETY: the caller's promise; what is not there is not read.
    unsafe {
        let mut row = [V::splat(0.0); N];
        for n in 0..N {
            row[n] = if live >= N * LANES {
                V::load(from.add(n * LANES))
            } else {
                load_part::<V>(from.wrapping_add(n * LANES), live.saturating_sub(n * LANES))
            };
        }
        row
    }
}

/// Stores `N` vectors of which `live` numbers are there.
#[inline(always)]
pub(in crate::kernels) unsafe fn store_row<V: Vector, const N: usize>(row: [V; N], to: *mut f32, live: usize) {
    // SAFETY: the caller's promise; what is not there is not written.
    unsafe {
        for n in 0..N {
            if live >= N * LANES {
                row[n].store(to.add(n * LANES));
            } else {
                store_part(row[n], to.wrapping_add(n * LANES), live.saturating_sub(n * LANES));
            }
        }
    }
}
