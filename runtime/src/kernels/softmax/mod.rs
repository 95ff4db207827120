//! Softmax over one axis and its logarithm, stable: the largest is subtracted first.
//!
//! The numbers of a row lie side by side where the axis is the last one (`rows`), else apart (`apart`); over channels in vectors it has kernels of its own (`chw16c`).

mod apart;
pub(super) mod chw16c;
mod rows;

#[cfg(feature = "train")]
use crate::math;
use crate::simd::{LANES, Vector};
use fireclay_ir::geometry::Softmax;

#[cfg(feature = "train")]
pub(super) use rows::backward as row_backward;
pub(super) use rows::forward as row_forward;

/// −1 for a softmin.
#[inline(always)]
fn sign(g: &Softmax) -> f32 {
    if g.negative { -1.0 } else { 1.0 }
}

/// The softmax, or its logarithm.
#[inline(always)]
unsafe fn forward<V: Vector, const LOG: bool>(g: &Softmax, x: *const f32, y: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe {
        match (V::WIDTH, g.inner, g.len) {
            (1, 1, LANES..) if LOG => rows::log_forward(g, x, y),
            (1, 1, LANES..) => rows::forward(g, x, y),
            (_, 1, _) => rows::all_forward::<V, LOG>(g, false, x, y),
            (1, LANES.., _) if LOG => apart::log_forward(g, g.inner, x, y),
            (1, LANES.., _) => apart::forward(g, g.inner, x, y),
            _ => apart::all_forward::<V, LOG>(g, g.inner * V::WIDTH, x, y),
        }
    }
}

#[inline(always)]
unsafe fn softmax_forward<V: Vector>(g: &Softmax, x: *const f32, y: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe { forward::<V, false>(g, x, y) };
}

#[inline(always)]
unsafe fn log_softmax_forward<V: Vector>(g: &Softmax, x: *const f32, y: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe { forward::<V, true>(g, x, y) };
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn backward<V: Vector, const LOG: bool>(g: &Softmax, y: *const f32, dy: *const f32, dx: *mut f32, accumulate: bool) {
    // SAFETY: the caller's promise.
    unsafe {
        match (V::WIDTH, g.inner, g.len) {
            (1, 1, LANES..) if LOG => rows::log_backward(g, y, dy, dx, accumulate),
            (1, 1, LANES..) => rows::backward(g, y, dy, dx, accumulate),
            (_, 1, _) => rows::all_backward::<V, LOG>(g, false, y, dy, dx, accumulate),
            (1, LANES.., _) if LOG => apart::log_backward(g, g.inner, y, dy, dx, accumulate),
            (1, LANES.., _) => apart::backward(g, g.inner, y, dy, dx, accumulate),
            _ => apart::all_backward::<V, LOG>(g, g.inner * V::WIDTH, y, dy, dx, accumulate),
        }
    }
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn softmax_backward<V: Vector>(g: &Softmax, y: *const f32, dy: *const f32, dx: *mut f32, accumulate: bool) {
    // SAFETY: the caller's promise.
    unsafe { backward::<V, false>(g, y, dy, dx, accumulate) };
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn log_softmax_backward<V: Vector>(g: &Softmax, y: *const f32, dy: *const f32, dx: *mut f32, accumulate: bool) {
    // SAFETY: the caller's promise.
    unsafe { backward::<V, true>(g, y, dy, dx, accumulate) };
}

/// From what is kept of a row (`Σ y·dy`, or of a logarithm `Σ dy`) and a number of it, the gradient of that.
#[cfg(feature = "train")]
#[inline(always)]
unsafe fn gradient<V: Vector, const LOG: bool>(sign: V, kept: V, y: V, dy: V) -> V {
    // SAFETY: the instruction set is there.
    unsafe { if LOG { dy.sub(math::exp_or_zero(y).mul(kept)) } else { y.mul(dy.sub(kept)).mul(sign) } }
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

fireclay_ir::softmax_kernels!(declared);
