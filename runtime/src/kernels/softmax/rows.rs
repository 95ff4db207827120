//! The axis is the last one: the numbers of a row lie side by side. A vector is one number of sixteen samples, or sixteen numbers of a single one.

use super::sign;
#[cfg(feature = "train")]
use crate::kernels::gradient::put_gradient;
use crate::kernels::strips::{along, sum4};
use crate::math;
#[cfg(feature = "train")]
use crate::simd::TINY;
use crate::simd::{LANES, Vector};
use fireclay_ir::geometry::Softmax;

/// The floats of a row.
#[inline(always)]
fn floats<V: Vector>(g: &Softmax, one: bool) -> usize {
    if one { g.len } else { g.len * V::WIDTH }
}

/// The largest of four chains; of `one` sample that of all lanes and `rest`.
#[inline(always)]
unsafe fn largest<V: Vector>([a, b, c, d]: [V; 4], one: bool, rest: f32) -> V {
    // SAFETY: the instruction set is there.
    unsafe {
        let most = a.max(b).max(c.max(d));
        if !one {
            return most;
        }
        let (mut lanes, mut largest) = ([0.0_f32; LANES], rest);
        most.store(lanes.as_mut_ptr());
        for lane in &lanes[..V::WIDTH] {
            // As `max`: a NaN that came first is passed over.
            largest = if largest > *lane { largest } else { *lane };
        }
        V::splat(largest)
    }
}

/// The sum of four chains; of `one` sample that of all lanes and `rest`.
#[inline(always)]
unsafe fn total<V: Vector>(chains: [V; 4], one: bool, rest: f32) -> V {
    // SAFETY: the instruction set is there.
    unsafe {
        let sum = sum4(chains);
        if one { V::splat(sum.sum() + rest) } else { sum }
    }
}

/// The first lane.
#[inline(always)]
unsafe fn first<V: Vector>(v: V) -> f32 {
    let mut lanes = [0.0_f32; LANES];
    // SAFETY: the instruction set is there, and the lanes are.
    unsafe { v.store(lanes.as_mut_ptr()) };
    lanes[0]
}

/// As `flush`, of what is not below zero.
#[inline(always)]
unsafe fn flushed<V: Vector>(y: V) -> V {
    // SAFETY: the instruction set is there.
    unsafe { V::splat(f32::MIN_POSITIVE).select_gt(y, V::splat(0.0), y) }
}

#[inline(always)]
unsafe fn row_forward<V: Vector, const LOG: bool>(g: &Softmax, one: bool, x: *const f32, y: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe {
        let (floats, turn) = (floats::<V>(g, one), sign(g));
        let (sign, mut chains, mut rest) = (V::splat(turn), [V::splat(f32::NEG_INFINITY); 4], f32::NEG_INFINITY);
        along!(
            V,
            floats,
            |i, chain| {
                chains[chain] = chains[chain].max(V::load(x.add(i)).mul(sign));
            },
            |i| {
                rest = Vector::max(rest, *x.add(i) * turn);
            }
        );
        let most = largest(chains, one, rest);
        let (most_of_rest, less) = (first(most), V::splat(0.0).sub(most));
        let (mut chains, mut rest) = ([V::splat(0.0); 4], 0.0);
        along!(
            V,
            floats,
            |i, chain| {
                let e = math::exp_or_zero(V::load(x.add(i)).mul_add(sign, less));
                chains[chain] = chains[chain].add(e);
                if !LOG {
                    e.store(y.add(i));
                }
            },
            |i| {
                let e = math::exp_or_zero(*x.add(i) * turn - most_of_rest);
                rest += e;
                if !LOG {
                    *y.add(i) = e;
                }
            }
        );
        let sum = total(chains, one, rest);
        let of = if LOG { math::ln(sum) } else { V::splat(1.0).div(sum) };
        let of_rest = first(of);
        along!(
            V,
            floats,
            |i, _chain| {
                let number = if LOG { V::load(x.add(i)).sub(most).sub(of) } else { flushed(V::load(y.add(i)).mul(of)) };
                number.store(y.add(i));
            },
            |i| {
                *y.add(i) = if LOG { *x.add(i) - most_of_rest - of_rest } else { flushed(*y.add(i) * of_rest) };
            }
        );
    }
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn row_backward<V: Vector, const LOG: bool>(
    g: &Softmax,
    one: bool,
    y: *const f32,
    dy: *const f32,
    dx: *mut f32,
    accumulate: bool,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let (floats, turn) = (floats::<V>(g, one), sign(g));
        let (mut chains, mut rest) = ([V::splat(0.0); 4], 0.0);
        along!(
            V,
            floats,
            |i, chain| {
                let d = V::load(dy.add(i));
                chains[chain] = if LOG { chains[chain].add(d) } else { V::load(y.add(i)).mul_add(d, chains[chain]) };
            },
            |i| {
                rest += if LOG { *dy.add(i) } else { *y.add(i) * *dy.add(i) };
            }
        );
        let kept = total(chains, one, rest);
        let kept = if LOG { kept.flush(TINY) } else { kept };
        let (sign, of_rest) = (V::splat(turn), first(kept));
        along!(
            V,
            floats,
            |i, _chain| {
                let d = super::gradient::<V, LOG>(sign, kept, V::load(y.add(i)), V::load(dy.add(i)));
                put_gradient(d, dx.add(i), accumulate);
            },
            |i| {
                let d = super::gradient::<f32, LOG>(turn, of_rest, *y.add(i), *dy.add(i));
                put_gradient(d, dx.add(i), accumulate);
            }
        );
    }
}

