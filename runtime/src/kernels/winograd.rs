//! Winograd's minimal filtering F(4×4, 3×3) for 3×3 convolutions of stride 1 (Winograd 1980; Lavin and Gray 2016, arXiv 1509.09308): 36
//! products where the sum as it stands takes 144.
//!
//! `y = Aᵀ [ Σ (G w Gᵀ) ⊙ (Bᵀ x B) ] A` for each tile of 4×4 outputs, which reads 6×6 inputs. In lanes form the transforms are sums of vectors.

use super::conv::Conv;
use super::gather::{Start, channel_blocks};
use super::winograd_sum::Sums;
use crate::simd::Vector;

/// Inputs of a tile along one axis, and outputs.
pub(super) const IN: usize = 6;
pub(super) const OUT: usize = 4;
/// Products of a tile.
pub(super) const PRODUCTS: usize = IN * IN;

/// What tiles are cut from: maps of these sizes, with this much padding before them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Maps {
    pub channels: usize,
    pub size: [usize; 2],
    pub pad: [usize; 2],
    pub at: *const f32,
}

/// A 3×3 convolution of stride 1 in either direction.
#[derive(Debug, Clone, Copy)]
pub(super) struct Winograd {
    from: Maps,
    /// Channels written, their rows and columns.
    results: usize,
    to: [usize; 2],
    /// From one source channel to the next in the weight, and from one result channel to the next.
    w_source: usize,
    w_result: usize,
    /// The kernel is turned round (the input gradient).
    turned: bool,
    weight: *const f32,
    result: *mut f32,
    start: Start,
    scratch: *mut f32,
}

impl Conv {
    fn winograd(&self, x: *const f32, weight: *const f32, y: *mut f32, start: Start, scratch: *mut f32) -> Winograd {
        Winograd {
            from: Maps { channels: self.channels, size: [self.height, self.width], pad: self.pad, at: x },
            results: self.filters,
            to: [self.out_height, self.out_width],
            w_source: 9,
            w_result: 9 * self.channels,
            turned: false,
            weight,
            result: y,
            start,
            scratch,
        }
    }

    #[cfg(feature = "train")]
    fn winograd_back(&self, dy: *const f32, weight: *const f32, dx: *mut f32, start: Start, scratch: *mut f32) -> Winograd {
        let pad = self.pad.map(|pad| 2_usize.saturating_sub(pad));
        Winograd {
            from: Maps { channels: self.filters, size: [self.out_height, self.out_width], pad, at: dy },
            results: self.channels,
            to: [self.height, self.width],
            w_source: 9 * self.channels,
            w_result: 9,
            turned: true,
            weight,
            result: dx,
            start,
            scratch,
        }
    }
}

/// `G k` of three numbers.
#[inline(always)]
unsafe fn of_kernel<V: Vector>([a, b, c]: [V; 3]) -> [V; IN] {
    // SAFETY: the caller's promise.
    unsafe {
        let ends = a.add(c).mul(V::splat(-1.0 / 6.0));
        let middle = b.mul(V::splat(1.0 / 6.0));
        let wide = c.mul_add(V::splat(4.0), a).mul(V::splat(1.0 / 24.0));
        let narrow = b.mul(V::splat(1.0 / 12.0));
        [a.mul(V::splat(0.25)), ends.sub(middle), ends.add(middle), wide.add(narrow), wide.sub(narrow), c]
    }
}

/// One of the 36 numbers of `G w Gᵀ`, from nine taps.
///
/// # Safety
/// Nine numbers.
pub(super) unsafe fn kernel_product(taps: *const f32, product: usize) -> f32 {
    const G: [[f32; 3]; IN] = [
        [0.25, 0.0, 0.0],
        [-1.0 / 6.0, -1.0 / 6.0, -1.0 / 6.0],
        [-1.0 / 6.0, 1.0 / 6.0, -1.0 / 6.0],
        [1.0 / 24.0, 1.0 / 12.0, 1.0 / 6.0],
        [1.0 / 24.0, -1.0 / 12.0, 1.0 / 6.0],
        [0.0, 0.0, 1.0],
    ];
    let (down, across) = (G[product / IN], G[product % IN]);
    let mut sum = 0.0;
    for i in 0..3 {
        for j in 0..3 {
            // SAFETY: the caller's promise.
            sum += down[i] * across[j] * unsafe { *taps.add(3 * i + j) };
        }
    }
    sum
}

