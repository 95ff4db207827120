//! Batch normalization (Ioffe and Szegedy 2015, arXiv 1502.03167): `y = (x − μ) / √(σ² + ε) · γ + β`.
//!
//! In training μ and σ² are those of the whole batch, which couples micro-batches: each tells its own mean and squared deviations
//! ([`batch_norm_statistics`](chwn16::batch_norm_statistics)), a barrier merges them in order ([`batch_norm_merge`]), and only then
//! each normalizes. Backward alike.

use super::batch_norm_steps as steps;
use crate::kernels::strips::sum4;
use crate::simd::Vector;
use fireclay_ir::geometry::BatchNorm;

/// A number per channel, or what stands for it.
#[inline(always)]
pub(super) unsafe fn or(numbers: *const f32, c: usize, missing: f32) -> f32 {
    // SAFETY: the caller's promise: null or one number per channel.
    if numbers.is_null() { missing } else { unsafe { *numbers.add(c) } }
}

/// Vectors that are seen twice while they are in the first-level cache.
const BLOCK: usize = 64;

/// Runs `$body` for each position of a range; every fourth belongs to the same `$chain`, so that sums do not wait for each other.
macro_rules! in_chains {
    ($range:expr, |$i:ident, $chain:ident| $body:block) => {{
        let range: core::ops::Range<usize> = $range;
        let mut at = range.start;
        while at + 4 <= range.end {
            for $chain in 0..4 {
                let $i = at + $chain;
                $body
            }
            at += 4;
        }
        for $i in at..range.end {
            let $chain = 0;
            $body
        }
    }};
}

pub(super) use in_chains;

/// Of each lane of a map of `size` vectors, `stride` floats apart, the mean, from `shift` on, and the sum of squared deviations.
#[inline(always)]
pub(super) unsafe fn deviations<V: Vector>(size: usize, stride: usize, map: *const f32, shift: V) -> (V, V) {
    // SAFETY: the caller's promise.
    unsafe {
        // Block by block, each lane for itself, in one pass over memory; blocks are merged as micro-batches are.
        let (mut mean, mut squares) = (V::splat(0.0), V::splat(0.0));
        let mut from = 0;
        while from < size {
            let end = (from + BLOCK).min(size);
            let mut sums = [V::splat(0.0); 4];
            in_chains!(from..end, |i, k| {
                sums[k] = sums[k].add(V::load(map.add(i * stride)).sub(shift));
            });
            let (n, before) = ((end - from) as f32, from as f32);
            let own = sum4(sums).mul(V::splat(1.0 / n));
            let mut deviations = [V::splat(0.0); 4];
            in_chains!(from..end, |i, k| {
                let d = V::load(map.add(i * stride)).sub(shift).sub(own);
                deviations[k] = d.mul_add(d, deviations[k]);
            });
            let delta = own.sub(mean);
            let share = V::splat(n / (before + n));
            squares = delta.mul(delta).mul(share).mul_add(V::splat(before), squares.add(sum4(deviations)));
            mean = delta.mul_add(share, mean);
            from = end;
        }
        (mean, squares)
    }
}

#[inline(always)]
unsafe fn batch_norm_statistics<V: Vector>(g: &BatchNorm, x: *const f32, count: usize, stats: *mut f32) {
    if g.steps > 1 {
        // SAFETY: the caller's promise.
        return unsafe {
            if steps::fill_vectors::<V>(g) {
                steps::beside_statistics(g, x, count, stats);
            } else {
                steps::statistics::<V, false>(g, x, count, stats);
            }
        };
    }
    let size = g.size as f32;
    // SAFETY: the caller's promise.
    unsafe {
        for c in 0..g.channels {
            let map = x.add(c * g.size * V::WIDTH);
            // Relative to one of the numbers, so that sums stay small where the mean is large beside the deviations.
            let (mean, squares) = deviations(g.size, V::WIDTH, map, V::splat(*map));
            // The lanes have seen as many positions each.
            let all = mean.first(count).sum() / count as f32;
            let delta = mean.sub(V::splat(all));
            *stats.add(2 * c) = *map + all;
            *stats.add(2 * c + 1) = delta.mul(delta).mul_add(V::splat(size), squares).first(count).sum();
        }
    }
}

