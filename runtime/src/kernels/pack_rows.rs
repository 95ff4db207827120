//! The order of packed weights that convolutions and dense layers of one sample share: sixteen rows side by side.

use crate::simd::LANES;

/// Packs rows of `len` numbers, sixteen rows side by side, biases behind; returns where the next rows go.
///
/// # Safety
/// `rows · len` weights, as many biases as rows or null, and room for all.
pub(super) unsafe fn pack_rows(rows: usize, len: usize, weight: *const f32, bias: *const f32, mut to: *mut f32) -> *mut f32 {
    // SAFETY: the caller's promise.
    unsafe {
        for first in (0..rows).step_by(LANES) {
            let live = (rows - first).min(LANES);
            for i in 0..=len {
                for lane in 0..LANES {
                    *to.add(lane) = match (lane < live, i < len) {
                        (true, true) => *weight.add((first + lane) * len + i),
                        (true, false) if !bias.is_null() => *bias.add(first + lane),
                        _ => 0.0,
                    };
                }
                to = to.add(LANES);
            }
        }
        to
    }
}