/// `Bᵀ d` of six inputs.
#[inline(always)]
pub(super) unsafe fn of_inputs<V: Vector>(d: [V; IN]) -> [V; IN] {
    // SAFETY: the caller's promise.
    unsafe {
        let by = |x: V, k: f32, y: V| x.mul_add(V::splat(k), y);
        let (a, b) = (by(d[2], -4.0, d[4]), by(d[1], -4.0, d[3]));
        let (c, e) = (d[4].sub(d[2]), d[3].sub(d[1]));
        [
            by(d[2], -5.0, by(d[0], 4.0, d[4])),
            a.add(b),
            a.sub(b),
            by(e, 2.0, c),
            by(e, -2.0, c),
            by(d[3], -5.0, by(d[1], 4.0, d[5])),
        ]
    }
}

/// `Aᵀ m` of six products.
#[inline(always)]
pub(super) unsafe fn of_products<V: Vector>(m: [V; IN]) -> [V; OUT] {
    // SAFETY: the caller's promise.
    unsafe {
        let by = |x: V, k: f32, y: V| x.mul_add(V::splat(k), y);
        let (s1, d1) = (m[1].add(m[2]), m[1].sub(m[2]));
        let (s2, d2) = (m[3].add(m[4]), m[3].sub(m[4]));
        [m[0].add(s1).add(s2), by(d2, 2.0, d1), by(s2, 4.0, s1), by(d2, 8.0, d1).add(m[5])]
    }
}

/// The weight, transformed: `[36][sources][results]`.
#[inline(always)]
unsafe fn transform_weight<V: Vector>(g: &Winograd, to: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe {
        for source in 0..g.from.channels {
            let mut result = 0;
            while result < g.results {
                let count = (g.results - result).min(V::WIDTH);
                let weight = g.weight.add(source * g.w_source + result * g.w_result);
                let mut taps = [[V::splat(0.0); 3]; 3];
                for k in 0..9 {
                    let mut numbers = [0.0_f32; crate::simd::LANES];
                    for n in 0..count {
                        numbers[n] = *weight.add(n * g.w_result + if g.turned { 8 - k } else { k });
                    }
                    taps[k / 3][k % 3] = V::load(numbers.as_ptr());
                }
                let mut rows = [[V::splat(0.0); 3]; IN];
                for j in 0..3 {
                    let column = of_kernel([taps[0][j], taps[1][j], taps[2][j]]);
                    for i in 0..IN {
                        rows[i][j] = column[i];
                    }
                }
                for i in 0..IN {
                    let row = of_kernel(rows[i]);
                    for j in 0..IN {
                        let to = to.add(((i * IN + j) * g.from.channels + source) * g.results + result);
                        if count == V::WIDTH {
                            row[j].store(to);
                        } else {
                            let mut numbers = [0.0_f32; crate::simd::LANES];
                            row[j].store(numbers.as_mut_ptr());
                            to.copy_from_nonoverlapping(numbers.as_ptr(), count);
                        }
                    }
                }
                result += V::WIDTH;
            }
        }
    }
}

