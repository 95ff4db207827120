//! The axis is not the last one: a strip of rows at a time, a vector of them after the other. Vectors are sixteen samples, or sixteen rows of a single one.

use super::sign;
#[cfg(feature = "train")]
use crate::kernels::gradient::put_gradient;
use crate::kernels::strips::{STRIP, Strip, for_each_strip};
use crate::math;
#[cfg(feature = "train")]
use crate::simd::TINY;
use crate::simd::Vector;
use fireclay_ir::geometry::Softmax;

#[inline(always)]
unsafe fn strip_forward<V: Vector, const LOG: bool>(g: &Softmax, strip: Strip, x: *const f32, y: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe {
        let (sign, mut most) = (V::splat(sign(g)), [V::splat(f32::NEG_INFINITY); STRIP]);
        let most = &mut most[..strip.count];
        for k in 0..g.len {
            for (i, most) in most.iter_mut().enumerate() {
                *most = most.max(V::load(x.add(k * strip.stride + i * V::WIDTH)).mul(sign));
            }
        }
        let mut sums = [V::splat(0.0); STRIP];
        let sums = &mut sums[..strip.count];
        for k in 0..g.len {
            for (i, (sum, most)) in sums.iter_mut().zip(most.iter()).enumerate() {
                let at = k * strip.stride + i * V::WIDTH;
                let e = math::exp_or_zero(V::load(x.add(at)).mul(sign).sub(*most));
                *sum = sum.add(e);
                if !LOG {
                    e.store(y.add(at));
                }
            }
        }
        for sum in sums.iter_mut() {
            *sum = if LOG { math::ln(*sum) } else { V::splat(1.0).div(*sum) };
        }
        for k in 0..g.len {
            for (i, (of, most)) in sums.iter().zip(most.iter()).enumerate() {
                let at = k * strip.stride + i * V::WIDTH;
                let number = if LOG {
                    V::load(x.add(at)).sub(*most).sub(*of)
                } else {
                    V::load(y.add(at)).mul(*of).flush(f32::MIN_POSITIVE)
                };
                number.store(y.add(at));
            }
        }
    }
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn strip_backward<V: Vector, const LOG: bool>(
    g: &Softmax,
    strip: Strip,
    y: *const f32,
    dy: *const f32,
    dx: *mut f32,
    accumulate: bool,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let (sign, mut kept) = (V::splat(sign(g)), [V::splat(0.0); STRIP]);
        let kept = &mut kept[..strip.count];
        for k in 0..g.len {
            for (i, kept) in kept.iter_mut().enumerate() {
                let at = k * strip.stride + i * V::WIDTH;
                let d = V::load(dy.add(at));
                *kept = if LOG { kept.add(d) } else { V::load(y.add(at)).mul_add(d, *kept) };
            }
        }
        if LOG {
            for kept in kept.iter_mut() {
                *kept = kept.flush(TINY);
            }
        }
        for k in 0..g.len {
            for (i, kept) in kept.iter().enumerate() {
                let at = k * strip.stride + i * V::WIDTH;
                let d = super::gradient::<V, LOG>(sign, *kept, V::load(y.add(at)), V::load(dy.add(at)));
                put_gradient(d, dx.add(at), accumulate);
            }
        }
    }
}

#[inline(always)]
pub(super) unsafe fn all_forward<V: Vector, const LOG: bool>(g: &Softmax, stride: usize, x: *const f32, y: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe { for_each_strip!(V, [LOG], g, stride, |strip, at| strip_forward(g, strip, x.add(at), y.add(at))) };
}

#[cfg(feature = "train")]
#[inline(always)]
pub(super) unsafe fn all_backward<V: Vector, const LOG: bool>(
    g: &Softmax,
    stride: usize,
    y: *const f32,
    dy: *const f32,
    dx: *mut f32,
    accumulate: bool,
) {
    // SAFETY: the caller's promise.
    unsafe {
        for_each_strip!(V, [LOG], g, stride, |strip, at| strip_backward(g, strip, y.add(at), dy.add(at), dx.add(at), accumulate));
    }
}

/// Of one sample: vectors are rows.
#[inline(always)]
unsafe fn softmax_apart_forward<V: Vector>(g: &Softmax, stride: usize, x: *const f32, y: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe { all_forward::<V, false>(g, stride, x, y) };
}

#[inline(always)]
unsafe fn log_softmax_apart_forward<V: Vector>(g: &Softmax, stride: usize, x: *const f32, y: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe { all_forward::<V, true>(g, stride, x, y) };
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn softmax_apart_backward<V: Vector>(
    g: &Softmax,
    stride: usize,
    y: *const f32,
    dy: *const f32,
    dx: *mut f32,
    accumulate: bool,
) {
    // SAFETY: the caller's promise.
    unsafe { all_backward::<V, false>(g, stride, y, dy, dx, accumulate) };
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn log_softmax_apart_backward<V: Vector>(
    g: &Softmax,
    stride: usize,
    y: *const f32,
    dy: *const f32,
    dx: *mut f32,
    accumulate: bool,
) {
    // SAFETY: the caller's promise.
    unsafe { all_backward::<V, true>(g, stride, y, dy, dx, accumulate) };
}

#[expect(dead_code, reason = "the lanes are rows of one sample, so that only one of both entries is used")]
mod lanes {
    use super::*;
    entries! {
        pub(in crate::kernels) unsafe fn softmax_apart_forward(g: &Softmax, stride: usize, x: *const f32, y: *mut f32);
        pub(in crate::kernels) unsafe fn log_softmax_apart_forward(g: &Softmax, stride: usize, x: *const f32, y: *mut f32);
    }
}

#[cfg(feature = "train")]
#[expect(dead_code, reason = "as above")]
mod lanes_back {
    use super::*;
    entries! {
        pub(in crate::kernels) unsafe fn softmax_apart_backward(g: &Softmax, stride: usize, y: *const f32, dy: *const f32, dx: *mut f32, accumulate: bool);
        pub(in crate::kernels) unsafe fn log_softmax_apart_backward(g: &Softmax, stride: usize, y: *const f32, dy: *const f32, dx: *mut f32, accumulate: bool);
    }
}

pub(super) use lanes::chwn16::{log_softmax_apart_forward as log_forward, softmax_apart_forward as forward};
#[cfg(feature = "train")]
pub(super) use lanes_back::chwn16::{log_softmax_apart_backward as log_backward, softmax_apart_backward as backward};
