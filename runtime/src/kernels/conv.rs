//! Convolution (cross-correlation, as everywhere in deep learning): forward, input gradient, weight gradient.
//!
//! `y[o][oy][ox] = bias[o] + Σ weight[o][i][ky][kx] · x[i][oy·stride + ky·dilation − pad][…]`, positions outside x counting as zero.
//! Dumoulin and Visin, *A guide to convolution arithmetic for deep learning* (arXiv 1603.07285).

use super::gather::{Axis, Start, Strides, Taps, Window, block, blocks};
use crate::simd::Vector;

/// Sizes of a convolution from x `[channels][height][width]` to y `[filters][out_height][out_width]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conv {
    /// Channels of x.
    pub channels: usize,
    /// Of x.
    pub height: usize,
    /// Of x.
    pub width: usize,
    /// Channels of y.
    pub filters: usize,
    /// Of y.
    pub out_height: usize,
    /// Of y.
    pub out_width: usize,
    /// Height and width of the kernel.
    pub kernel: [usize; 2],
    /// Down and across.
    pub stride: [usize; 2],
    /// Before, down and across; what stands after follows from the sizes.
    pub pad: [usize; 2],
    /// Down and across.
    pub dilation: [usize; 2],
    /// Channels are convolved in this many groups of their own.
    pub groups: usize,
}

impl Conv {
    #[inline(always)]
    pub(super) fn rows(&self) -> Axis {
        Axis {
            input: self.height,
            output: self.out_height,
            kernel: self.kernel[0],
            stride: self.stride[0],
            pad: self.pad[0],
            dilation: self.dilation[0],
        }
    }

    #[inline(always)]
    pub(super) fn cols(&self) -> Axis {
        Axis {
            input: self.width,
            output: self.out_width,
            kernel: self.kernel[1],
            stride: self.stride[1],
            pad: self.pad[1],
            dilation: self.dilation[1],
        }
    }

    pub(super) const fn area(&self) -> usize {
        self.kernel[0] * self.kernel[1]
    }
}

/// One side of the computation: where results go and where they come from.
struct Side {
    /// Result channels per group, height, width.
    out: [usize; 3],
    /// Source height and width.
    source: [usize; 2],
    strides: Strides,
    /// From one group to the next, in the weight.
    w_group: usize,
    /// From one result channel to the next (its map), in floats.
    y_channel: usize,
    /// Kernel width, to find a tap's place.
    kernel_width: usize,
    /// Interior columns `[from, to)` whose windows are whole, and the step between their sources; none where stride forbids.
    interior: (usize, usize),
    next: usize,
}

#[inline(always)]
unsafe fn run<V: Vector>(
    g: &Conv,
    side: &Side,
    taps: (impl Fn(usize) -> Taps, impl Fn(usize) -> Taps),
    (source, weight, to): (*const f32, *const f32, *mut f32),
    start: Start,
) {
    let [channels, height, width] = side.out;
    let s = &side.strides;
    // SAFETY: the caller's pointers are valid for the geometry; taps never leave it.
    unsafe {
        for group in 0..g.groups {
            let source = source.add(group * s.channels * s.x_channel);
            let weight = weight.add(group * side.w_group);
            blocks!(V, channels, |from, B| {
                let channel = group * channels + from;
                let weight = weight.add(from * s.w_out);
                let to = to.add(channel * side.y_channel);
                for oy in 0..height {
                    let ty = taps.0(oy);
                    let mut ox = 0;
                    while ox < width {
                        let tx = taps.1(ox);
                        let window = Window {
                            x: source.wrapping_add((ty.at * side.source[1] + tx.at) * V::WIDTH),
                            w: weight.wrapping_add(ty.tap * side.kernel_width + tx.tap),
                            rows: ty.len,
                            cols: tx.len,
                            x_row: ty.at_step.wrapping_mul(side.source[1] * V::WIDTH),
                            x_col: tx.at_step.wrapping_mul(V::WIDTH),
                            w_row: ty.tap_step * side.kernel_width,
                            w_col: tx.tap_step,
                            x_next: side.next,
                        };
                        let y = to.add((oy * width + ox) * V::WIDTH);
                        let inside = ox >= side.interior.0 && ox < side.interior.1;
                        if B == 1 && inside && ox + 6 <= side.interior.1 {
                            block::<V, B, 6>(start, channel, s, window, y, side.y_channel);
                            ox += 6;
                        } else if B <= 2 && inside && ox + 3 <= side.interior.1 {
                            block::<V, B, 3>(start, channel, s, window, y, side.y_channel);
                            ox += 3;
                        } else {
                            block::<V, B, 1>(start, channel, s, window, y, side.y_channel);
                            ox += 1;
                        }
                    }
                }
            });
        }
    }
}

