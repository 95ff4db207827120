//! Pools over regions of interest: the largest number of each bin (Girshick 2015, arXiv 1504.08083), or the mean of points in it (He et al. 2017,
//! arXiv 1703.06870). Both compute as torchvision does, in its order.
//!
//! Each sample has regions of its own, so that samples side by side are worked off one by one.

mod align;
mod channels;
mod pool;

#[cfg(feature = "train")]
use crate::simd::Vector;
#[cfg(feature = "train")]
use align::roi_align_backward;
use align::roi_align_forward;
#[cfg(feature = "train")]
use pool::roi_pool_backward;
use pool::roi_pool_forward;

/// Positions of an axis: from the first to the one behind the last.
type Span = (usize, usize);

/// The positions of both spans, and those between them.
#[inline(always)]
fn around(a: Span, b: Span) -> Span {
    match (a.0 < a.1, b.0 < b.1) {
        (true, true) => (a.0.min(b.0), a.1.max(b.1)),
        (true, false) => a,
        (false, _) => b,
    }
}

/// Sets all of dx to zero, where nothing is there to be added to.
#[cfg(feature = "train")]
#[inline(always)]
unsafe fn no_gradient<V: Vector>(len: usize, dx: *mut f32, accumulate: bool) {
    if !accumulate {
        // SAFETY: the caller's promise.
        unsafe { dx.write_bytes(0, len * V::WIDTH) };
    }
}

fireclay_ir::roi_kernels!(declared);
