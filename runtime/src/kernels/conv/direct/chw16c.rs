//! Direct convolutions and transposed ones of one sample in `chw16c`, which read `chw16c` or `chw`. Weights are packed as vectors of
//! sixteen filters, and results are written as vectors.
//!
//! Every product of `chw16c` takes `add` (a value of the result's shape that is added, or null) and `low` (what the result is at least: 0
//! for a ReLU, −∞ for none), so that a residual connection and its ReLU need no kernel of their own. `add` may be y itself.

use crate::kernels::conv::product::{PanelProduct, Source, by_panels, pack_bias, pack_panels, points};
use crate::kernels::conv::tiling::for_each_tile;
use crate::simd::{LANES, Vector};
use core::marker::PhantomData;
use fireclay_ir::Share;
use fireclay_ir::geometry::{Axis, Conv};
use fireclay_ir::sizes::panel_len;

#[inline]
const fn block(from_chw: bool) -> usize {
    if from_chw { 1 } else { LANES }
}

/// Packs; `bias` may be null.
///
/// # Safety
/// Pointers are valid for the geometry; `packed` holds `conv_chw16c_len` floats.
unsafe fn pack(g: &Conv, from_chw: bool, transposed: bool, weight: *const f32, bias: *const f32, packed: *mut f32) {
    let (area, [channels, filters]) = (g.area(), g.per_group());
    let [sources, results] = if transposed { [filters, channels] } else { [channels, filters] };
    let group_len = results.div_ceil(LANES) * panel_len(sources, block(from_chw), area);
    // SAFETY: the caller's promise; groups of several fill their vectors.
    unsafe {
        for group in 0..g.groups {
            let weight = weight.add(group * channels * filters * area);
            let of = |result: usize, source: usize, tap: usize| {
                let [filter, channel] = if transposed { [source, result] } else { [result, source] };
                // SAFETY: within the weight.
                *weight.add((filter * channels + channel) * area + tap)
            };
            pack_panels([results, sources, area], block(from_chw), of, packed.add(group * group_len));
        }
        pack_bias(g.groups * results, bias, packed.add(g.groups * group_len));
    }
}

#[inline(always)]
unsafe fn run<V: Vector>(
    g: &Conv,
    from_chw: bool,
    transposed: bool,
    x: *const f32,
    packed: *const f32,
    add: *const f32,
    low: f32,
    y: *mut f32,
    share: Share,
) {
    let [channels, filters] = g.per_group();
    let [sources, results] = if transposed { [filters, channels] } else { [channels, filters] };
    let (mut rows, mut cols) = (g.rows(transposed), g.cols(transposed));
    let (from_map, to_map) = (rows.sources() * cols.sources(), rows.results() * cols.results());
    let panel = panel_len(sources, block(from_chw), g.area());
    let panels = results.div_ceil(LANES);
    // Where each result meets one position, a map is one row: of points, of which some are computed twice. That must not be where they are added
    // to what is there.
    let one_to_one = [g.height, g.width] == [g.out_height, g.out_width] && g.pad == [0, 0];
    let mut point = g.area() == 1 && g.stride == [1, 1] && one_to_one;
    if point && core::ptr::eq(add, y) {
        let row = |size: usize| Axis { input: size, output: size, ..rows };
        (rows, cols) = (row(1), row(to_map));
        point = false;
    }
    // A share is some of the filters, where there are enough of them for the registers, else of the rows.
    let (all, map) = (Share::ALL, rows.results() == 1);
    let (of_panels, of_rows) = if panels >= 4 * share.shares { (share, all) } else { (all, share) };
    let (from_panel, until_panel) = of_panels.evenly(panels);
    let ((top, bottom), (left, right)) =
        if map { ((0, 1), of_rows.of(cols.results())) } else { (of_rows.evenly(rows.results()), (0, cols.results())) };
    let (from_point, until_point) = of_rows.of(to_map);
    // SAFETY: the caller's promise.
    unsafe {
        let biases = packed.add(g.groups * panels * panel);
        for group in 0..g.groups {
            let x = x.add(group * sources * from_map);
            let from = if from_chw { Source::chw(x, sources, from_map) } else { Source::chw16c(x, sources, from_map) };
            macro_rules! take {
                ($F:literal, $first:ident) => {{
                    let first = group * panels + from_panel + $first;
                    let place = first * to_map * LANES;
                    let tile = PanelProduct::<V, $F> {
                        from,
                        area: g.area(),
                        panel,
                        weights: packed.add(first * panel),
                        bias: biases.add(first * LANES),
                        add: if add.is_null() { add } else { add.add(place) },
                        low,
                        to: y.add(place),
                        to_step: to_map * LANES,
                        vector: PhantomData,
                    };
                    if point {
                        points(&tile, from_point, until_point - from_point);
                    } else {
                        for_each_tile(&tile, &rows, &cols, [top, left], [bottom, right]);
                    }
                }};
            }
            by_panels!(V, until_panel - from_panel, take);
        }
    }
}

/// The kernels by the layout that they read and their direction, and how their weights are packed.
macro_rules! kernels {
    ($($forward:ident, $pack:ident, $from_chw:literal, $transposed:literal;)*) => {
        $(
            #[inline(always)]
            unsafe fn $forward<V: Vector>(
                g: &Conv, x: *const f32, packed: *const f32, add: *const f32, low: f32, y: *mut f32, share: Share,
            ) {
                // SAFETY: the caller's promise.
                unsafe { run::<V>(g, $from_chw, $transposed, x, packed, add, low, y, share) };
            }

            /// Packs weights; `bias` may be null.
            ///
            /// # Safety
            /// Pointers are valid for the geometry; `packed` holds `conv_chw16c_len` floats.
            pub unsafe fn $pack(g: &Conv, weight: *const f32, bias: *const f32, packed: *mut f32) {
                // SAFETY: the caller's promise.
                unsafe { pack(g, $from_chw, $transposed, weight, bias, packed) };
            }
        )*

        #[expect(dead_code, reason = "the lanes are channels here, so that only one of both entries is used")]
        mod entry {
            use super::{$($forward),*};
            fireclay_ir::conv_chw16c_kernels!(declared);
        }

        /// What runs on a single sample.
        pub mod chw {
            pub use super::entry::chwn16::{$($forward),*};
            pub use super::{$($pack),*};
        }
    };
}

kernels! {
    conv_chw16c, conv_chw16c_pack, false, false;
    conv_chw16c_from_chw, conv_chw16c_from_chw_pack, true, false;
    conv_transpose_chw16c, conv_transpose_chw16c_pack, false, true;
    conv_transpose_chw16c_from_chw, conv_transpose_chw16c_from_chw_pack, true, true;
}

fireclay_ir::conv_chw16c_pack_kernels!(checked[by_layout]);
