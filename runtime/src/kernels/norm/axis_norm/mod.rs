//! Norms along an axis, of one row of numbers after the other: layer norm (Ba et al. 2016, arXiv 1607.06450), `y = (x − μ) / √(σ² + ε) · γ + β`;
//! RMS norm (Zhang and Sennrich 2019, arXiv 1910.07467), `y = x / √(mean(x²) + ε) · γ`; L2 norm (Liu et al. 2015, arXiv 1506.04579),
//! `y = x / max(|x|, ε) · γ`. No sample meets another.
//!
//! The numbers of a row stand side by side where the axis is the last one: of a single sample sixteen of them are a vector ([`rows`]). Else rows stand side by side
//! ([`strips`]).

mod rows;
mod strips;

use super::batch_norm::{in_chains, or};
#[cfg(feature = "train")]
use crate::kernels::gradient::put_gradient;
use crate::kernels::strips::sum4;
#[cfg(feature = "train")]
use crate::simd::TINY;
use crate::simd::{LANES, Vector};
use fireclay_ir::geometry::{AxisNorm, AxisNormKind};
use strips::axis_norm_strips_forward;
#[cfg(feature = "train")]
use strips::{axis_norm_strips_backward_input, axis_norm_strips_backward_params};

/// What a row is multiplied by, from the sum of its squares.
#[inline(always)]
unsafe fn inverse<V: Vector>(g: &AxisNorm, squares: V) -> V {
    // SAFETY: the instruction set is there.
    unsafe {
        let eps = V::splat(g.eps);
        let size = match g.kind {
            // `max` gives its second operand where one is NaN, so NaN stays.
            AxisNormKind::L2 => eps.max(squares.sqrt()),
            _ => squares.mul_add(V::splat(1.0 / g.len as f32), eps).sqrt(),
        };
        V::splat(1.0).div(size)
    }
}

/// What is taken off a row, in two parts, and what it is then multiplied by.
#[inline(always)]
unsafe fn statistics<V: Vector>(g: &AxisNorm, row: *const f32) -> (V, V, V) {
    // SAFETY: the caller's promise.
    unsafe {
        let (mut shift, mut own) = (V::splat(0.0), V::splat(0.0));
        if g.kind == AxisNormKind::Layer {
            // Relative to one of the numbers, so that sums stay small where the mean is large beside the deviations.
            shift = V::load(row);
            let mut sums = [V::splat(0.0); 4];
            in_chains!(0..g.len, |i, k| {
                sums[k] = sums[k].add(V::load(row.add(i * V::WIDTH)).sub(shift));
            });
            own = sum4(sums).mul(V::splat(1.0 / g.len as f32));
        }
        let mut squares = [V::splat(0.0); 4];
        in_chains!(0..g.len, |i, k| {
            let d = V::load(row.add(i * V::WIDTH)).sub(shift).sub(own);
            squares[k] = d.mul_add(d, squares[k]);
        });
        (shift, own, inverse(g, sum4(squares)))
    }
}

#[inline(always)]
unsafe fn axis_norm_forward<V: Vector>(
    g: &AxisNorm,
    x: *const f32,
    gamma: *const f32,
    beta: *const f32,
    y: *mut f32,
    stats: *mut f32,
) {
    // SAFETY: the caller's promise.
    unsafe {
        match (V::WIDTH, g.inner, g.len) {
            (1, 1, LANES..) => return rows::forward(g, x, gamma, beta, y, stats),
            (1, LANES.., _) => return strips::forward(g, g.inner, x, gamma, beta, y, stats),
            (_, 2.., _) => return axis_norm_strips_forward::<V>(g, g.inner * V::WIDTH, x, gamma, beta, y, stats),
            _ => {}
        }
        for o in 0..g.outer {
            let first = o * g.len * V::WIDTH;
            let (shift, own, inverse) = statistics::<V>(g, x.add(first));
            let mean = shift.add(own);
            mean.store(stats.add(2 * o * V::WIDTH));
            inverse.store(stats.add((2 * o + 1) * V::WIDTH));
            for k in 0..g.len {
                let at = first + k * V::WIDTH;
                let (scale, beta) = (inverse.mul(V::splat(or(gamma, k, 1.0))), V::splat(or(beta, k, 0.0)));
                // Taking the mean off first keeps what little is left exact.
                V::load(x.add(at)).sub(mean).mul_add(scale, beta).store(y.add(at));
            }
        }
    }
}

