//! Winograd's F(4×4, 3×3) of one sample in `chw16c`: the [`transforms`](super::transforms) are sums of vectors of channels, and each of
//! the 36 products is a small matrix product over tiles.

use super::fallback_chw16c::DirectSums;
use super::place::Place;
use super::tile::{Maps, transform_tile};
use super::transforms::{F43, Transforms, kernel_product};
use crate::kernels::conv::product::{Source, matrix, pack_bias, pack_panels};
use crate::simd::{LANES, Vector};
use fireclay_ir::Share;
use fireclay_ir::geometry::Conv;
use fireclay_ir::sizes::{WINOGRAD_OUT as OUT, WinogradChw16c as Sizes, panel_len};

const IN: usize = 6;
const PRODUCTS: usize = Sizes::PRODUCTS;

/// Tiles of a share for which weights that two read are no more than a small part of the time.
const FEW_TILES: usize = 48;

/// Transforms and packs; `bias` may be null.
///
/// # Safety
/// Pointers are valid for the geometry; `packed` holds `conv_winograd_chw16c_len` floats.
pub unsafe fn conv_winograd_chw16c_pack(g: &Conv, weight: *const f32, bias: *const f32, packed: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe {
        for product in 0..PRODUCTS {
            let of = |filter: usize, channel: usize, _: usize| {
                // SAFETY: nine taps of this filter and channel.
                kernel_product(weight.add((filter * g.channels + channel) * 9), product)
            };
            pack_panels([g.filters, g.channels, 1], LANES, of, packed.add(product * Sizes::new(g).panels));
        }
        pack_bias(g.filters, bias, packed.add(PRODUCTS * Sizes::new(g).panels));
    }
}

/// The outputs of one tile and sixteen filters from its products, which are `next` floats apart. What is not finite then is computed by direct sums.
#[inline(always)]
pub(super) unsafe fn finish<V: Vector>(
    direct: &DirectSums<'_>,
    block: usize,
    [row, col]: [usize; 2],
    products: *const f32,
    next: usize,
) {
    let DirectSums { g, bias, add, low, y, .. } = *direct;
    let (high, wide) = ((g.out_height - row).min(OUT), (g.out_width - col).min(OUT));
    // Where results are added to what is there, a tile waits until it is known to be finite.
    let in_place = core::ptr::eq(add, y);
    let mut waiting = [0.0_f32; OUT * OUT * LANES];
    // SAFETY: the caller's promise; only what is inside is written.
    unsafe {
        let low = V::splat(low);
        let mut half = [[V::splat(0.0); OUT]; IN];
        for i in 0..IN {
            let mut m = [V::splat(0.0); IN];
            for j in 0..IN {
                m[j] = V::load(products.add((i * IN + j) * next));
            }
            half[i] = F43::of_products(m);
        }
        let first = ((block * g.out_height + row) * g.out_width + col) * LANES;
        let bias = V::load(bias.add(block * LANES));
        let mut all = V::splat(0.0);
        for j in 0..wide {
            let column = F43::of_products([half[0][j], half[1][j], half[2][j], half[3][j], half[4][j], half[5][j]]);
            all = all.add(column[0].add(column[1])).add(column[2].add(column[3]));
            for i in 0..high {
                let place = first + (i * g.out_width + j) * LANES;
                let mut sum = column[i].add(bias);
                if in_place {
                    sum.store(waiting.as_mut_ptr().add((i * OUT + j) * LANES));
                    continue;
                }
                if !add.is_null() {
                    sum = sum.add(V::load(add.add(place)));
                }
                low.max(sum).store(y.add(place));
            }
        }
        if !all.finite() {
            direct.tile(block, [row, high], [col, wide]);
        } else if in_place {
            for i in 0..high {
                for j in 0..wide {
                    let place = first + (i * g.out_width + j) * LANES;
                    let sum = V::load(waiting.as_ptr().add((i * OUT + j) * LANES));
                    low.max(sum.add(V::load(add.add(place)))).store(y.add(place));
                }
            }
        }
    }
}

