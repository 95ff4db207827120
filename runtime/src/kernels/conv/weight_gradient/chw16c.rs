//! Weight gradients of one sample in `chw16c`: outer products of what lies at two positions, sixteen filters in a vector and each channel a number.
//!
//! Sums of some channels stay in registers over the positions of a band of rows, whose sixteen channels and filters stay in the first-level cache
//! for all taps.

use super::add_transposed::add_transposed;
use crate::kernels::bias_gradient::chwn16::add_sums_chw16c;
use crate::kernels::register_blocks::channel_blocks;
use crate::simd::{LANES, Vector};
use fireclay_ir::Samples;
use fireclay_ir::geometry::Conv;
use fireclay_ir::sizes::Chw16cWeight;

/// The positions that a tap meets in a band of rows, in each of some samples: offsets and steps in floats.
pub(in crate::kernels::conv) struct Positions {
    pub samples: Samples,
    pub x: usize,
    pub dy: usize,
    pub rows: usize,
    pub cols: usize,
    pub x_row: usize,
    pub x_next: usize,
    pub dy_row: usize,
}

/// Neighboring positions whose sums of `channels` channels are kept apart, so that there are enough of them for the latency of an addition.
const fn apart(channels: usize) -> usize {
    match channels {
        1 => 4,
        2 => 3,
        3 => 2,
        _ => 1,
    }
}

/// `sums[b] += Σ x[b] · dy` over positions, or from zero on, for `B` channels, whose sums are `next` floats apart; `U` positions at once.
#[inline(always)]
unsafe fn multiply<V: Vector, const B: usize, const U: usize>(
    at: &Positions,
    x: *const f32,
    dy: *const f32,
    there: bool,
    sums: *mut f32,
    next: usize,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut acc = [[V::splat(0.0); B]; U];
        if there {
            for b in 0..B {
                acc[0][b] = V::load(sums.add(b * next));
            }
        }
        for sample in 0..at.samples.count {
            let far = sample * at.samples.step;
            let (mut x_line, mut dy_line) = (x.wrapping_add(far).wrapping_add(at.x), dy.wrapping_add(far).wrapping_add(at.dy));
            for _ in 0..at.rows {
                let (mut x, mut dy, mut left) = (x_line, dy_line, at.cols);
                if const { U > 1 } {
                    while left >= U {
                        for u in 0..U {
                            let d = V::load(dy.add(u * LANES));
                            for b in 0..B {
                                acc[u][b] = V::splat(*x.add(u * at.x_next + b)).mul_add(d, acc[u][b]);
                            }
                        }
                        (x, dy) = (x.wrapping_add(U * at.x_next), dy.wrapping_add(U * LANES));
                        left -= U;
                    }
                }
                for _ in 0..left {
                    let d = V::load(dy);
                    for b in 0..B {
                        acc[0][b] = V::splat(*x.add(b)).mul_add(d, acc[0][b]);
                    }
                    (x, dy) = (x.wrapping_add(at.x_next), dy.wrapping_add(LANES));
                }
                (x_line, dy_line) = (x_line.wrapping_add(at.x_row), dy_line.wrapping_add(at.dy_row));
            }
        }
        for b in 0..B {
            let mut sum = acc[0][b];
            for u in 1..U {
                sum = sum.add(acc[u][b]);
            }
            sum.store(sums.add(b * next));
        }
    }
}

/// The same for up to sixteen channels.
#[inline(always)]
pub(in crate::kernels::conv) unsafe fn multiply_all<V: Vector>(
    at: &Positions,
    channels: usize,
    x: *const f32,
    dy: *const f32,
    there: bool,
    sums: *mut f32,
    next: usize,
) {
    // SAFETY: the caller's promise.
    unsafe {
        if const { V::ACCUMULATORS >= LANES } && channels == LANES {
            return multiply::<V, LANES, 1>(at, x, dy, there, sums, next);
        }
        channel_blocks!(V, channels, |first, B| {
            let (x, sums) = (x.add(first), sums.add(first * next));
            if const { V::ACCUMULATORS >= 6 } {
                multiply::<V, B, { apart(B) }>(at, x, dy, there, sums, next);
            } else {
                multiply::<V, B, 1>(at, x, dy, there, sums, next);
            }
        });
    }
}

