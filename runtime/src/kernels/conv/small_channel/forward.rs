//! Small-channel convolutions of one sample: with so few filters that vectors of sixteen filters would be mostly empty, sixteen positions lie
//! in a vector.
//!
//! Where the result's rows are not whole vectors, x is copied once for each position that a row of taps reaches, in rows as long as the
//! result's: whatever the width, positions then lie one after the other from row to row, and vectors are full. Results are written in
//! `chw16c`, or in `chw` where that is what the next operation reads; a 2×2 max pool is taken in registers.

use crate::kernels::conv::stride_phases::Phases;
use crate::kernels::pool::larger;
use crate::simd::{LANES, Vector};
use fireclay_ir::geometry::Conv;
use fireclay_ir::sizes::{SMALL_CHANNEL_FILTERS, SmallChannel as Sizes, steps};

/// Packs: `[channel][tap][filter]`, then biases; `bias` may be null.
///
/// # Safety
/// Pointers are valid for the geometry; `packed` holds `conv_small_channel_len` floats.
pub unsafe fn conv_small_channel_pack(g: &Conv, weight: *const f32, bias: *const f32, packed: *mut f32) {
    let len = g.channels * g.area();
    // SAFETY: the caller's promise.
    unsafe {
        for filter in 0..g.filters {
            for i in 0..len {
                *packed.add(i * g.filters + filter) = *weight.add(filter * len + i);
            }
            *packed.add(len * g.filters + filter) = if bias.is_null() { 0.0 } else { *bias.add(filter) };
        }
    }
}

/// The copies of the rows that `count` rows of the result from `first` on read.
#[inline(always)]
unsafe fn copy<V: Vector>(g: &Conv, s: &Sizes, x: *const f32, first: usize, count: usize, scratch: *mut f32) {
    let rows = (count - 1) * s.step[0] + s.reach[0] + 1;
    let apart = Phases { size: [g.height, g.width], pad: g.pad, step: s.step[1], len: s.len };
    let row = s.row();
    // SAFETY: the caller's promise; what is written too far is written again or lies behind a plane.
    unsafe {
        let phases = scratch.add(g.channels * s.copies());
        // All rows first: what was just written is not read back at once.
        for channel in 0..g.channels {
            let x = x.add(channel * g.height * g.width);
            apart.write::<V>(x, first * s.step[0], rows, phases.add(channel * s.rows * row));
        }
        for channel in 0..if s.plane == 0 { 0 } else { g.channels } {
            for place in 0..=s.reach[1] {
                let at = steps(place, s.step[1]);
                let mut from = phases.add(channel * s.rows * row + (place - at * s.step[1]) * s.len + at);
                let planes = scratch.add(channel * s.copies() + place * s.step[0] * s.plane);
                let (mut phase, mut to) = (0, planes);
                for _ in 0..rows {
                    V::load(from).store(to.add(phase * s.plane));
                    let mut i = LANES;
                    while i < s.size[1] {
                        V::load(from.add(i)).store(to.add(phase * s.plane + i));
                        i += LANES;
                    }
                    from = from.wrapping_add(row);
                    phase += 1;
                    if phase == s.step[0] {
                        (phase, to) = (0, to.wrapping_add(s.size[1]));
                    }
                }
            }
        }
    }
}

