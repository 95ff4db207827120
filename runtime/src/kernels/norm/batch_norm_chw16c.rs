//! Batch normalization in training, of one sample in `chw16c`: sixteen channels lie in the lanes, so that statistics and sums are those of a
//! lane. The loops are those of [`batch_norm`](super::batch_norm) and its gradients, a block of sixteen channels being a map.
//!
//! Lanes beside the last channel hold anything; no lane meets another, and they have no numbers of a channel.

use super::batch_norm::{deviations, scale_map};
use super::batch_norm_backward::{gradient, scaled, sums};
use crate::simd::{LANES, Vector};
use fireclay_ir::geometry::BatchNorm;

/// The channels of a block.
#[inline(always)]
fn live(g: &BatchNorm, block: usize) -> usize {
    (g.channels - block * LANES).min(LANES)
}

/// A number for each channel of a block; `missing` where there is none.
#[inline(always)]
unsafe fn numbers<V: Vector>(g: &BatchNorm, numbers: *const f32, block: usize, missing: f32) -> V {
    // SAFETY: the caller's promise: null or one number per channel.
    unsafe {
        if numbers.is_null() {
            return V::splat(missing);
        }
        let (from, live) = (numbers.add(block * LANES), live(g, block));
        if live == LANES {
            return V::load(from);
        }
        let mut all = [missing; LANES];
        all.as_mut_ptr().copy_from_nonoverlapping(from, live);
        V::load(all.as_ptr())
    }
}

/// The two numbers of each channel of a block, which lie side by side; zero where there is no channel.
#[inline(always)]
unsafe fn pairs<V: Vector>(g: &BatchNorm, pairs: *const f32, block: usize) -> (V, V) {
    // SAFETY: the caller's promise: two numbers per channel.
    unsafe {
        let (from, live) = (pairs.add(2 * block * LANES), live(g, block));
        if live == LANES {
            return V::split(from);
        }
        let mut all = [0.0_f32; 2 * LANES];
        all.as_mut_ptr().copy_from_nonoverlapping(from, 2 * live);
        V::split(all.as_ptr())
    }
}

/// The same, written.
#[inline(always)]
unsafe fn store_pairs<V: Vector>(g: &BatchNorm, pairs: *mut f32, block: usize, first: V, second: V) {
    let (mut firsts, mut seconds) = ([0.0_f32; LANES], [0.0_f32; LANES]);
    // SAFETY: the caller's promise: two numbers per channel.
    unsafe {
        first.store(firsts.as_mut_ptr());
        second.store(seconds.as_mut_ptr());
        let to = pairs.add(2 * block * LANES);
        for lane in 0..live(g, block) {
            *to.add(2 * lane) = firsts[lane];
            *to.add(2 * lane + 1) = seconds[lane];
        }
    }
}

/// Adds a number to that of each channel of a block; nothing where `to` is null.
#[inline(always)]
unsafe fn add_numbers<V: Vector>(g: &BatchNorm, to: *mut f32, block: usize, numbers: V) {
    if to.is_null() {
        return;
    }
    let mut lanes = [0.0_f32; LANES];
    // SAFETY: the caller's promise: one number per channel.
    unsafe {
        numbers.store(lanes.as_mut_ptr());
        for lane in 0..live(g, block) {
            *to.add(block * LANES + lane) += lanes[lane];
        }
    }
}

/// `1 / √(σ² + ε)` of a block's running statistics.
#[inline(always)]
unsafe fn inverse<V: Vector>(g: &BatchNorm, running_var: *const f32, block: usize) -> V {
    // SAFETY: the caller's promise.
    unsafe { V::splat(1.0).div(numbers::<V>(g, running_var, block, 1.0).add(V::splat(g.eps)).sqrt()) }
}

#[inline(always)]
unsafe fn batch_norm_chw16c_statistics<V: Vector>(g: &BatchNorm, x: *const f32, _: usize, stats: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe {
        for block in 0..g.channels.div_ceil(LANES) {
            let map = x.add(block * g.size * LANES);
            // Relative to one of the numbers, so that sums stay small where the mean is large beside the deviations.
            let shift = V::load(map);
            let (mean, squares) = deviations(g.size, LANES, map, shift);
            store_pairs(g, stats, block, shift.add(mean), squares);
        }
    }
}

/// Mean, `γ / √(σ² + ε)` and β of a block, by the batch's statistics.
#[inline(always)]
unsafe fn by_batch<V: Vector>(g: &BatchNorm, shared: *const f32, gamma: *const f32, beta: *const f32, block: usize) -> [V; 3] {
    // SAFETY: the caller's promise.
    unsafe {
        let (mean, inverse) = pairs::<V>(g, shared, block);
        [mean, inverse.mul(numbers(g, gamma, block, 1.0)), numbers(g, beta, block, 0.0)]
    }
}

#[inline(always)]
unsafe fn batch_norm_chw16c_normalize<V: Vector>(
    g: &BatchNorm,
    x: *const f32,
    gamma: *const f32,
    beta: *const f32,
    shared: *const f32,
    relu: bool,
    y: *mut f32,
) {
    // SAFETY: the caller's promise.
    unsafe {
        for block in 0..g.channels.div_ceil(LANES) {
            let (at, numbers) = (block * g.size * LANES, by_batch::<V>(g, shared, gamma, beta, block));
            if relu {
                scale_map::<V, true>(g.size, x.add(at), y.add(at), numbers);
            } else {
                scale_map::<V, false>(g.size, x.add(at), y.add(at), numbers);
            }
        }
    }
}

