//! From `chw`, samples one after another, to `chwn16`, sixteen side by side, and back.

use crate::simd::{LANES, Vector};

/// `count` samples of `len` numbers, one after another, to one micro-batch; padding lanes become zero.
///
/// # Safety
/// `samples` holds `count · len` numbers, `lanes` `len · 16`.
pub unsafe fn chw_to_chwn16(samples: *const f32, len: usize, count: usize, lanes: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe { chw_to_chwn16_apart(samples, len, count, lanes, len) };
}

/// The same from samples that start `stride` numbers apart.
///
/// # Safety
/// `samples` holds `count · stride` numbers, `lanes` `len · 16`.
pub unsafe fn chw_to_chwn16_apart(samples: *const f32, len: usize, count: usize, lanes: *mut f32, stride: usize) {
    let whole = if count == LANES { len - len % LANES } else { 0 };
    if whole > 0 {
        // SAFETY: the caller's promise.
        unsafe { entry::chwn16::side_by_side(whole, stride, samples, lanes) };
    }
    for i in whole..len {
        for lane in 0..LANES {
            // SAFETY: the caller's promise.
            unsafe { *lanes.add(i * LANES + lane) = if lane < count { *samples.add(lane * stride + i) } else { 0.0 } };
        }
    }
}

/// One micro-batch to `count` samples of `len` numbers, one after another.
///
/// # Safety
/// `lanes` holds `len · 16` numbers, `samples` `count · len`.
pub unsafe fn chwn16_to_chw(lanes: *const f32, len: usize, count: usize, samples: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe { chwn16_to_chw_apart(lanes, len, count, samples, len) };
}

/// The same to samples that start `stride` numbers apart. (Sixteen of them at a multiple of the pages' size would share the first cache's
/// few lines for such addresses.)
///
/// # Safety
/// `lanes` holds `len · 16` numbers, `samples` `count · stride`.
pub unsafe fn chwn16_to_chw_apart(lanes: *const f32, len: usize, count: usize, samples: *mut f32, stride: usize) {
    let whole = if count == LANES { len - len % LANES } else { 0 };
    // SAFETY: the caller's promise.
    unsafe {
        if whole > 0 {
            entry::chwn16::transpose_all(whole, stride, lanes, samples);
        }
        for sample in 0..count {
            for i in whole..len {
                *samples.add(sample * stride + i) = *lanes.add(i * LANES + sample);
            }
        }
    }
}

/// Samples of `len` numbers, one after another, at most sixteen, to one micro-batch; padding lanes become zero.
///
/// # Panics
/// If the micro-batch is not of such samples, or they are too many.
pub fn samples_to_lanes(samples: &[f32], len: usize, lanes: &mut [f32]) {
    let count = samples.len() / len.max(1);
    assert!(
        samples.len() == count * len && count <= LANES && lanes.len() == len * LANES,
        "at most sixteen samples of {len} numbers"
    );
    // SAFETY: both are as long as that.
    unsafe { chw_to_chwn16(samples.as_ptr(), len, count, lanes.as_mut_ptr()) };
}

/// One micro-batch to samples of `len` numbers, one after another: as many as there is room for.
///
/// # Panics
/// If the micro-batch is not of such samples, or they are too many.
pub fn lanes_to_samples(lanes: &[f32], len: usize, samples: &mut [f32]) {
    let count = samples.len() / len.max(1);
    assert!(
        samples.len() == count * len && count <= LANES && lanes.len() == len * LANES,
        "at most sixteen samples of {len} numbers"
    );
    // SAFETY: both are as long as that.
    unsafe { chwn16_to_chw(lanes.as_ptr(), len, count, samples.as_mut_ptr()) };
}

#[inline(always)]
unsafe fn transpose_all<V: Vector>(len: usize, stride: usize, lanes: *const f32, samples: *mut f32) {
    for first in (0..len).step_by(LANES) {
        // SAFETY: the caller's promise: whole squares.
        unsafe { V::transpose(lanes.add(first * LANES), samples.add(first), stride) };
    }
}

#[inline(always)]
unsafe fn side_by_side<V: Vector>(len: usize, stride: usize, samples: *const f32, lanes: *mut f32) {
    let mut square = [0.0_f32; LANES * LANES];
    for first in (0..len).step_by(LANES) {
        // SAFETY: the caller's promise: whole squares.
        unsafe {
            for sample in 0..LANES {
                V::load(samples.add(sample * stride + first)).store(square.as_mut_ptr().add(sample * LANES));
            }
            V::transpose(square.as_ptr(), lanes.add(first * LANES), LANES);
        }
    }
}

#[expect(dead_code, reason = "a single sample has nothing to transpose")]
mod entry {
    use super::{side_by_side, transpose_all};
    entries! {
        /// `len` numbers of each of sixteen samples, which lie `stride` apart, to vectors.
        pub unsafe fn side_by_side(len: usize, stride: usize, samples: *const f32, lanes: *mut f32);
        /// Lane `l` of vector `v`, of `len`, goes to `samples[l * stride + v]`.
        pub unsafe fn transpose_all(len: usize, stride: usize, lanes: *const f32, samples: *mut f32);
    }
}