/// `F` filters at `N` vectors of positions, which read from these on: vectors `[F][N]` go to places so far apart. `POOL`: the four are those
/// of which the largest is taken.
#[inline(always)]
unsafe fn tile<V: Vector, const F: usize, const N: usize, const POOL: bool>(
    g: &Conv,
    s: &Sizes,
    x: [*const f32; N],
    weight: *const f32,
    bias: *const f32,
    low: V,
    to: *mut f32,
    apart: [usize; 2],
) {
    let [channel_step, _] = s.read(g.channels);
    // SAFETY: the caller's promise.
    unsafe {
        let mut acc = [[V::splat(0.0); N]; F];
        for f in 0..F {
            acc[f] = [V::splat(*bias.add(f)); N];
        }
        let (mut channel, mut w) = (0, weight);
        for _ in 0..g.channels {
            for ky in 0..g.kernel[0] {
                let above = channel + s.down(ky * g.dilation[0]);
                let below = if POOL { channel + s.down(ky * g.dilation[0] + g.stride[0]) } else { above };
                for kx in 0..g.kernel[1] {
                    let here = s.across(kx * g.dilation[1]);
                    let beside = if POOL { s.across(kx * g.dilation[1] + g.stride[1]) } else { here };
                    let mut inputs = [V::splat(0.0); N];
                    for n in 0..N {
                        let (down, across) = (if n < 2 { above } else { below }, if n % 2 == 0 { here } else { beside });
                        inputs[n] = V::load(x[n].wrapping_add(down + across));
                    }
                    for f in 0..F {
                        let weight = V::splat(*w.add(f));
                        for n in 0..N {
                            acc[f][n] = weight.mul_add(inputs[n], acc[f][n]);
                        }
                    }
                    w = w.wrapping_add(g.filters);
                }
            }
            channel += channel_step;
        }
        for f in 0..F {
            if POOL {
                let largest = larger(larger(acc[f][0], acc[f][1]), larger(acc[f][2 % N], acc[f][3 % N]));
                low.max(largest).store(to.add(f * apart[0]));
            } else {
                for n in 0..N {
                    low.max(acc[f][n]).store(to.add(f * apart[0] + n * apart[1]));
                }
            }
        }
    }
}

/// All filters at `N` vectors of positions.
#[inline(always)]
unsafe fn filters<V: Vector, const N: usize, const POOL: bool>(
    g: &Conv,
    s: &Sizes,
    x: [*const f32; N],
    packed: *const f32,
    low: V,
    to: *mut f32,
    apart: [usize; 2],
) {
    let biases = packed.wrapping_add(g.filters * g.channels * g.area());
    let mut first = 0;
    while first < g.filters {
        let left = g.filters - first;
        macro_rules! take {
            ($F:literal) => {{
                // SAFETY: the caller's promise.
                unsafe {
                    let (weight, bias, to) = (packed.add(first), biases.add(first), to.add(first * apart[0]));
                    tile::<V, $F, N, POOL>(g, s, x, weight, bias, low, to, apart);
                }
                first += $F;
            }};
        }
        // As many as registers allow, but not so that one is left alone.
        if const { V::ACCUMULATORS >= 8 * N } && left == 8 {
            take!(8);
        } else if const { V::ACCUMULATORS >= 6 * N } && left == 6 {
            take!(6);
        } else if const { V::ACCUMULATORS >= 4 * N } && left >= 4 && left != 5 {
            take!(4);
        } else if const { V::ACCUMULATORS >= 3 * N } && left >= 3 && left != 4 {
            take!(3);
        } else if const { V::ACCUMULATORS >= 2 * N } && left >= 2 {
            take!(2);
        } else {
            take!(1);
        }
    }
}

/// Room for sixteen positions of sixteen channels, twice; each vector in a line of its own.
#[repr(align(64))]
struct Square([f32; LANES * LANES]);

