//! Dropout (Srivastava et al. 2014): each number, each channel (spatial dropout: Tompson et al. 2015, arXiv 1411.4280) or each sample (stochastic
//! depth: Huang et al. 2016, arXiv 1603.09382) is dropped with a probability, the rest scaled. Alpha dropout (Klambauer et al. 2017,
//! arXiv 1706.02515) puts the least value of a SELU in place of what is dropped.
//!
//! What is dropped is a hash of (key, node, sample, position): it does not depend on threads or on how samples are dealt, and backward
//! finds it again without anything being kept.

#[cfg(feature = "train")]
use crate::kernels::gradient::put_gradient;
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

/// Factors of one position: `kept`, or 0 where dropped.
#[inline(always)]
fn factors<V: Vector>(g: &Dropout, kept: f32, key: u64, samples: &[u32; LANES], position: usize) -> [f32; LANES] {
    // 2³² times the probability, rounded.
    let threshold = (f64::from(g.probability) * 4_294_967_296.0 + 0.5) as u64;
    let here = mix((key as u32) ^ mix(position as u32 ^ mix(g.node ^ (key >> 32) as u32)));
    let mut factors = [0.0; LANES];
    for (factor, sample) in factors.iter_mut().zip(samples).take(V::WIDTH) {
        let hash = mix(here ^ sample);
        *factor = if u64::from(hash) >= threshold { kept } else { 0.0 };
    }
    factors
}

/// For every vector at its place `$at`: the factors of what is dropped together with it. (A closure would not take the instruction set.)
macro_rules! for_each_vector {
    ($g:expr, $kept:expr, $key:expr, $samples:expr, |$at:ident, $factors:ident| $body:block) => {
        for o in 0..$g.outer {
            for position in 0..$g.len {
                let $factors = factors::<V>($g, $kept, $key, $samples, position);
                let $factors = V::load($factors.as_ptr());
                let first = (o * $g.len + position) * $g.inner * V::WIDTH;
                for $at in (first..first + $g.inner * V::WIDTH).step_by(V::WIDTH) {
                    $body
                }
            }
        }
    };
}

#[inline(always)]
unsafe fn dropout_forward<V: Vector>(g: &Dropout, key: u64, first_sample: usize, count: usize, x: *const f32, y: *mut f32) {
    let samples = samples::<V>(first_sample, count);
    // SAFETY: the caller's promise.
    unsafe {
        for_each_vector!(g, g.scale, key, &samples, |at, factors| {
            V::load(x.add(at)).mul(factors).store(y.add(at));
        });
    }
}

/// The least value of a SELU, that of −∞: its scale times its alpha.
const LEAST: f32 = -1.758_099_3;

#[inline(always)]
unsafe fn alpha_dropout_forward<V: Vector>(g: &Dropout, key: u64, first_sample: usize, count: usize, x: *const f32, y: *mut f32) {
    let samples = samples::<V>(first_sample, count);
    // SAFETY: the caller's promise.
    unsafe {
        // scale · (x or the least value) + shift, where the shift brings the mean back to zero.
        let (scale, least) = (V::splat(g.scale), V::splat(LEAST));
        let shift = V::splat(-g.scale * LEAST * g.probability);
        for_each_vector!(g, 1.0, key, &samples, |at, kept| {
            let value = kept.select_gt(V::splat(0.0), V::load(x.add(at)), least);
            value.mul_add(scale, shift).store(y.add(at));
        });
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
    // SAFETY: the caller's promise.
    unsafe {
        for_each_vector!(g, g.scale, key, &samples, |at, factors| {
            let d = V::load(dy.add(at)).mul(factors);
            put_gradient(d, dx.add(at), accumulate);
        });
    }
}

fireclay_ir::dropout_kernels!(declared);
