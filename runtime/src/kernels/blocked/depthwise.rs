//! Depthwise convolutions: each channel for itself, sixteen of them in a vector.

use super::product::pack_bias;
use crate::kernels::conv::Conv;
use crate::kernels::sweep::{Place, Tile, sweep};
use crate::simd::{LANES, Vector};
use core::marker::PhantomData;

/// Floats of a packed depthwise convolution.
#[must_use]
pub const fn depthwise_blocked_len(g: &Conv) -> usize {
    g.channels.next_multiple_of(LANES) * (g.area() + 1)
}

/// Packs: `[channels / 16][tap][16]`, then biases; `bias` may be null.
///
/// # Safety
/// Pointers are valid for the geometry; `packed` holds [`depthwise_blocked_len`] floats.
pub unsafe fn depthwise_blocked_pack(g: &Conv, weight: *const f32, bias: *const f32, packed: *mut f32) {
    let (area, channels) = (g.area(), g.channels.next_multiple_of(LANES));
    // SAFETY: the caller's promise.
    unsafe {
        for channel in 0..channels {
            for tap in 0..area {
                let to = packed.add((channel / LANES * area + tap) * LANES + channel % LANES);
                *to = if channel < g.channels { *weight.add(channel * area + tap) } else { 0.0 };
            }
        }
        pack_bias(g.channels, bias, packed.add(channels * area));
    }
}

/// `F` times sixteen channels.
struct Channels<V, const F: usize> {
    x: *const f32,
    map: usize,
    area: usize,
    weights: *const f32,
    bias: *const f32,
    add: *const f32,
    low: f32,
    y: *mut f32,
    to_map: usize,
    vector: PhantomData<V>,
}

impl<V: Vector, const F: usize> Tile for Channels<V, F> {
    const MOST: usize = V::ACCUMULATORS / F;

    #[inline(always)]
    unsafe fn tile<const P: usize>(&self, at: &Place) {
        // SAFETY: the caller's promise.
        unsafe {
            let mut acc = [[V::splat(0.0); P]; F];
            for f in 0..F {
                acc[f] = [V::load(self.bias.add(f * LANES)); P];
            }
            let (mut x0, mut w0) = (self.x.wrapping_add(at.source * LANES), self.weights.wrapping_add(at.tap * LANES));
            for _ in 0..at.rows {
                let (mut x, mut w) = (x0, w0);
                for _ in 0..at.cols {
                    for f in 0..F {
                        let weight = V::load(w.add(f * self.area * LANES));
                        for p in 0..P {
                            let input = V::load(x.add((f * self.map + p * at.source_next) * LANES));
                            acc[f][p] = input.mul_add(weight, acc[f][p]);
                        }
                    }
                    (x, w) = (x.wrapping_add(at.source_col.wrapping_mul(LANES)), w.wrapping_add(at.tap_col * LANES));
                }
                (x0, w0) = (x0.wrapping_add(at.source_row.wrapping_mul(LANES)), w0.wrapping_add(at.tap_row * LANES));
            }
            let low = V::splat(self.low);
            for f in 0..F {
                for p in 0..P {
                    let place = (f * self.to_map + at.result + p * at.result_next) * LANES;
                    let mut sum = acc[f][p];
                    if !self.add.is_null() {
                        sum = sum.add(V::load(self.add.add(place)));
                    }
                    low.max(sum).store(self.y.add(place));
                }
            }
        }
    }
}

#[inline(always)]
unsafe fn depthwise_blocked<V: Vector>(g: &Conv, x: *const f32, packed: *const f32, add: *const f32, low: f32, y: *mut f32) {
    let (rows, cols, area) = (g.rows(false), g.cols(false), g.area());
    let (map, to_map, blocks) = (g.height * g.width, g.out_height * g.out_width, g.channels.div_ceil(LANES));
    // SAFETY: the caller's promise.
    unsafe {
        let biases = packed.add(blocks * area * LANES);
        macro_rules! take {
            ($F:literal, $first:ident) => {{
                let place = $first * to_map * LANES;
                let tile = Channels::<V, $F> {
                    x: x.add($first * map * LANES),
                    map,
                    area,
                    weights: packed.add($first * area * LANES),
                    bias: biases.add($first * LANES),
                    add: if add.is_null() { add } else { add.add(place) },
                    low,
                    y: y.add(place),
                    to_map,
                    vector: PhantomData,
                };
                sweep(&tile, &rows, &cols, [0, 0], [g.out_height, g.out_width]);
            }};
        }
        super::product::by_panels!(V, blocks, take);
    }
}

#[expect(dead_code, reason = "here `lanes` are channels, and there is but one form")]
mod entry {
    use super::{Conv, depthwise_blocked};
    entries! {
        /// `y = max(low, conv(x, weight) + bias + add)` of each channel for itself; `add` may be null.
        pub unsafe fn depthwise_blocked(g: &Conv, x: *const f32, packed: *const f32, add: *const f32, low: f32, y: *mut f32);
    }
}

/// What runs on a single sample.
pub mod one {
    pub use super::depthwise_blocked_pack;
    pub use super::entry::lanes::depthwise_blocked;
}
