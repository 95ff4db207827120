//! Softmax over one axis and its logarithm, stable: the largest is subtracted first.

use crate::math;
use crate::simd::Vector;
#[cfg(feature = "train")]
use crate::simd::{LANES, TINY};
use fireclay_ir::geometry::Softmax;

/// Calls `f(first position)` for each row; its numbers stand `inner` apart.
#[inline(always)]
fn rows(g: &Softmax, mut f: impl FnMut(usize)) {
    for o in 0..g.outer {
        for i in 0..g.inner {
            f(o * g.len * g.inner + i);
        }
    }
}

#[inline(always)]
unsafe fn softmax_forward<V: Vector>(g: &Softmax, x: *const f32, y: *mut f32) {
    // SAFETY: the caller's promise.
    rows(g, |first| unsafe {
        let at = |k: usize| (first + k * g.inner) * V::WIDTH;
        let sign = V::splat(if g.negative { -1.0 } else { 1.0 });
        let mut most = V::splat(f32::NEG_INFINITY);
        for k in 0..g.len {
            most = most.max(V::load(x.add(at(k))).mul(sign));
        }
        let mut sum = V::splat(0.0);
        for k in 0..g.len {
            let e = math::exp_or_zero(V::load(x.add(at(k))).mul(sign).sub(most));
            sum = sum.add(e);
            e.store(y.add(at(k)));
        }
        for k in 0..g.len {
            V::load(y.add(at(k))).div(sum).flush(f32::MIN_POSITIVE).store(y.add(at(k)));
        }
    });
}

/// One row before its division: `y = e^(x − most)`, the largest number, and the sum of y. Numbers stand `stride` vectors apart.
#[cfg(feature = "train")]
#[inline(always)]
unsafe fn softmax_row<V: Vector>(len: usize, stride: usize, x: *const f32, y: *mut f32, most: *mut f32, sum: *mut f32) {
    if V::WIDTH == 1 && stride == 1 && len >= LANES {
        // SAFETY: the caller's promise.
        return unsafe { beside::chwn16::softmax_beside(len, x, y, most, sum) };
    }
    let at = |k: usize| k * stride * V::WIDTH;
    // SAFETY: the caller's promise.
    unsafe {
        let mut largest = V::splat(f32::NEG_INFINITY);
        for k in 0..len {
            largest = V::load(x.add(at(k))).max(largest);
        }
        let mut all = V::splat(0.0);
        for k in 0..len {
            let e = math::exp_or_zero(V::load(x.add(at(k))).sub(largest));
            all = all.add(e);
            e.store(y.add(at(k)));
        }
        largest.store(most);
        all.store(sum);
    }
}

/// The same of one sample's numbers side by side: sixteen of them in a vector.
#[cfg(feature = "train")]
#[inline(always)]
unsafe fn softmax_beside<V: Vector>(len: usize, x: *const f32, y: *mut f32, most: *mut f32, sum: *mut f32) {
    let (whole, rest) = (len - len % LANES, len % LANES);
    // SAFETY: the caller's promise: there are `len` numbers, and sixteen or more.
    unsafe {
        // What is left is the end of a vector that overlaps the one before, which the largest number does not mind.
        let mut largest = V::load(x.add(len - LANES));
        for k in (0..whole).step_by(LANES) {
            largest = V::load(x.add(k)).max(largest);
        }
        let mut lanes = [0.0_f32; LANES];
        largest.store(lanes.as_mut_ptr());
        let mut largest = f32::NEG_INFINITY;
        for lane in lanes {
            // As `max`: a NaN that came first is passed over.
            largest = if lane > largest { lane } else { largest };
        }
        let mut all = V::splat(0.0);
        for k in (0..whole).step_by(LANES) {
            let e = math::exp_or_zero(V::load(x.add(k)).sub(V::splat(largest)));
            all = all.add(e);
            e.store(y.add(k));
        }
        if rest > 0 {
            let mut lanes = [0.0_f32; LANES];
            for (i, lane) in lanes.iter_mut().enumerate().take(rest) {
                *lane = *x.add(whole + i);
            }
            let e = math::exp_or_zero(V::load(lanes.as_ptr()).sub(V::splat(largest))).first(rest);
            all = all.add(e);
            e.store(lanes.as_mut_ptr());
            for (i, lane) in lanes.iter().enumerate().take(rest) {
                *y.add(whole + i) = *lane;
            }
        }
        *most = largest;
        *sum = all.sum();
    }
}

#[cfg(feature = "train")]
#[expect(dead_code, reason = "the lanes are numbers of one sample, so that only one of both entries is used")]
mod beside {
    use super::softmax_beside;
    entries! {
        /// A row of one sample, of sixteen numbers or more.
        pub(in crate::kernels) unsafe fn softmax_beside(len: usize, x: *const f32, y: *mut f32, most: *mut f32, sum: *mut f32);
    }
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn softmax_backward<V: Vector>(g: &Softmax, y: *const f32, dy: *const f32, dx: *mut f32, accumulate: bool) {
    // SAFETY: the caller's promise.
    rows(g, |first| unsafe {
        let at = |k: usize| (first + k * g.inner) * V::WIDTH;
        let sign = V::splat(if g.negative { -1.0 } else { 1.0 });
        let mut dot = V::splat(0.0);
        for k in 0..g.len {
            dot = V::load(y.add(at(k))).mul_add(V::load(dy.add(at(k))), dot);
        }
        for k in 0..g.len {
            let d = V::load(y.add(at(k))).mul(V::load(dy.add(at(k))).sub(dot)).mul(sign);
            let d = if accumulate { V::load(dx.add(at(k))).add(d) } else { d };
            d.flush(TINY).store(dx.add(at(k)));
        }
    });
}

#[inline(always)]
unsafe fn log_softmax_forward<V: Vector>(g: &Softmax, x: *const f32, y: *mut f32) {
    // SAFETY: the caller's promise.
    rows(g, |first| unsafe {
        let at = |k: usize| (first + k * g.inner) * V::WIDTH;
        let mut most = V::splat(f32::NEG_INFINITY);
        for k in 0..g.len {
            most = most.max(V::load(x.add(at(k))));
        }
        let mut sum = V::splat(0.0);
        for k in 0..g.len {
            sum = sum.add(math::exp_or_zero(V::load(x.add(at(k))).sub(most)));
        }
        let log = math::ln(sum);
        for k in 0..g.len {
            V::load(x.add(at(k))).sub(most).sub(log).store(y.add(at(k)));
        }
    });
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn log_softmax_backward<V: Vector>(g: &Softmax, y: *const f32, dy: *const f32, dx: *mut f32, accumulate: bool) {
    // SAFETY: the caller's promise.
    rows(g, |first| unsafe {
        let at = |k: usize| (first + k * g.inner) * V::WIDTH;
        let mut sum = V::splat(0.0);
        for k in 0..g.len {
            sum = sum.add(V::load(dy.add(at(k))));
        }
        let sum = sum.flush(TINY);
        for k in 0..g.len {
            let share = math::exp_or_zero(V::load(y.add(at(k)))).mul(sum);
            let d = V::load(dy.add(at(k))).sub(share);
            let d = if accumulate { V::load(dx.add(at(k))).add(d) } else { d };
            d.flush(TINY).store(dx.add(at(k)));
        }
    });
}

fireclay_ir::softmax_kernels!(declared);
