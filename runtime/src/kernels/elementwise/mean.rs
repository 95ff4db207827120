//! The mean of several values, of which some may be dropped while training (the local drop-path of Larsson et al. 2016, arXiv 1605.07648).
//!
//! What is dropped is a hash of (key, node, sample, place of the value), as in `dropout`: all numbers of a sample's value, or none.

use super::dropout::{mix, samples};
use crate::simd::{LANES, Vector};
use fireclay_ir::geometry::Mean;

/// For each lane whether this value is kept, 1 or 0, and one over the number of those that are.
#[inline(always)]
fn kept<V: Vector>(g: &Mean, node: u32, key: u64, first_sample: usize, count: usize) -> [[f32; LANES]; 2] {
    let threshold = (f64::from(g.probability) * 4_294_967_296.0 + 0.5) as u64;
    let hash = |sample: u32, place: usize| mix((key as u32) ^ mix(place as u32 ^ mix(node ^ (key >> 32) as u32)) ^ sample);
    let (mut keep, mut share) = ([0.0; LANES], [0.0; LANES]);
    for ((keep, share), sample) in keep.iter_mut().zip(&mut share).zip(samples::<V>(first_sample, count)).take(V::WIDTH) {
        let is_kept = |place: usize| u64::from(hash(sample, place)) >= threshold;
        let many = (0..g.values).filter(|place| is_kept(*place)).count();
        // Where all would be dropped, one stays, each as often as the others.
        let only = hash(sample, g.values) as usize % g.values.max(1);
        let here = if many == 0 { only == g.place } else { is_kept(g.place) };
        *keep = if here { 1.0 } else { 0.0 };
        *share = 1.0 / many.max(1) as f32;
    }
    [keep, share]
}

/// Adds `keep · x` to the sum so far; the last call makes it a mean.
#[inline(always)]
unsafe fn add<V: Vector>(g: &Mean, keep: Option<V>, share: V, x: *const f32, y: *mut f32) {
    let (first, last) = (g.place == 0, g.place + 1 == g.values);
    for i in 0..g.len {
        // SAFETY: the caller's promise: both have `len` vectors.
        unsafe {
            let x = V::load(x.add(i * V::WIDTH));
            let x = keep.map_or(x, |keep| x.mul(keep));
            let sum = if first { x } else { V::load(y.add(i * V::WIDTH)).add(x) };
            let sum = if last { sum.mul(share).flush(f32::MIN_POSITIVE) } else { sum };
            sum.store(y.add(i * V::WIDTH));
        }
    }
}

#[inline(always)]
unsafe fn mean_forward<V: Vector>(g: &Mean, x: *const f32, y: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe { add(g, None, V::splat(1.0 / g.values as f32), x, y) };
}

#[inline(always)]
unsafe fn mean_drop_forward<V: Vector>(
    g: &Mean,
    node: u32,
    key: u64,
    first_sample: usize,
    count: usize,
    x: *const f32,
    y: *mut f32,
) {
    let [keep, share] = kept::<V>(g, node, key, first_sample, count);
    // SAFETY: the arrays have as many numbers as the widest vector; else the caller's promise.
    unsafe { add(g, Some(V::load(keep.as_ptr())), V::load(share.as_ptr()), x, y) };
}

/// `dx (+)= factor · dy`
#[cfg(feature = "train")]
#[inline(always)]
unsafe fn scale<V: Vector>(g: &Mean, factor: V, dy: *const f32, dx: *mut f32, accumulate: bool) {
    for i in 0..g.len {
        // SAFETY: the caller's promise: both have `len` vectors.
        unsafe {
            let d = V::load(dy.add(i * V::WIDTH)).mul(factor);
            let d = if accumulate { V::load(dx.add(i * V::WIDTH)).add(d) } else { d };
            d.flush(crate::simd::TINY).store(dx.add(i * V::WIDTH));
        }
    }
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn mean_backward<V: Vector>(g: &Mean, dy: *const f32, dx: *mut f32, accumulate: bool) {
    // SAFETY: the caller's promise.
    unsafe { scale(g, V::splat(1.0 / g.values as f32), dy, dx, accumulate) };
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn mean_drop_backward<V: Vector>(
    g: &Mean,
    node: u32,
    key: u64,
    first_sample: usize,
    count: usize,
    dy: *const f32,
    dx: *mut f32,
    accumulate: bool,
) {
    let [keep, share] = kept::<V>(g, node, key, first_sample, count);
    // SAFETY: as in the forward pass.
    unsafe { scale(g, V::load(keep.as_ptr()).mul(V::load(share.as_ptr())), dy, dx, accumulate) };
}

fireclay_ir::mean_kernels!(declared);
