//! The weights of an attention: a softmax over each row, which looks at no later step if it is causal.

use super::softmax;
use crate::math;
#[cfg(feature = "train")]
use crate::simd::TINY;
use crate::simd::{LANES, Vector};
use fireclay_ir::geometry::{Attend, Softmax};

/// A row of one sample as a softmax, which may run in place.
fn row_of(len: usize) -> Softmax {
    Softmax { outer: 1, len, inner: 1, negative: false }
}

/// Calls `f(first position, numbers that count)` for every row.
#[inline(always)]
fn rows(g: &Attend, mut f: impl FnMut(usize, usize)) {
    for row in 0..g.heads * g.time {
        f(row * g.time, if g.causal { row % g.time + 1 } else { g.time });
    }
}

#[inline(always)]
unsafe fn attend_forward<V: Vector>(g: &Attend, p: *mut f32) {
    // SAFETY: the caller's promise.
    rows(g, |first, len| unsafe {
        let at = |k: usize| p.add((first + k) * V::WIDTH);
        if V::WIDTH == 1 && len >= LANES {
            softmax::row_forward(&row_of(len), at(0), at(0));
            return at(len).write_bytes(0, g.time - len);
        }
        let mut most = V::splat(f32::NEG_INFINITY);
        for k in 0..len {
            most = most.max(V::load(at(k)));
        }
        let mut sum = V::splat(0.0);
        for k in 0..len {
            let e = math::exp_or_zero(V::load(at(k)).sub(most));
            sum = sum.add(e);
            e.store(at(k));
        }
        for k in 0..len {
            V::load(at(k)).div(sum).flush(f32::MIN_POSITIVE).store(at(k));
        }
        at(len).write_bytes(0, (g.time - len) * V::WIDTH);
    });
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn attend_backward<V: Vector>(g: &Attend, p: *const f32, dp: *mut f32) {
    // SAFETY: the caller's promise.
    rows(g, |first, len| unsafe {
        let at = |k: usize| (first + k) * V::WIDTH;
        if V::WIDTH == 1 && len >= LANES {
            let dp = dp.add(first);
            softmax::row_backward(&row_of(len), p.add(first), dp, dp, false);
            return dp.add(len).write_bytes(0, g.time - len);
        }
        let mut dot = V::splat(0.0);
        for k in 0..len {
            dot = V::load(p.add(at(k))).mul_add(V::load(dp.add(at(k))), dot);
        }
        for k in 0..len {
            V::load(p.add(at(k))).mul(V::load(dp.add(at(k))).sub(dot)).flush(TINY).store(dp.add(at(k)));
        }
        dp.add(at(len)).write_bytes(0, (g.time - len) * V::WIDTH);
    });
}

fireclay_ir::attend_kernels!(declared);
