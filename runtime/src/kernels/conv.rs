//! Convolution (cross-correlation, as everywhere in deep learning): forward, input gradient, weight gradient.
//!
//! `y[o][oy][ox] = bias[o] + Σ weight[o][i][ky][kx] · x[i][oy·stride + ky·dilation − pad][…]`, positions outside x counting as zero.
//! Dumoulin and Visin, *A guide to convolution arithmetic for deep learning* (arXiv 1603.07285).
//!
//! Forward pass and input gradient are one walk (`gather`) with the roles of both sides exchanged.

use super::axis::Axis;
use super::gather::{Gather, Start};

/// Sizes of a convolution from x `[channels][height][width]` to y `[filters][out_height][out_width]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conv {
    /// Channels of x.
    pub channels: usize,
    /// Of x.
    pub height: usize,
    /// Of x.
    pub width: usize,
    /// Channels of y.
    pub filters: usize,
    /// Of y.
    pub out_height: usize,
    /// Of y.
    pub out_width: usize,
    /// Height and width of the kernel.
    pub kernel: [usize; 2],
    /// Down and across.
    pub stride: [usize; 2],
    /// Before, down and across; what stands after follows from the sizes.
    pub pad: [usize; 2],
    /// Down and across.
    pub dilation: [usize; 2],
    /// Channels are convolved in this many groups of their own.
    pub groups: usize,
}

impl Conv {
    const fn axis(&self, which: usize, [input, output]: [usize; 2], backward: bool) -> Axis {
        Axis {
            input,
            output,
            kernel: self.kernel[which],
            stride: self.stride[which],
            pad: self.pad[which],
            dilation: self.dilation[which],
            backward,
        }
    }

    pub(super) const fn rows(&self, backward: bool) -> Axis {
        self.axis(0, [self.height, self.out_height], backward)
    }

    pub(super) const fn cols(&self, backward: bool) -> Axis {
        self.axis(1, [self.width, self.out_width], backward)
    }

    pub(super) const fn area(&self) -> usize {
        self.kernel[0] * self.kernel[1]
    }

    /// Channels and filters of one group.
    pub(super) const fn per_group(&self) -> [usize; 2] {
        match (self.channels.checked_div(self.groups), self.filters.checked_div(self.groups)) {
            (Some(channels), Some(filters)) => [channels, filters],
            _ => [0, 0],
        }
    }

    /// y from x.
    pub(super) fn correlate(&self, x: *const f32, weight: *const f32, y: *mut f32, start: Start) -> Gather {
        let [sources, results] = self.per_group();
        Gather {
            rows: self.rows(false),
            cols: self.cols(false),
            groups: self.groups,
            sources,
            results,
            w_source: self.area(),
            w_result: sources * self.area(),
            source: x,
            weight,
            to: y,
            start,
        }
    }

    /// dx from dy.
    pub(super) fn spread(&self, dy: *const f32, weight: *const f32, dx: *mut f32, start: Start) -> Gather {
        let [results, sources] = self.per_group();
        Gather {
            rows: self.rows(true),
            cols: self.cols(true),
            groups: self.groups,
            sources,
            results,
            w_source: results * self.area(),
            w_result: self.area(),
            source: dy,
            weight,
            to: dx,
            start,
        }
    }
}

/// The functions of one form; both are the same but for the walks that they call.
macro_rules! form {
    ($(#[$doc:meta])* $form:ident) => {
        $(#[$doc])*
        pub mod $form {
            use super::{Conv, Start};
            use crate::kernels::gather::$form::gather;
            #[cfg(feature = "train")]
            use crate::kernels::conv_weight::$form::{add_sums, add_weight_gradient};

            /// `y = conv(x, weight) + bias`; `bias` may be null.
            ///
            /// # Safety
            /// Pointers are valid for what the geometry says (`docs/kernels.md`).
            pub unsafe fn conv_forward(g: &Conv, x: *const f32, weight: *const f32, bias: *const f32, y: *mut f32) {
                // SAFETY: the caller's promise.
                unsafe { gather(&g.correlate(x, weight, y, Start::bias(bias))) };
            }

            /// The gradient of x, or added to it.
            ///
            /// # Safety
            /// Pointers are valid for what the geometry says (`docs/kernels.md`).
            #[cfg(feature = "train")]
            pub unsafe fn conv_backward_input(g: &Conv, dy: *const f32, weight: *const f32, dx: *mut f32, accumulate: bool) {
                // SAFETY: the caller's promise.
                unsafe { gather(&g.spread(dy, weight, dx, Start::accumulate(accumulate))) };
            }

            /// Adds the gradients of weight and bias; `dbias` may be null.
            ///
            /// # Safety
            /// Pointers are valid for what the geometry says (`docs/kernels.md`).
            #[cfg(feature = "train")]
            pub unsafe fn conv_backward_weight(g: &Conv, x: *const f32, dy: *const f32, dweight: *mut f32, dbias: *mut f32) {
                // SAFETY: the caller's promise.
                unsafe {
                    add_weight_gradient(g, x, dy, dweight);
                    if !dbias.is_null() {
                        add_sums(g.filters, g.out_height * g.out_width, dy, dbias);
                    }
                }
            }

            /// `y = conv_transpose(x, weight) + bias`; `bias` may be null. The geometry is that of the convolution from y to x, and the
            /// weight is laid out as that convolution's.
            ///
            /// # Safety
            /// Pointers are valid for what the geometry says (`docs/kernels.md`).
            pub unsafe fn conv_transpose_forward(g: &Conv, x: *const f32, weight: *const f32, bias: *const f32, y: *mut f32) {
                // SAFETY: the caller's promise.
                unsafe { gather(&g.spread(x, weight, y, Start::bias(bias))) };
            }

            /// The gradient of a transposed convolution's x, or added to it.
            ///
            /// # Safety
            /// Pointers are valid for what the geometry says (`docs/kernels.md`).
            #[cfg(feature = "train")]
            pub unsafe fn conv_transpose_backward_input(
                g: &Conv,
                dy: *const f32,
                weight: *const f32,
                dx: *mut f32,
                accumulate: bool,
            ) {
                // SAFETY: the caller's promise.
                unsafe { gather(&g.correlate(dy, weight, dx, Start::accumulate(accumulate))) };
            }

            /// Adds the gradients of a transposed convolution's weight and bias; `dbias` may be null.
            ///
            /// # Safety
            /// Pointers are valid for what the geometry says (`docs/kernels.md`).
            #[cfg(feature = "train")]
            pub unsafe fn conv_transpose_backward_weight(
                g: &Conv,
                x: *const f32,
                dy: *const f32,
                dweight: *mut f32,
                dbias: *mut f32,
            ) {
                // SAFETY: the caller's promise. What the convolution calls x and dy are this layer's dy and x.
                unsafe {
                    add_weight_gradient(g, dy, x, dweight);
                    if !dbias.is_null() {
                        add_sums(g.channels, g.height * g.width, dy, dbias);
                    }
                }
            }
        }
    };
}

form! {
    /// Sixteen samples side by side.
    lanes
}
form! {
    /// A single sample.
    one
}
