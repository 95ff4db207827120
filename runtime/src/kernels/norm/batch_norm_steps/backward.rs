//! The gradients of batch norms over a sequence.

use super::super::batch_norm_backward::{behind, through};
use super::{BLOCK, Channels, Table, both, by_batch, by_running, for_each_block};
use crate::kernels::gradient::put_gradient;
use crate::simd::Vector;
use core::ptr::null;
use fireclay_ir::geometry::BatchNorm;

/// The sums of `dy` and of `dy · (x − μ)` of each channel.
#[inline(always)]
unsafe fn sums<V: Vector, const BESIDE: bool, const RELU: bool>(
    g: &BatchNorm,
    some: Channels,
    table: &Table<V>,
    x: *const f32,
    dy: *const f32,
) -> [[V; 2]; BLOCK] {
    // SAFETY: the caller's promise.
    unsafe {
        let mut sums = [[V::splat(0.0); 2]; BLOCK];
        for step in 0..g.steps {
            for (i, ([mean, scale, shift], [plain, weighted])) in table.iter().zip(&mut sums).enumerate().take(some.count) {
                let at = some.place::<V, BESIDE>(g, step, i);
                let centered = V::load(x.add(at)).sub(*mean);
                let d = behind::<V, RELU>(V::load(dy.add(at)), centered, *scale, *shift);
                *plain = plain.add(d);
                *weighted = d.mul_add(centered, *weighted);
            }
        }
        sums
    }
}

#[inline(always)]
unsafe fn backward_sums_of<V: Vector, const BESIDE: bool>(
    g: &BatchNorm,
    some: Channels,
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
        let table = by_batch::<V, BESIDE>(some, shared, gamma, beta);
        let sums =
            if relu { sums::<V, BESIDE, true>(g, some, &table, x, dy) } else { sums::<V, BESIDE, false>(g, some, &table, x, dy) };
        for (i, [plain, weighted]) in sums.into_iter().enumerate().take(some.count) {
            let c = some.channel::<V, BESIDE>(i);
            let to = stats.add(2 * c);
            if BESIDE {
                plain.interleave(weighted.mul(both::<V, BESIDE>(shared, c).1), to);
            } else {
                (*to, *to.add(1)) = (plain.sum(), weighted.sum() * *shared.add(2 * c + 1));
            }
        }
    }
}

/// [`batch_norm_backward_sums`](super::chwn16::batch_norm_backward_sums)
#[inline(always)]
pub(in crate::kernels::norm) unsafe fn backward_sums<V: Vector, const BESIDE: bool>(
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
        for_each_block!(V, BESIDE, g, |some| backward_sums_of(g, some, x, dy, gamma, beta, shared, relu, stats));
    }
}

/// [`through`], step by step; of sixteen samples zero behind the first `count`.
#[inline(always)]
unsafe fn gradient<V: Vector, const BESIDE: bool, const RELU: bool>(
    g: &BatchNorm,
    some: Channels,
    table: &Table<V>,
    off: &[[V; 2]; BLOCK],
    x: *const f32,
    dy: *const f32,
    count: usize,
    dx: *mut f32,
    accumulate: bool,
) {
    // SAFETY: the caller's promise.
    unsafe {
        for step in 0..g.steps {
            for (i, (numbers, off)) in table.iter().zip(off).enumerate().take(some.count) {
                let at = some.place::<V, BESIDE>(g, step, i);
                let d = through::<V, RELU>(V::load(x.add(at)), V::load(dy.add(at)), *numbers, *off);
                let d = if BESIDE { d } else { d.first(count) };
                put_gradient(d, dx.add(at), accumulate);
            }
        }
    }
}

