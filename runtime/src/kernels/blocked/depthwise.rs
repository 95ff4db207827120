//! Depthwise convolutions: each channel for itself, sixteen of them in a vector.

use super::product::pack_bias;
use crate::kernels::axis::div_ceil;
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

/// A row of a 3×3 convolution without dilation, sixteen channels.
#[derive(Clone, Copy)]
struct Row {
    /// Rows of x that there are for the three of the kernel: the first, and how many; the first of them.
    taps: usize,
    rows: usize,
    x: *const f32,
    width: usize,
    pad: usize,
    weights: *const f32,
    bias: *const f32,
    add: *const f32,
    low: f32,
    y: *mut f32,
}

impl Row {
    /// `P` neighbouring positions from `first` on, `S` apart in x; at an edge some of their inputs are not there.
    #[inline(always)]
    unsafe fn tile<V: Vector, const S: usize, const P: usize, const EDGE: bool>(&self, first: usize) {
        // SAFETY: the caller's promise.
        unsafe {
            let mut acc = [V::load(self.bias); P];
            let (mut x, mut w) = (self.x, self.weights.add(3 * self.taps * LANES));
            let begin = (first * S).wrapping_sub(self.pad);
            for _ in 0..self.rows {
                let taps = [V::load(w), V::load(w.add(LANES)), V::load(w.add(2 * LANES))];
                // Side by side each input is seen by three; two apart hardly any is seen twice.
                if S == 1 {
                    for i in 0..P + 2 {
                        let at = begin.wrapping_add(i);
                        if !EDGE || at < self.width {
                            let input = V::load(x.wrapping_add(at.wrapping_mul(LANES)));
                            for tap in 0..3 {
                                if i >= tap && i - tap < P {
                                    acc[i - tap] = input.mul_add(taps[tap], acc[i - tap]);
                                }
                            }
                        }
                    }
                } else {
                    for p in 0..P {
                        for tap in 0..3 {
                            let at = begin.wrapping_add(p * S + tap);
                            if !EDGE || at < self.width {
                                acc[p] = V::load(x.wrapping_add(at.wrapping_mul(LANES))).mul_add(taps[tap], acc[p]);
                            }
                        }
                    }
                }
                (x, w) = (x.wrapping_add(self.width * LANES), w.wrapping_add(3 * LANES));
            }
            let low = V::splat(self.low);
            for p in 0..P {
                let place = (first + p) * LANES;
                let mut sum = acc[p];
                if !self.add.is_null() {
                    sum = sum.add(V::load(self.add.add(place)));
                }
                low.max(sum).store(self.y.add(place));
            }
        }
    }

    /// All positions; where they do not come out even, some are computed twice.
    #[inline(always)]
    unsafe fn tiles<V: Vector, const S: usize, const P: usize>(&self, wide: usize) {
        let mut first = 0;
        while first < wide {
            let at = first.min(wide - P);
            // SAFETY: the caller's promise; there are at least P.
            unsafe {
                if at * S >= self.pad && (at + P - 1) * S + 3 <= self.width + self.pad {
                    self.tile::<V, S, P, false>(at);
                } else {
                    self.tile::<V, S, P, true>(at);
                }
            }
            first += P;
        }
    }

    /// With tiles of this size.
    #[inline(always)]
    unsafe fn run<V: Vector, const S: usize>(&self, wide: usize, size: usize) {
        // SAFETY: the caller's promise.
        unsafe {
            if const { V::ACCUMULATORS >= 12 } {
                match size {
                    8 => return self.tiles::<V, S, 8>(wide),
                    7 => return self.tiles::<V, S, 7>(wide),
                    6 => return self.tiles::<V, S, 6>(wide),
                    5 => return self.tiles::<V, S, 5>(wide),
                    _ => {}
                }
            }
            match size {
                4 => self.tiles::<V, S, 4>(wide),
                3 => self.tiles::<V, S, 3>(wide),
                _ => self.tiles::<V, S, 1>(wide),
            }
        }
    }
}

/// Positions at once that waste little of a row.
#[inline(always)]
fn tile_size<V: Vector>(wide: usize) -> usize {
    let mut best = (usize::MAX, 1);
    for size in [8, 7, 6, 5, 4, 3, 1] {
        if size <= wide && (size <= 4 || V::ACCUMULATORS >= 12) {
            // A tile takes about as long as two positions more.
            let cost = div_ceil(wide, size) * (size + 2);
            best = if cost < best.0 { (cost, size) } else { best };
        }
    }
    best.1
}

/// 3×3, one or two positions apart.
#[inline(always)]
unsafe fn three<V: Vector>(g: &Conv, x: *const f32, packed: *const f32, add: *const f32, low: f32, y: *mut f32) {
    let (rows, blocks, size) = (g.rows(false), g.channels.div_ceil(LANES), tile_size::<V>(g.out_width));
    // SAFETY: the caller's promise.
    unsafe {
        for block in 0..blocks {
            for out in 0..g.out_height {
                let (taps, place) = (rows.taps(out), (block * g.out_height + out) * g.out_width * LANES);
                let row = Row {
                    taps: taps.tap,
                    rows: taps.len,
                    x: x.add((block * g.height + taps.at) * g.width * LANES),
                    width: g.width,
                    pad: g.pad[1],
                    weights: packed.add(9 * block * LANES),
                    bias: packed.add((9 * blocks + block) * LANES),
                    add: if add.is_null() { add } else { add.add(place) },
                    low,
                    y: y.add(place),
                };
                if g.stride[1] == 1 { row.run::<V, 1>(g.out_width, size) } else { row.run::<V, 2>(g.out_width, size) }
            }
        }
    }
}

#[inline(always)]
unsafe fn depthwise_blocked<V: Vector>(g: &Conv, x: *const f32, packed: *const f32, add: *const f32, low: f32, y: *mut f32) {
    if g.kernel == [3, 3] && g.dilation == [1, 1] && g.stride[1] <= 2 {
        // SAFETY: the caller's promise.
        return unsafe { three::<V>(g, x, packed, add, low, y) };
    }
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