/// `sums[channel][tap][16]` of up to sixteen channels and filters over rows `[from, to)` of y in some samples.
#[inline(always)]
pub(super) unsafe fn block<V: Vector>(
    g: &Conv,
    samples: Samples,
    channels: usize,
    [from, to]: [usize; 2],
    x: *const f32,
    dy: *const f32,
    there: bool,
    sums: *mut f32,
) {
    let (rows, cols, next) = (g.rows(false), g.cols(false), g.area() * LANES);
    // SAFETY: the caller's promise; outputs meet their inputs inside the map.
    unsafe {
        for ky in 0..g.kernel[0] {
            let down = rows.outputs(ky);
            let (top, bottom) = (down.0.max(from), down.1.min(to));
            for kx in 0..g.kernel[1] {
                let (left, right) = cols.outputs(kx);
                let none = top >= bottom || left >= right;
                if none && there {
                    continue;
                }
                let above = (top * g.stride[0] + ky * g.dilation[0]).wrapping_sub(g.pad[0]);
                let beside = (left * g.stride[1] + kx * g.dilation[1]).wrapping_sub(g.pad[1]);
                let mut at = Positions {
                    samples,
                    x: above.wrapping_mul(g.width).wrapping_add(beside).wrapping_mul(LANES),
                    dy: (top * g.out_width + left) * LANES,
                    rows: if none { 0 } else { bottom - top },
                    cols: if none { 0 } else { right - left },
                    x_row: g.stride[0] * g.width * LANES,
                    x_next: g.stride[1] * LANES,
                    dy_row: g.out_width * LANES,
                };
                if g.out_width == 1 {
                    // A column is a long row.
                    (at.rows, at.cols, at.x_next) = (at.cols, at.rows, at.x_row);
                }
                let sums = sums.add((ky * g.kernel[1] + kx) * LANES);
                multiply_all::<V>(&at, channels, x, dy, there, sums, next);
            }
        }
    }
}

/// Where each position of y meets one of x, a map may be cut into rows of any length.
pub(super) fn in_rows(g: &Conv) -> Conv {
    let one_to_one = g.pad == [0, 0] && [g.width, g.height] == [g.out_width, g.out_height];
    if g.area() == 1 && g.stride == [1, 1] && one_to_one {
        return Conv { height: g.out_map(), width: 1, out_height: g.out_map(), out_width: 1, ..*g };
    }
    *g
}

#[inline(always)]
unsafe fn add_weight_gradient_chw16c<V: Vector>(g: &Conv, x: *const f32, dy: *const f32, dweight: *mut f32, scratch: *mut f32) {
    let (area, [channels, filters]) = (g.area(), g.per_group());
    let (x_map, y_map) = (g.height * g.width * LANES, g.out_map() * LANES);
    let g = &in_rows(g);
    let plan = Chw16cWeight::new(g);
    let mut from = 0;
    // SAFETY: the caller's promise: scratch holds what `conv_chw16c_train_scratch` says. Groups of several fill their vectors.
    unsafe {
        let transposed = scratch.add(LANES * LANES * area);
        while from < g.out_height {
            let to = g.out_height.min(from + plan.strip);
            for group in 0..g.groups {
                for filter in (0..filters).step_by(LANES) {
                    let live = (filters - filter).min(LANES);
                    let dy = dy.add((group * filters + filter) / LANES * y_map);
                    for channel in (0..channels).step_by(LANES) {
                        let some = (channels - channel).min(LANES);
                        let x = x.add((group * channels + channel) / LANES * x_map);
                        let mut row = from;
                        while row < to {
                            let end = to.min(row + plan.band);
                            block::<V>(g, Samples::ONE, some, [row, end], x, dy, row > from, scratch);
                            row = end;
                        }
                        let to = dweight.add(((group * filters + filter) * channels + channel) * area);
                        add_transposed::<V>(scratch, live, channels * area, some * area, transposed, to);
                    }
                }
            }
            from = to;
        }
    }
}

entries! {
    /// Adds the weight gradient of a convolution.
    #[allow(dead_code, reason = "the lanes are channels here")]
    pub(super) unsafe fn add_weight_gradient_chw16c(g: &Conv, x: *const f32, dy: *const f32, dweight: *mut f32, scratch: *mut f32);
}

/// Adds the gradients of weight and bias, which may be null.
///
/// # Safety
/// Pointers are valid for what the geometry says (`docs/kernels.md`); scratch holds `conv_chw16c_train_scratch` floats.
pub unsafe fn conv_chw16c_backward_weight(
    g: &Conv,
    x: *const f32,
    dy: *const f32,
    dweight: *mut f32,
    dbias: *mut f32,
    scratch: *mut f32,
) {
    // SAFETY: the caller's promise.
    unsafe {
        chwn16::add_weight_gradient_chw16c(g, x, dy, dweight, scratch);
        add_sums_chw16c(g.filters, g.out_height * g.out_width, dy, dbias);
    }
}

/// Adds the gradients of a transposed convolution's weight and bias, which may be null.
///
/// # Safety
/// As for the convolution.
pub unsafe fn conv_transpose_chw16c_backward_weight(
    g: &Conv,
    x: *const f32,
    dy: *const f32,
    dweight: *mut f32,
    dbias: *mut f32,
    scratch: *mut f32,
) {
    // SAFETY: the caller's promise. What the convolution calls x and dy are this layer's dy and x.
    unsafe {
        chwn16::add_weight_gradient_chw16c(g, dy, x, dweight, scratch);
        add_sums_chw16c(g.channels, g.height * g.width, dy, dbias);
    }
}

fireclay_ir::conv_chw16c_weight_kernels!(checked[here]);
