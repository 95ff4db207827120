//! Group normalization (Wu and He 2018, arXiv 1803.08494): `y = (x − μ) / √(σ² + ε) · γ + β`, with μ and σ² of each group of channels of
//! each sample; of single channels it is instance normalization (Ulyanov et al. 2016, arXiv 1607.08022). No sample meets another.

mod one;

use super::batch_norm::{in_chains, or};
use crate::kernels::strips::sum4;
#[cfg(feature = "train")]
use crate::simd::TINY;
use crate::simd::{LANES, Vector};
use fireclay_ir::geometry::GroupNorm;

/// Whether the numbers of one sample's groups fill vectors.
#[inline(always)]
fn fills_vectors<V: Vector>(g: &GroupNorm) -> bool {
    V::WIDTH == 1 && g.channels / g.groups * g.size >= LANES
}

/// The channels of group `k`.
#[inline(always)]
fn channels(g: &GroupNorm, k: usize) -> core::ops::Range<usize> {
    let each = g.channels / g.groups;
    k * each..(k + 1) * each
}

/// The places of these channels at the o-th of the outer positions.
#[inline(always)]
fn places(g: &GroupNorm, o: usize, channels: &core::ops::Range<usize>) -> core::ops::Range<usize> {
    let first = o * g.channels;
    (first + channels.start) * g.size..(first + channels.end) * g.size
}

#[inline(always)]
unsafe fn group_norm_forward<V: Vector>(
    g: &GroupNorm,
    x: *const f32,
    gamma: *const f32,
    beta: *const f32,
    y: *mut f32,
    stats: *mut f32,
) {
    if fills_vectors::<V>(g) {
        // SAFETY: the caller's promise.
        return unsafe { one::forward(g, x, gamma, beta, y, stats) };
    }
    // SAFETY: the caller's promise.
    unsafe {
        for k in 0..g.groups {
            let of = channels(g, k);
            let share = V::splat(1.0 / (g.outer * of.len() * g.size) as f32);
            // Relative to one of the numbers, so that sums stay small where the mean is large beside the deviations.
            let shift = V::load(x.add(of.start * g.size * V::WIDTH));
            let mut sums = [V::splat(0.0); 4];
            for o in 0..g.outer {
                in_chains!(places(g, o, &of), |i, k| {
                    sums[k] = sums[k].add(V::load(x.add(i * V::WIDTH)).sub(shift));
                });
            }
            let own = sum4(sums).mul(share);
            let mut squares = [V::splat(0.0); 4];
            for o in 0..g.outer {
                in_chains!(places(g, o, &of), |i, k| {
                    let d = V::load(x.add(i * V::WIDTH)).sub(shift).sub(own);
                    squares[k] = d.mul_add(d, squares[k]);
                });
            }
            let mean = shift.add(own);
            let inverse = V::splat(1.0).div(sum4(squares).mul_add(share, V::splat(g.eps)).sqrt());
            mean.store(stats.add(2 * k * V::WIDTH));
            inverse.store(stats.add((2 * k + 1) * V::WIDTH));
            for o in 0..g.outer {
                for c in of.clone() {
                    let (scale, beta) = (inverse.mul(V::splat(or(gamma, c, 1.0))), V::splat(or(beta, c, 0.0)));
                    for i in places(g, o, &(c..c + 1)) {
                        // Taking the mean off first keeps what little is left exact.
                        V::load(x.add(i * V::WIDTH)).sub(mean).mul_add(scale, beta).store(y.add(i * V::WIDTH));
                    }
                }
            }
        }
    }
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn group_norm_backward_input<V: Vector>(
    g: &GroupNorm,
    x: *const f32,
    stats: *const f32,
    gamma: *const f32,
    dy: *const f32,
    dx: *mut f32,
    accumulate: bool,
) {
    if fills_vectors::<V>(g) {
        // SAFETY: the caller's promise.
        return unsafe { one::backward_input(g, x, stats, gamma, dy, dx, accumulate) };
    }
    // SAFETY: the caller's promise.
    unsafe {
        for k in 0..g.groups {
            let of = channels(g, k);
            let share = V::splat(1.0 / (g.outer * of.len() * g.size) as f32);
            let (mean, inverse) = (V::load(stats.add(2 * k * V::WIDTH)), V::load(stats.add((2 * k + 1) * V::WIDTH)));
            let (mut plain, mut weighted) = (V::splat(0.0), V::splat(0.0));
            for c in of.clone() {
                let (mut of_channel, mut of_products) = ([V::splat(0.0); 4], [V::splat(0.0); 4]);
                for o in 0..g.outer {
                    in_chains!(places(g, o, &(c..c + 1)), |i, k| {
                        let d = V::load(dy.add(i * V::WIDTH));
                        of_channel[k] = of_channel[k].add(d);
                        of_products[k] = d.mul_add(V::load(x.add(i * V::WIDTH)).sub(mean), of_products[k]);
                    });
                }
                let gamma = V::splat(or(gamma, c, 1.0));
                plain = sum4(of_channel).flush(TINY).mul_add(gamma, plain);
                weighted = sum4(of_products).flush(TINY).mul_add(gamma, weighted);
            }
            // dx = (γ·dy − Σ γ·dy / n − x̂ · Σ (γ·dy · x̂) / n) / √(σ² + ε)
            let a = plain.mul(share).flush(TINY);
            let b = weighted.mul(share).mul(inverse).mul(inverse).flush(TINY);
            for o in 0..g.outer {
                for c in of.clone() {
                    let gamma = V::splat(or(gamma, c, 1.0));
                    for i in places(g, o, &(c..c + 1)) {
                        let at = i * V::WIDTH;
                        let centered = V::load(x.add(at)).sub(mean);
                        let d = V::load(dy.add(at)).mul(gamma).sub(a).sub(centered.mul(b)).mul(inverse);
                        let d = if accumulate { V::load(dx.add(at)).add(d) } else { d };
                        d.flush(TINY).store(dx.add(at));
                    }
                }
            }
        }
    }
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn group_norm_backward_params<V: Vector>(
    g: &GroupNorm,
    x: *const f32,
    stats: *const f32,
    dy: *const f32,
    dgamma: *mut f32,
    dbeta: *mut f32,
) {
    if fills_vectors::<V>(g) {
        // SAFETY: the caller's promise.
        return unsafe { one::backward_params(g, x, stats, dy, dgamma, dbeta) };
    }
    // SAFETY: the caller's promise.
    unsafe {
        for k in 0..g.groups {
            let (mean, inverse) = (V::load(stats.add(2 * k * V::WIDTH)), V::load(stats.add((2 * k + 1) * V::WIDTH)));
            for c in channels(g, k) {
                let (mut plain, mut weighted) = ([V::splat(0.0); 4], [V::splat(0.0); 4]);
                for o in 0..g.outer {
                    in_chains!(places(g, o, &(c..c + 1)), |i, k| {
                        let d = V::load(dy.add(i * V::WIDTH));
                        plain[k] = plain[k].add(d);
                        weighted[k] = d.mul_add(V::load(x.add(i * V::WIDTH)).sub(mean), weighted[k]);
                    });
                }
                if !dgamma.is_null() {
                    *dgamma.add(c) += sum4(weighted).mul(inverse).sum();
                }
                if !dbeta.is_null() {
                    *dbeta.add(c) += sum4(plain).sum();
                }
            }
        }
    }
}

fireclay_ir::group_norm_kernels!(declared);
