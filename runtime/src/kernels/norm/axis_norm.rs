//! Norms along an axis, of one row of numbers after the other: layer norm (Ba et al. 2016, arXiv 1607.06450), `y = (x − μ) / √(σ² + ε) · γ + β`;
//! RMS norm (Zhang and Sennrich 2019, arXiv 1910.07467), `y = x / √(mean(x²) + ε) · γ`; L2 norm (Liu et al. 2015, arXiv 1506.04579),
//! `y = x / max(|x|, ε) · γ`. No sample meets another.

use super::batch_norm::{in_chains, or, sum4};
#[cfg(feature = "train")]
use crate::simd::TINY;
use crate::simd::Vector;
use fireclay_ir::geometry::{AxisNorm, AxisNormKind};

/// What is taken off a row, in two parts, and what it is then multiplied by.
#[inline(always)]
unsafe fn statistics<V: Vector>(g: &AxisNorm, row: *const f32) -> (V, V, V) {
    let stride = g.inner * V::WIDTH;
    // SAFETY: the caller's promise.
    unsafe {
        let share = V::splat(1.0 / g.len as f32);
        let (mut shift, mut own) = (V::splat(0.0), V::splat(0.0));
        if g.kind == AxisNormKind::Layer {
            // Relative to one of the numbers, so that sums stay small where the mean is large beside the deviations.
            shift = V::load(row);
            let mut sums = [V::splat(0.0); 4];
            in_chains!(0..g.len, |i, k| {
                sums[k] = sums[k].add(V::load(row.add(i * stride)).sub(shift));
            });
            own = sum4(sums).mul(share);
        }
        let mut squares = [V::splat(0.0); 4];
        in_chains!(0..g.len, |i, k| {
            let d = V::load(row.add(i * stride)).sub(shift).sub(own);
            squares[k] = d.mul_add(d, squares[k]);
        });
        let (squares, eps) = (sum4(squares), V::splat(g.eps));
        let size = match g.kind {
            // `max` gives its second operand where one is NaN, so NaN stays.
            AxisNormKind::L2 => eps.max(squares.sqrt()),
            _ => squares.mul_add(share, eps).sqrt(),
        };
        (shift, own, V::splat(1.0).div(size))
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
        for o in 0..g.outer {
            for i in 0..g.inner {
                let first = (o * g.len * g.inner + i) * V::WIDTH;
                let (shift, own, inverse) = statistics::<V>(g, x.add(first));
                let mean = shift.add(own);
                let of = 2 * (o * g.inner + i) * V::WIDTH;
                mean.store(stats.add(of));
                inverse.store(stats.add(of + V::WIDTH));
                for k in 0..g.len {
                    let at = first + k * g.inner * V::WIDTH;
                    let (scale, beta) = (inverse.mul(V::splat(or(gamma, k, 1.0))), V::splat(or(beta, k, 0.0)));
                    // Taking the mean off first keeps what little is left exact.
                    V::load(x.add(at)).sub(mean).mul_add(scale, beta).store(y.add(at));
                }
            }
        }
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
    let stride = g.inner * V::WIDTH;
    // SAFETY: the caller's promise.
    unsafe {
        // Where the length was below ε, a change of it changes nothing.
        let (share, bound) = match g.kind {
            AxisNormKind::L2 => (V::splat(1.0), V::splat(1.0).div(V::splat(g.eps))),
            _ => (V::splat(1.0 / g.len as f32), V::splat(f32::INFINITY)),
        };
        for o in 0..g.outer {
            for i in 0..g.inner {
                let first = (o * g.len * g.inner + i) * V::WIDTH;
                let of = 2 * (o * g.inner + i) * V::WIDTH;
                let (mean, inverse) = (V::load(stats.add(of)), V::load(stats.add(of + V::WIDTH)));
                let (mut plain, mut weighted) = ([V::splat(0.0); 4], [V::splat(0.0); 4]);
                in_chains!(0..g.len, |k, c| {
                    let at = first + k * stride;
                    let d = V::load(dy.add(at)).mul(V::splat(or(gamma, k, 1.0)));
                    plain[c] = plain[c].add(d);
                    weighted[c] = d.mul_add(V::load(x.add(at)).sub(mean), weighted[c]);
                });
                // dx = (γ·dy − Σ γ·dy / n − x̂ · Σ (γ·dy · x̂) / n) · inverse, without the first sum where no mean was taken off.
                let a = match g.kind {
                    AxisNormKind::Layer => sum4(plain).mul(share).flush(TINY),
                    _ => V::splat(0.0),
                };
                let b = sum4(weighted).flush(TINY).mul(share).mul(inverse).mul(inverse).flush(TINY);
                let b = bound.select_gt(inverse, b, V::splat(0.0));
                for k in 0..g.len {
                    let at = first + k * stride;
                    let d = V::load(dy.add(at)).mul(V::splat(or(gamma, k, 1.0)));
                    let d = d.sub(a).sub(V::load(x.add(at)).sub(mean).mul(b)).mul(inverse);
                    let d = if accumulate { V::load(dx.add(at)).add(d) } else { d };
                    d.flush(TINY).store(dx.add(at));
                }
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
        for first in (0..g.len).step_by(BESIDE) {
            let count = BESIDE.min(g.len - first);
            let (mut plain, mut weighted) = ([V::splat(0.0); BESIDE], [V::splat(0.0); BESIDE]);
            for o in 0..g.outer {
                for i in 0..g.inner {
                    let of = 2 * (o * g.inner + i) * V::WIDTH;
                    let (mean, inverse) = (V::load(stats.add(of)), V::load(stats.add(of + V::WIDTH)));
                    for k in 0..count {
                        let at = ((o * g.len + first + k) * g.inner + i) * V::WIDTH;
                        let d = V::load(dy.add(at));
                        plain[k] = plain[k].add(d);
                        weighted[k] = d.mul_add(V::load(x.add(at)).sub(mean).mul(inverse), weighted[k]);
                    }
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
