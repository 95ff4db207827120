//! Batch normalisation (Ioffe and Szegedy 2015, arXiv 1502.03167): `y = (x − μ) / √(σ² + ε) · γ + β`.
//!
//! In training μ and σ² are those of the whole batch, which couples micro-batches: each tells its own mean and squared deviations
//! ([`batch_norm_statistics`](lanes::batch_norm_statistics)), a barrier merges them in order ([`batch_norm_merge`]), and only then
//! each normalises. Backward alike.

#[cfg(feature = "train")]
use crate::simd::LANES;
use crate::simd::Vector;

/// Sizes of a batch norm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BatchNorm {
    /// Each has statistics of its own.
    pub channels: usize,
    /// Positions of one channel in one sample.
    pub size: usize,
    /// Added to the variance.
    pub eps: f32,
    /// How far running statistics move towards the batch's.
    pub momentum: f32,
}

/// A number per channel, or what stands for it.
#[inline(always)]
unsafe fn or(numbers: *const f32, c: usize, missing: f32) -> f32 {
    // SAFETY: the caller's promise: null or one number per channel.
    if numbers.is_null() { missing } else { unsafe { *numbers.add(c) } }
}

#[inline(always)]
unsafe fn batch_norm_statistics<V: Vector>(g: &BatchNorm, x: *const f32, count: usize, stats: *mut f32) {
    let n = (count * g.size) as f32;
    // SAFETY: the caller's promise.
    unsafe {
        for c in 0..g.channels {
            let map = x.add(c * g.size * V::WIDTH);
            // Relative to one of the numbers, so that the sum stays small where the mean is large beside the deviations.
            let shift = *map;
            let mut sum = V::splat(0.0);
            for i in 0..g.size {
                sum = sum.add(V::load(map.add(i * V::WIDTH)).sub(V::splat(shift)));
            }
            let mean = shift + sum.first(count).sum() / n;
            let mut squares = V::splat(0.0);
            for i in 0..g.size {
                let d = V::load(map.add(i * V::WIDTH)).sub(V::splat(mean));
                squares = d.mul_add(d, squares);
            }
            *stats.add(2 * c) = mean;
            *stats.add(2 * c + 1) = squares.first(count).sum();
        }
    }
}

/// Merges the statistics of all micro-batches, in order (Chan, Golub and LeVeque 1979), and moves the running ones.
/// `shared` gets for each channel the mean and `1 / √(σ² + ε)`.
///
/// # Safety
/// `stats` holds `[channels][2]` numbers every `stride` for each micro-batch of `samples` samples; the others one number per channel
/// (running statistics may be null), `shared` two.
#[cfg(feature = "train")]
pub unsafe fn batch_norm_merge(
    g: &BatchNorm,
    stats: *const f32,
    stride: usize,
    samples: usize,
    running_mean: *mut f32,
    running_var: *mut f32,
    shared: *mut f32,
) {
    // SAFETY: the caller's promise.
    unsafe {
        for c in 0..g.channels {
            let (mut n, mut mean, mut squares) = (0.0_f64, 0.0_f64, 0.0_f64);
            for micro in 0..samples.div_ceil(LANES) {
                let count = ((samples - micro * LANES).min(LANES) * g.size) as f64;
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
                *to += g.momentum * (mean as f32 - *to);
            }
            // With a single value there is no unbiased variance: the running one stays.
            if !running_var.is_null() && n > 1.0 {
                let to = running_var.add(c);
                *to += g.momentum * ((squares / (n - 1.0)) as f32 - *to);
            }
        }
    }
}

/// `y = x · scale + shift`, channel by channel; `of(c)` gives both.
#[inline(always)]
unsafe fn scale_channels<V: Vector>(g: &BatchNorm, x: *const f32, y: *mut f32, of: impl Fn(usize) -> (f32, f32, f32)) {
    // SAFETY: the caller's promise.
    unsafe {
        for c in 0..g.channels {
            // Taking the mean off first keeps what little is left exact.
            let (mean, scale, shift) = of(c);
            let (mean, scale, shift) = (V::splat(mean), V::splat(scale), V::splat(shift));
            for i in c * g.size..(c + 1) * g.size {
                V::load(x.add(i * V::WIDTH)).sub(mean).mul_add(scale, shift).store(y.add(i * V::WIDTH));
            }
        }
    }
}