/// One tile of every channel, transformed: products are `next[0]` floats apart, channels `next[1]`.
#[inline(always)]
pub(super) unsafe fn transform_tile<V: Vector>(g: &Maps, [row, col]: [usize; 2], to: *mut f32, next: [usize; 2]) {
    let map = g.size[0] * g.size[1] * V::WIDTH;
    // Which of the six rows and columns are inside.
    let inside = |at: usize, pad: usize, size: usize| (pad.saturating_sub(at).min(IN), (size + pad).saturating_sub(at).min(IN));
    let (rows, cols) = (inside(row, g.pad[0], g.size[0]), inside(col, g.pad[1], g.size[1]));
    let zeros = [0.0_f32; IN * crate::simd::LANES];
    // Where each row of the first channel begins, and how far it is to the next channel's.
    let mut lines = [(zeros.as_ptr(), 0); IN];
    for i in rows.0..rows.1 {
        let at = ((row + i - g.pad[0]) * g.size[1] + col).wrapping_sub(g.pad[1]);
        lines[i] = (g.at.wrapping_add(at.wrapping_mul(V::WIDTH)), map);
    }
    // SAFETY: the caller's promise; only what is inside is read.
    unsafe {
        if cols == (0, IN) {
            transform_lines::<V, true>(g.channels, lines, cols, to, next);
        } else {
            transform_lines::<V, false>(g.channels, lines, cols, to, next);
        }
    }
}

/// From six lines of every channel; all of their six columns are inside, or those of `cols`.
#[inline(always)]
unsafe fn transform_lines<V: Vector, const ALL: bool>(
    channels: usize,
    mut lines: [(*const f32, usize); IN],
    cols: (usize, usize),
    to: *mut f32,
    next: [usize; 2],
) {
    let zero = [0.0_f32; crate::simd::LANES];
    // SAFETY: the caller's promise.
    unsafe {
        for channel in 0..channels {
            let to = to.add(channel * next[1]);
            macro_rules! columns {
                ($([$($j:literal)*])*) => {$(
                    let mut half = [[V::splat(0.0); IN]; IN];
                    for i in 0..IN {
                        let mut d = [V::splat(0.0); IN];
                        for j in 0..IN {
                            // Chosen, not branched: tiles at the edge are most of a small map's.
                            let there = lines[i].0.wrapping_add(j * V::WIDTH);
                            d[j] = V::load(if ALL || j >= cols.0 && j < cols.1 { there } else { zero.as_ptr() });
                        }
                        let d = of_inputs(d);
                        $(half[$j][i] = d[$j];)*
                    }
                    $(
                        let column = of_inputs(half[$j]);
                        for i in 0..IN {
                            column[i].store(to.add((i * IN + $j) * next[0]));
                        }
                    )*
                )*};
            }
            // Two columns of the result have most of their terms in common, and they fit the registers, where all six do not. With few
            // registers nothing fits, and inputs had better be read once.
            if const { V::ACCUMULATORS >= 16 } {
                columns!([0 5] [1 2] [3 4]);
            } else {
                columns!([0 1 2 3 4 5]);
            }
            for line in &mut lines {
                line.0 = line.0.wrapping_add(line.1);
            }
        }
    }
}

/// `products[p][r] = Σ weights[p][s][r] · tile[p][s]`, `B` results at a time.
#[inline(always)]
unsafe fn multiply<V: Vector, const B: usize>(g: &Winograd, result: usize, weight: *const f32, tile: *const f32, to: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut acc = [V::splat(0.0); B];
        let (mut w, mut x) = (weight.add(result), tile);
        for _ in 0..g.from.channels {
            let input = V::load(x);
            for b in 0..B {
                acc[b] = V::splat(*w.add(b)).mul_add(input, acc[b]);
            }
            (w, x) = (w.wrapping_add(g.results), x.wrapping_add(V::WIDTH));
        }
        for b in 0..B {
            acc[b].store(to.add((result + b) * V::WIDTH));
        }
    }
}