#[inline(always)]
unsafe fn run<V: Vector, const TO_CHW: bool, const POOL: bool>(
    g: &Conv,
    x: *const f32,
    packed: *const f32,
    add: *const f32,
    low: f32,
    y: *mut f32,
    scratch: *mut f32,
) {
    let s = Sizes::new(g, POOL);
    let map = s.size[0] * s.size[1];
    // SAFETY: the caller's promise: scratch holds what `conv_small_channel_scratch` says.
    unsafe {
        // Where nothing is added the bound comes with the sums.
        let (low, early) = (V::splat(low), V::splat(if add.is_null() { low } else { f32::NEG_INFINITY }));
        let mut sums = [const { Square([0.0; LANES * LANES]) }; 2];
        let mut transposed = Square([0.0; LANES * LANES]);
        let mut row = 0;
        while row < s.size[0] {
            let high = (s.size[0] - row).min(s.band);
            copy::<V>(g, &s, x, row, high, scratch);
            let (begin, total) = (row * s.size[1], high * s.size[1]);
            let mut position = 0;
            while position < total {
                let left = total - position;
                // At the end some are computed twice.
                let at = if left < LANES { total.saturating_sub(LANES) } else { position };
                let live = total.min(LANES);
                let place = begin + at;
                macro_rules! take {
                    ($N:literal, $count:expr) => {{
                        let mut from = [scratch.cast_const(); $N];
                        for n in 0..$N {
                            let at = if POOL { at } else { at + n * LANES };
                            from[n] = scratch.add(s.read(g.channels)[1] + s.position(at));
                        }
                        if TO_CHW && live == LANES {
                            filters::<V, $N, POOL>(g, &s, from, packed, early, y.add(place), [map, LANES]);
                        } else {
                            let sums = sums.as_mut_ptr().cast::<f32>();
                            filters::<V, $N, POOL>(g, &s, from, packed, early, sums, [LANES, SMALL_CHANNEL_FILTERS * LANES]);
                        }
                        position += $count * LANES;
                        $count
                    }};
                }
                let vectors = if POOL {
                    take!(4, 1)
                } else if const { V::ACCUMULATORS >= 24 } && left >= 4 * LANES {
                    take!(4, 4)
                } else if const { V::ACCUMULATORS >= 6 } && left >= 2 * LANES {
                    take!(2, 2)
                } else {
                    take!(1, 1)
                };
                let sums = sums.as_ptr().cast::<f32>();
                if TO_CHW {
                    if live < LANES {
                        for filter in 0..g.filters {
                            y.add(filter * map + place).copy_from_nonoverlapping(sums.add(filter * LANES), live);
                        }
                    }
                    continue;
                }
                for n in 0..vectors {
                    let place = (place + n * LANES) * LANES;
                    // What is read back at once from where it was transposed to waits for it.
                    if live == LANES {
                        V::transpose_half(sums.add(n * SMALL_CHANNEL_FILTERS * LANES), y.add(place));
                    } else {
                        V::transpose_half(sums, transposed.0.as_mut_ptr());
                        y.add(place).copy_from_nonoverlapping(transposed.0.as_ptr(), live * LANES);
                    }
                    for p in 0..if add.is_null() { 0 } else { live } {
                        let place = place + p * LANES;
                        low.max(V::load(y.add(place)).add(V::load(add.add(place)))).store(y.add(place));
                    }
                }
            }
            row += high;
        }
    }
}

/// The kernels by the layout that they write, with or without a pool.
macro_rules! kernels {
    ($($forward:ident, $to_chw:literal, $pooled:literal, |$add:ident| $added:expr;)*) => {$(
        #[inline(always)]
        unsafe fn $forward<V: Vector>(
            g: &Conv, x: *const f32, packed: *const f32, $add: *const f32, low: f32, y: *mut f32, scratch: *mut f32,
        ) {
            // SAFETY: the caller's promise.
            unsafe { run::<V, $to_chw, $pooled>(g, x, packed, $added, low, y, scratch) };
        }
    )*};
}

kernels! {
    conv_small_channel, false, false, |add| add;
    conv_small_channel_to_chw, true, false, |_add| core::ptr::null();
    conv_small_channel_pooled, true, true, |_add| core::ptr::null();
}

#[expect(dead_code, reason = "the lanes are positions here, so that only one of both entries is used")]
mod entry {
    use super::{conv_small_channel, conv_small_channel_pooled, conv_small_channel_to_chw};
    fireclay_ir::small_channel_kernels!(declared);
}

/// What runs on a single sample.
pub mod chw {
    pub use super::conv_small_channel_pack;
    pub use super::entry::chwn16::{conv_small_channel, conv_small_channel_pooled, conv_small_channel_to_chw};
}

fireclay_ir::small_channel_pack_kernels!(checked[by_layout]);