#[inline(always)]
unsafe fn winograd_chw16c<V: Vector>(
    g: &Conv,
    x: *const f32,
    packed: *const f32,
    (weight, turned): (*const f32, bool),
    add: *const f32,
    low: f32,
    y: *mut f32,
    scratch: *mut f32,
    share: Share,
) {
    let (sources, results) = (g.channels.div_ceil(LANES), g.filters.div_ceil(LANES));
    let from = Maps::padded(sources, [g.height, g.width], g.pad, x);
    let (across, most) = (g.out_width.div_ceil(OUT), Sizes::new(g).at_once);
    let tiles = g.out_height.div_ceil(OUT) * across;
    // A share is some of the tiles. Where there are few, each would read all weights for them: then it is some of the filters.
    let (of_tiles, of_results) = if tiles >= FEW_TILES * share.shares { (share, Share::ALL) } else { (Share::ALL, share) };
    let (mut first, tiles) = of_tiles.of(tiles);
    let (from_result, until_result) = of_results.evenly(results);
    let results = until_result - from_result;
    if results == 0 {
        return;
    }
    let mut at = Place::of(g, first);
    // SAFETY: the caller's promise: scratch holds what `conv_winograd_chw16c_scratch` says.
    unsafe {
        let bias = packed.add(PRODUCTS * Sizes::new(g).panels);
        let direct = DirectSums { g, x, from_chw: false, weight, turned, bias, add, low, y };
        let products = scratch.add(PRODUCTS * sources * most * LANES);
        while first < tiles {
            let count = (tiles - first).min(most);
            let begin = at;
            for tile in 0..count {
                let next = [sources * count * LANES, count * LANES];
                transform_tile::<V, F43, 6, 4, 3>(&from, at.tile, scratch.add(tile * LANES), next);
                at = at.next(g);
            }
            for product in 0..PRODUCTS {
                let from = Source::chw16c(scratch.add(product * sources * count * LANES), g.channels, count);
                let weights = packed.add(product * Sizes::new(g).panels + from_result * panel_len(g.channels, LANES, 1));
                let to = products.add(product * results * count * LANES);
                matrix::<V>(from, results, weights, count, to, false);
            }
            at = begin;
            for tile in 0..count {
                for block in 0..results {
                    let products = products.add((block * count + tile) * LANES);
                    finish::<V>(&direct, from_result + block, at.tile, products, results * count * LANES);
                }
                at = at.next(g);
            }
            first += count;
        }
    }
}

mod entry {
    use super::{Conv, Share, winograd_chw16c};
    entries! {
        /// `y = max(low, conv(x, weight) + bias + add)`; `add` may be y. The weight stands beside whether it is turned around, as in [`DirectSums`](super::DirectSums).
        #[allow(dead_code, reason = "the lanes are channels here")]
        pub(in crate::kernels::conv::winograd) unsafe fn winograd_chw16c(
            g: &Conv, x: *const f32, packed: *const f32, weight: (*const f32, bool), add: *const f32, low: f32, y: *mut f32, scratch: *mut f32,
            share: Share,
        );
    }
}
pub(super) use entry::chwn16::winograd_chw16c as from_packed;

/// `y = max(low, conv(x, weight) + bias + add)` for a 3×3 kernel of stride 1; `add` may be null. `weight` is the weight that was packed.
///
/// # Safety
/// Pointers are valid for what the geometry says (`docs/kernels.md`); scratch holds `conv_winograd_chw16c_scratch` floats.
pub unsafe fn conv_winograd_chw16c(
    g: &Conv,
    x: *const f32,
    packed: *const f32,
    weight: *const f32,
    add: *const f32,
    low: f32,
    y: *mut f32,
    scratch: *mut f32,
    share: Share,
) {
    // SAFETY: the caller's promise.
    unsafe { from_packed(g, x, packed, (weight, false), add, low, y, scratch, share) };
}

/// What runs on a single sample.
pub mod chw {
    pub use super::{conv_winograd_chw16c, conv_winograd_chw16c_pack};
}

fireclay_ir::winograd_chw16c_kernels!(checked[by_layout]);
fireclay_ir::winograd_chw16c_pack_kernels!(checked[by_layout]);
