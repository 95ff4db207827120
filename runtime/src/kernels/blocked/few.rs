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
    (g.out_height - 1) * g.stride[0] + g.dilation[0] * (g.kernel[0] - 1) + 1
}

/// Floats of a row of x: for each place within a stride what whole vectors of positions see.
const fn row(g: &Conv) -> usize {
    g.stride[1] * phase(g)
}

const fn phase(g: &Conv) -> usize {
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

/// Every other number here, the rest there: `pairs` of them.
#[inline(always)]
unsafe fn split(from: *const f32, pairs: usize, first: *mut f32, second: *mut f32) {
    let whole = pairs - pairs % LANES;
    // SAFETY: the caller's promise.
    unsafe {
        for k in (0..whole).step_by(LANES) {
            // By way of arrays, so that they become shuffles: pointers might overlap.
            let both = from.add(2 * k).cast::<[f32; 2 * LANES]>().read();
            let (mut even, mut odd) = ([0.0; LANES], [0.0; LANES]);
            for lane in 0..LANES {
                (even[lane], odd[lane]) = (both[2 * lane], both[2 * lane + 1]);
            }
            first.add(k).cast::<[f32; LANES]>().write(even);
            second.add(k).cast::<[f32; LANES]>().write(odd);
        }
        for k in whole..pairs {
            (*first.add(k), *second.add(k)) = (*from.add(2 * k), *from.add(2 * k + 1));
        }
    }
}

/// x with its padding: of each row first what stands at the first place of each stride, then what stands at the second.
#[inline(always)]
unsafe fn fill<const S: usize>(g: &Conv, x: *const f32, to: *mut f32) {
    let (row, rows, phase) = (row(g), rows(g), phase(g));
    // SAFETY: the caller's promise.
    unsafe {
        to.write_bytes(0, g.channels * rows * row);
        for channel in 0..g.channels {
            for i in g.pad[0]..rows.min(g.pad[0] + g.height) {
                let from = x.add((channel * g.height + i - g.pad[0]) * g.width);
                let to = to.add((channel * rows + i) * row);
                if S == 1 {
                    let inside = g.width.min(phase.saturating_sub(g.pad[1]));
                    to.add(g.pad[1]).copy_from_nonoverlapping(from, inside);
                } else {
                    let (at, odd) = (g.pad[1] / 2, g.pad[1] % 2);
                    let room = phase.saturating_sub(at + odd).min(g.width / 2);
                    split(from, room, to.add(odd * phase + at), to.add((1 - odd) * phase + at + odd));
                    // What is left of a row that does not come out even.
                    if 2 * room < g.width && at + room < phase {
                        *to.add(odd * phase + at + room) = *from.add(2 * room);
                    }
                }
            }
        }
    }
}

/// `F` filters at `N` vectors of positions, the first of which is at `x`; vectors of a filter go to `[N][16][16]`.
#[inline(always)]
unsafe fn tile<V: Vector, const S: usize, const F: usize, const N: usize>(
    g: &Conv,
    x: *const f32,
    weight: *const f32,
    bias: *const f32,
    low: V,
    to: *mut f32,
) {
    let (row, phase, len) = (row(g), phase(g), g.channels * g.area());
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
                for kx in 0..g.kernel[1] {
                    let reach = kx * g.dilation[1];
                    let x2 = if S == 1 { x1.add(reach) } else { x1.add(reach % S * phase + reach / S) };
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
                    w = w.wrapping_add(1);
                }
                x1 = x1.wrapping_add(g.dilation[0] * row);
            }
            x0 = x0.wrapping_add(rows(g) * row);
        }
        for f in 0..F {
            for n in 0..N {
                low.max(acc[f][n]).store(to.add((n * LANES + f) * LANES));
            }
        }
    }
}

/// All filters at `N` vectors of positions.
#[inline(always)]
unsafe fn filters<V: Vector, const S: usize, const N: usize>(g: &Conv, x: *const f32, packed: *const f32, low: V, to: *mut f32) {
    let len = g.channels * g.area();
    let mut first = 0;
    // SAFETY: the caller's promise.
    unsafe {
        while first < g.filters {
            let (weight, bias, to) = (packed.add(first * len), packed.add(g.filters * len + first), to.add(first * LANES));
            let left = g.filters - first;
            first += if const { V::ACCUMULATORS >= 16 } && left >= 8 {
                tile::<V, S, 8, N>(g, x, weight, bias, low, to);
                8
            } else if const { V::ACCUMULATORS >= 12 } && left >= 6 {
                tile::<V, S, 6, N>(g, x, weight, bias, low, to);
                6
            } else if left >= 3 && const { V::ACCUMULATORS >= 6 } {
                tile::<V, S, 3, N>(g, x, weight, bias, low, to);
                3
            } else {
                tile::<V, S, 1, N>(g, x, weight, bias, low, to);
                1
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
    // SAFETY: the caller's promise.
    unsafe {
        if g.stride[1] == 1 {
            run::<V, 1>(g, x, packed, add, low, y, scratch);
        } else {
            run::<V, 2>(g, x, packed, add, low, y, scratch);
        }
    }
}

#[inline(always)]
unsafe fn run<V: Vector, const S: usize>(
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
        fill::<S>(g, x, scratch);
        // Where nothing is added the bound comes with the sums.
        let (low, early) = (V::splat(low), V::splat(if add.is_null() { low } else { f32::NEG_INFINITY }));
        // Sixteen positions of sixteen channels, of which those that there are not stay zero; the same turned.
        let (mut sums, mut turned) = ([0.0_f32; 2 * LANES * LANES], [0.0_f32; LANES * LANES]);
        for out in 0..g.out_height {
            let (from, to) = (scratch.add(out * g.stride[0] * row(g)), y.add(out * g.out_width * LANES));
            let mut first = 0;
            while first < g.out_width {
                let vectors = if first + LANES < g.out_width { 2 } else { 1 };
                if vectors == 2 {
                    filters::<V, S, 2>(g, from.add(first), packed, early, sums.as_mut_ptr());
                } else {
                    filters::<V, S, 1>(g, from.add(first), packed, early, sums.as_mut_ptr());
                }
                for n in 0..vectors {
                    let (sums, live) = (sums.as_ptr().add(n * LANES * LANES), (g.out_width - first).min(LANES));
                    // What is read back at once from where it was turned to waits for it.
                    if live == LANES {
                        V::turn(sums, to.add(first * LANES), LANES);
                    } else {
                        V::turn(sums, turned.as_mut_ptr(), LANES);
                        to.add(first * LANES).copy_from_nonoverlapping(turned.as_ptr(), live * LANES);
                    }
                    for p in 0..if add.is_null() { 0 } else { live } {
                        let place = (first + p) * LANES;
                        let sum = V::load(to.add(place)).add(V::load(add.add(out * g.out_width * LANES + place)));
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
        /// `y = max(low, conv(x, weight) + bias + add)` for a stride across of 1 or 2 and one group, x with a map for each channel; `add` may be null.
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
