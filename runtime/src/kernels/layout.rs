//! From samples one after another to sixteen side by side, and back.

use crate::simd::LANES;

/// `count` samples of `len` numbers, one after another, to one micro-batch; surplus lanes become zero.
///
/// # Safety
/// `samples` holds `count · len` numbers, `lanes` `len · 16`.
pub unsafe fn to_lanes(samples: *const f32, len: usize, count: usize, lanes: *mut f32) {
    for i in 0..len {
        for lane in 0..LANES {
            // SAFETY: the caller's promise.
            unsafe { *lanes.add(i * LANES + lane) = if lane < count { *samples.add(lane * len + i) } else { 0.0 } };
        }
    }
}

/// One micro-batch to `count` samples of `len` numbers, one after another.
///
/// # Safety
/// `lanes` holds `len · 16` numbers, `samples` `count · len`.
pub unsafe fn from_lanes(lanes: *const f32, len: usize, count: usize, samples: *mut f32) {
    for sample in 0..count {
        for i in 0..len {
            // SAFETY: the caller's promise.
            unsafe { *samples.add(sample * len + i) = *lanes.add(i * LANES + sample) };
        }
    }
}