/// The outputs of one tile from its products.
#[inline(always)]
unsafe fn finish_tile<V: Vector>(g: &Winograd, [row, col]: [usize; 2], products: *const f32) {
    let map = g.to[0] * g.to[1] * V::WIDTH;
    let (high, wide) = ((g.to[0] - row).min(OUT), (g.to[1] - col).min(OUT));
    // SAFETY: the caller's promise; only what is inside is written.
    unsafe {
        for result in 0..g.results {
            let mut half = [[V::splat(0.0); OUT]; IN];
            for i in 0..IN {
                let mut m = [V::splat(0.0); IN];
                for j in 0..IN {
                    m[j] = V::load(products.add(((i * IN + j) * g.results + result) * V::WIDTH));
                }
                half[i] = of_products(m);
            }
            let to = g.result.add(result * map + (row * g.to[1] + col) * V::WIDTH);
            let bias = match g.start {
                Start::Bias(bias) => V::splat(*bias.add(result)),
                _ => V::splat(0.0),
            };
            for j in 0..wide {
                let column = of_products([half[0][j], half[1][j], half[2][j], half[3][j], half[4][j], half[5][j]]);
                for i in 0..high {
                    let to = to.add((i * g.to[1] + j) * V::WIDTH);
                    let start = if matches!(g.start, Start::There) { V::load(to) } else { bias };
                    column[i].add(start).store(to);
                }
            }
        }
    }
}

#[inline(always)]
unsafe fn winograd<V: Vector>(g: &Winograd) {
    // SAFETY: the caller's promise: scratch holds what `winograd_scratch` says.
    unsafe {
        let weights = g.scratch;
        let tile = weights.add(PRODUCTS * g.from.channels * g.results);
        let products = tile.add(PRODUCTS * g.from.channels * V::WIDTH);
        transform_weight::<V>(g, weights);
        let mut row = 0;
        while row < g.to[0] {
            let mut col = 0;
            while col < g.to[1] {
                transform_tile::<V>(&g.from, [row, col], tile, [g.from.channels * V::WIDTH, V::WIDTH]);
                for p in 0..PRODUCTS {
                    let weights = weights.add(p * g.from.channels * g.results);
                    let tile = tile.add(p * g.from.channels * V::WIDTH);
                    let to = products.add(p * g.results * V::WIDTH);
                    let mut first = 0;
                    while const { V::ACCUMULATORS >= 16 } && first + 16 <= g.results {
                        multiply::<V, 16>(g, first, weights, tile, to);
                        first += 16;
                    }
                    channel_blocks!(V, g.results - first, |result, B| {
                        multiply::<V, B>(g, first + result, weights, tile, to);
                    });
                }
                finish_tile::<V>(g, [row, col], products);
                col += OUT;
            }
            row += OUT;
        }
    }
}

/// The sums of a weight gradient.
pub(super) const fn weight_sums(g: &Conv) -> Sums {
    Sums::new(PRODUCTS, g.channels, g.filters)
}

/// Floats of scratch that each of the three functions takes: of a weight gradient, which needs most.
#[must_use]
pub const fn winograd_scratch(g: &Conv) -> usize {
    weight_sums(g).floats()
}

entries! {
    /// A 3×3 convolution of stride 1 in either direction.
    #[allow(dead_code, reason = "one sample has no use for it")]
    pub(in crate::kernels) unsafe fn winograd(g: &Winograd);
}

/// As [`conv_forward`](super::conv::lanes::conv_forward), for a 3×3 kernel, stride 1, dilation 1, one group.
///
/// # Safety
/// Pointers are valid for what the geometry says (`docs/kernels.md`); scratch holds `winograd_scratch` floats.
pub unsafe fn conv_winograd_forward(
    g: &Conv,
    x: *const f32,
    weight: *const f32,
    bias: *const f32,
    y: *mut f32,
    scratch: *mut f32,
) {
    // SAFETY: the caller's promise.
    unsafe { lanes::winograd(&g.winograd(x, weight, y, Start::bias(bias), scratch)) };
}

/// As [`conv_backward_input`](super::conv::lanes::conv_backward_input), for such a kernel and padding of at most 2.
///
/// # Safety
/// As for the forward pass.
#[cfg(feature = "train")]
pub unsafe fn conv_winograd_backward_input(
    g: &Conv,
    dy: *const f32,
    weight: *const f32,
    dx: *mut f32,
    accumulate: bool,
    scratch: *mut f32,
) {
    // SAFETY: the caller's promise.
    unsafe { lanes::winograd(&g.winograd_back(dy, weight, dx, Start::accumulate(accumulate), scratch)) };
}
