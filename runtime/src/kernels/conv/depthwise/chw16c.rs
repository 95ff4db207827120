//! Depthwise convolutions of one sample in `chw16c`: each channel for itself, sixteen of them in a vector.

use crate::kernels::conv::product::{by_panels, pack_bias};
use crate::kernels::conv::tiling::{Positions, Tile, for_each_tile};
use crate::simd::{LANES, Vector};
use core::marker::PhantomData;
use fireclay_ir::div_ceil;
use fireclay_ir::geometry::Conv;

/// Packs: `[channels / 16][tap][16]`, then biases; `bias` may be null.
///
/// # Safety
/// Pointers are valid for the geometry; `packed` holds `depthwise_chw16c_len` floats.
pub unsafe fn depthwise_chw16c_pack(g: &Conv, weight: *const f32, bias: *const f32, packed: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe { pack(g, weight, bias, packed, false) };
}

/// The same, with the last tap first if the kernel is `turned` around.
///
/// # Safety
/// As for [`depthwise_chw16c_pack`].
pub(super) unsafe fn pack(g: &Conv, weight: *const f32, bias: *const f32, packed: *mut f32, turned: bool) {
    let (area, channels) = (g.area(), g.channels.next_multiple_of(LANES));
    // SAFETY: the caller's promise.
    unsafe {
        for channel in 0..channels {
            for tap in 0..area {
                let to = packed.add((channel / LANES * area + tap) * LANES + channel % LANES);
                let tap = if turned { area - 1 - tap } else { tap };
                *to = if channel < g.channels { *weight.add(channel * area + tap) } else { 0.0 };
            }
        }
        pack_bias(g.channels, bias, packed.add(channels * area));
    }
}

/// `F` times sixteen channels.
pub(super) struct Channels<V, const F: usize> {
    pub x: *const f32,
    pub map: usize,
    pub area: usize,
    pub weights: *const f32,
    pub bias: *const f32,
    pub add: *const f32,
    pub low: f32,
    pub y: *mut f32,
    pub to_map: usize,
    pub vector: PhantomData<V>,
}

impl<V: Vector, const F: usize> Tile for Channels<V, F> {
    const MOST: usize = V::ACCUMULATORS / F;

