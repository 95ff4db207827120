//! Local response normalization (Krizhevsky et al. 2012): `y = x · base^−β` with `base = k + α · Σ x² / n`, the sum over n neighboring
//! channels at the same position.

use crate::kernels::strips::sixteens;
use crate::math;
#[cfg(feature = "train")]
use crate::simd::TINY;
use crate::simd::Vector;
use core::ops::Range;
use fireclay_ir::geometry::Lrn;

/// The channels that the sum of channel c goes over.
#[inline(always)]
fn near(g: &Lrn, c: usize) -> Range<usize> {
    c.saturating_sub(g.window / 2)..(c + (g.window - 1) / 2 + 1).min(g.channels)
}

/// The channels whose sums channel c is in.
#[cfg(feature = "train")]
#[inline(always)]
fn reached(g: &Lrn, c: usize) -> Range<usize> {
    c.saturating_sub((g.window - 1) / 2)..(c + g.window / 2 + 1).min(g.channels)
}

/// `base^−β`
#[inline(always)]
unsafe fn power<V: Vector>(g: &Lrn, base: V) -> V {
    // SAFETY: the caller's promise.
    unsafe { math::exp(math::ln(base).mul(V::splat(-g.beta))) }
}

#[inline(always)]
unsafe fn lrn_forward<V: Vector>(g: &Lrn, x: *const f32, y: *mut f32, bases: *mut f32) {
    if let Some(size) = sixteens::<V>(g.size) {
        // SAFETY: the caller's promise, for as many numbers.
        return unsafe { chwn16::lrn_forward(&Lrn { size, ..*g }, x, y, bases) };
    }
    // SAFETY: the caller's promise.
    unsafe {
        let (share, k) = (V::splat(g.alpha / g.window as f32), V::splat(g.k));
        for c in 0..g.channels {
            for i in 0..g.size {
                let mut squares = V::splat(0.0);
                for n in near(g, c) {
                    let value = V::load(x.add((n * g.size + i) * V::WIDTH));
                    squares = value.mul_add(value, squares);
                }
                let (base, at) = (squares.mul_add(share, k), (c * g.size + i) * V::WIDTH);
                if !bases.is_null() {
                    base.store(bases.add(at));
                }
                V::load(x.add(at)).mul(power(g, base)).flush(f32::MIN_POSITIVE).store(y.add(at));
            }
        }
    }
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn lrn_backward<V: Vector>(
    g: &Lrn,
    x: *const f32,
    bases: *const f32,
    dy: *const f32,
    dx: *mut f32,
    accumulate: bool,
    scratch: *mut f32,
) {
    if let Some(size) = sixteens::<V>(g.size) {
        // SAFETY: the caller's promise, for as many numbers.
        return unsafe { chwn16::lrn_backward(&Lrn { size, ..*g }, x, bases, dy, dx, accumulate, scratch) };
    }
    // SAFETY: the caller's promise.
    unsafe {
        // dx = dy · base^−β − 2·α·β / n · x · Σ dy · x · base^−β / base, the sum over the channels that this one is near to.
        for at in (0..g.channels * g.size * V::WIDTH).step_by(V::WIDTH) {
            let base = V::load(bases.add(at));
            let d = V::load(dy.add(at)).mul(power(g, base));
            d.mul(V::load(x.add(at))).div(base).flush(TINY).store(scratch.add(at));
            let d = if accumulate { V::load(dx.add(at)).add(d) } else { d };
            d.store(dx.add(at));
        }
        let factor = V::splat(-2.0 * g.alpha * g.beta / g.window as f32);
        for c in 0..g.channels {
            for i in 0..g.size {
                let mut sum = V::splat(0.0);
                for n in reached(g, c) {
                    sum = sum.add(V::load(scratch.add((n * g.size + i) * V::WIDTH)));
                }
                let at = (c * g.size + i) * V::WIDTH;
                let d = V::load(x.add(at)).mul(factor).mul_add(sum, V::load(dx.add(at)));
                d.flush(TINY).store(dx.add(at));
            }
        }
    }
}

fireclay_ir::lrn_kernels!(declared);
