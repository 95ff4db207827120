//! Gradients of biases: sums over positions and samples.

use crate::simd::{LANES, Register, Vector};

/// Adds to each of `channels` numbers the sum of its map of `size` vectors; nothing where `to` is null.
#[inline(always)]
pub(super) unsafe fn add_sums<V: Vector>(channels: usize, size: usize, maps: *const f32, to: *mut f32) {
    const CHAINS: usize = 4;
    if to.is_null() {
        return;
    }
    let parts = V::WIDTH / <V::Register as Register>::WIDTH * size;
    // SAFETY: the caller's promise.
    unsafe {
        for channel in 0..channels {
            let map = maps.add(channel * size * V::WIDTH);
            let mut acc = [V::Register::zero(); CHAINS];
            let mut i = 0;
            while i + CHAINS <= parts {
                for c in 0..CHAINS {
                    acc[c] = acc[c].add(V::Register::load(map.add((i + c) * <V::Register as Register>::WIDTH)));
                }
                i += CHAINS;
            }
            while i < parts {
                acc[0] = acc[0].add(V::Register::load(map.add(i * <V::Register as Register>::WIDTH)));
                i += 1;
            }
            let [a, b, c, d] = V::Register::sum_four(acc);
            *to.add(channel) += (a + b) + (c + d);
        }
    }
}

/// Adds to each of `channels` numbers the sum of its map of `size` positions in `chw16c`; nothing where `to` is null.
#[inline(always)]
pub(super) unsafe fn add_sums_chw16c<V: Vector>(channels: usize, size: usize, maps: *const f32, to: *mut f32) {
    const CHAINS: usize = 4;
    if to.is_null() {
        return;
    }
    // SAFETY: the caller's promise.
    unsafe {
        for first in (0..channels).step_by(LANES) {
            let map = maps.add(first * size);
            let mut acc = [V::splat(0.0); CHAINS];
            let mut at = 0;
            while at + CHAINS <= size {
                for c in 0..CHAINS {
                    acc[c] = acc[c].add(V::load(map.add((at + c) * LANES)));
                }
                at += CHAINS;
            }
            while at < size {
                acc[0] = acc[0].add(V::load(map.add(at * LANES)));
                at += 1;
            }
            let mut sums = [0.0_f32; LANES];
            acc[0].add(acc[1]).add(acc[2].add(acc[3])).store(sums.as_mut_ptr());
            for (n, sum) in sums.iter().enumerate().take(channels - first) {
                *to.add(first + n) += *sum;
            }
        }
    }
}

entries! {
    /// Adds to each of `channels` numbers the sum of its map of `size` vectors; nothing where `to` is null.
    pub(in crate::kernels) unsafe fn add_sums(channels: usize, size: usize, maps: *const f32, to: *mut f32);
    /// Adds to each of `channels` numbers the sum of its map of `size` positions in `chw16c`; nothing where `to` is null.
    #[allow(dead_code, reason = "the lanes are channels here")]
    pub(in crate::kernels) unsafe fn add_sums_chw16c(channels: usize, size: usize, maps: *const f32, to: *mut f32);
}
