//! Weight gradients by Winograd's F(3×3, 4×4): the same tiles and the same 36 products as in [`winograd`](super::winograd), summed over tiles
//! and samples, and turned into nine sums at the end.

use super::conv::Conv;
use super::winograd::{IN, Maps, OUT, PRODUCTS, tiles_at_once, transform_tile};
use crate::simd::{Part, Vector};

/// A weight gradient.
#[derive(Debug, Clone, Copy)]
pub(super) struct WinogradWeight<'a> {
    g: &'a Conv,
    x: *const f32,
    dy: *const f32,
    dweight: *mut f32,
    scratch: *mut f32,
}

/// `G dy` of four numbers, for the points 0, 1, −1, 2, −2, ∞.
#[inline(always)]
unsafe fn of_outputs<V: Vector>([a, b, c, d]: [V; OUT]) -> [V; IN] {
    // SAFETY: the caller's promise.
    unsafe {
        let by = |x: V, k: f32, y: V| x.mul_add(V::splat(k), y);
        let (even, odd) = (a.add(c).mul(V::splat(-1.0 / 6.0)), b.add(d).mul(V::splat(-1.0 / 6.0)));
        let (wide, steep) = (by(c, 4.0, a).mul(V::splat(1.0 / 24.0)), by(d, 4.0, b).mul(V::splat(1.0 / 12.0)));
        [a.mul(V::splat(0.25)), even.add(odd), even.sub(odd), wide.add(steep), wide.sub(steep), d]
    }
}

/// `Aᵀ s` of six sums.
#[inline(always)]
unsafe fn of_sums<V: Vector>(s: [V; IN]) -> [V; 3] {
    // SAFETY: the caller's promise.
    unsafe {
        let (s1, d1) = (s[1].add(s[2]), s[1].sub(s[2]));
        let (s2, d2) = (s[3].add(s[4]), s[3].sub(s[4]));
        [s[0].add(s1).add(s2), d2.mul_add(V::splat(2.0), d1), s2.mul_add(V::splat(4.0), s1).add(s[5])]
    }
}

/// One tile of every filter's gradient, transformed: `[36][filters][step]`.
#[inline(always)]
unsafe fn transform_gradient<V: Vector>(g: &WinogradWeight<'_>, [row, col]: [usize; 2], to: *mut f32, step: usize) {
    let (height, width) = (g.g.out_height, g.g.out_width);
    let (high, wide) = ((height - row).min(OUT), (width - col).min(OUT));
    // SAFETY: the caller's promise; only what is inside is read.
    unsafe {
        for filter in 0..g.g.filters {
            let dy = g.dy.add(((filter * height + row) * width + col) * V::WIDTH);
            let mut half = [[V::splat(0.0); IN]; OUT];
            for i in 0..high {
                let mut d = [V::splat(0.0); OUT];
                for j in 0..OUT {
                    if j < wide {
                        d[j] = V::load(dy.add((i * width + j) * V::WIDTH));
                    }
                }
                half[i] = of_outputs(d);
            }
            for j in 0..IN {
                let column = of_outputs([half[0][j], half[1][j], half[2][j], half[3][j]]);
                for i in 0..IN {
                    column[i].store(to.add(((i * IN + j) * g.g.filters + filter) * step * V::WIDTH));
                }
            }
        }
    }
}

/// Adds to `B` × `C` sums (a multiple of four) the products of `len` registers, lanes added.
#[inline(always)]
unsafe fn add_products<V: Vector, const B: usize, const C: usize>(
    len: usize,
    (y, y_next): (*const f32, usize),
    (x, x_next): (*const f32, usize),
    to: *mut f32,
    to_next: usize,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut acc = [[V::Part::zero(); C]; B];
        let (mut y, mut x) = (y, x);
        for _ in 0..len {
            let mut d = [V::Part::zero(); B];
            for b in 0..B {
                d[b] = V::Part::load(y.add(b * y_next));
            }
            for c in 0..C {
                let input = V::Part::load(x.add(c * x_next));
                for b in 0..B {
                    acc[b][c] = d[b].mul_add(input, acc[b][c]);
                }
            }
            (y, x) = (y.wrapping_add(<V::Part as Part>::WIDTH), x.wrapping_add(<V::Part as Part>::WIDTH));
        }
        for b in 0..B {
            // Four at a time; a rest takes zeros along.
            let mut c = 0;
            while c < C {
                let mut four = [V::Part::zero(); 4];
                for n in 0..4 {
                    if c + n < C {
                        four[n] = acc[b][c + n];
                    }
                }
                let sums = V::Part::sum_four(four);
                for n in 0..4 {
                    if c + n < C {
                        *to.add(b * to_next + c + n) += sums[n];
                    }
                }
                c += 4;
            }
        }
    }
}