/// From `Σ γ·dy` and `Σ γ·dy · (x − μ)` the a and b of `dx = (γ·dy − a − (x − μ) · b) · inverse`: `Σ γ·dy / n` where a mean was taken off, and
/// `inverse² · Σ γ·dy · (x − μ) / n`.
#[cfg(feature = "train")]
#[inline(always)]
unsafe fn corrections<V: Vector>(g: &AxisNorm, plain: V, weighted: V, inverse: V) -> [V; 2] {
    // SAFETY: the instruction set is there.
    unsafe {
        // Where the length was below ε, a change of it changes nothing.
        let (share, bound) = match g.kind {
            AxisNormKind::L2 => (V::splat(1.0), V::splat(1.0).div(V::splat(g.eps))),
            _ => (V::splat(1.0 / g.len as f32), V::splat(f32::INFINITY)),
        };
        let a = match g.kind {
            AxisNormKind::Layer => plain.mul(share).flush(TINY),
            _ => V::splat(0.0),
        };
        let b = weighted.flush(TINY).mul(share).mul(inverse).mul(inverse).flush(TINY);
        [a, bound.select_gt(inverse, b, V::splat(0.0))]
    }
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn axis_norm_backward_input<V: Vector>(
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
        match (V::WIDTH, g.inner, g.len) {
            (1, 1, LANES..) => return rows::backward_input(g, x, stats, gamma, dy, dx, accumulate),
            (1, LANES.., _) => return strips::backward_input(g, g.inner, x, stats, gamma, dy, dx, accumulate),
            (_, 2.., _) => {
                return axis_norm_strips_backward_input::<V>(g, g.inner * V::WIDTH, x, stats, gamma, dy, dx, accumulate);
            }
            _ => {}
        }
        for o in 0..g.outer {
            let first = o * g.len * V::WIDTH;
            let (mean, inverse) = (V::load(stats.add(2 * o * V::WIDTH)), V::load(stats.add((2 * o + 1) * V::WIDTH)));
            let (mut plain, mut weighted) = ([V::splat(0.0); 4], [V::splat(0.0); 4]);
            in_chains!(0..g.len, |k, c| {
                let at = first + k * V::WIDTH;
                let d = V::load(dy.add(at)).mul(V::splat(or(gamma, k, 1.0)));
                plain[c] = plain[c].add(d);
                weighted[c] = d.mul_add(V::load(x.add(at)).sub(mean), weighted[c]);
            });
            let [a, b] = corrections(g, sum4(plain), sum4(weighted), inverse);
            for k in 0..g.len {
                let at = first + k * V::WIDTH;
                let d = V::load(dy.add(at)).mul(V::splat(or(gamma, k, 1.0)));
                let d = d.sub(a).sub(V::load(x.add(at)).sub(mean).mul(b)).mul(inverse);
                put_gradient(d, dx.add(at), accumulate);
            }
        }
    }
}

/// Parameters whose gradients are summed at once: their numbers stand side by side where the axis is the last one.
#[cfg(feature = "train")]
const BESIDE: usize = 4;

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn axis_norm_backward_params<V: Vector>(
    g: &AxisNorm,
    x: *const f32,
    stats: *const f32,
    dy: *const f32,
    dgamma: *mut f32,
    dbeta: *mut f32,
) {
    // SAFETY: the caller's promise.
    unsafe {
        match (V::WIDTH, g.inner, g.len) {
            (1, 1, LANES..) => return rows::backward_params(g, x, stats, dy, dgamma, dbeta),
            (1, LANES.., _) => return strips::backward_params(g, g.inner, x, stats, dy, dgamma, dbeta),
            (_, 2.., _) => return axis_norm_strips_backward_params::<V>(g, g.inner * V::WIDTH, x, stats, dy, dgamma, dbeta),
            _ => {}
        }
        for first in (0..g.len).step_by(BESIDE) {
            let count = BESIDE.min(g.len - first);
            let (mut plain, mut weighted) = ([V::splat(0.0); BESIDE], [V::splat(0.0); BESIDE]);
            for o in 0..g.outer {
                let of = 2 * o * V::WIDTH;
                let (mean, inverse) = (V::load(stats.add(of)), V::load(stats.add(of + V::WIDTH)));
                for k in 0..count {
                    let at = (o * g.len + first + k) * V::WIDTH;
                    let d = V::load(dy.add(at));
                    plain[k] = plain[k].add(d);
                    weighted[k] = d.mul_add(V::load(x.add(at)).sub(mean).mul(inverse), weighted[k]);
                }
            }
            for k in 0..count {
                if !dgamma.is_null() {
                    *dgamma.add(first + k) += weighted[k].sum();
                }
                if !dbeta.is_null() {
                    *dbeta.add(first + k) += plain[k].sum();
                }
            }
        }
    }
}

fireclay_ir::axis_norm_kernels!(declared);
