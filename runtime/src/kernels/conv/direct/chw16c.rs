//! Convolutions and transposed convolutions, the sums as they stand.

use crate::kernels::conv::product::{Product, Source, by_panels, pack_bias, pack_panels, points};
use crate::kernels::conv::tiling::sweep;
use crate::simd::{LANES, Vector};
use core::marker::PhantomData;
use fireclay_ir::geometry::Conv;
use fireclay_ir::sizes::panel_len;

#[inline]
const fn block(plain: bool) -> usize {
    if plain { 1 } else { LANES }
}

/// Packs; `bias` may be null.
///
/// # Safety
/// Pointers are valid for the geometry; `packed` holds `conv_chw16c_len` floats.
unsafe fn pack(g: &Conv, plain: bool, transposed: bool, weight: *const f32, bias: *const f32, packed: *mut f32) {
    let (area, [channels, filters]) = (g.area(), g.per_group());
    let [sources, results] = if transposed { [filters, channels] } else { [channels, filters] };
    let group_len = results.div_ceil(LANES) * panel_len(sources, block(plain), area);
    // SAFETY: the caller's promise; groups of several fill their vectors.
    unsafe {
        for group in 0..g.groups {
            let weight = weight.add(group * channels * filters * area);
            let of = |result: usize, source: usize, tap: usize| {
                let [filter, channel] = if transposed { [source, result] } else { [result, source] };
                // SAFETY: within the weight.
                *weight.add((filter * channels + channel) * area + tap)
            };
            pack_panels([results, sources, area], block(plain), of, packed.add(group * group_len));
        }
        pack_bias(g.groups * results, bias, packed.add(g.groups * group_len));
    }
}

#[inline(always)]
unsafe fn run<V: Vector>(
    g: &Conv,
    plain: bool,
    transposed: bool,
    x: *const f32,
    packed: *const f32,
    add: *const f32,
    low: f32,
    y: *mut f32,
) {
    let [channels, filters] = g.per_group();
    let [sources, results] = if transposed { [filters, channels] } else { [channels, filters] };
    let (rows, cols) = (g.rows(transposed), g.cols(transposed));
    let (from_map, to_map) = (rows.sources() * cols.sources(), rows.results() * cols.results());
    let panel = panel_len(sources, block(plain), g.area());
    let panels = results.div_ceil(LANES);
    // Without neighbours a map is one row.
    let point = g.area() == 1 && g.stride == [1, 1] && g.pad == [0, 0];
    // SAFETY: the caller's promise.
    unsafe {
        let biases = packed.add(g.groups * panels * panel);
        for group in 0..g.groups {
            let x = x.add(group * sources * from_map);
            let from = if plain { Source::plain(x, sources, from_map) } else { Source::blocked(x, sources, from_map) };
            macro_rules! take {
                ($F:literal, $first:ident) => {{
                    let first = group * panels + $first;
                    let place = first * to_map * LANES;
                    let tile = Product::<V, $F> {
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
                        points(&tile, to_map);
                    } else {
                        sweep(&tile, &rows, &cols, [0, 0], [rows.results(), cols.results()]);
                    }
                }};
            }
            by_panels!(V, panels, take);
        }
    }
}

/// A form: its generic kernel and how its weights are packed.
macro_rules! forms {
    ($($forward:ident, $pack:ident, $plain:literal, $transposed:literal;)*) => {
        $(
            #[inline(always)]
            unsafe fn $forward<V: Vector>(g: &Conv, x: *const f32, packed: *const f32, add: *const f32, low: f32, y: *mut f32) {
                // SAFETY: the caller's promise.
                unsafe { run::<V>(g, $plain, $transposed, x, packed, add, low, y) };
            }

            /// Packs weights; `bias` may be null.
            ///
            /// # Safety
            /// Pointers are valid for the geometry; `packed` holds `conv_chw16c_len` floats.
            pub unsafe fn $pack(g: &Conv, weight: *const f32, bias: *const f32, packed: *mut f32) {
                // SAFETY: the caller's promise.
                unsafe { pack(g, $plain, $transposed, weight, bias, packed) };
            }
        )*

        #[expect(dead_code, reason = "here `lanes` are channels, and there is but one form")]
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

forms! {
    conv_chw16c, conv_chw16c_pack, false, false;
    conv_chw16c_from_chw, conv_chw16c_from_chw_pack, true, false;
    conv_transpose_chw16c, conv_transpose_chw16c_pack, false, true;
    conv_transpose_chw16c_from_chw, conv_transpose_chw16c_from_chw_pack, true, true;
}

fireclay_ir::conv_chw16c_pack_kernels!(checked[by_form]);
