//! The gradients of batch normalization.

use super::batch_norm::{by_batch, in_chains, or};
use super::batch_norm_steps as steps;
use crate::kernels::gradient::put_gradient;
use crate::kernels::strips::sum4;
use crate::simd::{TINY, Vector};
use fireclay_ir::geometry::BatchNorm;

/// What reaches a batch norm of the gradient behind it: with `RELU` where the result is above zero (or NaN). The result is computed again, by
/// the same steps, which is faster than to read it.
#[inline(always)]
pub(super) unsafe fn behind<V: Vector, const RELU: bool>(dy: V, centered: V, scale: V, shift: V) -> V {
    if !RELU {
        return dy;
    }
    // SAFETY: the caller's promise.
    unsafe {
        let y = centered.mul_add(scale, shift);
        y.select_nan(dy, y.select_gt(V::splat(0.0), dy, V::splat(0.0)))
    }
}

/// For each lane of a map of `size` vectors the sums of `dy` and of `dy · (x − μ)`, from μ, γ / √(σ² + ε) and β.
#[inline(always)]
pub(super) unsafe fn sums<V: Vector, const RELU: bool>(
    size: usize,
    x: *const f32,
    dy: *const f32,
    [mean, scale, shift]: [V; 3],
) -> (V, V) {
    // SAFETY: the caller's promise.
    unsafe {
        let (mut plain, mut weighted) = ([V::splat(0.0); 4], [V::splat(0.0); 4]);
        in_chains!(0..size, |i, k| {
            let centered = V::load(x.add(i * V::WIDTH)).sub(mean);
            let d = behind::<V, RELU>(V::load(dy.add(i * V::WIDTH)), centered, scale, shift);
            plain[k] = plain[k].add(d);
            weighted[k] = d.mul_add(centered, weighted[k]);
        });
        (sum4(plain), sum4(weighted))
    }
}

#[inline(always)]
unsafe fn batch_norm_backward_sums<V: Vector>(
    g: &BatchNorm,
    x: *const f32,
    dy: *const f32,
    gamma: *const f32,
    beta: *const f32,
    shared: *const f32,
    relu: bool,
    stats: *mut f32,
) {
    if g.steps > 1 {
        // SAFETY: the caller's promise.
        return unsafe {
            if steps::fill_vectors::<V>(g) {
                steps::beside_backward_sums(g, x, dy, gamma, beta, shared, relu, stats);
            } else {
                steps::backward_sums::<V, false>(g, x, dy, gamma, beta, shared, relu, stats);
            }
        };
    }
    // SAFETY: the caller's promise.
    unsafe {
        for c in 0..g.channels {
            let (at, numbers) = (c * g.size * V::WIDTH, by_batch(shared, gamma, beta, c));
            let (plain, weighted): (V, V) = if relu {
                sums::<V, true>(g.size, x.add(at), dy.add(at), numbers)
            } else {
                sums::<V, false>(g.size, x.add(at), dy.add(at), numbers)
            };
            *stats.add(2 * c) = plain.sum();
            *stats.add(2 * c + 1) = weighted.sum() * *shared.add(2 * c + 1);
        }
    }
}

/// Adds the sums of all micro-batches, in order, and adds them to the gradients of γ and β (which may be null).
///
/// # Safety
/// As for [`batch_norm_merge`](super::batch_norm::batch_norm_merge); `sums` holds `[channels][2]`.
pub unsafe fn batch_norm_backward_merge(
    g: &BatchNorm,
    stats: *const f32,
    stride: usize,
    samples: usize,
    lanes: usize,
    sums: *mut f32,
    dgamma: *mut f32,
    dbeta: *mut f32,
) {
    // SAFETY: the caller's promise.
    unsafe {
        for c in 0..g.channels {
            let (mut plain, mut weighted) = (0.0_f64, 0.0_f64);
            for micro in 0..samples.div_ceil(lanes) {
                let part = stats.add(micro * stride + 2 * c);
                plain += f64::from(*part);
                weighted += f64::from(*part.add(1));
            }
            // What they are multiplied with below is as large as x̂: nothing of it is to be denormal.
            let flushed = |sum: f64| if sum.abs() < f64::from(TINY) { 0.0 } else { sum as f32 };
            *sums.add(2 * c) = flushed(plain);
            *sums.add(2 * c + 1) = flushed(weighted);
            if !dgamma.is_null() {
                *dgamma.add(c) += weighted as f32;
            }
            if !dbeta.is_null() {
                *dbeta.add(c) += plain as f32;
            }
        }
    }
}

/// `scale · (dy − a − (x − μ) · b)`, of what comes through a ReLU with `RELU`; from μ, scale and shift, a = Σ dy / n, and b = Σ (dy · x̂) / n / √(σ² + ε).
#[inline(always)]
pub(super) unsafe fn through<V: Vector, const RELU: bool>(x: V, dy: V, [mean, scale, shift]: [V; 3], [a, b]: [V; 2]) -> V {
    // SAFETY: the caller's promise.
    unsafe {
        let centered = x.sub(mean);
        let d = behind::<V, RELU>(dy, centered, scale, shift);
        d.sub(a).sub(centered.mul(b)).mul(scale)
    }
}

