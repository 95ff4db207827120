//! Direct convolutions of one sample in `chw` with packed weights: sixteen filters lie in a vector.
//!
//! The weight becomes `[group][filters / 16][channel][ky][kx][16]`, each sixteen filters followed by their biases; the last sixteen are
//! filled up with zeros. Values stay `[channels][height][width]`.

use crate::kernels::conv::tiling::{Positions, Tile, for_each_tile};
use crate::kernels::pack_rows::pack_rows;
use crate::simd::{LANES, Vector};
use core::marker::PhantomData;
use fireclay_ir::geometry::{Axis, Conv};

/// Packs a convolution; `bias` may be null.
///
/// # Safety
/// Pointers are valid for the geometry; `packed` holds `conv_packed_len` floats.
pub unsafe fn conv_pack(g: &Conv, weight: *const f32, bias: *const f32, packed: *mut f32) {
    let [channels, filters] = g.per_group();
    let len = channels * g.area();
    let mut to = packed;
    // SAFETY: the caller's promise.
    unsafe {
        for group in 0..g.groups {
            let bias = if bias.is_null() { bias } else { bias.add(group * filters) };
            to = pack_rows(filters, len, weight.add(group * filters * len), bias, to);
        }
    }
}

/// `F` times sixteen filters.
struct Panels<'a, V, const F: usize> {
    g: &'a Conv,
    rows: Axis,
    cols: Axis,
    x: *const f32,
    panels: *const f32,
    y: *mut f32,
    /// Filters that there are: the last sixteen may be fewer.
    live: usize,
    vector: PhantomData<V>,
}

impl<V: Vector, const F: usize> Tile for Panels<'_, V, F> {
    const MOST: usize = V::ACCUMULATORS / F;

    #[inline(always)]
    unsafe fn tile<const P: usize>(&self, at: &Positions) {
        let [channels, _] = self.g.per_group();
        let (map, area) = (self.rows.sources() * self.cols.sources(), self.g.area());
        let to_map = self.rows.results() * self.cols.results();
        let panel = (channels * area + 1) * LANES;
        // SAFETY: the caller's promise. Pointers past the last step are not read.
        unsafe {
            let mut acc = [[V::splat(0.0); P]; F];
            for f in 0..F {
                acc[f] = [V::load(self.panels.add(f * panel + channels * area * LANES)); P];
            }
            let (mut x0, mut w0) = (self.x.wrapping_add(at.source), self.panels.wrapping_add(at.tap * LANES));
            // One loop where the taps are one: a run of channels, otherwise rows of taps in each channel.
            let point = at.rows == 1 && at.cols == 1;
            let (outer, inner) = if point { (1, channels) } else { (channels, at.cols) };
            let (x_step, w_step) = if point { (map, area * LANES) } else { (at.source_col, at.tap_col * LANES) };
            for _ in 0..outer {
                let (mut x1, mut w1) = (x0, w0);
                for _ in 0..at.rows {
                    let (mut x, mut w) = (x1, w1);
                    for _ in 0..inner {
                        let mut weights = [V::splat(0.0); F];
                        for f in 0..F {
                            weights[f] = V::load(w.add(f * panel));
                        }
                        for p in 0..P {
                            let input = V::splat(*x.add(p * at.source_next));
                            for f in 0..F {
                                acc[f][p] = input.mul_add(weights[f], acc[f][p]);
                            }
                        }
                        (x, w) = (x.wrapping_add(x_step), w.wrapping_add(w_step));
                    }
                    (x1, w1) = (x1.wrapping_add(at.source_row), w1.wrapping_add(at.tap_row * LANES));
                }
                (x0, w0) = (x0.wrapping_add(map), w0.wrapping_add(area * LANES));
            }
            // Copies: what is indexed at run time could not have been in registers above.
            let mut lanes = [[[0.0_f32; LANES]; P]; F];
            for f in 0..F {
                for p in 0..P {
                    acc[f][p].store(lanes[f][p].as_mut_ptr());
                }
            }
            let lanes = lanes.as_ptr().cast::<f32>();
            for f in 0..F {
                for filter in 0..LANES.min(self.live - f * LANES) {
                    let y = self.y.add((f * LANES + filter) * to_map + at.result);
                    for p in 0..P {
                        *y.add(p * at.result_next) = *lanes.add((f * P + p) * LANES + filter);
                    }
                }
            }
        }
    }
}

#[inline(always)]
unsafe fn conv_forward_packed<V: Vector>(g: &Conv, x: *const f32, packed: *const f32, y: *mut f32) {
    let (rows, cols) = (g.rows(false), g.cols(false));
    let [channels, filters] = g.per_group();
    let panel = (channels * g.area() + 1) * LANES;
    let whole = [rows.results(), cols.results()];
    let mut panels = packed;
    // SAFETY: the caller's promise.
    unsafe {
        for group in 0..g.groups {
            let x = x.add(group * channels * g.height * g.width);
            let mut first = 0;
            while first < filters {
                let y = y.add((group * filters + first) * g.out_height * g.out_width);
                let live = filters - first;
                macro_rules! take {
                    ($F:literal) => {{
                        let tile = Panels::<V, $F> { g, rows, cols, x, panels, y, live, vector: PhantomData };
                        for_each_tile(&tile, &rows, &cols, [0, 0], whole);
                        panels = panels.add($F * panel);
                        first += $F * LANES;
                    }};
                }
                if const { V::ACCUMULATORS >= 12 } && live > 3 * LANES {
                    take!(4)
                } else if const { V::ACCUMULATORS >= 8 } && live > LANES {
                    take!(2)
                } else {
                    take!(1)
                }
            }
        }
    }
}

#[expect(dead_code, reason = "the lanes are filters here, so that only one of both entries is used")]
mod entry {
    use super::conv_forward_packed;
    fireclay_ir::conv_packed_kernels!(declared);
}

/// The kernels of one sample.
pub mod chw {
    pub use super::conv_pack;
    pub use super::entry::chwn16::conv_forward_packed;
}

fireclay_ir::conv_pack_kernels!(checked[by_layout]);