#[inline(always)]
unsafe fn batch_norm_chw16c_eval<V: Vector>(
    g: &BatchNorm,
    x: *const f32,
    gamma: *const f32,
    beta: *const f32,
    running_mean: *const f32,
    running_var: *const f32,
    y: *mut f32,
) {
    // SAFETY: the caller's promise.
    unsafe {
        for block in 0..g.channels.div_ceil(LANES) {
            let scale = numbers::<V>(g, gamma, block, 1.0).mul(inverse(g, running_var, block));
            let numbers = [numbers(g, running_mean, block, 0.0), scale, numbers(g, beta, block, 0.0)];
            let at = block * g.size * LANES;
            scale_map::<V, false>(g.size, x.add(at), y.add(at), numbers);
        }
    }
}

#[inline(always)]
unsafe fn batch_norm_chw16c_backward_sums<V: Vector>(
    g: &BatchNorm,
    x: *const f32,
    dy: *const f32,
    gamma: *const f32,
    beta: *const f32,
    shared: *const f32,
    relu: bool,
    stats: *mut f32,
) {
    // SAFETY: the caller's promise.
    unsafe {
        for block in 0..g.channels.div_ceil(LANES) {
            let (at, numbers) = (block * g.size * LANES, by_batch::<V>(g, shared, gamma, beta, block));
            let (plain, weighted) = if relu {
                sums::<V, true>(g.size, x.add(at), dy.add(at), numbers)
            } else {
                sums::<V, false>(g.size, x.add(at), dy.add(at), numbers)
            };
            store_pairs(g, stats, block, plain, weighted.mul(pairs::<V>(g, shared, block).1));
        }
    }
}

#[inline(always)]
unsafe fn batch_norm_chw16c_backward<V: Vector>(
    g: &BatchNorm,
    x: *const f32,
    dy: *const f32,
    gamma: *const f32,
    beta: *const f32,
    shared: *const f32,
    sums: *const f32,
    relu: bool,
    samples: usize,
    _: usize,
    dx: *mut f32,
    accumulate: bool,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let n = V::splat((samples * g.size) as f32);
        for block in 0..g.channels.div_ceil(LANES) {
            let (at, numbers) = (block * g.size * LANES, by_batch::<V>(g, shared, gamma, beta, block));
            let (plain, weighted) = pairs::<V>(g, sums, block);
            let of = [plain.div(n), weighted.div(n).mul(pairs::<V>(g, shared, block).1)];
            let (x, dy, dx) = (x.add(at), dy.add(at), dx.add(at));
            // Every lane is of the sample.
            if relu {
                gradient::<V, true>(g.size, x, dy, numbers, of, LANES, dx, accumulate);
            } else {
                gradient::<V, false>(g.size, x, dy, numbers, of, LANES, dx, accumulate);
            }
        }
    }
}

#[inline(always)]
unsafe fn batch_norm_chw16c_eval_backward<V: Vector>(
    g: &BatchNorm,
    dy: *const f32,
    gamma: *const f32,
    running_var: *const f32,
    dx: *mut f32,
    accumulate: bool,
) {
    // SAFETY: the caller's promise.
    unsafe {
        for block in 0..g.channels.div_ceil(LANES) {
            let scale = numbers::<V>(g, gamma, block, 1.0).mul(inverse(g, running_var, block));
            let at = block * g.size * LANES;
            scaled(g.size, dy.add(at), scale, dx.add(at), accumulate);
        }
    }
}

#[inline(always)]
unsafe fn batch_norm_chw16c_eval_backward_params<V: Vector>(
    g: &BatchNorm,
    x: *const f32,
    dy: *const f32,
    running_mean: *const f32,
    running_var: *const f32,
    dgamma: *mut f32,
    dbeta: *mut f32,
) {
    // SAFETY: the caller's promise.
    unsafe {
        for block in 0..g.channels.div_ceil(LANES) {
            let at = block * g.size * LANES;
            let numbers = [numbers(g, running_mean, block, 0.0), V::splat(0.0), V::splat(0.0)];
            let (plain, weighted) = sums::<V, false>(g.size, x.add(at), dy.add(at), numbers);
            add_numbers(g, dgamma, block, weighted.mul(inverse(g, running_var, block)));
            add_numbers(g, dbeta, block, plain);
        }
    }
}

#[expect(dead_code, reason = "the lanes are channels here, so that only one of both entries is used")]
mod entry {
    use super::{
        batch_norm_chw16c_backward, batch_norm_chw16c_backward_sums, batch_norm_chw16c_eval, batch_norm_chw16c_eval_backward,
        batch_norm_chw16c_eval_backward_params, batch_norm_chw16c_normalize, batch_norm_chw16c_statistics,
    };
    fireclay_ir::batch_norm_chw16c_train_kernels!(declared);
}

/// What runs on a single sample.
pub mod chw {
    pub use super::entry::chwn16::*;
}
