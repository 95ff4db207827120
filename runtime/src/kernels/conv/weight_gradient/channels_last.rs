//! Weight gradients of convolutions with many channels: outer products of what a sample has at a position, sixteen channels in a vector.
//!
//! Where the channels fill vectors no lanes need to be added: `dweight[f][·][tap] += dy[f][p][s] · x[·][p + tap][s]`, for which x is transposed
//! to `[position][sample][channel]` first. That pays where sums are short (small maps) or kernels narrow.

use crate::kernels::bias_gradient::chwn16::add_sums;
use crate::kernels::conv::map::Map;
use crate::simd::{LANES, Vector};
use fireclay_ir::geometry::{Axis, Conv};
use fireclay_ir::sizes::ChannelsLast;

/// Channels, filled up to whole vectors.
#[inline(always)]
const fn channels(g: &Conv) -> usize {
    g.channels.next_multiple_of(LANES)
}

/// Rows of x to `[row][column][sample][channel]`.
#[inline(always)]
unsafe fn transpose<V: Vector>(g: &Conv, map: Map, [from, to]: [usize; 2], x: *const f32, transposed: *mut f32) {
    let all = channels(g);
    let mut square = [0.0_f32; LANES * LANES];
    // SAFETY: the caller's promise.
    unsafe {
        for at in from * g.width..to * g.width {
            let (x, transposed) = (x.add(at * map.position * LANES), transposed.add((at - from * g.width) * LANES * all));
            for first in (0..all).step_by(LANES) {
                if map.channel == 1 && first + LANES <= g.channels {
                    V::transpose(x.add(first * LANES), transposed.add(first), all);
                    continue;
                }
                for channel in 0..LANES {
                    let there = first + channel < g.channels;
                    let vector = if there { V::load(x.add((first + channel) * map.channel * LANES)) } else { V::splat(0.0) };
                    vector.store(square.as_mut_ptr().add(channel * LANES));
                }
                V::transpose(square.as_ptr(), transposed.add(first), all);
            }
        }
    }
}

/// A strip of rows of y.
struct Strip<'a> {
    g: &'a Conv,
    rows: Axis,
    cols: Axis,
    from: usize,
    to: usize,
    /// The first row of x that was transposed.
    first: usize,
    x: *const f32,
    /// How dy lies.
    map: Map,
    sums: *mut f32,
}

/// `F` filters × `N` vectors of channels × all taps; adds them to the gradient.
#[inline(always)]
unsafe fn block<V: Vector, const F: usize, const N: usize>(s: &Strip, vector: usize, dy: *const f32, dweight: *mut f32) {
    const { assert!(F * N <= ChannelsLast::FILTERS * ChannelsLast::VECTORS, "the scratch holds the sums of so many") };
    let (g, all) = (s.g, channels(s.g));
    let (y_map, y_position) = (s.map.channel * LANES, s.map.position * LANES);
    // SAFETY: the caller's promise; outputs meet their inputs inside the map.
    unsafe {
        for ky in 0..g.kernel[0] {
            let down = s.rows.outputs(ky);
            let (top, bottom) = (down.0.max(s.from), down.1.min(s.to));
            for kx in 0..g.kernel[1] {
                let (left, right) = s.cols.outputs(kx);
                let mut acc = [[V::splat(0.0); N]; F];
                for row in top..bottom.max(top) {
                    let line = (row * g.stride[0] + ky * g.dilation[0] - g.pad[0] - s.first) * g.width;
                    for col in left..right.max(left) {
                        let at = line + col * g.stride[1] + kx * g.dilation[1] - g.pad[1];
                        let mut x = s.x.add(at * LANES * all + vector * LANES);
                        let d = dy.add((row * g.out_width + col) * y_position);
                        for sample in 0..LANES {
                            let mut inputs = [V::splat(0.0); N];
                            for n in 0..N {
                                inputs[n] = V::load(x.add(n * LANES));
                            }
                            for f in 0..F {
                                let d = V::splat(*d.add(f * y_map + sample));
                                for n in 0..N {
                                    acc[f][n] = d.mul_add(inputs[n], acc[f][n]);
                                }
                            }
                            x = x.wrapping_add(all);
                        }
                    }
                }
                let tap = ky * g.kernel[1] + kx;
                for f in 0..F {
                    for n in 0..N {
                        acc[f][n].store(s.sums.add(((f * N + n) * g.area() + tap) * LANES));
                    }
                }
            }
        }
        let first = vector * LANES;
        for f in 0..F {
            for channel in 0..(N * LANES).min(g.channels - first) {
                let to = dweight.add((f * g.channels + first + channel) * g.area());
                let sums = s.sums.add((f * N + channel / LANES) * g.area() * LANES + channel % LANES);
                for tap in 0..g.area() {
                    *to.add(tap) += *sums.add(tap * LANES);
                }
            }
        }
    }
}

