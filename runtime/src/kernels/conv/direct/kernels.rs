//! Direct convolutions (cross-correlations, as everywhere in deep learning) and transposed ones in `chwn16` and `chw`: forward, input
//! gradient, weight gradient.
//!
//! `y[o][oy][ox] = bias[o] + Σ weight[o][i][ky][kx] · x[i][oy·stride + ky·dilation − pad][…]`, positions outside x counting as zero.
//! Dumoulin and Visin, *A guide to convolution arithmetic for deep learning* (arXiv 1603.07285).
//!
//! Forward pass and input gradient are one loop ([`DirectConv`]) with the roles of both sides exchanged; so are a convolution and the
//! transposed one.

use super::sums::DirectConv;
use crate::kernels::register_blocks::Start;
use fireclay_ir::geometry::Conv;

/// The kernels of one layout. Those of the other differ only in the entry that they call.
macro_rules! kernels_in {
    ($(#[$doc:meta])* $layout:ident) => {
        $(#[$doc])*
        pub mod $layout {
            use super::{Conv, DirectConv, Start};
            use crate::kernels::conv::direct::sums::$layout::direct_conv;
            #[cfg(feature = "train")]
            use crate::kernels::bias_gradient::$layout::add_sums;
            #[cfg(feature = "train")]
            use crate::kernels::conv::map::Map;
            #[cfg(feature = "train")]
            use crate::kernels::conv::weight_gradient::direct::$layout::add_weight_gradient;

            /// `y = conv(x, weight) + bias`; `bias` may be null.
            ///
            /// # Safety
            /// Pointers are valid for what the geometry says (`docs/kernels.md`).
            pub unsafe fn conv_forward(g: &Conv, x: *const f32, weight: *const f32, bias: *const f32, y: *mut f32) {
                // SAFETY: the caller's promise.
                unsafe { direct_conv(&DirectConv::forward(g, x, weight, y, Start::bias(bias))) };
            }

            /// The gradient of x, or added to it.
            ///
            /// # Safety
            /// Pointers are valid for what the geometry says (`docs/kernels.md`).
            #[cfg(feature = "train")]
            pub unsafe fn conv_backward_input(g: &Conv, dy: *const f32, weight: *const f32, dx: *mut f32, accumulate: bool) {
                // SAFETY: the caller's promise.
                unsafe { direct_conv(&DirectConv::transposed(g, dy, weight, dx, Start::accumulate(accumulate))) };
            }

            /// Adds the gradients of weight and bias; `dbias` may be null.
            ///
            /// # Safety
            /// Pointers are valid for what the geometry says (`docs/kernels.md`).
            #[cfg(feature = "train")]
            pub unsafe fn conv_backward_weight(g: &Conv, x: *const f32, dy: *const f32, dweight: *mut f32, dbias: *mut f32) {
                // SAFETY: the caller's promise.
                unsafe {
                    add_weight_gradient(g, Map::images(g, false), x, dy, dweight);
                    add_sums(g.filters, g.out_height * g.out_width, dy, dbias);
                }
            }

            /// `y = conv_transpose(x, weight) + bias`; `bias` may be null. The geometry is that of the convolution from y to x, and the
            /// weight is laid out as that convolution's.
            ///
            /// # Safety
            /// Pointers are valid for what the geometry says (`docs/kernels.md`).
            pub unsafe fn conv_transpose_forward(g: &Conv, x: *const f32, weight: *const f32, bias: *const f32, y: *mut f32) {
                // SAFETY: the caller's promise.
                unsafe { direct_conv(&DirectConv::transposed(g, x, weight, y, Start::bias(bias))) };
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
                unsafe { direct_conv(&DirectConv::forward(g, dy, weight, dx, Start::accumulate(accumulate))) };
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
                    add_weight_gradient(g, Map::images(g, false), dy, x, dweight);
                    add_sums(g.channels, g.height * g.width, dy, dbias);
                }
            }
        }
    };
}

kernels_in! {
    /// Sixteen samples side by side.
    chwn16
}
kernels_in! {
    /// A single sample.
    chw
}

fireclay_ir::conv_kernels!(checked[by_layout]);
