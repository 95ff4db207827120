//! The loop of direct convolutions and their input gradients in `chwn16` and `chw`: sums of weight × vector, blocked in registers.
//!
//! Results are computed in blocks of channels × neighboring positions, each with its own accumulator, so that a dozen independent
//! chains of fused multiply-adds are under way; a weight is a broadcast, a source a vector.

use crate::kernels::conv::map::Map;
use crate::kernels::conv::tiling::{Positions, Tile, cached_parts, for_each_tile};
use crate::kernels::register_blocks::{Start, channel_blocks};
use crate::simd::Vector;
use core::marker::PhantomData;
use fireclay_ir::geometry::{Axis, Conv};

/// A direct convolution, forward or transposed.
#[derive(Debug, Clone, Copy)]
pub(in crate::kernels::conv) struct DirectConv {
    pub rows: Axis,
    pub cols: Axis,
    pub groups: usize,
    /// Channels per group of the source and of the result.
    pub sources: usize,
    pub results: usize,
    /// From one source channel to the next in the weight, and from one result channel to the next.
    pub w_source: usize,
    pub w_result: usize,
    pub source: *const f32,
    pub weight: *const f32,
    pub to: *mut f32,
    /// How source and result lie.
    pub maps: [Map; 2],
    pub start: Start,
}

impl DirectConv {
    /// The convolution: y from x, or the gradient of a transposed convolution.
    pub fn forward(g: &Conv, x: *const f32, weight: *const f32, y: *mut f32, start: Start) -> DirectConv {
        let [sources, results] = g.per_group();
        DirectConv {
            maps: Map::images(g, false),
            rows: g.rows(false),
            cols: g.cols(false),
            groups: g.groups,
            sources,
            results,
            w_source: g.area(),
            w_result: sources * g.area(),
            source: x,
            weight,
            to: y,
            start,
        }
    }

    /// The transposed convolution: y from x, or dx from dy.
    pub fn transposed(g: &Conv, x: *const f32, weight: *const f32, y: *mut f32, start: Start) -> DirectConv {
        let [results, sources] = g.per_group();
        DirectConv {
            maps: Map::images(g, true),
            rows: g.rows(true),
            cols: g.cols(true),
            groups: g.groups,
            sources,
            results,
            w_source: results * g.area(),
            w_result: g.area(),
            source: x,
            weight,
            to: y,
            start,
        }
    }
}

/// `B` result channels.
struct Channels<'a, V, const B: usize> {
    g: &'a DirectConv,
    /// Of this group, these channels.
    source: *const f32,
    weight: *const f32,
    to: *mut f32,
    channel: usize,
    vector: PhantomData<V>,
}

/// Loops of source channels and taps, innermost last: how often, the step in the source, the step in the weight.
type Loops = [(usize, usize, usize); 3];

impl<V: Vector, const B: usize> Tile for Channels<'_, V, B> {
    const MOST: usize = V::ACCUMULATORS / B;

    #[inline(always)]
    unsafe fn tile<const P: usize>(&self, at: &Positions) {
        let g = self.g;
        let [from, result] = g.maps;
        let (map, position) = (from.channel * V::WIDTH, from.position * V::WIDTH);
        let (to_map, to_position) = (result.channel * V::WIDTH, result.position * V::WIDTH);
        let next = at.source_next * position;
        let channels = (g.sources, map, g.w_source);
        let down = (at.rows, at.source_row.wrapping_mul(position), at.tap_row);
        let across = (at.cols, at.source_col.wrapping_mul(position), at.tap_col);
        // The longest run innermost where a kernel is a single row or tap, and what lies side by side in a sequence.
        let loops: Loops = match (at.rows, at.cols) {
            (1, 1) => [down, across, channels],
            (1, taps) if from.channel == 1 && taps < g.sources => [down, across, channels],
            (_, 1) => [channels, across, down],
            _ => [channels, down, across],
        };
        // SAFETY: the caller's promise. Pointers past the last step are not read.
        unsafe {
            let to = self.to.add(at.result * to_position);
            let to_next = at.result_next * to_position;
            let mut acc = g.start.accumulators::<V, B, P>(self.channel, to, to_map, to_next);
            let (mut x0, mut w0) = (self.source.wrapping_add(at.source * position), self.weight.wrapping_add(at.tap));
            for _ in 0..loops[0].0 {
                let (mut x1, mut w1) = (x0, w0);
                for _ in 0..loops[1].0 {
                    let (mut x, mut w) = (x1, w1);
                    for _ in 0..loops[2].0 {
                        let mut inputs = [V::splat(0.0); P];
                        for p in 0..P {
                            inputs[p] = V::load(x.add(p * next));
                        }
                        for b in 0..B {
                            let weight = V::splat(*w.add(b * g.w_result));
                            for p in 0..P {
                                acc[b][p] = weight.mul_add(inputs[p], acc[b][p]);
                            }
                        }
                        (x, w) = (x.wrapping_add(loops[2].1), w.wrapping_add(loops[2].2));
                    }
                    (x1, w1) = (x1.wrapping_add(loops[1].1), w1.wrapping_add(loops[1].2));
                }
                (x0, w0) = (x0.wrapping_add(loops[0].1), w0.wrapping_add(loops[0].2));
            }
            for b in 0..B {
                for p in 0..P {
                    acc[b][p].store(to.add(b * to_map + p * to_next));
                }
            }
        }
    }
}

#[inline(always)]
unsafe fn direct_conv<V: Vector>(g: &DirectConv) {
    let [map, to_map] = [g.maps[0].channel * V::WIDTH, g.maps[1].channel * V::WIDTH];
    let area = g.rows.kernel * g.cols.kernel;
    let [height, width] = cached_parts(&g.rows, &g.cols, g.sources * V::WIDTH);
    // SAFETY: the caller's promise.
    unsafe {
        for group in 0..g.groups {
            let source = g.source.add(group * g.sources * map);
            let weight = g.weight.add(group * g.sources * g.results * area);
            let to = g.to.add(group * g.results * to_map);
            let mut row = 0;
            while row < g.rows.results() {
                let mut col = 0;
                while col < g.cols.results() {
                    let end = [(row + height).min(g.rows.results()), (col + width).min(g.cols.results())];
                    channel_blocks!(V, g.results, |from, B| {
                        let tile = Channels::<V, B> {
                            g,
                            source,
                            weight: weight.add(from * g.w_result),
                            to: to.add(from * to_map),
                            channel: group * g.results + from,
                            vector: PhantomData,
                        };
                        for_each_tile(&tile, &g.rows, &g.cols, [row, col], end);
                    });
                    col += width;
                }
                row += height;
            }
        }
    }
}

entries! {
    /// A direct convolution, forward or transposed.
    pub(in crate::kernels) unsafe fn direct_conv(g: &DirectConv);
}
