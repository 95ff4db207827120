//! Gradients of biases: sums over positions and samples.

use crate::simd::{Register, Vector};

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

entries! {
    /// Adds to each of `channels` numbers the sum of its map of `size` vectors; nothing where `to` is null.
    pub(in crate::kernels) unsafe fn add_sums(channels: usize, size: usize, maps: *const f32, to: *mut f32);
}