/// Merges the statistics of all micro-batches, in order (Chan, Golub and LeVeque 1979), and moves the running ones.
/// `shared` gets for each channel the mean and `1 / √(σ² + ε)`.
///
/// # Safety
/// `stats` holds `[channels][2]` numbers every `stride` for each micro-batch of `lanes` of the `samples` samples; the others one number per channel
/// (running statistics may be null), `shared` two.
#[cfg(feature = "train")]
pub unsafe fn batch_norm_merge(
    g: &BatchNorm,
    stats: *const f32,
    stride: usize,
    samples: usize,
    lanes: usize,
    running_mean: *mut f32,
    running_var: *mut f32,
    shared: *mut f32,
) {
    // SAFETY: the caller's promise.
    unsafe {
        for c in 0..g.channels {
            let (mut n, mut mean, mut squares) = (0.0_f64, 0.0_f64, 0.0_f64);
            for micro in 0..samples.div_ceil(lanes) {
                let count = ((samples - micro * lanes).min(lanes) * g.steps * g.size) as f64;
                let part = stats.add(micro * stride + 2 * c);
                let delta = f64::from(*part) - mean;
                let all = n + count;
                mean += delta * count / all;
                squares += f64::from(*part.add(1)) + delta * delta * n * count / all;
                n = all;
            }
            let var = (squares / n) as f32;
            *shared.add(2 * c) = mean as f32;
            *shared.add(2 * c + 1) = 1.0 / Vector::sqrt(var + g.eps);
            if !running_mean.is_null() {
                let to = running_mean.add(c);
                *to = (*to + g.momentum * (mean as f32 - *to)).flush(f32::MIN_POSITIVE);
            }
            // With a single value there is no unbiased variance: the running one stays.
            if !running_var.is_null() && n > 1.0 {
                let to = running_var.add(c);
                *to = (*to + g.momentum * ((squares / (n - 1.0)) as f32 - *to)).flush(f32::MIN_POSITIVE);
            }
        }
    }
}

/// `(x − mean) · scale + shift`, and not below zero with `RELU`.
#[inline(always)]
pub(super) unsafe fn scaled<V: Vector, const RELU: bool>(x: V, [mean, scale, shift]: [V; 3]) -> V {
    // SAFETY: the caller's promise.
    unsafe {
        // Taking the mean off first keeps what little is left exact.
        let result = x.sub(mean).mul_add(scale, shift);
        // `max` gives its second operand where one is NaN, so NaN passes.
        if RELU { V::splat(0.0).max(result) } else { result }
    }
}

/// [`scaled`] for a map of `size` vectors.
#[inline(always)]
pub(super) unsafe fn scale_map<V: Vector, const RELU: bool>(size: usize, x: *const f32, y: *mut f32, numbers: [V; 3]) {
    // SAFETY: the caller's promise.
    unsafe {
        for i in 0..size {
            scaled::<V, RELU>(V::load(x.add(i * V::WIDTH)), numbers).store(y.add(i * V::WIDTH));
        }
    }
}

/// Mean, `γ / √(σ² + ε)` and β of a channel, by the batch's statistics.
#[inline(always)]
pub(super) unsafe fn by_batch<V: Vector>(shared: *const f32, gamma: *const f32, beta: *const f32, c: usize) -> [V; 3] {
    // SAFETY: the caller's promise.
    unsafe {
        let scale = *shared.add(2 * c + 1) * or(gamma, c, 1.0);
        [V::splat(*shared.add(2 * c)), V::splat(scale), V::splat(or(beta, c, 0.0))]
    }
}

#[inline(always)]
unsafe fn batch_norm_normalize<V: Vector>(
    g: &BatchNorm,
    x: *const f32,
    gamma: *const f32,
    beta: *const f32,
    shared: *const f32,
    relu: bool,
    y: *mut f32,
) {
    if g.steps > 1 {
        // SAFETY: the caller's promise.
        return unsafe {
            if steps::fill_vectors::<V>(g) {
                steps::beside_normalize(g, x, gamma, beta, shared, relu, y);
            } else {
                steps::normalize::<V, false>(g, x, gamma, beta, shared, relu, y);
            }
        };
    }
    // SAFETY: the caller's promise.
    unsafe {
        for c in 0..g.channels {
            let (at, numbers) = (c * g.size * V::WIDTH, by_batch(shared, gamma, beta, c));
            if relu {
                scale_map::<V, true>(g.size, x.add(at), y.add(at), numbers);
            } else {
                scale_map::<V, false>(g.size, x.add(at), y.add(at), numbers);
            }
        }
    }
}

#[inline(always)]
unsafe fn batch_norm_eval<V: Vector>(
    g: &BatchNorm,
    x: *const f32,
    gamma: *const f32,
    beta: *const f32,
    running_mean: *const f32,
    running_var: *const f32,
    y: *mut f32,
) {
    if g.steps > 1 {
        // SAFETY: the caller's promise.
        return unsafe {
            if steps::fill_vectors::<V>(g) {
                steps::beside_eval(g, x, gamma, beta, running_mean, running_var, y);
            } else {
                steps::eval::<V, false>(g, x, gamma, beta, running_mean, running_var, y);
            }
        };
    }
    // SAFETY: the caller's promise.
    unsafe {
        for c in 0..g.channels {
            let scale = or(gamma, c, 1.0) / Vector::sqrt(*running_var.add(c) + g.eps);
            let numbers = [V::splat(*running_mean.add(c)), V::splat(scale), V::splat(or(beta, c, 0.0))];
            let at = c * g.size * V::WIDTH;
            scale_map::<V, false>(g.size, x.add(at), y.add(at), numbers);
        }
    }
}

fireclay_ir::batch_norm_kernels!(declared);

#[cfg(feature = "train")]
fireclay_ir::batch_norm_barrier_kernels!(checked[here]);
