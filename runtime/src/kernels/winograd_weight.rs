//! Weight gradients by Winograd's F(3×3, 4×4): the same tiles and the same 36 products as in [`winograd`](super::winograd), summed over tiles
//! and samples, and turned into nine sums at the end.

use super::conv::Conv;
use super::winograd::{IN, Maps, OUT, transform_tile, weight_sums};
use super::winograd_sum::{Sums, add_tiles, turn_tile};
use crate::simd::{LANES, Vector};

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

/// One tile of every filter's gradient, turned and transformed: `[36][sample][filter]`, products `next` floats apart.
#[inline(always)]
unsafe fn transform_gradient<V: Vector>(sums: &Sums, dy: &Maps, at: [usize; 2], turned: *mut f32, to: *mut f32) {
    // SAFETY: the caller's promise; only what is inside is read.
    unsafe {
        for filter in (0..sums.filters()).step_by(LANES) {
            turn_tile::<V>(dy, at, filter, turned);
            for sample in 0..LANES {
                let from = turned.add(sample * LANES);
                let mut half = [[V::splat(0.0); IN]; OUT];
                for i in 0..OUT {
                    let mut d = [V::splat(0.0); OUT];
                    for j in 0..OUT {
                        d[j] = V::load(from.add((i * OUT + j) * LANES * LANES));
                    }
                    half[i] = of_outputs(d);
                }
                let to = to.add(sample * sums.filters() + filter);
                for j in 0..IN {
                    let column = of_outputs([half[0][j], half[1][j], half[2][j], half[3][j]]);
                    for i in 0..IN {
                        column[i].store(to.add((i * IN + j) * sums.next(sums.filters())));
                    }
                }
            }
        }
    }
}

#[inline(always)]
unsafe fn winograd_weight<V: Vector>(g: &WinogradWeight<'_>) {
    let Conv { channels, filters, .. } = *g.g;
    let sums = weight_sums(g.g);
    let x = Maps { channels, size: [g.g.height, g.g.width], pad: g.g.pad, at: g.x };
    let dy = Maps { channels: filters, size: [g.g.out_height, g.g.out_width], pad: [0; 2], at: g.dy };
    // SAFETY: the caller's promise: scratch holds what `winograd_scratch` says.
    unsafe {
        let parts = sums.parts(g.scratch);
        let (mut count, mut first) = (0, true);
        for row in (0..g.g.out_height).step_by(OUT) {
            for col in (0..g.g.out_width).step_by(OUT) {
                let to = parts.inputs.add(count * channels * LANES);
                transform_tile::<V>(&x, [row, col], to, [sums.next(channels), LANES]);
                let to = parts.outputs.add(count * sums.filters() * LANES);
                transform_gradient::<V>(&sums, &dy, [row, col], parts.turned, to);
                count += 1;
                if count == sums.tiles() {
                    add_tiles::<V>(&sums, &parts, count, first);
                    (count, first) = (0, false);
                }
            }
        }
        add_tiles::<V>(&sums, &parts, count, first);
        finish::<V>(g, &sums, parts.sums);
    }
}

/// Adds the nine sums of each weight.
#[inline(always)]
unsafe fn finish<V: Vector>(g: &WinogradWeight<'_>, sums: &Sums, from: *const f32) {
    let Conv { channels, filters, .. } = *g.g;
    // SAFETY: the caller's promise.
    unsafe {
        for channel in 0..channels {
            for filter in (0..filters).step_by(LANES) {
                let from = from.add(channel * sums.filters() + filter);
                let mut half = [[V::splat(0.0); 3]; IN];
                for i in 0..IN {
                    let mut row = [V::splat(0.0); IN];
                    for j in 0..IN {
                        row[j] = V::load(from.add((i * IN + j) * channels * sums.filters()));
                    }
                    half[i] = of_sums(row);
                }
                // Turned, the nine of a filter lie side by side, as in the weight.
                let mut numbers = [0.0_f32; LANES * LANES];
                for j in 0..3 {
                    let column = of_sums([half[0][j], half[1][j], half[2][j], half[3][j], half[4][j], half[5][j]]);
                    for i in 0..3 {
                        column[i].store(numbers.as_mut_ptr().add((i * 3 + j) * LANES));
                    }
                }
                let mut turned = [0.0_f32; LANES * LANES];
                V::turn(numbers.as_ptr(), turned.as_mut_ptr(), LANES);
                for f in 0..(filters - filter).min(LANES) {
                    let to = g.dweight.add(((filter + f) * channels + channel) * 9);
                    for k in 0..9 {
                        *to.add(k) += turned[f * LANES + k];
                    }
                }
            }
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
