//! Weight gradients of convolutions: for each weight the sum over positions and samples of input × output gradient.
//!
//! Accumulators stay registers over many positions; lanes are added once, at the end.

use crate::kernels::conv::map::Map;
use crate::simd::{Register, Vector};
use fireclay_ir::geometry::{Axis, Conv};

/// What the blocks of one group and strip of rows have in common.
struct Strip<'a> {
    g: &'a Conv,
    rows: Axis,
    cols: Axis,
    /// How x and dy lie.
    maps: [Map; 2],
    /// Output rows.
    from: usize,
    to: usize,
}

/// Adds the gradient of `B` filters × `C` channels × `K` taps of a kernel row, from `tap` (ky, kx) on, computing `U` positions at once
/// where that is needed for enough independent chains.
#[inline(always)]
unsafe fn block<V: Vector, const B: usize, const C: usize, const K: usize, const U: usize>(
    s: &Strip,
    (ky, kx): (usize, usize),
    x: *const f32,
    dy: *const f32,
    dweight: *mut f32,
) {
    let g = s.g;
    let part = <V::Register as Register>::WIDTH;
    let [x_map, y_map] = s.maps.map(|map| map.channel * V::WIDTH);
    let [x_position, y_position] = s.maps.map(|map| map.position * V::WIDTH);
    let (stride, dilation, pad) = (s.cols.stride, s.cols.dilation, s.cols.pad);
    let down = s.rows.outputs(ky);
    let (first, last) = (down.0.max(s.from), down.1.min(s.to));
    if first >= last {
        return;
    }
    // Outputs for which all taps fall on the input, and those for which any does.
    let (start, end) = (s.cols.outputs(kx + K - 1).0, s.cols.outputs(kx).1);
    let (mut lo, mut hi) = (s.cols.outputs(kx).0, s.cols.outputs(kx + K - 1).1);
    if lo >= hi {
        (lo, hi) = (start, start);
    }
    let mut reach = [(0, 0); K];
    for k in 0..K {
        reach[k] = s.cols.outputs(kx + k);
    }
    let (x_tap, x_next) = (dilation * x_position, stride * x_position);
    // SAFETY: the caller's promise; outputs meet their inputs inside the map.
    unsafe {
        let mut acc = [[[[V::Register::zero(); K]; C]; B]; U];
        let mut row = first;
        while row < last {
            let in_row = row * s.rows.stride + ky * s.rows.dilation - s.rows.pad;
            let mut offset = 0;
            while offset < V::WIDTH {
                // May lie before the row as long as the column is in the padding: never read there.
                let x = x
                    .wrapping_add(in_row * g.width * x_position + offset)
                    .wrapping_sub(pad * x_position)
                    .wrapping_add(kx * x_tap);
                let dy = dy.add(row * g.out_width * y_position + offset);
                let (mut xp, mut dp) = (x.wrapping_add(lo * x_next), dy.wrapping_add(lo * y_position));
                let mut col = lo;
                while col + U <= hi {
                    for u in 0..U {
                        let (xp, dp) = (xp.add(u * x_next), dp.add(u * y_position));
                        let mut d = [V::Register::zero(); B];
                        for b in 0..B {
                            d[b] = V::Register::load(dp.add(b * y_map));
                        }
                        for c in 0..C {
                            for k in 0..K {
                                let input = V::Register::load(xp.add(c * x_map + k * x_tap));
                                for b in 0..B {
                                    acc[u][b][c][k] = d[b].mul_add(input, acc[u][b][c][k]);
                                }
                            }
                        }
                    }
                    (xp, dp) = (xp.wrapping_add(U * x_next), dp.wrapping_add(U * y_position));
                    col += U;
                }
                // What is left over, and the edges.
                let mut edge = start;
                while edge < end {
                    if edge == lo && lo < col {
                        edge = col;
                        continue;
                    }
                    for k in 0..K {
                        if edge >= reach[k].0 && edge < reach[k].1 {
                            for c in 0..C {
                                let input = V::Register::load(x.wrapping_add(edge * x_next + c * x_map + k * x_tap));
                                for b in 0..B {
                                    let d = V::Register::load(dy.add(edge * y_position + b * y_map));
                                    acc[0][b][c][k] = d.mul_add(input, acc[0][b][c][k]);
                                }
                            }
                        }
                    }
                    edge += 1;
                }
                offset += part;
            }
            row += 1;
        }
        // A copy: what is indexed at run time could not have been in registers above.
        let mut sums = [V::Register::zero(); MOST];
        for b in 0..B {
            for c in 0..C {
                for k in 0..K {
                    let mut sum = acc[0][b][c][k];
                    for u in 1..U {
                        sum = sum.add(acc[u][b][c][k]);
                    }
                    sums[(b * C + c) * K + k] = sum;
                }
            }
        }
        let [inputs, _] = g.per_group();
        let mut n = 0;
        let mut lanes = [0.0; 4];
        let sums = sums.as_ptr();
        for b in 0..B {
            for c in 0..C {
                for k in 0..K {
                    if n % 4 == 0 {
                        lanes = V::Register::sum_four(sums.add(n).cast::<[V::Register; 4]>().read());
                    }
                    *dweight.add((b * inputs + c) * g.area() + k) += lanes[n % 4];
                    n += 1;
                }
            }
        }
    }
}