#[inline(always)]
unsafe fn backward_of<V: Vector, const BESIDE: bool>(
    g: &BatchNorm,
    some: Channels,
    x: *const f32,
    dy: *const f32,
    gamma: *const f32,
    beta: *const f32,
    shared: *const f32,
    sums: *const f32,
    relu: bool,
    samples: usize,
    count: usize,
    dx: *mut f32,
    accumulate: bool,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let (table, n) = (by_batch::<V, BESIDE>(some, shared, gamma, beta), V::splat((samples * g.steps) as f32));
        let mut off = [[V::splat(0.0); 2]; BLOCK];
        for (i, [a, b]) in off.iter_mut().enumerate().take(some.count) {
            let c = some.channel::<V, BESIDE>(i);
            let ((plain, weighted), (_, inverse)) = (both::<V, BESIDE>(sums, c), both::<V, BESIDE>(shared, c));
            (*a, *b) = (plain.div(n), weighted.div(n).mul(inverse));
        }
        if relu {
            gradient::<V, BESIDE, true>(g, some, &table, &off, x, dy, count, dx, accumulate);
        } else {
            gradient::<V, BESIDE, false>(g, some, &table, &off, x, dy, count, dx, accumulate);
        }
    }
}

/// [`batch_norm_backward`](super::chwn16::batch_norm_backward)
#[inline(always)]
pub(in crate::kernels::norm) unsafe fn backward<V: Vector, const BESIDE: bool>(
    g: &BatchNorm,
    x: *const f32,
    dy: *const f32,
    gamma: *const f32,
    beta: *const f32,
    shared: *const f32,
    sums: *const f32,
    relu: bool,
    samples: usize,
    count: usize,
    dx: *mut f32,
    accumulate: bool,
) {
    // SAFETY: the caller's promise.
    unsafe {
        for_each_block!(V, BESIDE, g, |some| backward_of(
            g, some, x, dy, gamma, beta, shared, sums, relu, samples, count, dx, accumulate
        ));
    }
}

#[inline(always)]
unsafe fn eval_backward_of<V: Vector, const BESIDE: bool>(
    g: &BatchNorm,
    some: Channels,
    dy: *const f32,
    gamma: *const f32,
    running_var: *const f32,
    dx: *mut f32,
    accumulate: bool,
) {
    // SAFETY: the caller's promise.
    unsafe {
        // Of the numbers of each channel only the scale counts.
        let table = by_running::<V, BESIDE>(g, some, gamma, null(), null(), running_var);
        for step in 0..g.steps {
            for (i, [_, scale, _]) in table.iter().enumerate().take(some.count) {
                let at = some.place::<V, BESIDE>(g, step, i);
                let d = V::load(dy.add(at)).mul(*scale);
                put_gradient(d, dx.add(at), accumulate);
            }
        }
    }
}

/// [`batch_norm_eval_backward`](super::super::chwn16::batch_norm_eval_backward)
#[inline(always)]
pub(in crate::kernels::norm) unsafe fn eval_backward<V: Vector, const BESIDE: bool>(
    g: &BatchNorm,
    dy: *const f32,
    gamma: *const f32,
    running_var: *const f32,
    dx: *mut f32,
    accumulate: bool,
) {
    // SAFETY: the caller's promise.
    unsafe {
        for_each_block!(V, BESIDE, g, |some| eval_backward_of(g, some, dy, gamma, running_var, dx, accumulate));
    }
}

#[inline(always)]
unsafe fn eval_backward_params_of<V: Vector, const BESIDE: bool>(
    g: &BatchNorm,
    some: Channels,
    x: *const f32,
    dy: *const f32,
    running_mean: *const f32,
    running_var: *const f32,
    dgamma: *mut f32,
    dbeta: *mut f32,
) {
    // SAFETY: the caller's promise.
    unsafe {
        // Without γ the scale is `1 / √(σ² + ε)`.
        let table = by_running::<V, BESIDE>(g, some, null(), null(), running_mean, running_var);
        let sums = sums::<V, BESIDE, false>(g, some, &table, x, dy);
        for (i, ([_, inverse, _], [plain, weighted])) in table.iter().zip(sums).enumerate().take(some.count) {
            let c = some.channel::<V, BESIDE>(i);
            for (to, sum) in [(dgamma, weighted.mul(*inverse)), (dbeta, plain)] {
                if to.is_null() {
                    continue;
                }
                let to = to.add(c);
                if BESIDE {
                    V::load(to).add(sum).store(to);
                } else {
                    *to += sum.sum();
                }
            }
        }
    }
}

