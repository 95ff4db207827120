//! Rows whose numbers stand apart: the axis is not the last one. One row after the other would take a line of the cache for each number, often all from the same set
//! of it. So rows that lie side by side are gone through together, a strip of them at a time, a vector of the strip after the other. Vectors are sixteen samples, or
//! sixteen rows of a single one; what fills no vector is a strip of single numbers.

use super::super::batch_norm::or;
#[cfg(feature = "train")]
use super::corrections;
#[cfg(feature = "train")]
use crate::kernels::gradient::put_gradient;
#[cfg(feature = "train")]
use crate::kernels::strips::STRIP;
use crate::kernels::strips::{Strip, for_each_strip};
use crate::simd::Vector;
use fireclay_ir::geometry::{AxisNorm, AxisNormKind};

/// Adds `$number` of the k-th numbers of all rows of a strip to what is kept at `$kept`, four at a time, so that what is kept is read and written once for four.
macro_rules! add_up {
    ($V:ident, $g:expr, $strip:expr, $kept:expr, |$at:ident, $i:ident| $number:expr) => {{
        let mut k = 0;
        while k < $g.len {
            let four = k + 4 <= $g.len;
            for $i in 0..$strip.count {
                let (kept, $at) = ($kept.add(2 * $i * $V::WIDTH), k * $strip.stride + $i * $V::WIDTH);
                let mut sum = $number;
                if four {
                    let next = |n: usize| $at + n * $strip.stride;
                    let [second, third, fourth] = [next(1), next(2), next(3)];
                    let ($at, first) = (second, sum);
                    let first = first.add($number);
                    let $at = third;
                    let last = $number;
                    let $at = fourth;
                    sum = first.add(last.add($number));
                }
                $V::load(kept).add(sum).store(kept);
            }
            k += if four { 4 } else { 1 };
        }
    }};
}

#[inline(always)]
unsafe fn forward_strip<V: Vector>(
    g: &AxisNorm,
    strip: Strip,
    x: *const f32,
    gamma: *const f32,
    beta: *const f32,
    y: *mut f32,
    stats: *mut f32,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let (zero, share) = (V::splat(0.0), V::splat(1.0 / g.len as f32));
        for i in 0..2 * strip.count {
            zero.store(stats.add(i * V::WIDTH));
        }
        let squares = stats.add(V::WIDTH);
        if g.kind == AxisNormKind::Layer {
            // Relative to one of the numbers, so that sums stay small where the mean is large beside the deviations.
            add_up!(V, g, strip, stats, |at, i| V::load(x.add(at)).sub(V::load(x.add(i * V::WIDTH))));
            for i in 0..strip.count {
                let own = stats.add(2 * i * V::WIDTH);
                V::load(own).mul(share).store(own);
            }
            add_up!(V, g, strip, squares, |at, i| {
                let d = V::load(x.add(at)).sub(V::load(x.add(i * V::WIDTH))).sub(V::load(stats.add(2 * i * V::WIDTH)));
                d.mul(d)
            });
            for i in 0..strip.count {
                let mean = stats.add(2 * i * V::WIDTH);
                V::load(x.add(i * V::WIDTH)).add(V::load(mean)).store(mean);
            }
        } else {
            add_up!(V, g, strip, squares, |at, i| V::load(x.add(at)).mul(V::load(x.add(at))));
        }
        for i in 0..strip.count {
            let at = squares.add(2 * i * V::WIDTH);
            super::inverse(g, V::load(at)).store(at);
        }
        for k in 0..g.len {
            let (gamma, beta) = (V::splat(or(gamma, k, 1.0)), V::splat(or(beta, k, 0.0)));
            for i in 0..strip.count {
                let (at, of) = (k * strip.stride + i * V::WIDTH, stats.add(2 * i * V::WIDTH));
                let scale = V::load(of.add(V::WIDTH)).mul(gamma);
                // Taking the mean off first keeps what little is left exact.
                V::load(x.add(at)).sub(V::load(of)).mul_add(scale, beta).store(y.add(at));
            }
        }
    }
}

