//! How kernels leave the gradient of a value.

use crate::simd::{TINY, Vector};

/// Writes a vector of a gradient, or adds it to what is there. What is [`TINY`] is zero: what multiplies it next never meets denormal numbers.
///
/// # Safety
/// The instruction set is there, and `to` is valid for a vector.
#[inline(always)]
pub(crate) unsafe fn put_gradient<V: Vector>(d: V, to: *mut f32, accumulate: bool) {
    // SAFETY: the caller's promise.
    unsafe {
        let d = if accumulate { V::load(to).add(d) } else { d };
        d.flush(TINY).store(to);
    }
}