#[inline(always)]
unsafe fn winograd_weight<V: Vector>(g: &WinogradWeight<'_>) {
    let Conv { channels, filters, .. } = *g.g;
    let step = tiles_at_once(g.g);
    let maps = Maps { channels, size: [g.g.height, g.g.width], pad: g.g.pad, at: g.x };
    // SAFETY: the caller's promise: scratch holds what `winograd_scratch` says.
    unsafe {
        let sums = g.scratch;
        let inputs = sums.add(PRODUCTS * channels * filters);
        let outputs = inputs.add(PRODUCTS * channels * step * V::WIDTH);
        sums.write_bytes(0, PRODUCTS * channels * filters);
        let across = g.g.out_width.div_ceil(OUT);
        let tiles = g.g.out_height.div_ceil(OUT) * across;
        let mut first = 0;
        while first < tiles {
            let count = (tiles - first).min(step);
            for n in 0..count {
                let (down, along) = match (first + n).checked_div(across) {
                    Some(down) => (down, first + n - down * across),
                    None => (0, 0),
                };
                transform_tile::<V>(&maps, [down * OUT, along * OUT], inputs.add(n * V::WIDTH), step);
                transform_gradient::<V>(g, [down * OUT, along * OUT], outputs.add(n * V::WIDTH), step);
            }
            let len = count * (V::WIDTH / <V::Part as Part>::WIDTH);
            let next = step * V::WIDTH;
            for p in 0..PRODUCTS {
                let (x, y) = (inputs.add(p * channels * next).cast_const(), outputs.add(p * filters * next).cast_const());
                let sums = sums.add(p * channels * filters);
                let mut filter = 0;
                while filter < filters {
                    let wide = filters - filter >= 3;
                    let (dy, to) = ((y.add(filter * next), next), sums.add(filter * channels));
                    let mut channel = 0;
                    while channel < channels {
                        let all = channels - channel >= 4;
                        let (x, to) = ((x.add(channel * next), next), to.add(channel));
                        match (wide, all) {
                            (true, true) => add_products::<V, 3, 4>(len, dy, x, to, channels),
                            (true, false) => add_products::<V, 3, 1>(len, dy, x, to, channels),
                            (false, true) => add_products::<V, 1, 4>(len, dy, x, to, channels),
                            (false, false) => add_products::<V, 1, 1>(len, dy, x, to, channels),
                        }
                        channel += if all { 4 } else { 1 };
                    }
                    filter += if wide { 3 } else { 1 };
                }
            }
            first += count;
        }
        finish::<V>(g, sums);
    }
}

/// Adds the nine sums of each weight.
#[inline(always)]
unsafe fn finish<V: Vector>(g: &WinogradWeight<'_>, sums: *const f32) {
    let Conv { channels, filters, .. } = *g.g;
    // SAFETY: the caller's promise.
    unsafe {
        // Filters and channels are one axis: both the sums and the weights have them side by side.
        let all = channels * filters;
        let mut at = 0;
        while at < all {
            let count = (all - at).min(V::WIDTH);
            let mut half = [[V::splat(0.0); 3]; IN];
            for i in 0..IN {
                let mut row = [V::splat(0.0); IN];
                for j in 0..IN {
                    let from = sums.add((i * IN + j) * all + at);
                    row[j] = if count == V::WIDTH {
                        V::load(from)
                    } else {
                        let mut numbers = [0.0_f32; crate::simd::LANES];
                        numbers.as_mut_ptr().copy_from_nonoverlapping(from, count);
                        V::load(numbers.as_ptr())
                    };
                }
                half[i] = of_sums(row);
            }
            for j in 0..3 {
                let column = of_sums([half[0][j], half[1][j], half[2][j], half[3][j], half[4][j], half[5][j]]);
                for i in 0..3 {
                    let mut numbers = [0.0_f32; crate::simd::LANES];
                    column[i].store(numbers.as_mut_ptr());
                    for n in 0..count {
                        *g.dweight.add((at + n) * 9 + i * 3 + j) += numbers[n];
                    }
                }
            }
            at += V::WIDTH;
        }
    }
}

entries! {
    /// A weight gradient.
    #[allow(dead_code, reason = "one sample has no use for it")]
    pub(in crate::kernels) unsafe fn winograd_weight(g: &WinogradWeight<'_>);
}

/// As [`conv_backward_weight`](super::conv::lanes::conv_backward_weight), for a 3×3 kernel, stride 1, dilation 1, one group.
///
/// # Safety
/// Pointers are valid for what the geometry says (`docs/kernels.md`); scratch holds `winograd_scratch` floats.
pub unsafe fn conv_winograd_backward_weight(
    g: &Conv,
    x: *const f32,
    dy: *const f32,
    dweight: *mut f32,
    dbias: *mut f32,
    scratch: *mut f32,
) {
    // SAFETY: the caller's promise.
    unsafe {
        lanes::winograd_weight(&WinogradWeight { g, x, dy, dweight, scratch });
        if !dbias.is_null() {
            super::conv_weight::lanes::add_sums(g.filters, g.out_height * g.out_width, dy, dbias);
        }
    }
}