#[inline(always)]
pub(super) unsafe fn axis_norm_strips_forward<V: Vector>(
    g: &AxisNorm,
    stride: usize,
    x: *const f32,
    gamma: *const f32,
    beta: *const f32,
    y: *mut f32,
    stats: *mut f32,
) {
    // SAFETY: the caller's promise.
    unsafe {
        for_each_strip!(V, [], g, stride, |strip, at, row| forward_strip(
            g,
            strip,
            x.add(at),
            gamma,
            beta,
            y.add(at),
            stats.add(2 * row)
        ));
    }
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn backward_strip<V: Vector>(
    g: &AxisNorm,
    strip: Strip,
    x: *const f32,
    stats: *const f32,
    gamma: *const f32,
    dy: *const f32,
    dx: *mut f32,
    accumulate: bool,
) {
    // SAFETY: the caller's promise.
    unsafe {
        // For each vector of rows `Σ γ·dy` and `Σ γ·dy · (x − μ)`, and then what they take off.
        let mut kept = [[V::splat(0.0); 2]; STRIP];
        let kept = &mut kept[..strip.count];
        for k in 0..g.len {
            let gamma = V::splat(or(gamma, k, 1.0));
            for (i, [plain, weighted]) in kept.iter_mut().enumerate() {
                let at = k * strip.stride + i * V::WIDTH;
                let d = V::load(dy.add(at)).mul(gamma);
                *plain = plain.add(d);
                *weighted = d.mul_add(V::load(x.add(at)).sub(V::load(stats.add(2 * i * V::WIDTH))), *weighted);
            }
        }
        for (i, kept) in kept.iter_mut().enumerate() {
            *kept = corrections(g, kept[0], kept[1], V::load(stats.add((2 * i + 1) * V::WIDTH)));
        }
        for k in 0..g.len {
            let gamma = V::splat(or(gamma, k, 1.0));
            for (i, [a, b]) in kept.iter().enumerate() {
                let (at, of) = (k * strip.stride + i * V::WIDTH, stats.add(2 * i * V::WIDTH));
                let (mean, inverse) = (V::load(of), V::load(of.add(V::WIDTH)));
                let d = V::load(dy.add(at)).mul(gamma).sub(*a).sub(V::load(x.add(at)).sub(mean).mul(*b)).mul(inverse);
                put_gradient(d, dx.add(at), accumulate);
            }
        }
    }
}

#[cfg(feature = "train")]
#[inline(always)]
pub(super) unsafe fn axis_norm_strips_backward_input<V: Vector>(
    g: &AxisNorm,
    stride: usize,
    x: *const f32,
    stats: *const f32,
    gamma: *const f32,
    dy: *const f32,
    dx: *mut f32,
    accumulate: bool,
) {
    // SAFETY: the caller's promise.
    unsafe {
        for_each_strip!(V, [], g, stride, |strip, at, row| backward_strip(
            g,
            strip,
            x.add(at),
            stats.add(2 * row),
            gamma,
            dy.add(at),
            dx.add(at),
            accumulate
        ));
    }
}

/// Parameters whose gradients are summed at once, so that statistics are read once for them.
#[cfg(feature = "train")]
const BESIDE: usize = 4;

/// Adds to the sums of some parameters what a strip gives.
#[cfg(feature = "train")]
#[inline(always)]
unsafe fn params_strip<V: Vector>(
    strip: Strip,
    some: usize,
    x: *const f32,
    stats: *const f32,
    dy: *const f32,
    sums: &mut [[f32; BESIDE]; 2],
) {
    // SAFETY: the caller's promise.
    unsafe {
        let (mut plain, mut weighted) = ([V::splat(0.0); BESIDE], [V::splat(0.0); BESIDE]);
        for i in 0..strip.count {
            let of = stats.add(2 * i * V::WIDTH);
            let (mean, inverse) = (V::load(of), V::load(of.add(V::WIDTH)));
            for k in 0..some {
                let at = k * strip.stride + i * V::WIDTH;
                let d = V::load(dy.add(at));
                plain[k] = plain[k].add(d);
                weighted[k] = d.mul_add(V::load(x.add(at)).sub(mean).mul(inverse), weighted[k]);
            }
        }
        for k in 0..some {
            sums[0][k] += weighted[k].sum();
            sums[1][k] += plain[k].sum();
        }
    }
}

#[cfg(feature = "train")]
#[inline(always)]
pub(super) unsafe fn axis_norm_strips_backward_params<V: Vector>(
    g: &AxisNorm,
    stride: usize,
    x: *const f32,
    stats: *const f32,
    dy: *const f32,
    dgamma: *mut f32,
    dbeta: *mut f32,
) {
    // SAFETY: the caller's promise.
    unsafe {
        for first in (0..g.len).step_by(BESIDE) {
            let (some, mut sums) = (BESIDE.min(g.len - first), [[0.0; BESIDE]; 2]);
            let ahead = first * stride;
            for_each_strip!(V, [], g, stride, |strip, at, row| params_strip(
                strip,
                some,
                x.add(ahead + at),
                stats.add(2 * row),
                dy.add(ahead + at),
                &mut sums
            ));
            for k in 0..some {
                if !dgamma.is_null() {
                    *dgamma.add(first + k) += sums[0][k];
                }
                if !dbeta.is_null() {
                    *dbeta.add(first + k) += sums[1][k];
                }
            }
        }
    }
}

#[expect(dead_code, reason = "the lanes are rows of one sample, so that only one of both entries is used")]
mod lanes {
    use super::*;
    entries! {
        /// [`axis_norm_forward`](super::super::axis_norm_forward) of sixteen rows side by side or more.
        pub(in crate::kernels) unsafe fn axis_norm_strips_forward(
            g: &AxisNorm,
            stride: usize,
            x: *const f32,
            gamma: *const f32,
            beta: *const f32,
            y: *mut f32,
            stats: *mut f32,
        );
    }
}

/// The gradients of those.
#[cfg(feature = "train")]
#[expect(dead_code, reason = "as above")]
mod lanes_back {
    use super::*;
    entries! {
        pub(in crate::kernels) unsafe fn axis_norm_strips_backward_input(
            g: &AxisNorm,
            stride: usize,
            x: *const f32,
            stats: *const f32,
            gamma: *const f32,
            dy: *const f32,
            dx: *mut f32,
            accumulate: bool,
        );
        pub(in crate::kernels) unsafe fn axis_norm_strips_backward_params(
            g: &AxisNorm,
            stride: usize,
            x: *const f32,
            stats: *const f32,
            dy: *const f32,
            dgamma: *mut f32,
            dbeta: *mut f32,
        );
    }
}

pub(super) use lanes::chwn16::axis_norm_strips_forward as forward;
#[cfg(feature = "train")]
pub(super) use lanes_back::chwn16::{
    axis_norm_strips_backward_input as backward_input, axis_norm_strips_backward_params as backward_params,
};
