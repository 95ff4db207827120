//! Convolution (cross-correlation, as everywhere in deep learning): forward, input gradient, weight gradient.
//!
//! `y[o][oy][ox] = bias[o] + Σ weight[o][i][ky][kx] · x[i][oy·stride + ky·dilation − pad][…]`, positions outside x counting as zero.
//! Dumoulin and Visin, *A guide to convolution arithmetic for deep learning* (arXiv 1603.07285).
//!
//! Forward pass and input gradient are one walk (`gather`) with the roles of both sides exchanged.

use super::gather::{Gather, Start};
use fireclay_ir::geometry::Conv;

/// Forward pass and input gradient as one walk.
impl Gather {
    /// y from x.
    pub(super) fn correlate(g: &Conv, x: *const f32, weight: *const f32, y: *mut f32, start: Start) -> Gather {
        let [sources, results] = g.per_group();
        Gather {
            rows: g.rows(false),
            cols: g.cols(false),
            groups: g.groups,
            sources,
            results,
            w_source: g.area(),
            w_result: sources * g.area(),
            source: x,
            weight,
            to: y,
            start,
        }
    }

    /// dx from dy.
    pub(super) fn spread(g: &Conv, dy: *const f32, weight: *const f32, dx: *mut f32, start: Start) -> Gather {
        let [results, sources] = g.per_group();
        Gather {
            rows: g.rows(true),
            cols: g.cols(true),
            groups: g.groups,
            sources,
            results,
            w_source: results * g.area(),
            w_result: g.area(),
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
            use super::{Conv, Gather, Start};
            use crate::kernels::gather::$form::gather;
            #[cfg(feature = "train")]
            use crate::kernels::conv_weight::$form::{add_sums, add_weight_gradient};

            /// `y = conv(x, weight) + bias`; `bias` may be null.
            ///
            /// # Safety
            /// Pointers are valid for what the geometry says (`docs/kernels.md`).
            pub unsafe fn conv_forward(g: &Conv, x: *const f32, weight: *const f32, bias: *const f32, y: *mut f32) {
                // SAFETY: the caller's promise.
                unsafe { gather(&Gather::correlate(g, x, weight, y, Start::bias(bias))) };
            }

            /// The gradient of x, or added to it.
            ///
            /// # Safety
            /// Pointers are valid for what the geometry says (`docs/kernels.md`).
            #[cfg(feature = "train")]
            pub unsafe fn conv_backward_input(g: &Conv, dy: *const f32, weight: *const f32, dx: *mut f32, accumulate: bool) {
                // SAFETY: the caller's promise.
                unsafe { gather(&Gather::spread(g, dy, weight, dx, Start::accumulate(accumulate))) };
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
                unsafe { gather(&Gather::spread(g, x, weight, y, Start::bias(bias))) };
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
                unsafe { gather(&Gather::correlate(g, dy, weight, dx, Start::accumulate(accumulate))) };
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
    chwn16
}
form! {
    /// A single sample.
    chw
}

fireclay_ir::conv_kernels!(checked[by_form]);
