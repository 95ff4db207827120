//! Convolutions with so few filters that vectors of sixteen would be mostly empty: sums run along the row, sixteen positions in a vector,
//! and are turned into vectors of channels at the end.

use crate::kernels::conv::Conv;
use crate::simd::{LANES, Vector};

/// Filters at most.
pub const FEW: usize = 8;

/// Floats of a packed convolution: each filter's weights and its bias.
#[must_use]
pub const fn conv_few_len(g: &Conv) -> usize {
    g.filters * (g.channels * g.area() + 1)
}

/// Floats that [`one::conv_few`] works in: x with its padding.
#[must_use]
pub const fn conv_few_scratch(g: &Conv) -> usize {
    g.channels * rows(g) * row(g)
}

const fn rows(g: &Conv) -> usize {
    g.out_height + g.dilation[0] * (g.kernel[0] - 1)
}

/// Floats of a row of x: what whole vectors of positions see.
const fn row(g: &Conv) -> usize {
    g.out_width.next_multiple_of(LANES) + g.dilation[1] * (g.kernel[1] - 1)
}

/// Packs: `[filter][channel][tap]`, then biases; `bias` may be null.
///
/// # Safety
/// Pointers are valid for the geometry; `packed` holds [`conv_few_len`] floats.
pub unsafe fn conv_few_pack(g: &Conv, weight: *const f32, bias: *const f32, packed: *mut f32) {
    let len = g.filters * g.channels * g.area();
    // SAFETY: the caller's promise.
    unsafe {
        packed.copy_from_nonoverlapping(weight, len);
        for filter in 0..g.filters {
            *packed.add(len + filter) = if bias.is_null() { 0.0 } else { *bias.add(filter) };
        }
    }
}

/// x with its padding.
#[inline(always)]
unsafe fn fill(g: &Conv, x: *const f32, to: *mut f32) {
    let (row, rows) = (row(g), rows(g));
    let inside = g.width.min(row.saturating_sub(g.pad[1]));
    // SAFETY: the caller's promise.
    unsafe {
        to.write_bytes(0, g.channels * rows * row);
        for channel in 0..g.channels {
            for i in g.pad[0]..rows.min(g.pad[0] + g.height) {
                let from = x.add((channel * g.height + i - g.pad[0]) * g.width);
                to.add((channel * rows + i) * row + g.pad[1]).copy_from_nonoverlapping(from, inside);
            }
        }
    }
}

/// `F` filters at `N` vectors of positions, the first of which is at `x`; vectors of a filter go to `[N][16][16]`.
#[inline(always)]
unsafe fn tile<V: Vector, const F: usize, const N: usize>(
    g: &Conv,
    x: *const f32,
    weight: *const f32,
    bias: *const f32,
    to: *mut f32,
) {
    let (row, len) = (row(g), g.channels * g.area());
    // SAFETY: the caller's promise.
    unsafe {
        let mut acc = [[V::splat(0.0); N]; F];
        for f in 0..F {
            acc[f] = [V::splat(*bias.add(f)); N];
        }
        let (mut x0, mut w) = (x, weight);
        for _ in 0..g.channels {
            let mut x1 = x0;
            for _ in 0..g.kernel[0] {
                let mut x2 = x1;
                for _ in 0..g.kernel[1] {
                    let mut inputs = [V::splat(0.0); N];
                    for n in 0..N {
                        inputs[n] = V::load(x2.add(n * LANES));
                    }
                    for f in 0..F {
                        let weight = V::splat(*w.add(f * len));
                        for n in 0..N {
                            acc[f][n] = weight.mul_add(inputs[n], acc[f][n]);
                        }
                    }
                    (x2, w) = (x2.wrapping_add(g.dilation[1]), w.wrapping_add(1));
                }
                x1 = x1.wrapping_add(g.dilation[0] * row);
            }
            x0 = x0.wrapping_add(rows(g) * row);
        }
        for f in 0..F {
            for n in 0..N {
                acc[f][n].store(to.add((n * LANES + f) * LANES));
            }
        }
    }
}

/// All filters at `N` vectors of positions.
#[inline(always)]
unsafe fn filters<V: Vector, const N: usize>(g: &Conv, x: *const f32, packed: *const f32, to: *mut f32) {
    let len = g.channels * g.area();
    let mut first = 0;
    // SAFETY: the caller's promise.
    unsafe {
        while first < g.filters {
            let (weight, bias, to) = (packed.add(first * len), packed.add(g.filters * len + first), to.add(first * LANES));
            match g.filters - first {
                4.. => tile::<V, 4, N>(g, x, weight, bias, to),
                2.. => tile::<V, 2, N>(g, x, weight, bias, to),
                _ => tile::<V, 1, N>(g, x, weight, bias, to),
            }
            first += match g.filters - first {
                4.. => 4,
                2.. => 2,
                _ => 1,
            };
        }
    }
}

#[inline(always)]
unsafe fn conv_few<V: Vector>(
    g: &Conv,
    x: *const f32,
    packed: *const f32,
    add: *const f32,
    low: f32,
    y: *mut f32,
    scratch: *mut f32,
) {
    // SAFETY: the caller's promise: scratch holds what `conv_few_scratch` says.
    unsafe {
        fill(g, x, scratch);
        let low = V::splat(low);
        // Sixteen positions of sixteen channels, of which those that there are not stay zero; the same turned.
        let (mut sums, mut turned) = ([0.0_f32; 2 * LANES * LANES], [0.0_f32; LANES * LANES]);
        for out in 0..g.out_height {
            let (from, to) = (scratch.add(out * row(g)), y.add(out * g.out_width * LANES));
            let mut first = 0;
            while first < g.out_width {
                let vectors = if first + LANES < g.out_width { 2 } else { 1 };
                if vectors == 2 {
                    filters::<V, 2>(g, from.add(first), packed, sums.as_mut_ptr());
                } else {
                    filters::<V, 1>(g, from.add(first), packed, sums.as_mut_ptr());
                }
                for n in 0..vectors {
                    V::turn(sums.as_ptr().add(n * LANES * LANES), turned.as_mut_ptr(), LANES);
                    for p in 0..(g.out_width - first).min(LANES) {
                        let place = (first + p) * LANES;
                        let mut sum = V::load(turned.as_ptr().add(p * LANES));
                        if !add.is_null() {
                            sum = sum.add(V::load(add.add(out * g.out_width * LANES + place)));
                        }
                        low.max(sum).store(to.add(place));
                    }
                    first += LANES;
                }
            }
        }
    }
}

#[expect(dead_code, reason = "here `lanes` are positions, and there is but one form")]
mod entry {
    use super::{Conv, conv_few};
    entries! {
        /// `y = max(low, conv(x, weight) + bias + add)` for stride 1 and one group, x with a map for each channel; `add` may be null.
        pub unsafe fn conv_few(
            g: &Conv, x: *const f32, packed: *const f32, add: *const f32, low: f32, y: *mut f32, scratch: *mut f32,
        );
    }
}

/// What runs on a single sample.
pub mod one {
    pub use super::conv_few_pack;
    pub use super::entry::lanes::conv_few;
}
