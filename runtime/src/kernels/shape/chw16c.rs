//! From `chw` to `chw16c` and back, and concatenation of channels in `chw16c`.

use crate::simd::{LANES, Vector};

#[inline(always)]
unsafe fn chw_to_chw16c<V: Vector>(channels: usize, map: usize, x: *const f32, y: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe {
        for first in (0..channels).step_by(LANES) {
            let (live, y) = ((channels - first).min(LANES), y.add(first * map));
            for at in 0..map {
                let mut vector = [0.0_f32; LANES];
                for channel in 0..live {
                    vector[channel] = *x.add((first + channel) * map + at);
                }
                V::load(vector.as_ptr()).store(y.add(at * LANES));
            }
        }
    }
}

#[inline(always)]
unsafe fn chw16c_to_chw<V: Vector>(channels: usize, map: usize, x: *const f32, y: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe {
        for first in (0..channels).step_by(LANES) {
            let (live, x) = ((channels - first).min(LANES), x.add(first * map));
            // Sixteen positions of sixteen channels are transposed at once.
            let whole = if live == LANES { map - map % LANES } else { 0 };
            for at in (0..whole).step_by(LANES) {
                V::transpose(x.add(at * LANES), y.add(first * map + at), map);
            }
            for at in whole..map {
                for channel in 0..live {
                    *y.add((first + channel) * map + at) = *x.add(at * LANES + channel);
                }
            }
        }
    }
}

#[inline(always)]
unsafe fn concat_chw16c<V: Vector>(channels: usize, map: usize, first: usize, x: *const f32, y: *mut f32) {
    let mut numbers = [0.0_f32; LANES];
    for (lane, number) in numbers.iter_mut().enumerate() {
        *number = lane as f32;
    }
    // SAFETY: the caller's promise.
    unsafe {
        let numbers = V::load(numbers.as_ptr());
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

#[expect(dead_code, reason = "the lanes are channels here, so that only one of both entries is used")]
mod entry {
    use super::{chw_to_chw16c, chw16c_to_chw, concat_chw16c};
    fireclay_ir::layout_chw16c_kernels!(declared);
}

/// What runs on a single sample.
pub mod chw {
    pub use super::entry::chwn16::{chw_to_chw16c, chw16c_to_chw};
}

/// What takes channels for samples.
pub mod chwn16 {
    pub use super::entry::chwn16::concat_chw16c;
}
