//! Batch norms over a sequence, `[steps][channels]`: the positions of a channel lie far apart, its neighbors side by side. Vectors are sixteen samples or, of one sample,
//! sixteen channels (`BESIDE`). Each function goes through some channels at a time, step by step.

#[cfg(feature = "train")]
mod backward;

use super::batch_norm::{deviations, or, scaled};
use crate::simd::{LANES, Vector};
use fireclay_ir::geometry::BatchNorm;

/// Vectors of channels that are gone through together.
const BLOCK: usize = 8;

/// Mean, scale and shift of each.
type Table<V> = [[V; 3]; BLOCK];

/// Whether the channels of one sample's steps fill vectors.
#[inline(always)]
pub(super) fn fill_vectors<V: Vector>(g: &BatchNorm) -> bool {
    V::WIDTH == 1 && g.channels >= LANES
}

/// Some channels: the first, and how many vectors of them.
#[derive(Clone, Copy)]
struct Channels {
    first: usize,
    count: usize,
}

impl Channels {
    /// The i-th channel, or the first of the i-th vector of them.
    #[inline(always)]
    fn channel<V: Vector, const BESIDE: bool>(self, i: usize) -> usize {
        self.first + i * if BESIDE { V::WIDTH } else { 1 }
    }

    /// The place of the i-th vector in a step.
    #[inline(always)]
    fn place<V: Vector, const BESIDE: bool>(self, g: &BatchNorm, step: usize, i: usize) -> usize {
        (step * g.channels + self.first) * if BESIDE { 1 } else { V::WIDTH } + i * V::WIDTH
    }
}

/// Runs `$f` for one block of channels after the other; what fills no vector is single channels.
macro_rules! for_each_block {
    ($V:ident, $BESIDE:ident, $g:expr, |$some:ident| $f:ident($($arg:expr),* $(,)?)) => {
        let each = if $BESIDE { $V::WIDTH } else { 1 };
        let (mut first, whole) = (0, $g.channels - $g.channels % each);
        while first < whole {
            let $some = Channels { first, count: BLOCK.min((whole - first) / each) };
            $f::<$V, $BESIDE>($($arg),*);
            first += $some.count * each;
        }
        while $BESIDE && first < $g.channels {
            let $some = Channels { first, count: BLOCK.min($g.channels - first) };
            $f::<f32, true>($($arg),*);
            first += $some.count;
        }
    };
}

#[cfg(feature = "train")]
use for_each_block;

/// Numbers of the channels from c on, or what stands for them.
#[inline(always)]
unsafe fn of<V: Vector, const BESIDE: bool>(numbers: *const f32, c: usize, missing: f32) -> V {
    // SAFETY: the caller's promise: null or one number per channel.
    unsafe {
        if BESIDE && !numbers.is_null() {
            V::load(numbers.add(c))
        } else {
            V::splat(if BESIDE { missing } else { or(numbers, c, missing) })
        }
    }
}

/// The two numbers that each of the channels from c on has.
#[inline(always)]
unsafe fn both<V: Vector, const BESIDE: bool>(numbers: *const f32, c: usize) -> (V, V) {
    // SAFETY: the caller's promise.
    unsafe {
        let numbers = numbers.add(2 * c);
        if BESIDE { V::split(numbers) } else { (V::splat(*numbers), V::splat(*numbers.add(1))) }
    }
}

/// Mean, `γ / √(σ² + ε)` and β, by the batch's statistics.
#[inline(always)]
unsafe fn by_batch<V: Vector, const BESIDE: bool>(
    some: Channels,
    shared: *const f32,
    gamma: *const f32,
    beta: *const f32,
) -> Table<V> {
    // SAFETY: the caller's promise.
    unsafe {
        let mut table = [[V::splat(0.0); 3]; BLOCK];
        for (i, numbers) in table.iter_mut().enumerate().take(some.count) {
            let c = some.channel::<V, BESIDE>(i);
            let (mean, inverse) = both::<V, BESIDE>(shared, c);
            *numbers = [mean, inverse.mul(of::<V, BESIDE>(gamma, c, 1.0)), of::<V, BESIDE>(beta, c, 0.0)];
        }
        table
    }
}

/// The same by the running statistics.
#[inline(always)]
unsafe fn by_running<V: Vector, const BESIDE: bool>(
    g: &BatchNorm,
    some: Channels,
    gamma: *const f32,
    beta: *const f32,
    running_mean: *const f32,
    running_var: *const f32,
) -> Table<V> {
    // SAFETY: the caller's promise.
    unsafe {
        let mut table = [[V::splat(0.0); 3]; BLOCK];
        for (i, numbers) in table.iter_mut().enumerate().take(some.count) {
            let c = some.channel::<V, BESIDE>(i);
            let deviation = of::<V, BESIDE>(running_var, c, 0.0).add(V::splat(g.eps)).sqrt();
            let scale = of::<V, BESIDE>(gamma, c, 1.0).div(deviation);
            *numbers = [of::<V, BESIDE>(running_mean, c, 0.0), scale, of::<V, BESIDE>(beta, c, 0.0)];
        }
        table
    }
}

#[inline(always)]
unsafe fn statistics_of<V: Vector, const BESIDE: bool>(
    g: &BatchNorm,
    some: Channels,
    x: *const f32,
    count: usize,
    stats: *mut f32,
) {
    let stride = g.channels * if BESIDE { 1 } else { V::WIDTH };
    // SAFETY: the caller's promise.
    unsafe {
        for i in 0..some.count {
            let (map, to) = (x.add(some.place::<V, BESIDE>(g, 0, i)), stats.add(2 * some.channel::<V, BESIDE>(i)));
            // As `batch_norm_statistics`.
            if BESIDE {
                let shift = V::load(map);
                let (mean, squares) = deviations(g.steps, stride, map, shift);
                shift.add(mean).interleave(squares, to);
            } else {
                let (mean, squares) = deviations(g.steps, stride, map, V::splat(*map));
                let all = mean.first(count).sum() / count as f32;
                let delta = mean.sub(V::splat(all));
                *to = *map + all;
                *to.add(1) = delta.mul(delta).mul_add(V::splat(g.steps as f32), squares).first(count).sum();
            }
        }
    }
}

