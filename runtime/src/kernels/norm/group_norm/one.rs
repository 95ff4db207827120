//! One sample, of whose groups sixteen numbers lie in a vector. Without positions beside each other (a sequence) a vector is sixteen channels.

use super::super::batch_norm::or;
use super::super::row::{self, Affine};
use super::{channels, places};
use crate::simd::Vector;
use core::ops::Range;
use core::ptr::null;
use fireclay_ir::geometry::GroupNorm;

/// Channels that lie side by side, and how many of their numbers do: all of a group where there is one position, else one channel.
#[inline(always)]
fn side_by_side(g: &GroupNorm, of: &Range<usize>) -> (usize, usize) {
    if g.size == 1 { (of.len(), of.len()) } else { (1, g.size) }
}

/// The factors and summands of the channels from c on, gamma times a number of all.
#[inline(always)]
unsafe fn affine(g: &GroupNorm, all: f32, gamma: *const f32, beta: *const f32, c: usize) -> Affine {
    // SAFETY: the caller's promise: null or one number per channel.
    unsafe {
        let from = |numbers: *const f32| if numbers.is_null() { null() } else { numbers.add(c) };
        if g.size == 1 {
            Affine { all: [all, 0.0], each: [from(gamma), from(beta)] }
        } else {
            Affine { all: [all * or(gamma, c, 1.0), or(beta, c, 0.0)], each: [null(); 2] }
        }
    }
}

#[inline(always)]
unsafe fn group_norm_one_forward<V: Vector>(
    g: &GroupNorm,
    x: *const f32,
    gamma: *const f32,
    beta: *const f32,
    y: *mut f32,
    stats: *mut f32,
) {
    // SAFETY: the caller's promise.
    unsafe {
        for k in 0..g.groups {
            let of = channels(g, k);
            let share = 1.0 / (g.outer * of.len() * g.size) as f32;
            // Relative to one of the numbers, so that sums stay small where the mean is large beside the deviations.
            let shift = *x.add(of.start * g.size);
            let (mut sum, mut squares) = (0.0, 0.0);
            for o in 0..g.outer {
                let at = places(g, o, &of);
                sum += row::sum::<V>(at.len(), x.add(at.start), shift);
            }
            let own = sum * share;
            for o in 0..g.outer {
                let at = places(g, o, &of);
                squares += row::squares::<V>(at.len(), x.add(at.start), shift, own);
            }
            let (mean, inverse) = (shift + own, 1.0 / Vector::sqrt(squares * share + g.eps));
            (*stats.add(2 * k), *stats.add(2 * k + 1)) = (mean, inverse);
            let (beside, len) = side_by_side(g, &of);
            for o in 0..g.outer {
                for c in of.clone().step_by(beside) {
                    let at = (o * g.channels + c) * g.size;
                    row::normalize::<V>(len, x.add(at), mean, affine(g, inverse, gamma, beta, c), y.add(at));
                }
            }
        }
    }
}

/// The gradient of the k-th group, from what its channels' sums take off each number.
#[cfg(feature = "train")]
#[inline(always)]
unsafe fn group_norm_one_backward_input<V: Vector>(
    g: &GroupNorm,
    k: usize,
    x: *const f32,
    stats: *const f32,
    gamma: *const f32,
    off: [f32; 2],
    dy: *const f32,
    dx: *mut f32,
    accumulate: bool,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let of = channels(g, k);
        let statistics = [*stats.add(2 * k), *stats.add(2 * k + 1)];
        let (beside, len) = side_by_side(g, &of);
        for o in 0..g.outer {
            for c in of.clone().step_by(beside) {
                let (at, affine) = ((o * g.channels + c) * g.size, affine(g, 1.0, gamma, null(), c));
                row::gradient::<V>(len, x.add(at), statistics, affine, off, dy.add(at), dx.add(at), accumulate);
            }
        }
    }
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn group_norm_one_backward_sums<V: Vector>(
    g: &GroupNorm,
    x: *const f32,
    stats: *const f32,
    dy: *const f32,
    sums: *mut f32,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let to = [sums, sums.add(g.channels)];
        for k in 0..g.groups {
            let (of, mean) = (channels(g, k), *stats.add(2 * k));
            if g.size == 1 {
                let mut c = of.start;
                while c + V::WIDTH <= of.end {
                    of_channels::<V>(g, c, x, mean, dy, to);
                    c += V::WIDTH;
                }
                while c < of.end {
                    of_channels::<f32>(g, c, x, mean, dy, to);
                    c += 1;
                }
                continue;
            }
            for c in of {
                let (mut plain, mut weighted) = (0.0, 0.0);
                for o in 0..g.outer {
                    let at = (o * g.channels + c) * g.size;
                    let plainly = Affine { all: [1.0, 0.0], each: [null(); 2] };
                    let (d, of_x) = row::products::<V>(g.size, x.add(at), mean, plainly, dy.add(at));
                    plain += d;
                    weighted += of_x;
                }
                (*to[0].add(c), *to[1].add(c)) = (plain, weighted);
            }
        }
    }
}

/// Of a vector of channels with one position.
#[cfg(feature = "train")]
#[inline(always)]
unsafe fn of_channels<V: Vector>(
    g: &GroupNorm,
    c: usize,
    x: *const f32,
    mean: f32,
    dy: *const f32,
    [to_plain, to_weighted]: [*mut f32; 2],
) {
    // SAFETY: the caller's promise.
    unsafe {
        let (mean, mut plain, mut weighted) = (V::splat(mean), V::splat(0.0), V::splat(0.0));
        for o in 0..g.outer {
            let at = o * g.channels + c;
            let d = V::load(dy.add(at));
            plain = plain.add(d);
            weighted = d.mul_add(V::load(x.add(at)).sub(mean), weighted);
        }
        plain.store(to_plain.add(c));
        weighted.store(to_weighted.add(c));
    }
}

#[expect(dead_code, reason = "the lanes are numbers of one sample, so that only one of both entries is used")]
mod lanes {
    use super::*;
    entries! {
        /// [`group_norm_forward`](super::super::group_norm_forward) of groups of sixteen numbers or more side by side.
        pub(in crate::kernels) unsafe fn group_norm_one_forward(
            g: &GroupNorm,
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
        pub(in crate::kernels) unsafe fn group_norm_one_backward_input(
            g: &GroupNorm,
            k: usize,
            x: *const f32,
            stats: *const f32,
            gamma: *const f32,
            off: [f32; 2],
            dy: *const f32,
            dx: *mut f32,
            accumulate: bool,
        );
        pub(in crate::kernels) unsafe fn group_norm_one_backward_sums(
            g: &GroupNorm,
            x: *const f32,
            stats: *const f32,
            dy: *const f32,
            sums: *mut f32,
        );
    }
}

pub(super) use lanes::chwn16::group_norm_one_forward as forward;
#[cfg(feature = "train")]
pub(super) use lanes_back::chwn16::{
    group_norm_one_backward_input as backward_input, group_norm_one_backward_sums as backward_sums,
};