/// [`through`] for a map of `size` vectors, in the first `count` lanes and zero in the others.
#[inline(always)]
pub(super) unsafe fn gradient<V: Vector, const RELU: bool>(
    size: usize,
    x: *const f32,
    dy: *const f32,
    numbers: [V; 3],
    off: [V; 2],
    count: usize,
    dx: *mut f32,
    accumulate: bool,
) {
    // SAFETY: the caller's promise.
    unsafe {
        for i in 0..size {
            let at = i * V::WIDTH;
            let d = through::<V, RELU>(V::load(x.add(at)), V::load(dy.add(at)), numbers, off);
            put_gradient(d.first(count), dx.add(at), accumulate);
        }
    }
}

#[inline(always)]
unsafe fn batch_norm_backward<V: Vector>(
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
    if g.steps > 1 {
        // SAFETY: the caller's promise.
        return unsafe {
            if steps::fill_vectors::<V>(g) {
                steps::beside_backward(g, x, dy, gamma, beta, shared, sums, relu, samples, count, dx, accumulate);
            } else {
                steps::backward::<V, false>(g, x, dy, gamma, beta, shared, sums, relu, samples, count, dx, accumulate);
            }
        };
    }
    let n = (samples * g.size) as f32;
    // SAFETY: the caller's promise.
    unsafe {
        for c in 0..g.channels {
            let (at, numbers) = (c * g.size * V::WIDTH, by_batch(shared, gamma, beta, c));
            let of = [V::splat(*sums.add(2 * c) / n), V::splat(*sums.add(2 * c + 1) / n * *shared.add(2 * c + 1))];
            let (x, dy, dx) = (x.add(at), dy.add(at), dx.add(at));
            if relu {
                gradient::<V, true>(g.size, x, dy, numbers, of, count, dx, accumulate);
            } else {
                gradient::<V, false>(g.size, x, dy, numbers, of, count, dx, accumulate);
            }
        }
    }
}

/// `dy · scale` of a map of `size` vectors, or added to dx.
#[inline(always)]
pub(super) unsafe fn scaled<V: Vector>(size: usize, dy: *const f32, scale: V, dx: *mut f32, accumulate: bool) {
    // SAFETY: the caller's promise.
    unsafe {
        for i in 0..size {
            let at = i * V::WIDTH;
            let d = V::load(dy.add(at)).mul(scale);
            put_gradient(d, dx.add(at), accumulate);
        }
    }
}

#[inline(always)]
unsafe fn batch_norm_eval_backward<V: Vector>(
    g: &BatchNorm,
    dy: *const f32,
    gamma: *const f32,
    running_var: *const f32,
    dx: *mut f32,
    accumulate: bool,
) {
    if g.steps > 1 {
        // SAFETY: the caller's promise.
        return unsafe {
            if steps::fill_vectors::<V>(g) {
                steps::beside_eval_backward(g, dy, gamma, running_var, dx, accumulate);
            } else {
                steps::eval_backward::<V, false>(g, dy, gamma, running_var, dx, accumulate);
            }
        };
    }
    // SAFETY: the caller's promise.
    unsafe {
        for c in 0..g.channels {
            let scale = V::splat(or(gamma, c, 1.0) / Vector::sqrt(*running_var.add(c) + g.eps));
            let at = c * g.size * V::WIDTH;
            scaled(g.size, dy.add(at), scale, dx.add(at), accumulate);
        }
    }
}

#[inline(always)]
unsafe fn batch_norm_eval_backward_params<V: Vector>(
    g: &BatchNorm,
    x: *const f32,
    dy: *const f32,
    running_mean: *const f32,
    running_var: *const f32,
    dgamma: *mut f32,
    dbeta: *mut f32,
) {
    if g.steps > 1 {
        // SAFETY: the caller's promise.
        return unsafe {
            if steps::fill_vectors::<V>(g) {
                steps::beside_eval_backward_params(g, x, dy, running_mean, running_var, dgamma, dbeta);
            } else {
                steps::eval_backward_params::<V, false>(g, x, dy, running_mean, running_var, dgamma, dbeta);
            }
        };
    }
    // SAFETY: the caller's promise.
    unsafe {
        for c in 0..g.channels {
            let at = c * g.size * V::WIDTH;
            let numbers = [V::splat(*running_mean.add(c)), V::splat(0.0), V::splat(0.0)];
            let (plain, weighted) = sums::<V, false>(g.size, x.add(at), dy.add(at), numbers);
            if !dgamma.is_null() {
                *dgamma.add(c) += weighted.sum() * (1.0 / Vector::sqrt(*running_var.add(c) + g.eps));
            }
            if !dbeta.is_null() {
                *dbeta.add(c) += plain.sum();
            }
        }
    }
}

fireclay_ir::batch_norm_backward_kernels!(declared);

fireclay_ir::batch_norm_backward_barrier_kernels!(checked[here]);