/// [`batch_norm_eval_backward_params`](super::super::chwn16::batch_norm_eval_backward_params)
#[inline(always)]
pub(in crate::kernels::norm) unsafe fn eval_backward_params<V: Vector, const BESIDE: bool>(
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
        for_each_block!(V, BESIDE, g, |some| eval_backward_params_of(g, some, x, dy, running_mean, running_var, dgamma, dbeta));
    }
}

/// [`backward_sums`] of one sample.
#[inline(always)]
unsafe fn batch_norm_steps_backward_sums<V: Vector>(
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
    unsafe { backward_sums::<V, true>(g, x, dy, gamma, beta, shared, relu, stats) };
}

/// [`backward`] of one sample.
#[inline(always)]
unsafe fn batch_norm_steps_backward<V: Vector>(
    g: &BatchNorm,
    x: *const f32,
    dy: *const f32,
    gamma: *const f32,
    beta: *const f32,
    shared: *const f32,
    sums: *const f32,
    relu: bool,
    samples: usize,
    count: usize,
    dx: *mut f32,
    accumulate: bool,
) {
    // SAFETY: the caller's promise.
    unsafe { backward::<V, true>(g, x, dy, gamma, beta, shared, sums, relu, samples, count, dx, accumulate) };
}

/// [`eval_backward`] of one sample.
#[inline(always)]
unsafe fn batch_norm_steps_eval_backward<V: Vector>(
    g: &BatchNorm,
    dy: *const f32,
    gamma: *const f32,
    running_var: *const f32,
    dx: *mut f32,
    accumulate: bool,
) {
    // SAFETY: the caller's promise.
    unsafe { eval_backward::<V, true>(g, dy, gamma, running_var, dx, accumulate) };
}

/// [`eval_backward_params`] of one sample.
#[inline(always)]
unsafe fn batch_norm_steps_eval_backward_params<V: Vector>(
    g: &BatchNorm,
    x: *const f32,
    dy: *const f32,
    running_mean: *const f32,
    running_var: *const f32,
    dgamma: *mut f32,
    dbeta: *mut f32,
) {
    // SAFETY: the caller's promise.
    unsafe { eval_backward_params::<V, true>(g, x, dy, running_mean, running_var, dgamma, dbeta) };
}

#[expect(dead_code, reason = "the lanes are channels of one sample, so that only one of both entries is used")]
mod lanes {
    use super::*;
    entries! {
        pub(in crate::kernels) unsafe fn batch_norm_steps_backward_sums(
            g: &BatchNorm,
            x: *const f32,
            dy: *const f32,
            gamma: *const f32,
            beta: *const f32,
            shared: *const f32,
            relu: bool,
            stats: *mut f32,
        );
        pub(in crate::kernels) unsafe fn batch_norm_steps_backward(
            g: &BatchNorm,
            x: *const f32,
            dy: *const f32,
            gamma: *const f32,
            beta: *const f32,
            shared: *const f32,
            sums: *const f32,
            relu: bool,
            samples: usize,
            count: usize,
            dx: *mut f32,
            accumulate: bool,
        );
        pub(in crate::kernels) unsafe fn batch_norm_steps_eval_backward(
            g: &BatchNorm,
            dy: *const f32,
            gamma: *const f32,
            running_var: *const f32,
            dx: *mut f32,
            accumulate: bool,
        );
        pub(in crate::kernels) unsafe fn batch_norm_steps_eval_backward_params(
            g: &BatchNorm,
            x: *const f32,
            dy: *const f32,
            running_mean: *const f32,
            running_var: *const f32,
            dgamma: *mut f32,
            dbeta: *mut f32,
        );
    }
}

pub(in crate::kernels::norm) use lanes::chwn16::{
    batch_norm_steps_backward as beside_backward, batch_norm_steps_backward_sums as beside_backward_sums,
    batch_norm_steps_eval_backward as beside_eval_backward, batch_norm_steps_eval_backward_params as beside_eval_backward_params,
};
