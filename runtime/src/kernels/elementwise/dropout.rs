//! Inverted dropout (Srivastava et al. 2014): each number is dropped with a probability, the rest is scaled up to make good for it.
//!
//! What is dropped is a hash of (key, node, sample, position): it does not depend on threads or on how samples are dealt, and backward
//! finds it again without anything being kept.

#[cfg(feature = "train")]
use crate::simd::TINY;
use crate::simd::{LANES, Vector};
use fireclay_ir::geometry::Dropout;

/// Mixes 32 bits (Mueller's hash with the constants of Wang 2007's successors, "lowbias32").
#[inline(always)]
pub(super) const fn mix(mut x: u32) -> u32 {
    x = (x ^ (x >> 16)).wrapping_mul(0x7feb_352d);
    x = (x ^ (x >> 15)).wrapping_mul(0x846c_a68b);
    x ^ (x >> 16)
}

/// What the samples of a micro-batch add to the hash. Padding lanes are copies of the last of the `count` samples, and drop what it drops.
#[inline(always)]
pub(super) fn samples<V: Vector>(first_sample: usize, count: usize) -> [u32; LANES] {
    let mut samples = [0; LANES];
    for (lane, sample) in samples.iter_mut().enumerate().take(V::WIDTH) {
        *sample = ((first_sample + lane.min(count.saturating_sub(1))) as u32).wrapping_mul(0x9E37_79B9);
    }
    samples
}

/// Factors of one position: `scale` where kept, 0 where dropped.
#[inline(always)]
fn factors<V: Vector>(g: &Dropout, key: u64, samples: &[u32; LANES], position: usize) -> [f32; LANES] {
    // 2³² times the probability, rounded.
    let threshold = (f64::from(g.probability) * 4_294_967_296.0 + 0.5) as u64;
    let scale = 1.0 / (1.0 - g.probability);
    let here = mix((key as u32) ^ mix(position as u32 ^ mix(g.node ^ (key >> 32) as u32)));
    let mut factors = [0.0; LANES];
    for (factor, sample) in factors.iter_mut().zip(samples).take(V::WIDTH) {
        let hash = mix(here ^ sample);
        *factor = if u64::from(hash) >= threshold { scale } else { 0.0 };
    }
    factors
}

#[inline(always)]
unsafe fn dropout_forward<V: Vector>(g: &Dropout, key: u64, first_sample: usize, count: usize, x: *const f32, y: *mut f32) {
    let samples = samples::<V>(first_sample, count);
    for i in 0..g.len {
        let f = factors::<V>(g, key, &samples, i);
        // SAFETY: the caller's promise.
        unsafe { V::load(x.add(i * V::WIDTH)).mul(V::load(f.as_ptr())).store(y.add(i * V::WIDTH)) };
    }
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn dropout_backward<V: Vector>(
    g: &Dropout,
    key: u64,
    first_sample: usize,
    count: usize,
    dy: *const f32,
    dx: *mut f32,
    accumulate: bool,
) {
    let samples = samples::<V>(first_sample, count);
    for i in 0..g.len {
        let f = factors::<V>(g, key, &samples, i);
        // SAFETY: the caller's promise.
        unsafe {
            let d = V::load(dy.add(i * V::WIDTH)).mul(V::load(f.as_ptr()));
            let d = if accumulate { V::load(dx.add(i * V::WIDTH)).add(d) } else { d };
            d.flush(TINY).store(dx.add(i * V::WIDTH));
        }
    }
}

fireclay_ir::dropout_kernels!(declared);
