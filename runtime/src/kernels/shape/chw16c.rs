//! From `chw` to `chw16c` and back, and concatenation of channels in `chw16c`.

use crate::simd::{LANES, Vector, lane_numbers};

/// Writes sixteen numbers, or adds them.
#[inline(always)]
unsafe fn put<V: Vector>(numbers: V, to: *mut f32, accumulate: bool) {
    // SAFETY: the caller's promise.
    unsafe {
        let numbers = if accumulate { V::load(to).add(numbers) } else { numbers };
        numbers.store(to);
    }
}

/// Vectors of a channel that are read or written one after the other: rows of maps lie a power of two apart, and lines that do meet in one set of the cache.
const RUN: usize = 8;

#[inline(always)]
unsafe fn into_blocks<V: Vector>(channels: usize, map: usize, x: *const f32, y: *mut f32, accumulate: bool) {
    let mut rows = [0.0_f32; RUN * LANES * LANES];
    let mut square = [0.0_f32; LANES * LANES];
    // SAFETY: the caller's promise.
    unsafe {
        for first in (0..channels).step_by(LANES) {
            let (live, x, y) = ((channels - first).min(LANES), x.add(first * map), y.add(first * map));
            // Sixteen positions of sixteen channels are transposed at once.
            let whole = if live == LANES { map - map % LANES } else { 0 };
            for begin in (0..whole).step_by(RUN * LANES) {
                let run = RUN.min((whole - begin) / LANES);
                for channel in 0..LANES {
                    let from = x.add(channel * map + begin);
                    for i in 0..run {
                        V::load(from.add(i * LANES)).store(rows.as_mut_ptr().add((i * LANES + channel) * LANES));
                    }
                }
                for i in 0..run {
                    let (rows, y) = (rows.as_ptr().add(i * LANES * LANES), y.add((begin + i * LANES) * LANES));
                    if accumulate {
                        V::transpose(rows, square.as_mut_ptr(), LANES);
                        for i in (0..LANES * LANES).step_by(LANES) {
                            put(V::load(square.as_ptr().add(i)), y.add(i), true);
                        }
                    } else {
                        V::transpose(rows, y, LANES);
                    }
                }
            }
            for at in whole..map {
                let mut vector = [0.0_f32; LANES];
                for channel in 0..live {
                    vector[channel] = *x.add(channel * map + at);
                }
                put(V::load(vector.as_ptr()), y.add(at * LANES), accumulate);
            }
        }
    }
}

#[inline(always)]
unsafe fn out_of_blocks<V: Vector>(channels: usize, map: usize, x: *const f32, y: *mut f32, accumulate: bool) {
    let mut rows = [0.0_f32; RUN * LANES * LANES];
    // SAFETY: the caller's promise.
    unsafe {
        for first in (0..channels).step_by(LANES) {
            let (live, x, y) = ((channels - first).min(LANES), x.add(first * map), y.add(first * map));
            let whole = if live == LANES { map - map % LANES } else { 0 };
            for begin in (0..whole).step_by(RUN * LANES) {
                let run = RUN.min((whole - begin) / LANES);
                for i in 0..run {
                    let to = rows.as_mut_ptr().add(i * LANES);
                    V::transpose(x.add((begin + i * LANES) * LANES), to, RUN * LANES);
                }
                for channel in 0..LANES {
                    let (from, to) = (rows.as_ptr().add(channel * RUN * LANES), y.add(channel * map + begin));
                    for i in (0..run * LANES).step_by(LANES) {
                        put(V::load(from.add(i)), to.add(i), accumulate);
                    }
                }
            }
            for at in whole..map {
                for channel in 0..live {
                    let (number, to) = (*x.add(at * LANES + channel), y.add(channel * map + at));
                    *to = if accumulate { *to + number } else { number };
                }
            }
        }
    }
}

#[inline(always)]
unsafe fn chw_to_chw16c<V: Vector>(channels: usize, map: usize, x: *const f32, y: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe { into_blocks::<V>(channels, map, x, y, false) };
}

