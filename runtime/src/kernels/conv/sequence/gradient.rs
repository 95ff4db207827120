//! The gradient of the weight over the rows of all samples. Lanes are filters: a block of some channels of x × vectors of filters is in registers while
//! some rows go past, and is added to the gradient when all have.

use super::windows::{vectors, with_vectors};
use crate::kernels::rows::Rows;
use crate::kernels::rows::block::{load_part, load_row, store_part, store_row};
use crate::simd::{LANES, Vector};
use fireclay_ir::geometry::Conv;
use fireclay_ir::sizes::{CONV1D_VECTORS, GRADIENT_ROWS};

/// Adds to `B` channels × `N` vectors of sums, over so many rows: of x, and of the filters' gradients.
#[inline(always)]
unsafe fn block<V: Vector, const B: usize, const N: usize>(
    rows: usize,
    (x, x_next): (*const f32, usize),
    (dy, dy_next): (*const f32, usize),
    sums: *mut f32,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut acc = [[V::splat(0.0); N]; B];
        for b in 0..B {
            acc[b] = load_row::<V, N>(sums.add(b * N * LANES), N * LANES);
        }
        let (mut x, mut dy) = (x, dy);
        for _ in 0..rows {
            let mut d = [V::splat(0.0); N];
            for n in 0..N {
                d[n] = V::load(dy.add(n * LANES));
            }
            for b in 0..B {
                let number = V::splat(*x.add(b));
                for n in 0..N {
                    acc[b][n] = number.mul_add(d[n], acc[b][n]);
                }
            }
            (x, dy) = (x.wrapping_add(x_next), dy.wrapping_add(dy_next));
        }
        for b in 0..B {
            store_row(acc[b], sums.add(b * N * LANES), N * LANES);
        }
    }
}

/// All channels of a group × `N` vectors of sums of one tap.
#[inline(always)]
unsafe fn channels<V: Vector, const N: usize>(
    count: usize,
    rows: usize,
    (x, x_next): (*const f32, usize),
    dy: (*const f32, usize),
    sums: *mut f32,
) {
    let mut channel = 0;
    macro_rules! blocks {
        ($($B:literal)*) => {
            $(while count - channel >= $B {
                block::<V, $B, N>(rows, (x.add(channel), x_next), dy, sums.add(channel * N * LANES));
                channel += $B;
            })*
        };
    }
    // SAFETY: the caller's promise.
    unsafe {
        if const { V::ACCUMULATORS / N >= 12 } {
            blocks!(12 4 1);
        } else if const { V::ACCUMULATORS / N >= 6 } {
            blocks!(6 3 1);
        } else {
            blocks!(2 1);
        }
    }
}

/// `N` vectors of filters of a group, of which `live` are there.
#[inline(always)]
unsafe fn filters<V: Vector, const N: usize>(
    g: &Conv,
    group: usize,
    x: Rows<*const f32>,
    dy: Rows<*const f32>,
    (first, live): (usize, usize),
    dweight: *mut f32,
    scratch: *mut f32,
) {
    let (time, [inputs, per_group], taps) = (g.cols(false), g.per_group(), g.kernel[1]);
    let (len, filter) = (taps * inputs * N * LANES, group * per_group + first);
    let packed = scratch.wrapping_add(len);
    // SAFETY: the caller's promise; scratch holds what `conv1d_scratch` says.
    unsafe {
        scratch.write_bytes(0, len);
        for sample in 0..x.samples.count {
            for from in (0..g.out_width).step_by(GRADIENT_ROWS) {
                let until = (from + GRADIENT_ROWS).min(g.out_width);
                let mut of_dy = (dy.row(sample, from).wrapping_add(filter), dy.next);
                if live < N * LANES {
                    for row in from..until {
                        let numbers = load_row::<V, N>(dy.row(sample, row).add(filter), live);
                        store_row(numbers, packed.add((row - from) * N * LANES), N * LANES);
                    }
                    of_dy = (packed, N * LANES);
                }
                for tap in 0..taps {
                    let (low, high) = time.outputs(tap);
                    let (low, high) = (low.max(from), high.min(until));
                    if low < high {
                        let at = low * time.stride + tap * time.dilation - time.pad;
                        let x = (x.row(sample, at).add(group * inputs), time.stride * x.next);
                        let dy = (of_dy.0.add((low - from) * of_dy.1), of_dy.1);
                        channels::<V, N>(inputs, high - low, x, dy, scratch.add(tap * inputs * N * LANES));
                    }
                }
            }
        }
        for lane in 0..live {
            let to = dweight.add((filter + lane) * inputs * taps);
            for input in 0..inputs {
                for tap in 0..taps {
                    *to.add(input * taps + tap) += *scratch.add((tap * inputs + input) * N * LANES + lane);
                }
            }
        }
    }
}

/// Adds the gradient of the weights of filters `range` of the convolution from x to y.
#[inline(always)]
unsafe fn add_weight_gradient_rows<V: Vector>(
    g: &Conv,
    x: Rows<*const f32>,
    dy: Rows<*const f32>,
    range: (usize, usize),
    dweight: *mut f32,
    scratch: *mut f32,
) {
    let [_, per_group] = g.per_group();
    for group in 0..g.groups {
        let begin = group * per_group;
        let mut first = range.0.max(begin) - begin;
        let until = range.1.min(begin + per_group).saturating_sub(begin);
        while first < until {
            let left = until - first;
            let count = vectors::<V>(left);
            with_vectors!(V, count, |N| {
                // SAFETY: the caller's promise.
                unsafe { filters::<V, N>(g, group, x, dy, (first, left.min(N * LANES)), dweight, scratch) };
            });
            first += count * LANES;
        }
    }
}

/// Adds the gradient of biases `range`: sums over the rows of all samples.
#[inline(always)]
unsafe fn add_bias_gradient_rows<V: Vector>(rows: usize, dy: Rows<*const f32>, (from, until): (usize, usize), dbias: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe {
        for first in (from..until).step_by(LANES) {
            let live = (until - first).min(LANES);
            let mut sum = load_part::<V>(dbias.add(first), live);
            for sample in 0..dy.samples.count {
                for row in 0..rows {
                    sum = sum.add(load_part::<V>(dy.row(sample, row).add(first), live));
                }
            }
            store_part(sum, dbias.add(first), live);
        }
    }
}

#[expect(dead_code, reason = "the lanes are filters here, so that only one of both entries is used")]
mod entry {
    use super::{Conv, Rows, add_bias_gradient_rows, add_weight_gradient_rows};
    entries! {
        /// Adds the gradient of the weights of some filters.
        pub(in crate::kernels::conv) unsafe fn add_weight_gradient_rows(
            g: &Conv, x: Rows<*const f32>, dy: Rows<*const f32>, range: (usize, usize), dweight: *mut f32, scratch: *mut f32,
        );
        /// Adds the gradient of some biases.
        pub(in crate::kernels::conv) unsafe fn add_bias_gradient_rows(
            rows: usize, dy: Rows<*const f32>, range: (usize, usize), dbias: *mut f32,
        );
    }
}
pub(super) use entry::chwn16::{add_bias_gradient_rows as bias_gradient, add_weight_gradient_rows as weight_gradient};
