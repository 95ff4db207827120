//! Transposed convolution: the input gradient of a convolution, run forward. The geometry is that convolution's, from this layer's
//! output to its input; the weight `[inputs][outputs / groups][kh][kw]` is then already laid out as the convolution's.

use super::conv::{Conv, correlate, spread};
use super::gather::Start;
use crate::simd::Vector;

#[inline(always)]
unsafe fn conv_transpose_forward<V: Vector>(g: &Conv, x: *const f32, weight: *const f32, bias: *const f32, y: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe { spread::<V>(g, x, weight, y, Start::bias(bias)) };
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn conv_transpose_backward_input<V: Vector>(g: &Conv, dy: *const f32, weight: *const f32, dx: *mut f32, accumulate: bool) {
    // SAFETY: the caller's promise.
    unsafe { correlate::<V>(g, dy, weight, dx, Start::accumulate(accumulate)) };
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn conv_transpose_backward_weight<V: Vector>(g: &Conv, x: *const f32, dy: *const f32, dweight: *mut f32, dbias: *mut f32) {
    // SAFETY: the caller's promise; what the convolution calls input and output gradient are this layer's output gradient and input.
    unsafe {
        super::conv_weight::add_weight_gradient::<V>(g, dy, x, dweight);
        if !dbias.is_null() {
            super::conv_weight::add_sums::<V>(g.channels, g.height * g.width, dy, dbias);
        }
    }
}

entries! {
    /// `y = conv_transpose(x, weight) + bias`; `bias` may be null.
    pub unsafe fn conv_transpose_forward(g: &Conv, x: *const f32, weight: *const f32, bias: *const f32, y: *mut f32);
    /// The gradient of x, or added to it.
    #[cfg(feature = "train")]
    pub unsafe fn conv_transpose_backward_input(g: &Conv, dy: *const f32, weight: *const f32, dx: *mut f32, accumulate: bool);
    /// Adds the gradients of weight and bias; `dbias` may be null.
    #[cfg(feature = "train")]
    pub unsafe fn conv_transpose_backward_weight(g: &Conv, x: *const f32, dy: *const f32, dweight: *mut f32, dbias: *mut f32);
}