/// y from x, starting from `start`.
#[inline(always)]
pub(super) unsafe fn correlate<V: Vector>(g: &Conv, x: *const f32, weight: *const f32, y: *mut f32, start: Start) {
    let (rows, cols) = (g.rows(), g.cols());
    let per_group = g.channels / g.groups;
    let span = cols.dilation * (cols.kernel - 1);
    // Windows are whole from the first output past the padding to the last one that ends inside.
    let from = cols.pad.div_ceil(cols.stride);
    let to = match (cols.input + cols.pad).checked_sub(span + 1) {
        Some(last) => (last / cols.stride + 1).min(cols.output),
        None => 0,
    };
    let side = Side {
        out: [g.filters / g.groups, g.out_height, g.out_width],
        source: [g.height, g.width],
        strides: Strides {
            channels: per_group,
            x_channel: g.height * g.width * V::WIDTH,
            w_channel: g.area(),
            w_out: per_group * g.area(),
        },
        w_group: g.filters / g.groups * per_group * g.area(),
        y_channel: g.out_height * g.out_width * V::WIDTH,
        kernel_width: g.kernel[1],
        interior: (from, to),
        next: cols.stride * V::WIDTH,
    };
    // SAFETY: the caller's promise.
    unsafe { run::<V>(g, &side, (|o| rows.forward(o), |o| cols.forward(o)), (x, weight, y), start) };
}

/// dx from dy, starting from `start`.
#[inline(always)]
pub(super) unsafe fn spread<V: Vector>(g: &Conv, dy: *const f32, weight: *const f32, dx: *mut f32, start: Start) {
    let (rows, cols) = (g.rows(), g.cols());
    let (inputs, outputs) = (g.channels / g.groups, g.filters / g.groups);
    let span = cols.dilation * (cols.kernel - 1);
    // With stride 1 neighbours see neighbours; windows are whole where every tap has an output.
    let interior = if cols.stride == 1 {
        (span.saturating_sub(cols.pad), cols.output.saturating_sub(cols.pad).min(cols.input))
    } else {
        (0, 0)
    };
    let side = Side {
        out: [inputs, g.height, g.width],
        source: [g.out_height, g.out_width],
        strides: Strides {
            channels: outputs,
            x_channel: g.out_height * g.out_width * V::WIDTH,
            w_channel: inputs * g.area(),
            w_out: g.area(),
        },
        w_group: outputs * inputs * g.area(),
        y_channel: g.height * g.width * V::WIDTH,
        kernel_width: g.kernel[1],
        interior,
        next: V::WIDTH,
    };
    // SAFETY: the caller's promise.
    unsafe { run::<V>(g, &side, (|i| rows.backward(i), |i| cols.backward(i)), (dy, weight, dx), start) };
}

#[inline(always)]
unsafe fn conv_forward<V: Vector>(g: &Conv, x: *const f32, weight: *const f32, bias: *const f32, y: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe { correlate::<V>(g, x, weight, y, Start::bias(bias)) };
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn conv_backward_input<V: Vector>(g: &Conv, dy: *const f32, weight: *const f32, dx: *mut f32, accumulate: bool) {
    // SAFETY: the caller's promise.
    unsafe { spread::<V>(g, dy, weight, dx, Start::accumulate(accumulate)) };
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn conv_backward_weight<V: Vector>(g: &Conv, x: *const f32, dy: *const f32, dweight: *mut f32, dbias: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe {
        super::conv_weight::add_weight_gradient::<V>(g, x, dy, dweight);
        if !dbias.is_null() {
            super::conv_weight::add_sums::<V>(g.filters, g.out_height * g.out_width, dy, dbias);
        }
    }
}

entries! {
    /// `y = conv(x, weight) + bias`; `bias` may be null.
    pub unsafe fn conv_forward(g: &Conv, x: *const f32, weight: *const f32, bias: *const f32, y: *mut f32);
    /// The gradient of x, or added to it.
    #[cfg(feature = "train")]
    pub unsafe fn conv_backward_input(g: &Conv, dy: *const f32, weight: *const f32, dx: *mut f32, accumulate: bool);
    /// Adds the gradients of weight and bias; `dbias` may be null.
    #[cfg(feature = "train")]
    pub unsafe fn conv_backward_weight(g: &Conv, x: *const f32, dy: *const f32, dweight: *mut f32, dbias: *mut f32);
}