#[inline(always)]
unsafe fn batch_norm_normalise<V: Vector>(
    g: &BatchNorm,
    x: *const f32,
    gamma: *const f32,
    beta: *const f32,
    shared: *const f32,
    y: *mut f32,
) {
    // SAFETY: the caller's promise.
    unsafe {
        scale_channels::<V>(g, x, y, |c| (*shared.add(2 * c), *shared.add(2 * c + 1) * or(gamma, c, 1.0), or(beta, c, 0.0)));
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
    // SAFETY: the caller's promise.
    unsafe {
        scale_channels::<V>(g, x, y, |c| {
            (*running_mean.add(c), or(gamma, c, 1.0) / Vector::sqrt(*running_var.add(c) + g.eps), or(beta, c, 0.0))
        });
    }
}

/// For each channel the sums of `dy` and of `dy · x̂`.
#[cfg(feature = "train")]
#[inline(always)]
unsafe fn sums<V: Vector>(
    g: &BatchNorm,
    x: *const f32,
    dy: *const f32,
    of: impl Fn(usize) -> (f32, f32),
    mut to: impl FnMut(usize, f32, f32),
) {
    // SAFETY: the caller's promise.
    unsafe {
        for c in 0..g.channels {
            let (mean, inverse) = of(c);
            let mean = V::splat(mean);
            let (mut plain, mut weighted) = (V::splat(0.0), V::splat(0.0));
            for i in c * g.size..(c + 1) * g.size {
                let d = V::load(dy.add(i * V::WIDTH));
                plain = plain.add(d);
                weighted = d.mul_add(V::load(x.add(i * V::WIDTH)).sub(mean), weighted);
            }
            to(c, plain.sum(), weighted.sum() * inverse);
        }
    }
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn batch_norm_backward_sums<V: Vector>(g: &BatchNorm, x: *const f32, dy: *const f32, shared: *const f32, stats: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe {
        let of = |c: usize| (*shared.add(2 * c), *shared.add(2 * c + 1));
        sums::<V>(g, x, dy, of, |c, plain, weighted| {
            *stats.add(2 * c) = plain;
            *stats.add(2 * c + 1) = weighted;
        });
    }
}

/// Adds the sums of all micro-batches, in order, and adds them to the gradients of γ and β (which may be null).
///
/// # Safety
/// As for [`batch_norm_merge`]; `sums` holds `[channels][2]`.
#[cfg(feature = "train")]
pub unsafe fn batch_norm_backward_merge(
    g: &BatchNorm,
    stats: *const f32,
    stride: usize,
    samples: usize,
    sums: *mut f32,
    dgamma: *mut f32,
    dbeta: *mut f32,
) {
    // SAFETY: the caller's promise.
    unsafe {
        for c in 0..g.channels {
            let (mut plain, mut weighted) = (0.0_f64, 0.0_f64);
            for micro in 0..samples.div_ceil(LANES) {
                let part = stats.add(micro * stride + 2 * c);
                plain += f64::from(*part);
                weighted += f64::from(*part.add(1));
            }
            *sums.add(2 * c) = plain as f32;
            *sums.add(2 * c + 1) = weighted as f32;
            if !dgamma.is_null() {
                *dgamma.add(c) += weighted as f32;
            }
            if !dbeta.is_null() {
                *dbeta.add(c) += plain as f32;
            }
        }
    }
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn batch_norm_backward<V: Vector>(
    g: &BatchNorm,
    x: *const f32,
    dy: *const f32,
    gamma: *const f32,
    shared: *const f32,
    sums: *const f32,
    samples: usize,
    count: usize,
    dx: *mut f32,
    accumulate: bool,
) {
    let n = (samples * g.size) as f32;
    // SAFETY: the caller's promise.
    unsafe {
        for c in 0..g.channels {
            let (mean, inverse) = (*shared.add(2 * c), *shared.add(2 * c + 1));
            let scale = inverse * or(gamma, c, 1.0);
            // dx = scale · (dy − Σdy / n − x̂ · Σ(dy · x̂) / n)
            let (a, b) = (V::splat(*sums.add(2 * c) / n), V::splat(*sums.add(2 * c + 1) / n * inverse));
            let (mean, scale) = (V::splat(mean), V::splat(scale));
            for i in c * g.size..(c + 1) * g.size {
                let at = i * V::WIDTH;
                let centred = V::load(x.add(at)).sub(mean);
                let d = V::load(dy.add(at)).sub(a).sub(centred.mul(b)).mul(scale).first(count);
                let d = if accumulate { V::load(dx.add(at)).add(d) } else { d };
                d.store(dx.add(at));
            }
        }
    }
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn batch_norm_eval_backward<V: Vector>(
    g: &BatchNorm,
    dy: *const f32,
    gamma: *const f32,
    running_var: *const f32,
    dx: *mut f32,
    accumulate: bool,
) {
    // SAFETY: the caller's promise.
    unsafe {
        for c in 0..g.channels {
            let scale = V::splat(or(gamma, c, 1.0) / Vector::sqrt(*running_var.add(c) + g.eps));
            for i in c * g.size..(c + 1) * g.size {
                let at = i * V::WIDTH;
                let d = V::load(dy.add(at)).mul(scale);
                let d = if accumulate { V::load(dx.add(at)).add(d) } else { d };
                d.store(dx.add(at));
            }
        }
    }
}

#[cfg(feature = "train")]
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
    // SAFETY: the caller's promise.
    unsafe {
        let of = |c: usize| (*running_mean.add(c), 1.0 / Vector::sqrt(*running_var.add(c) + g.eps));
        sums::<V>(g, x, dy, of, |c, plain, weighted| {
            if !dgamma.is_null() {
                *dgamma.add(c) += weighted;
            }
            if !dbeta.is_null() {
                *dbeta.add(c) += plain;
            }
        });
    }
}

entries! {
    /// Mean and squared deviations of each channel over the `count` real samples of a micro-batch.
    pub unsafe fn batch_norm_statistics(g: &BatchNorm, x: *const f32, count: usize, stats: *mut f32);
    /// Normalises by the batch's statistics; γ and β may be null.
    pub unsafe fn batch_norm_normalise(
        g: &BatchNorm, x: *const f32, gamma: *const f32, beta: *const f32, shared: *const f32, y: *mut f32
    );
    /// Normalises by the running statistics; γ and β may be null.
    pub unsafe fn batch_norm_eval(
        g: &BatchNorm, x: *const f32, gamma: *const f32, beta: *const f32, running_mean: *const f32, running_var: *const f32, y: *mut f32
    );
    /// For each channel the sums of dy and of dy · x̂ over a micro-batch.
    #[cfg(feature = "train")]
    pub unsafe fn batch_norm_backward_sums(g: &BatchNorm, x: *const f32, dy: *const f32, shared: *const f32, stats: *mut f32);
    /// The gradient of x, or added to it, in training; zero in surplus lanes.
    #[cfg(feature = "train")]
    pub unsafe fn batch_norm_backward(
        g: &BatchNorm, x: *const f32, dy: *const f32, gamma: *const f32, shared: *const f32, sums: *const f32,
        samples: usize, count: usize, dx: *mut f32, accumulate: bool
    );
    /// The gradient of x, or added to it, by the running statistics.
    #[cfg(feature = "train")]
    pub unsafe fn batch_norm_eval_backward(
        g: &BatchNorm, dy: *const f32, gamma: *const f32, running_var: *const f32, dx: *mut f32, accumulate: bool
    );
    /// Adds the gradients of γ and β (which may be null) by the running statistics.
    #[cfg(feature = "train")]
    pub unsafe fn batch_norm_eval_backward_params(
        g: &BatchNorm, x: *const f32, dy: *const f32, running_mean: *const f32, running_var: *const f32,
        dgamma: *mut f32, dbeta: *mut f32
    );
}