/// [`batch_norm_statistics`](super::chwn16::batch_norm_statistics)
#[inline(always)]
pub(super) unsafe fn statistics<V: Vector, const BESIDE: bool>(g: &BatchNorm, x: *const f32, count: usize, stats: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe {
        for_each_block!(V, BESIDE, g, |some| statistics_of(g, some, x, count, stats));
    }
}

/// [`scaled`], step by step.
#[inline(always)]
unsafe fn scale<V: Vector, const BESIDE: bool, const RELU: bool>(
    g: &BatchNorm,
    some: Channels,
    table: &Table<V>,
    x: *const f32,
    y: *mut f32,
) {
    // SAFETY: the caller's promise.
    unsafe {
        for step in 0..g.steps {
            for (i, numbers) in table.iter().enumerate().take(some.count) {
                let at = some.place::<V, BESIDE>(g, step, i);
                scaled::<V, RELU>(V::load(x.add(at)), *numbers).store(y.add(at));
            }
        }
    }
}

#[inline(always)]
unsafe fn normalize_of<V: Vector, const BESIDE: bool>(
    g: &BatchNorm,
    some: Channels,
    x: *const f32,
    gamma: *const f32,
    beta: *const f32,
    shared: *const f32,
    relu: bool,
    y: *mut f32,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let table = by_batch::<V, BESIDE>(some, shared, gamma, beta);
        if relu {
            scale::<V, BESIDE, true>(g, some, &table, x, y);
        } else {
            scale::<V, BESIDE, false>(g, some, &table, x, y);
        }
    }
}

/// [`batch_norm_normalize`](super::chwn16::batch_norm_normalize)
#[inline(always)]
pub(super) unsafe fn normalize<V: Vector, const BESIDE: bool>(
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
        for_each_block!(V, BESIDE, g, |some| normalize_of(g, some, x, gamma, beta, shared, relu, y));
    }
}

#[inline(always)]
unsafe fn eval_of<V: Vector, const BESIDE: bool>(
    g: &BatchNorm,
    some: Channels,
    x: *const f32,
    gamma: *const f32,
    beta: *const f32,
    running_mean: *const f32,
    running_var: *const f32,
    y: *mut f32,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let table = by_running::<V, BESIDE>(g, some, gamma, beta, running_mean, running_var);
        scale::<V, BESIDE, false>(g, some, &table, x, y);
    }
}

/// [`batch_norm_eval`](super::chwn16::batch_norm_eval)
#[inline(always)]
pub(super) unsafe fn eval<V: Vector, const BESIDE: bool>(
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
        for_each_block!(V, BESIDE, g, |some| eval_of(g, some, x, gamma, beta, running_mean, running_var, y));
    }
}

/// [`statistics`] of one sample.
#[inline(always)]
unsafe fn batch_norm_steps_statistics<V: Vector>(g: &BatchNorm, x: *const f32, count: usize, stats: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe { statistics::<V, true>(g, x, count, stats) };
}

/// [`normalize`] of one sample.
#[inline(always)]
unsafe fn batch_norm_steps_normalize<V: Vector>(
    g: &BatchNorm,
    x: *const f32,
    gamma: *const f32,
    beta: *const f32,
    shared: *const f32,
    relu: bool,
    y: *mut f32,
) {
    // SAFETY: the caller's promise.
    unsafe { normalize::<V, true>(g, x, gamma, beta, shared, relu, y) };
}

/// [`eval`] of one sample.
#[inline(always)]
unsafe fn batch_norm_steps_eval<V: Vector>(
    g: &BatchNorm,
    x: *const f32,
    gamma: *const f32,
    beta: *const f32,
    running_mean: *const f32,
    running_var: *const f32,
    y: *mut f32,
) {
    // SAFETY: the caller's promise.
    unsafe { eval::<V, true>(g, x, gamma, beta, running_mean, running_var, y) };
}

#[expect(dead_code, reason = "the lanes are channels of one sample, so that only one of both entries is used")]
mod lanes {
    use super::*;
    entries! {
        pub(in crate::kernels) unsafe fn batch_norm_steps_statistics(g: &BatchNorm, x: *const f32, count: usize, stats: *mut f32);
        pub(in crate::kernels) unsafe fn batch_norm_steps_normalize(
            g: &BatchNorm,
            x: *const f32,
            gamma: *const f32,
            beta: *const f32,
            shared: *const f32,
            relu: bool,
            y: *mut f32,
        );
        pub(in crate::kernels) unsafe fn batch_norm_steps_eval(
            g: &BatchNorm,
            x: *const f32,
            gamma: *const f32,
            beta: *const f32,
            running_mean: *const f32,
            running_var: *const f32,
            y: *mut f32,
        );
    }
}

#[cfg(feature = "train")]
pub(super) use backward::{
    backward, backward_sums, beside_backward, beside_backward_sums, beside_eval_backward, beside_eval_backward_params,
    eval_backward, eval_backward_params,
};
pub(super) use lanes::chwn16::{
    batch_norm_steps_eval as beside_eval, batch_norm_steps_normalize as beside_normalize,
    batch_norm_steps_statistics as beside_statistics,
};
