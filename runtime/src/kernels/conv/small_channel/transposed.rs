//! Transposed convolutions of one sample to a few channels (the last layer of a generator or of an autoencoder): one product takes the
//! channels of a position to all taps of all results, which fill vectors where the results alone would fill a few lanes; then each tap is
//! added where it belongs.

use crate::kernels::conv::product::{Source, matrix, pack_bias, pack_panels};
use crate::simd::{LANES, Vector};
use fireclay_ir::geometry::Conv;
use fireclay_ir::sizes::TransposedSmall as Sizes;

/// Packs; `bias` may be null.
///
/// # Safety
/// Pointers are valid for the geometry, of one group; `packed` holds `conv_transpose_small_channel_len` floats.
pub unsafe fn conv_transpose_small_channel_pack(g: &Conv, weight: *const f32, bias: *const f32, packed: *mut f32) {
    let taps = Sizes::new(g).taps;
    // SAFETY: the caller's promise; the weight is `[filters][channels][taps]`.
    unsafe {
        pack_panels([taps, g.filters, 1], LANES, |tap, source, _| *weight.add(source * taps + tap), packed);
        pack_bias(g.channels, bias, packed.add(Sizes::new(g).weights));
    }
}

/// `[taps / 16][positions of x][16]`
#[inline(always)]
unsafe fn products<V: Vector>(g: &Conv, x: *const f32, packed: *const f32, to: *mut f32) {
    let map = g.out_height * g.out_width;
    // SAFETY: the caller's promise.
    unsafe { matrix::<V>(Source::chw16c(x, g.filters, map), Sizes::new(g).taps.div_ceil(LANES), packed, map, to, false) };
}

/// Maps of the results, from their products.
#[inline(always)]
unsafe fn add_taps(g: &Conv, products: *const f32, bias: *const f32, maps: *mut f32) {
    let (rows, cols, size) = (g.rows(false), g.cols(false), g.out_height * g.out_width);
    // SAFETY: the caller's promise; outputs of the convolution back meet their inputs inside the map.
    unsafe {
        for channel in 0..g.channels {
            let map = maps.add(channel * g.height * g.width);
            for i in 0..g.height * g.width {
                *map.add(i) = *bias.add(channel);
            }
            for tap in 0..g.area() {
                let (ky, kx) = (tap / g.kernel[1], tap % g.kernel[1]);
                let number = channel * g.area() + tap;
                let from = products.add(number / LANES * size * LANES + number % LANES);
                let ((top, bottom), (left, right)) = (rows.outputs(ky), cols.outputs(kx));
                for row in top..bottom {
                    let y = row * g.stride[0] + ky * g.dilation[0] - g.pad[0];
                    for col in left..right {
                        let x = col * g.stride[1] + kx * g.dilation[1] - g.pad[1];
                        *map.add(y * g.width + x) += *from.add((row * g.out_width + col) * LANES);
                    }
                }
            }
        }
    }
}

#[inline(always)]
unsafe fn conv_transpose_small_channel<V: Vector>(
    g: &Conv,
    x: *const f32,
    packed: *const f32,
    add: *const f32,
    low: f32,
    y: *mut f32,
    scratch: *mut f32,
) {
    let (results, map) = (Sizes::new(g).taps.next_multiple_of(LANES) * g.out_height * g.out_width, g.height * g.width);
    // SAFETY: the caller's promise.
    unsafe {
        let maps = scratch.add(results);
        products::<V>(g, x, packed, scratch);
        add_taps(g, scratch, packed.add(Sizes::new(g).weights), maps);
        let low = V::splat(low);
        for first in (0..g.channels).step_by(LANES) {
            for i in 0..map {
                let mut lanes = [0.0_f32; LANES];
                for channel in first..g.channels.min(first + LANES) {
                    lanes[channel - first] = *maps.add(channel * map + i);
                }
                let mut sum = V::load(lanes.as_ptr());
                if !add.is_null() {
                    sum = sum.add(V::load(add.add(first * map + i * LANES)));
                }
                low.max(sum).store(y.add(first * map + i * LANES));
            }
        }
    }
}

#[inline(always)]
unsafe fn conv_transpose_small_channel_to_chw<V: Vector>(
    g: &Conv,
    x: *const f32,
    packed: *const f32,
    _: *const f32,
    low: f32,
    y: *mut f32,
    scratch: *mut f32,
) {
    // SAFETY: the caller's promise.
    unsafe {
        products::<V>(g, x, packed, scratch);
        add_taps(g, scratch, packed.add(Sizes::new(g).weights), y);
        if low > f32::NEG_INFINITY {
            for i in 0..g.channels * g.height * g.width {
                let value = *y.add(i);
                *y.add(i) = if value < low { low } else { value };
            }
        }
    }
}

#[expect(dead_code, reason = "the lanes are channels here, so that only one of both entries is used")]
mod entry {
    use super::{conv_transpose_small_channel, conv_transpose_small_channel_to_chw};
    fireclay_ir::transposed_small_channel_kernels!(declared);
}

/// What runs on a single sample.
pub mod chw {
    pub use super::conv_transpose_small_channel_pack;
    pub use super::entry::chwn16::{conv_transpose_small_channel, conv_transpose_small_channel_to_chw};
}

fireclay_ir::transposed_small_channel_pack_kernels!(checked[by_layout]);
