//! Winograd's F(2, 5) along the row, of one sample in `chw16c` or `chw`: for five taps and two neighboring results it takes six products
//! instead of ten. The transforms are those of F(4, 3) ([`transforms`](super::transforms)), which has the same six points; down the
//! kernel the sums are direct ones. For stride 1 and kernels five wide, whatever their height.

use super::fallback_chw16c::DirectSums;
use super::transforms::{F43, Transforms};
use crate::kernels::conv::product::{PanelProduct, Source, by_panels, pack_bias, pack_panels, positions};
use crate::kernels::conv::stride_phases::Phases;
use crate::kernels::conv::tiling::Positions;
use crate::kernels::pool::larger;
use crate::simd::{LANES, Vector};
use core::marker::PhantomData;
use fireclay_ir::geometry::Conv;
use fireclay_ir::sizes::{WinogradRow as Sizes, panel_len};

/// Inputs of a tile, its results, and taps.
const IN: usize = Sizes::IN;
const OUT: usize = Sizes::OUT;
const TAPS: usize = 5;

const fn block(from_chw: bool) -> usize {
    if from_chw { 1 } else { LANES }
}

/// Transforms and packs.
///
/// # Safety
/// Pointers are valid for the geometry.
unsafe fn pack(g: &Conv, from_chw: bool, weight: *const f32, bias: *const f32, packed: *mut f32) {
    const G: [[f32; TAPS]; IN] = [
        [0.25, 0.0, 0.0, 0.0, 0.0],
        [-1.0 / 6.0, -1.0 / 6.0, -1.0 / 6.0, -1.0 / 6.0, -1.0 / 6.0],
        [-1.0 / 6.0, 1.0 / 6.0, -1.0 / 6.0, 1.0 / 6.0, -1.0 / 6.0],
        [1.0 / 24.0, 1.0 / 12.0, 1.0 / 6.0, 1.0 / 3.0, 2.0 / 3.0],
        [1.0 / 24.0, -1.0 / 12.0, 1.0 / 6.0, -1.0 / 3.0, 2.0 / 3.0],
        [0.0, 0.0, 0.0, 0.0, 1.0],
    ];
    // SAFETY: the caller's promise.
    unsafe {
        for (product, factors) in G.iter().enumerate() {
            let of = |filter: usize, channel: usize, row: usize| {
                let mut sum = 0.0;
                for (tap, factor) in factors.iter().enumerate() {
                    // SAFETY: within the weight.
                    sum += factor * *weight.add(((filter * g.channels + channel) * g.kernel[0] + row) * TAPS + tap);
                }
                sum
            };
            let to = packed.add(product * Sizes::panels(g, from_chw));
            pack_panels([g.filters, g.channels, g.kernel[0]], block(from_chw), of, to);
        }
        pack_bias(g.filters, bias, packed.add(IN * Sizes::panels(g, from_chw)));
    }
}

/// Inputs of the six products from vectors of channels: `[6][channels / 16][row][tile][16]`, for `rows` rows from the padded x's `first` on.
#[inline(always)]
unsafe fn transform<V: Vector>(g: &Conv, s: &Sizes, x: *const f32, first: usize, rows: usize, to: *mut f32) {
    // SAFETY: the caller's promise; only what is inside is read.
    unsafe {
        for block in 0..g.channels.div_ceil(LANES) {
            for i in 0..rows {
                let row = (first + i).wrapping_sub(g.pad[0]);
                let x = x.wrapping_add((block * g.height + row.min(g.height)) * g.width * LANES);
                for tile in 0..s.tiles {
                    let begin = (tile * OUT).wrapping_sub(g.pad[1]);
                    let mut inputs = [V::splat(0.0); IN];
                    for i in 0..IN {
                        let at = begin.wrapping_add(i);
                        if row < g.height && at < g.width {
                            inputs[i] = V::load(x.add(at * LANES));
                        }
                    }
                    let place = ((block * s.rows + i) * s.tiles + tile) * LANES;
                    let products = F43::of_inputs(inputs);
                    for i in 0..IN {
                        products[i].store(to.add(i * s.from + place));
                    }
                }
            }
        }
    }
}

