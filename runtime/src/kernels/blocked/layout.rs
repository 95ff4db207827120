//! From maps of channels to vectors of channels, and back.

use crate::simd::{LANES, Vector};

#[inline(always)]
unsafe fn to_blocked<V: Vector>(channels: usize, map: usize, x: *const f32, y: *mut f32) {
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
unsafe fn from_blocked<V: Vector>(channels: usize, map: usize, x: *const f32, y: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe {
        for first in (0..channels).step_by(LANES) {
            let (live, x) = ((channels - first).min(LANES), x.add(first * map));
            // Sixteen positions of sixteen channels are turned at once.
            let whole = if live == LANES { map - map % LANES } else { 0 };
            for at in (0..whole).step_by(LANES) {
                V::turn(x.add(at * LANES), y.add(first * map + at), map);
            }
            for at in whole..map {
                for channel in 0..live {
                    *y.add((first + channel) * map + at) = *x.add(at * LANES + channel);
                }
            }
        }
    }
}

#[expect(dead_code, reason = "here `lanes` are channels, and there is but one form")]
mod entry {
    use super::{from_blocked, to_blocked};
    entries! {
        /// `[channels][map]` to `[channels / 16][map][16]`.
        pub unsafe fn to_blocked(channels: usize, map: usize, x: *const f32, y: *mut f32);
        /// `[channels / 16][map][16]` to `[channels][map]`.
        pub unsafe fn from_blocked(channels: usize, map: usize, x: *const f32, y: *mut f32);
    }
}

/// What runs on a single sample.
pub mod one {
    pub use super::entry::lanes::{from_blocked, to_blocked};
}
