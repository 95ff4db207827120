//! Rows of one sample whose numbers stand side by side: the axis is the last one.

use super::super::row::{self, Affine};
use crate::simd::Vector;
use fireclay_ir::geometry::{AxisNorm, AxisNormKind};

#[inline(always)]
unsafe fn axis_norm_rows_forward<V: Vector>(
    g: &AxisNorm,
    x: *const f32,
    gamma: *const f32,
    beta: *const f32,
    y: *mut f32,
    stats: *mut f32,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let share = 1.0 / g.len as f32;
        for o in 0..g.outer {
            let x = x.add(o * g.len);
            let (mut shift, mut own) = (0.0, 0.0);
            if g.kind == AxisNormKind::Layer {
                // Relative to one of the numbers, so that sums stay small where the mean is large beside the deviations.
                shift = *x;
                own = row::sum::<V>(g.len, x, shift) * share;
            }
            let squares = row::squares::<V>(g.len, x, shift, own);
            let (mean, inverse) = (shift + own, super::inverse::<f32>(g, squares));
            (*stats.add(2 * o), *stats.add(2 * o + 1)) = (mean, inverse);
            row::normalize::<V>(g.len, x, mean, Affine { all: [inverse, 0.0], each: [gamma, beta] }, y.add(o * g.len));
        }
    }
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn axis_norm_rows_backward_input<V: Vector>(
    g: &AxisNorm,
    x: *const f32,
    stats: *const f32,
    gamma: *const f32,
    dy: *const f32,
    dx: *mut f32,
    accumulate: bool,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let affine = Affine { all: [1.0, 0.0], each: [gamma, core::ptr::null()] };
        for o in 0..g.outer {
            let (x, dy, dx) = (x.add(o * g.len), dy.add(o * g.len), dx.add(o * g.len));
            let (mean, inverse) = (*stats.add(2 * o), *stats.add(2 * o + 1));
            let (plain, weighted) = row::products::<V>(g.len, x, mean, affine, dy);
            let [a, b] = super::corrections(g, plain, weighted, inverse);
            row::gradient::<V>(g.len, x, [mean, inverse], affine, [a, b], dy, dx, accumulate);
        }
    }
}

/// Vectors of parameters whose gradients are summed at once.
#[cfg(feature = "train")]
const BESIDE: usize = 4;

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn axis_norm_rows_backward_params<V: Vector>(
    g: &AxisNorm,
    x: *const f32,
    stats: *const f32,
    dy: *const f32,
    dgamma: *mut f32,
    dbeta: *mut f32,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let whole = g.len - g.len % V::WIDTH;
        let mut first = 0;
        while first + BESIDE * V::WIDTH <= whole {
            of_params::<V, BESIDE>(g, first, x, stats, dy, dgamma, dbeta);
            first += BESIDE * V::WIDTH;
        }
        while first < whole {
            of_params::<V, 1>(g, first, x, stats, dy, dgamma, dbeta);
            first += V::WIDTH;
        }
        while first < g.len {
            of_params::<f32, 1>(g, first, x, stats, dy, dgamma, dbeta);
            first += 1;
        }
    }
}

/// Of `N` vectors of parameters from the `first` on.
#[cfg(feature = "train")]
#[inline(always)]
unsafe fn of_params<V: Vector, const N: usize>(
    g: &AxisNorm,
    first: usize,
    x: *const f32,
    stats: *const f32,
    dy: *const f32,
    dgamma: *mut f32,
    dbeta: *mut f32,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let (mut plain, mut weighted) = ([V::splat(0.0); N], [V::splat(0.0); N]);
        for o in 0..g.outer {
            let (mean, inverse) = (V::splat(*stats.add(2 * o)), V::splat(*stats.add(2 * o + 1)));
            for k in 0..N {
                let at = o * g.len + first + k * V::WIDTH;
                let d = V::load(dy.add(at));
                plain[k] = plain[k].add(d);
                weighted[k] = d.mul_add(V::load(x.add(at)).sub(mean).mul(inverse), weighted[k]);
            }
        }
        for k in 0..N {
            let at = first + k * V::WIDTH;
            if !dgamma.is_null() {
                V::load(dgamma.add(at)).add(weighted[k]).store(dgamma.add(at));
            }
            if !dbeta.is_null() {
                V::load(dbeta.add(at)).add(plain[k]).store(dbeta.add(at));
            }
        }
    }
}

#[expect(dead_code, reason = "the lanes are numbers of one sample, so that only one of both entries is used")]
mod lanes {
    use super::*;
    entries! {
        /// [`axis_norm_forward`](super::super::axis_norm_forward) of rows of sixteen numbers or more.
        pub(in crate::kernels) unsafe fn axis_norm_rows_forward(
            g: &AxisNorm,
            x: *const f32,
            gamma: *const f32,
            beta: *const f32,
            y: *mut f32,
            stats: *mut f32,
        );
    }
}

/// The gradients of those.
#[cfg(feature = "train")]
#[expect(dead_code, reason = "as above")]
mod lanes_back {
    use super::*;
    entries! {
        pub(in crate::kernels) unsafe fn axis_norm_rows_backward_input(
            g: &AxisNorm,
            x: *const f32,
            stats: *const f32,
            gamma: *const f32,
            dy: *const f32,
            dx: *mut f32,
            accumulate: bool,
        );
        pub(in crate::kernels) unsafe fn axis_norm_rows_backward_params(
            g: &AxisNorm,
            x: *const f32,
            stats: *const f32,
            dy: *const f32,
            dgamma: *mut f32,
            dbeta: *mut f32,
        );
    }
}

pub(super) use lanes::chwn16::axis_norm_rows_forward as forward;
#[cfg(feature = "train")]
pub(super) use lanes_back::chwn16::{
    axis_norm_rows_backward_input as backward_input, axis_norm_rows_backward_params as backward_params,
};