#[inline(always)]
pub(super) unsafe fn all_forward<V: Vector, const LOG: bool>(g: &Softmax, one: bool, x: *const f32, y: *mut f32) {
    for o in 0..g.outer {
        let at = o * floats::<V>(g, one);
        // SAFETY: the caller's promise.
        unsafe { row_forward::<V, LOG>(g, one, x.add(at), y.add(at)) };
    }
}

#[cfg(feature = "train")]
#[inline(always)]
pub(super) unsafe fn all_backward<V: Vector, const LOG: bool>(
    g: &Softmax,
    one: bool,
    y: *const f32,
    dy: *const f32,
    dx: *mut f32,
    accumulate: bool,
) {
    for o in 0..g.outer {
        let at = o * floats::<V>(g, one);
        // SAFETY: the caller's promise.
        unsafe { row_backward::<V, LOG>(g, one, y.add(at), dy.add(at), dx.add(at), accumulate) };
    }
}

/// Of one sample: vectors are numbers.
#[inline(always)]
unsafe fn softmax_beside_forward<V: Vector>(g: &Softmax, x: *const f32, y: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe { all_forward::<V, false>(g, true, x, y) };
}

#[inline(always)]
unsafe fn log_softmax_beside_forward<V: Vector>(g: &Softmax, x: *const f32, y: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe { all_forward::<V, true>(g, true, x, y) };
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn softmax_beside_backward<V: Vector>(g: &Softmax, y: *const f32, dy: *const f32, dx: *mut f32, accumulate: bool) {
    // SAFETY: the caller's promise.
    unsafe { all_backward::<V, false>(g, true, y, dy, dx, accumulate) };
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn log_softmax_beside_backward<V: Vector>(g: &Softmax, y: *const f32, dy: *const f32, dx: *mut f32, accumulate: bool) {
    // SAFETY: the caller's promise.
    unsafe { all_backward::<V, true>(g, true, y, dy, dx, accumulate) };
}

#[expect(dead_code, reason = "the lanes are numbers of one sample, so that only one of both entries is used")]
mod lanes {
    use super::*;
    entries! {
        pub(in crate::kernels) unsafe fn softmax_beside_forward(g: &Softmax, x: *const f32, y: *mut f32);
        pub(in crate::kernels) unsafe fn log_softmax_beside_forward(g: &Softmax, x: *const f32, y: *mut f32);
    }
}

#[cfg(feature = "train")]
#[expect(dead_code, reason = "as above")]
mod lanes_back {
    use super::*;
    entries! {
        pub(in crate::kernels) unsafe fn softmax_beside_backward(g: &Softmax, y: *const f32, dy: *const f32, dx: *mut f32, accumulate: bool);
        pub(in crate::kernels) unsafe fn log_softmax_beside_backward(g: &Softmax, y: *const f32, dy: *const f32, dx: *mut f32, accumulate: bool);
    }
}

pub(in crate::kernels) use lanes::chwn16::{log_softmax_beside_forward as log_forward, softmax_beside_forward as forward};
#[cfg(feature = "train")]
pub(in crate::kernels) use lanes_back::chwn16::{
    log_softmax_beside_backward as log_backward, softmax_beside_backward as backward,
};