/// Accumulators of the largest block.
const MOST: usize = 12;

/// How many positions at once make enough chains of `accumulators`.
const fn positions(accumulators: usize) -> usize {
    match accumulators {
        1 => 8,
        2 => 4,
        3 => 3,
        4 | 5 => 2,
        _ => 1,
    }
}

#[inline(always)]
unsafe fn add_weight_gradient<V: Vector>(g: &Conv, maps: [Map; 2], x: *const f32, dy: *const f32, dweight: *mut f32) {
    /// Three quarters of a megabyte, in floats.
    const CACHE: usize = 3 << 16;
    let [inputs, outputs] = g.per_group();
    let [x_map, y_map] = maps.map(|map| map.channel * V::WIDTH);
    let (rows, cols) = (g.rows(false), g.cols(false));
    // Rows at a time such that both sides stay in the second-level cache, but no fewer than pay for adding the lanes.
    let row = (inputs * g.width * g.stride[0] + outputs * g.out_width) * V::WIDTH;
    let height = CACHE.checked_div(row).unwrap_or(1).max(128_usize.checked_div(g.out_width).unwrap_or(1)).max(1);
    // SAFETY: the caller's promise.
    unsafe {
        for group in 0..g.groups {
            let (x, dy) = (x.add(group * inputs * x_map), dy.add(group * outputs * y_map));
            let dweight = dweight.add(group * outputs * inputs * g.area());
            let mut from = 0;
            while from < g.out_height {
                let strip = Strip { g, rows, cols, maps, from, to: (from + height).min(g.out_height) };
                from = strip.to;
                let mut kx = 0;
                while kx < g.kernel[1] {
                    // `B` filters × `C` channels × `K` taps: as many as there are registers for.
                    macro_rules! filters {
                        ($($B:literal)*, $C:literal, $K:literal) => {{
                            let mut filter = 0;
                            while filter < outputs {
                                let left = outputs - filter;
                                let (dy, to) = (dy.add(filter * y_map), dweight.add(filter * inputs * g.area() + kx));
                                $(if left >= $B {
                                    let mut channel = 0;
                                    while channel < inputs {
                                        let (x, to) = (x.add(channel * x_map), to.add(channel * g.area()));
                                        let all = inputs - channel >= $C;
                                        for ky in 0..g.kernel[0] {
                                            let to = to.add(ky * g.kernel[1]);
                                            if all {
                                                block::<V, $B, $C, $K, { positions($B * $C * $K) }>(&strip, (ky, kx), x, dy, to);
                                            } else {
                                                block::<V, $B, 1, $K, { positions($B * $K) }>(&strip, (ky, kx), x, dy, to);
                                            }
                                        }
                                        channel += if all { $C } else { 1 };
                                    }
                                    filter += $B;
                                    continue;
                                })*
                            }
                            kx += $K;
                        }};
                    }
                    let left = g.kernel[1] - kx;
                    if const { <V::Register as Register>::ACCUMULATORS >= 12 } {
                        match left {
                            5 => filters!(2 1, 1, 5),
                            4 => filters!(3 1, 1, 4),
                            3 | 6.. => filters!(3 1, 1, 3),
                            2 => filters!(3 1, 2, 2),
                            _ => filters!(3 1, 4, 1),
                        }
                    } else if const { <V::Register as Register>::ACCUMULATORS >= 8 } {
                        match left {
                            3 | 5.. => filters!(2 1, 1, 3),
                            2 | 4 => filters!(2 1, 2, 2),
                            _ => filters!(2 1, 2, 1),
                        }
                    } else {
                        filters!(1, 2, 1)
                    }
                }
            }
        }
    }
}

entries! {
    /// Adds the weight gradient of a convolution.
    pub(in crate::kernels) unsafe fn add_weight_gradient(g: &Conv, maps: [Map; 2], x: *const f32, dy: *const f32, dweight: *mut f32);
}