#[inline(always)]
unsafe fn chw16c_to_chw<V: Vector>(channels: usize, map: usize, x: *const f32, y: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe { out_of_blocks::<V>(channels, map, x, y, false) };
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn chw_to_chw16c_gradient<V: Vector>(channels: usize, map: usize, dy: *const f32, dx: *mut f32, accumulate: bool) {
    // SAFETY: the caller's promise.
    unsafe { into_blocks::<V>(channels, map, dy, dx, accumulate) };
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn chw16c_to_chw_gradient<V: Vector>(channels: usize, map: usize, dy: *const f32, dx: *mut f32, accumulate: bool) {
    // SAFETY: the caller's promise.
    unsafe { out_of_blocks::<V>(channels, map, dy, dx, accumulate) };
}

#[inline(always)]
unsafe fn concat_chw16c<V: Vector>(channels: usize, map: usize, first: usize, x: *const f32, y: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe {
        let numbers = lane_numbers::<V>();
        for source in (0..channels).step_by(LANES) {
            let off = (first + source) % LANES;
            let (x, y) = (x.add(source * map), y.add((first + source - off) * map));
            if off == 0 {
                y.copy_from_nonoverlapping(x, map * LANES);
                continue;
            }
            // The first lanes of the block stay; what is shifted over the end goes to the next one, whose last lanes are yet to come.
            let (before, over) = (V::splat(off as f32 - 0.5), LANES - off < channels - source);
            for at in 0..map {
                let mut edge = [0.0_f32; LANES];
                let shifted = if at == 0 {
                    edge.as_mut_ptr().add(off).copy_from_nonoverlapping(x, LANES - off);
                    V::load(edge.as_ptr())
                } else {
                    V::load(x.add(at * LANES - off))
                };
                let to = y.add(at * LANES);
                numbers.select_gt(before, shifted, V::load(to)).store(to);
                if over {
                    let rest = if at + 1 == map {
                        edge.as_mut_ptr().copy_from_nonoverlapping(x.add(at * LANES + LANES - off), off);
                        V::load(edge.as_ptr())
                    } else {
                        V::load(x.add(at * LANES + LANES - off))
                    };
                    rest.store(y.add((map + at) * LANES));
                }
            }
        }
    }
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn concat_chw16c_backward<V: Vector>(
    channels: usize,
    map: usize,
    first: usize,
    dy: *const f32,
    dx: *mut f32,
    accumulate: bool,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let numbers = lane_numbers::<V>();
        for source in (0..channels).step_by(LANES) {
            let off = (first + source) % LANES;
            let (dy, dx) = (dy.add((first + source - off) * map), dx.add(source * map));
            // The last lanes of the block, and after them the first ones of the next, if channels are there.
            let (before, over) = (V::splat((LANES - off) as f32 - 0.5), LANES - off < channels - source);
            for at in 0..map {
                let from = dy.add(at * LANES + off);
                let mut edge = [0.0_f32; LANES];
                let mut taken = if over || off == 0 || at + 1 < map {
                    V::load(from)
                } else {
                    edge.as_mut_ptr().copy_from_nonoverlapping(from, LANES - off);
                    V::load(edge.as_ptr())
                };
                if over {
                    let next = V::load(dy.add((map + at) * LANES + off - LANES));
                    taken = numbers.select_gt(before, next, taken);
                }
                put(taken, dx.add(at * LANES), accumulate);
            }
        }
    }
}

#[expect(dead_code, reason = "the lanes are channels here, so that only one of both entries is used")]
mod entry {
    use super::{chw_to_chw16c, chw16c_to_chw, concat_chw16c};
    #[cfg(feature = "train")]
    use super::{chw_to_chw16c_gradient, chw16c_to_chw_gradient, concat_chw16c_backward};
    fireclay_ir::layout_chw16c_kernels!(declared);
}

/// What runs on a single sample.
pub mod chw {
    pub use super::entry::chwn16::{chw_to_chw16c, chw16c_to_chw};
    #[cfg(feature = "train")]
    pub use super::entry::chwn16::{chw_to_chw16c_gradient, chw16c_to_chw_gradient};
}

/// What takes channels for samples.
pub mod chwn16 {
    pub use super::entry::chwn16::concat_chw16c;
    #[cfg(feature = "train")]
    pub use super::entry::chwn16::concat_chw16c_backward;
}