#[inline(always)]
unsafe fn add_weight_gradient_channels_last<V: Vector>(
    g: &Conv,
    maps: [Map; 2],
    x: *const f32,
    dy: *const f32,
    dweight: *mut f32,
    scratch: *mut f32,
) {
    let (height, vectors, y_map) = (ChannelsLast::new(g).strip, channels(g) / LANES, maps[1].channel * LANES);
    let mut from = 0;
    // SAFETY: the caller's promise: scratch holds what `channels_last_scratch` says.
    unsafe {
        while from < g.out_height {
            let to = (from + height).min(g.out_height);
            let first = (from * g.stride[0]).saturating_sub(g.pad[0]).min(g.height);
            let end = (from * g.stride[0] + ChannelsLast::reach(g, to - from)).saturating_sub(g.pad[0]).clamp(first, g.height);
            transpose::<V>(g, maps[0], [first, end], x, scratch);
            let sums = scratch.add((end - first) * g.width * LANES * channels(g));
            let strip = Strip { g, rows: g.rows(false), cols: g.cols(false), from, to, first, x: scratch, map: maps[1], sums };
            let mut filter = 0;
            while filter < g.filters {
                let left = g.filters - filter;
                let (dy, to) = (dy.add(filter * y_map), dweight.add(filter * g.channels * g.area()));
                macro_rules! filters {
                    ($F:literal; $($N:literal)*) => {{
                        let mut vector = 0;
                        while vector < vectors {
                            $(if vectors - vector >= $N {
                                block::<V, $F, $N>(&strip, vector, dy, to);
                                vector += $N;
                                continue;
                            })*
                        }
                        filter += $F;
                    }};
                }
                if const { V::ACCUMULATORS >= 24 } {
                    match left {
                        6.. => filters!(6; 4 2 1),
                        4.. => filters!(4; 4 2 1),
                        2.. => filters!(2; 4 2 1),
                        _ => filters!(1; 4 2 1),
                    }
                } else {
                    // One vector of inputs: with two there are more than sixteen registers of AVX2 in use.
                    match left {
                        6.. if const { V::ACCUMULATORS >= 6 } => filters!(6; 1),
                        3.. if const { V::ACCUMULATORS >= 6 } => filters!(3; 1),
                        _ => filters!(1; 1),
                    }
                }
            }
            from = to;
        }
    }
}

entries! {
    /// Adds the weight gradient of a convolution of one group, whose x and dy lie like this.
    #[allow(dead_code, reason = "one sample has nothing to transpose")]
    pub(in crate::kernels) unsafe fn add_weight_gradient_channels_last(
        g: &Conv, maps: [Map; 2], x: *const f32, dy: *const f32, dweight: *mut f32, scratch: *mut f32,
    );
}

/// As [`conv_backward_weight`](crate::kernels::chwn16::conv_backward_weight), for one group.
///
/// # Safety
/// Pointers are valid for what the geometry says (`docs/kernels.md`); scratch holds `channels_last_scratch` floats.
pub unsafe fn conv_channels_last_backward_weight(
    g: &Conv,
    x: *const f32,
    dy: *const f32,
    dweight: *mut f32,
    dbias: *mut f32,
    scratch: *mut f32,
) {
    // SAFETY: the caller's promise.
    unsafe {
        chwn16::add_weight_gradient_channels_last(g, Map::images(g, false), x, dy, dweight, scratch);
        add_sums(g.filters, g.out_height * g.out_width, dy, dbias);
    }
}

/// As [`conv_transpose_backward_weight`](crate::kernels::chwn16::conv_transpose_backward_weight), for one group.
///
/// # Safety
/// As for the convolution.
pub unsafe fn conv_transpose_channels_last_backward_weight(
    g: &Conv,
    x: *const f32,
    dy: *const f32,
    dweight: *mut f32,
    dbias: *mut f32,
    scratch: *mut f32,
) {
    // SAFETY: the caller's promise. What the convolution calls x and dy are this layer's dy and x.
    unsafe {
        chwn16::add_weight_gradient_channels_last(g, Map::images(g, false), dy, x, dweight, scratch);
        add_sums(g.channels, g.height * g.width, dy, dbias);
    }
}

fireclay_ir::conv_channels_last_kernels!(checked[here]);