/// The same from maps: `[6][channel][row][tile]`.
#[inline(always)]
unsafe fn transform_maps<V: Vector>(
    g: &Conv,
    s: &Sizes,
    x: *const f32,
    first: usize,
    rows: usize,
    to: *mut f32,
    phases: *mut f32,
) {
    let apart = Phases { size: [g.height, g.width], pad: g.pad, step: 2, len: s.len };
    // Where a row has no padding, before or after, it is read as it stands, but not past the end of x.
    let (direct, all) = (g.pad[1] == 0 && g.out_width + TAPS - 1 <= g.width, g.channels * g.height * g.width);
    // SAFETY: the caller's promise; what is written too far is written again or lies behind.
    unsafe {
        for channel in 0..if direct { 0 } else { g.channels } {
            let to = phases.add(channel * s.rows * 2 * s.len);
            apart.write::<V>(x.add(channel * g.height * g.width), first, rows, to);
        }
        for channel in 0..g.channels {
            let map = x.add(channel * g.height * g.width);
            for i in 0..rows {
                let (from, place) = (phases.add((channel * s.rows + i) * 2 * s.len), (channel * s.rows + i) * s.tiles);
                let row = (first + i).wrapping_sub(g.pad[0]);
                let begin = (channel * g.height + row.min(g.height)) * g.width;
                let inside = direct && row < g.height && begin + 2 * s.tiles.next_multiple_of(LANES) + 4 <= all;
                if direct && !inside {
                    apart.write::<V>(map, first + i, 1, from);
                }
                for tile in (0..s.tiles).step_by(LANES) {
                    let (a, b, c, d, e, f);
                    if inside {
                        let from = x.add(begin + 2 * tile);
                        ((a, b), (c, d), (e, f)) = (V::split(from), V::split(from.add(2)), V::split(from.add(4)));
                    } else {
                        let (even, odd) = (from.add(tile), from.add(s.len + tile));
                        [a, c, e] = [V::load(even), V::load(even.add(1)), V::load(even.add(2))];
                        [b, d, f] = [V::load(odd), V::load(odd.add(1)), V::load(odd.add(2))];
                    }
                    let products = F43::of_inputs([a, b, c, d, e, f]);
                    for i in 0..IN {
                        products[i].store(to.add(i * s.from + place + tile));
                    }
                }
            }
        }
    }
}

/// Two neighboring results of six products.
#[inline(always)]
unsafe fn results<V: Vector>(s: &Sizes, products: *const f32) -> [V; OUT] {
    // SAFETY: the caller's promise.
    unsafe {
        let mut m = [V::splat(0.0); IN];
        for i in 0..IN {
            m[i] = V::load(products.add(i * s.to));
        }
        let (ones, twos) = (m[1].add(m[2]), m[3].add(m[4]));
        let odd = m[3].sub(m[4]).mul_add(V::splat(2.0), m[1].sub(m[2]));
        [m[0].add(ones).add(twos), odd.add(m[5])]
    }
}

/// What comes of the products of `rows` rows from `row` on. A row that is not finite then is computed by direct sums.
#[inline(always)]
unsafe fn finish<V: Vector>(direct: &DirectSums<'_>, s: &Sizes, [row, rows]: [usize; 2], products: *const f32) {
    let DirectSums { g, bias, add, low, y, .. } = *direct;
    // SAFETY: the caller's promise; only what is inside is written.
    unsafe {
        let low = V::splat(low);
        for block in 0..g.filters.div_ceil(LANES) {
            let bias = V::load(bias.add(block * LANES));
            for i in 0..rows {
                let first = (block * g.out_height + row + i) * g.out_width * LANES;
                let mut all = V::splat(0.0);
                for tile in 0..s.tiles {
                    let found = results::<V>(s, products.add(((block * s.band + i) * s.tiles + tile) * LANES));
                    all = all.add(found[0].add(found[1]));
                    for j in 0..OUT {
                        if tile * OUT + j < g.out_width {
                            let place = first + (tile * OUT + j) * LANES;
                            let mut sum = found[j].add(bias);
                            if !add.is_null() {
                                sum = sum.add(V::load(add.add(place)));
                            }
                            low.max(sum).store(y.add(place));
                        }
                    }
                }
                if !all.finite() {
                    direct.tile(block, [row + i, 1], [0, g.out_width]);
                }
            }
        }
    }
}

/// The largest of each 2×2: two rows of one tile.
#[inline(always)]
unsafe fn finish_pooled<V: Vector>(direct: &DirectSums<'_>, s: &Sizes, [row, rows]: [usize; 2], products: *const f32) {
    let DirectSums { g, bias, low, y, .. } = *direct;
    let [high, wide] = [g.out_height / 2, g.out_width / 2];
    // SAFETY: the caller's promise; only what is inside is written.
    unsafe {
        let low = V::splat(low);
        for block in 0..g.filters.div_ceil(LANES) {
            let bias = V::load(bias.add(block * LANES));
            for i in 0..rows / 2 {
                let mut all = V::splat(0.0);
                for tile in 0..wide {
                    let above = products.add(((block * s.band + 2 * i) * s.tiles + tile) * LANES);
                    let (a, b) = (results::<V>(s, above), results::<V>(s, above.add(s.tiles * LANES)));
                    all = all.add(a[0].add(a[1]).add(b[0].add(b[1])));
                    let largest = larger(larger(a[0], a[1]), larger(b[0], b[1]));
                    let place = ((block * high + row / 2 + i) * wide + tile) * LANES;
                    low.max(largest.add(bias)).store(y.add(place));
                }
                if !all.finite() {
                    direct.pooled_row(block, row / 2 + i);
                }
            }
        }
    }
}

