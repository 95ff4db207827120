//! Group normalization (Wu and He 2018, arXiv 1803.08494): `y = (x − μ) / √(σ² + ε) · γ + β`, with μ and σ² of each group of channels of
//! each sample; of single channels it is instance normalization (Ulyanov et al. 2016, arXiv 1607.08022). No sample meets another.

mod one;

use super::batch_norm::{in_chains, or};
#[cfg(feature = "train")]
use crate::kernels::gradient::put_gradient;
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

/// Where the sums of a channel stand: of dy, and of dy times what x is above the mean.
#[cfg(feature = "train")]
#[inline(always)]
unsafe fn of_channel<V: Vector>(g: &GroupNorm, c: usize, sums: *const f32) -> [V; 2] {
    // SAFETY: the caller's promise.
    unsafe { [V::load(sums.add(c * V::WIDTH)), V::load(sums.add((g.channels + c) * V::WIDTH))] }
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn group_norm_backward_sums<V: Vector>(g: &GroupNorm, x: *const f32, stats: *const f32, dy: *const f32, sums: *mut f32) {
    if fills_vectors::<V>(g) {
        // SAFETY: the caller's promise.
        return unsafe { one::backward_sums(g, x, stats, dy, sums) };
    }
    // SAFETY: the caller's promise.
    unsafe {
        let (plainly, weighted) = (sums, sums.add(g.channels * V::WIDTH));
        for k in 0..g.groups {
            let mean = V::load(stats.add(2 * k * V::WIDTH));
            if g.size == 1 {
                of_steps(g, channels(g, k), mean, x, dy, [plainly, weighted]);
                continue;
            }
            for c in channels(g, k) {
                let (mut of_dy, mut of_products) = ([V::splat(0.0); 4], [V::splat(0.0); 4]);
                for o in 0..g.outer {
                    in_chains!(places(g, o, &(c..c + 1)), |i, k| {
                        let d = V::load(dy.add(i * V::WIDTH));
                        of_dy[k] = of_dy[k].add(d);
                        of_products[k] = d.mul_add(V::load(x.add(i * V::WIDTH)).sub(mean), of_products[k]);
                    });
                }
                sum4(of_dy).store(plainly.add(c * V::WIDTH));
                sum4(of_products).store(weighted.add(c * V::WIDTH));
            }
        }
    }
}

/// The sums of channels of a sequence, of which each has one number in a step: those of a step lie side by side, steps far apart, so that all channels are summed together.
#[cfg(feature = "train")]
#[inline(always)]
unsafe fn of_steps<V: Vector>(
    g: &GroupNorm,
    channels: core::ops::Range<usize>,
    mean: V,
    x: *const f32,
    dy: *const f32,
    [plainly, weighted]: [*mut f32; 2],
) {
    /// Steps whose numbers are added to a sum while it is in registers.
    const AT_ONCE: usize = 4;
    // SAFETY: the caller's promise.
    unsafe {
        for first in (0..g.outer).step_by(AT_ONCE) {
            for c in channels.clone() {
                let (to_plain, to_weighted) = (plainly.add(c * V::WIDTH), weighted.add(c * V::WIDTH));
                let (mut plain, mut of_products) =
                    if first == 0 { (V::splat(0.0), V::splat(0.0)) } else { (V::load(to_plain), V::load(to_weighted)) };
                for o in first..(first + AT_ONCE).min(g.outer) {
                    let at = (o * g.channels + c) * V::WIDTH;
                    let d = V::load(dy.add(at));
                    plain = plain.add(d);
                    of_products = d.mul_add(V::load(x.add(at)).sub(mean), of_products);
                }
                plain.store(to_plain);
                of_products.store(to_weighted);
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
    sums: *const f32,
    gamma: *const f32,
    dy: *const f32,
    dx: *mut f32,
    accumulate: bool,
) {
    // SAFETY: the caller's promise.
    unsafe {
        for k in 0..g.groups {
            let of = channels(g, k);
            let share = V::splat(1.0 / (g.outer * of.len() * g.size) as f32);
            let (mean, inverse) = (V::load(stats.add(2 * k * V::WIDTH)), V::load(stats.add((2 * k + 1) * V::WIDTH)));
            let (mut plain, mut weighted) = (V::splat(0.0), V::splat(0.0));
            for c in of.clone() {
                let (gamma, [of_dy, of_products]) = (V::splat(or(gamma, c, 1.0)), of_channel::<V>(g, c, sums));
                plain = of_dy.flush(TINY).mul_add(gamma, plain);
                weighted = of_products.flush(TINY).mul_add(gamma, weighted);
            }
            // dx = (γ·dy − Σ γ·dy / n − x̂ · Σ (γ·dy · x̂) / n) / √(σ² + ε)
            let a = plain.mul(share).flush(TINY);
            let b = weighted.mul(share).mul(inverse).mul(inverse).flush(TINY);
            if fills_vectors::<V>(g) {
                let mut of_group = [0.0_f32; 2 * LANES];
                a.store(of_group.as_mut_ptr());
                b.store(of_group.as_mut_ptr().add(LANES));
                one::backward_input(g, k, x, stats, gamma, [of_group[0], of_group[LANES]], dy, dx, accumulate);
                continue;
            }
            for o in 0..g.outer {
                for c in of.clone() {
                    let gamma = V::splat(or(gamma, c, 1.0));
                    for i in places(g, o, &(c..c + 1)) {
                        let at = i * V::WIDTH;
                        let centered = V::load(x.add(at)).sub(mean);
                        let d = V::load(dy.add(at)).mul(gamma).sub(a).sub(centered.mul(b)).mul(inverse);
                        put_gradient(d, dx.add(at), accumulate);
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
    stats: *const f32,
    sums: *const f32,
    dgamma: *mut f32,
    dbeta: *mut f32,
) {
    // SAFETY: the caller's promise.
    unsafe {
        for k in 0..g.groups {
            let inverse = V::load(stats.add((2 * k + 1) * V::WIDTH));
            for c in channels(g, k) {
                let [plain, weighted] = of_channel::<V>(g, c, sums);
                if !dgamma.is_null() {
                    *dgamma.add(c) += weighted.mul(inverse).sum();
                }
                if !dbeta.is_null() {
                    *dbeta.add(c) += plain.sum();
                }
            }
        }
    }
}

fireclay_ir::group_norm_kernels!(declared);