    #[inline(always)]
    unsafe fn tile<const P: usize>(&self, at: &Positions) {
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

/// A 3×3 convolution without dilation, sixteen channels.
#[derive(Clone, Copy)]
struct ThreeByThree {
    x: *const f32,
    /// Height and width of x.
    size: [usize; 2],
    pad: [usize; 2],
    /// Down.
    stride: usize,
    weights: *const f32,
    bias: *const f32,
    add: *const f32,
    low: f32,
    y: *mut f32,
    /// Height and width of y.
    to: [usize; 2],
}

impl ThreeByThree {
    /// `R` rows, one or two, of `P` neighboring positions that are `S` apart in x: each input is read once for all that see it. Of a
    /// row's inputs only the first and the last may lie outside. Positions before `new` are there already: what they would be added to may be
    /// their result.
    #[inline(always)]
    unsafe fn tile<V: Vector, const S: usize, const P: usize, const R: usize>(&self, row: usize, first: usize, new: usize) {
        // SAFETY: the caller's promise; what lies outside is not read.
        unsafe {
            let mut acc = [[V::load(self.bias); P]; R];
            let begin = (first * S).wrapping_sub(self.pad[1]);
            let (left, right) = (begin < self.size[1], begin.wrapping_add(S * (P - 1) + 2) < self.size[1]);
            let top = (row * self.stride).wrapping_sub(self.pad[0]);
            let x = self.x.wrapping_add(begin.wrapping_mul(LANES));
            // The kernel's row that meets this row of x for the first row of y, and for the second.
            let mut taps = [[V::splat(0.0); 3]; 2];
            // Loops as macros: unrolled, whatever their size, so that everything stays in registers.
            macro_rules! inputs {
                ($j:literal, $x:ident, $($i:literal)*) => {$(
                    if $i < S * (P - 1) + 3 && ($i > 0 || left) && ($i < S * (P - 1) + 2 || right) {
                        let input = V::load($x.wrapping_add($i * LANES));
                        for r in 0..R {
                            for tap in 0..3 {
                                if $j >= r && $j - r < 3 && $i >= tap && ($i - tap) % S == 0 && ($i - tap) / S < P {
                                    let at = ($i - tap) / S;
                                    acc[r][at] = input.mul_add(taps[r][tap], acc[r][at]);
                                }
                            }
                        }
                    }
                )*};
            }
            macro_rules! rows {
                ($($j:literal)*) => {$(
                    if $j < R + 2 {
                        taps[1] = taps[0];
                        if $j < 3 {
                            for tap in 0..3 {
                                taps[0][tap] = V::load(self.weights.wrapping_add((3 * $j + tap) * LANES));
                            }
                        }
                        let row = top.wrapping_add($j);
                        if row < self.size[0] {
                            let x = x.wrapping_add(row * self.size[1] * LANES);
                            inputs!($j, x, 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16);
                        }
                    }
                )*};
            }
            rows!(0 1 2 3);
            let low = V::splat(self.low);
            for r in 0..R {
                for p in 0..P {
                    if first + p < new {
                        continue;
                    }
                    let place = ((row + r) * self.to[1] + first + p) * LANES;
                    let mut sum = acc[r][p];
                    if !self.add.is_null() {
                        sum = sum.add(V::load(self.add.add(place)));
                    }
                    low.max(sum).store(self.y.add(place));
                }
            }
        }
    }

    /// All positions; where they do not come out even, some are computed twice and written once.
    #[inline(always)]
    unsafe fn tiles<V: Vector, const S: usize, const P: usize>(&self) {
        let mut row = 0;
        while row < self.to[0] {
            let two = const { V::ACCUMULATORS >= 16 && S == 1 } && self.stride == 1 && row + 2 <= self.to[0];
            let mut first = 0;
            while first < self.to[1] {
                let at = first.min(self.to[1] - P);
                // SAFETY: the caller's promise; there are at least P.
                unsafe {
                    if const { V::ACCUMULATORS >= 16 && S == 1 } && two {
                        self.tile::<V, S, P, 2>(row, at, first);
                    } else {
                        self.tile::<V, S, P, 1>(row, at, first);
                    }
                }
                first += P;
            }
            row += if two { 2 } else { 1 };
        }
    }

    /// With tiles of this size.
    #[inline(always)]
    unsafe fn run<V: Vector, const S: usize>(&self, size: usize) {
        // SAFETY: the caller's promise.
        unsafe {
            if const { V::ACCUMULATORS >= 12 } {
                match size {
                    8 => return self.tiles::<V, S, 8>(),
                    7 => return self.tiles::<V, S, 7>(),
                    6 => return self.tiles::<V, S, 6>(),
                    5 => return self.tiles::<V, S, 5>(),
                    _ => {}
                }
            }
            match size {
                4 => self.tiles::<V, S, 4>(),
                3 => self.tiles::<V, S, 3>(),
                _ => self.tiles::<V, S, 1>(),
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
unsafe fn three_by_three<V: Vector>(g: &Conv, x: *const f32, packed: *const f32, add: *const f32, low: f32, y: *mut f32) {
    let (blocks, size) = (g.channels.div_ceil(LANES), tile_size::<V>(g.out_width));
    // SAFETY: the caller's promise.
    unsafe {
        for block in 0..blocks {
            let place = block * g.out_height * g.out_width * LANES;
            let three_by_three = ThreeByThree {
                x: x.add(block * g.height * g.width * LANES),
                size: [g.height, g.width],
                pad: g.pad,
                stride: g.stride[0],
                weights: packed.add(9 * block * LANES),
                bias: packed.add((9 * blocks + block) * LANES),
                add: if add.is_null() { add } else { add.add(place) },
                low,
                y: y.add(place),
                to: [g.out_height, g.out_width],
            };
            if g.stride[1] == 1 { three_by_three.run::<V, 1>(size) } else { three_by_three.run::<V, 2>(size) }
        }
    }
}

#[inline(always)]
unsafe fn depthwise_chw16c<V: Vector>(g: &Conv, x: *const f32, packed: *const f32, add: *const f32, low: f32, y: *mut f32) {
    // At most one input lies outside on either side.
    let narrow = g.pad[1] <= 1 && g.out_width.saturating_sub(1) * g.stride[1] + 2 <= g.width + g.pad[1];
    if g.kernel == [3, 3] && g.dilation == [1, 1] && g.stride[1] <= 2 && narrow {
        // SAFETY: the caller's promise.
        return unsafe { three_by_three::<V>(g, x, packed, add, low, y) };
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
                for_each_tile(&tile, &rows, &cols, [0, 0], [g.out_height, g.out_width]);
            }};
        }
        by_panels!(V, blocks, take);
    }
}

#[expect(dead_code, reason = "the lanes are channels here, so that only one of both entries is used")]
mod entry {
    use super::depthwise_chw16c;
    fireclay_ir::depthwise_chw16c_kernels!(declared);
}

/// What runs on a single sample.
pub mod chw {
    pub use super::depthwise_chw16c_pack;
    pub use super::entry::chwn16::depthwise_chw16c;
}

fireclay_ir::depthwise_chw16c_pack_kernels!(checked[by_layout]);