#[inline(always)]
unsafe fn run<V: Vector, const FROM_CHW: bool, const POOL: bool>(
    g: &Conv,
    x: *const f32,
    packed: *const f32,
    weight: *const f32,
    add: *const f32,
    low: f32,
    y: *mut f32,
    scratch: *mut f32,
) {
    let s = Sizes::new(g, FROM_CHW);
    let panel = panel_len(g.channels, block(FROM_CHW), g.kernel[0]);
    let mut row = 0;
    // SAFETY: the caller's promise: scratch holds what `conv_winograd_row_scratch` says.
    unsafe {
        let bias = packed.add(IN * Sizes::panels(g, FROM_CHW));
        let direct = DirectSums { g, x, from_chw: FROM_CHW, weight, turned: false, bias, add, low, y };
        let products = scratch.add(IN * s.from);
        while row < g.out_height {
            let high = (g.out_height - row).min(s.band);
            if FROM_CHW {
                transform_maps::<V>(g, &s, x, row, high + g.kernel[0] - 1, scratch, products.add(IN * s.to));
            } else {
                transform::<V>(g, &s, x, row, high + g.kernel[0] - 1, scratch);
            }
            // Rows of tiles follow each other: to go down by one is to go on by as many tiles.
            let (down, across) =
                if FROM_CHW { ((1, 0, 0), (g.kernel[0], s.tiles, 1)) } else { ((g.kernel[0], s.tiles, 1), (1, 0, 0)) };
            let place = Positions {
                source: 0,
                tap: 0,
                rows: down.0,
                cols: across.0,
                source_row: down.1,
                source_col: across.1,
                tap_row: down.2,
                tap_col: across.2,
                source_next: 1,
                result: 0,
                result_next: 1,
            };
            for product in 0..IN {
                let from = scratch.add(product * s.from);
                let map = s.rows * s.tiles;
                let from = if FROM_CHW { Source::chw(from, g.channels, map) } else { Source::chw16c(from, g.channels, map) };
                let (weights, to) = (packed.add(product * Sizes::panels(g, FROM_CHW)), products.add(product * s.to));
                macro_rules! take {
                    ($F:literal, $first:ident) => {{
                        let tile = PanelProduct::<V, $F> {
                            from,
                            area: g.kernel[0],
                            panel,
                            weights: weights.add($first * panel),
                            bias: core::ptr::null(),
                            add: core::ptr::null(),
                            low: f32::NEG_INFINITY,
                            to: to.add($first * s.band * s.tiles * LANES),
                            to_step: s.band * s.tiles * LANES,
                            vector: PhantomData,
                        };
                        positions(&tile, place, high * s.tiles, true);
                    }};
                }
                by_panels!(V, g.filters.div_ceil(LANES), take);
            }
            if POOL {
                finish_pooled::<V>(&direct, &s, [row, high], products);
            } else {
                finish::<V>(&direct, &s, [row, high], products);
            }
            row += high;
        }
    }
}

/// The kernels by the layout that they read, with or without a pool.
macro_rules! kernels {
    ($($forward:ident, $from_chw:literal, $pooled:literal;)*) => {
        $(
            #[inline(always)]
            unsafe fn $forward<V: Vector>(
                g: &Conv, x: *const f32, packed: *const f32, weight: *const f32, add: *const f32, low: f32, y: *mut f32,
                scratch: *mut f32,
            ) {
                // SAFETY: the caller's promise.
                unsafe { run::<V, $from_chw, $pooled>(g, x, packed, weight, add, low, y, scratch) };
            }
        )*

        #[expect(dead_code, reason = "the lanes are channels here, so that only one of both entries is used")]
        mod entry {
            use super::{$($forward),*};
            fireclay_ir::winograd_row_kernels!(declared);
        }

        /// What runs on a single sample.
        pub mod chw {
            pub use super::entry::chwn16::{$($forward),*};
            pub use super::{conv_winograd_row_pack, conv_winograd_row_from_chw_pack};
        }
    };
}

kernels! {
    conv_winograd_row, false, false;
    conv_winograd_row_from_chw, true, false;
    conv_winograd_row_pooled, false, true;
    conv_winograd_row_from_chw_pooled, true, true;
}

/// Transforms and packs; `bias` may be null.
///
/// # Safety
/// Pointers are valid for the geometry; `packed` holds `conv_winograd_row_len` floats.
pub unsafe fn conv_winograd_row_pack(g: &Conv, weight: *const f32, bias: *const f32, packed: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe { pack(g, false, weight, bias, packed) };
}

/// The same for an x in `chw`.
///
/// # Safety
/// As for [`conv_winograd_row_pack`].
pub unsafe fn conv_winograd_row_from_chw_pack(g: &Conv, weight: *const f32, bias: *const f32, packed: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe { pack(g, true, weight, bias, packed) };
}

fireclay_ir::winograd_row_pack_kernels!(checked[by_layout]);
