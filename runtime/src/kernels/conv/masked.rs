//! Masked convolutions (van den Oord et al. 2016, arXiv 1601.06759) in `chwn16` and `chw`: direct sums over what the mask leaves, which are three
//! convolutions: all rows above a pixel, what stands left of it in its row, and of the pixel itself some colors. Half the products of a whole kernel.

use super::direct::sums::DirectConv;
use crate::kernels::register_blocks::Start;
use crate::simd::Vector;
use fireclay_ir::geometry::{Axis, Conv, Mask};

/// Calls `$run` with the parts of a masked convolution, each as a [`DirectConv`] that adds to what is there. (A macro, for a closure would not
/// take the instruction set.)
macro_rules! for_each_part {
    ($g:expr, $mask:expr, $whole:expr, $turned:literal, $width:expr, |$part:ident| $run:block) => {{
        let (g, mask, whole): (&Conv, &Mask, DirectConv) = ($g, $mask, DirectConv { start: Start::There, ..$whole });
        let [row, column] = Mask::center(g);
        let one = |axis: Axis| Axis { kernel: 1, pad: 0, ..axis };
        if row > 0 {
            let $part = DirectConv { rows: Axis { kernel: row, ..whole.rows }, ..whole };
            $run
        }
        let weight = whole.weight.wrapping_add(row * g.kernel[1]);
        if column > 0 {
            let $part = DirectConv { rows: one(whole.rows), cols: Axis { kernel: column, ..whole.cols }, weight, ..whole };
            $run
        }
        let (weight, rows, cols) = (weight.wrapping_add(column), one(whole.rows), one(whole.cols));
        let [channels, filters] = [g.channels / mask.colors.max(1), g.filters / mask.colors.max(1)];
        for color in 0..mask.colors {
            // Forward a color of y reads the first colors of x; on the way back a color of x reads the last ones of y.
            let (first, results, from, sources) = if $turned {
                let from = (color + usize::from(!mask.own)).min(mask.colors) * filters;
                (color * channels, channels, from, g.filters - from)
            } else {
                (color * filters, filters, 0, mask.seen(color) * channels)
            };
            if sources > 0 {
                let $part = DirectConv {
                    rows,
                    cols,
                    results,
                    sources,
                    weight: weight.wrapping_add(first * whole.w_result + from * whole.w_source),
                    source: whole.source.wrapping_add(from * whole.maps[0].channel * $width),
                    to: whole.to.wrapping_add(first * whole.maps[1].channel * $width),
                    ..whole
                };
                $run
            }
        }
    }};
}

/// Writes the bias of each channel, or zero, to its map of so many vectors.
#[inline(always)]
unsafe fn fill<V: Vector>(channels: usize, map: usize, bias: *const f32, to: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe {
        for channel in 0..channels {
            let value = V::splat(if bias.is_null() { 0.0 } else { *bias.add(channel) });
            for i in 0..map {
                value.store(to.add((channel * map + i) * V::WIDTH));
            }
        }
    }
}

/// The entries of [`fill`].
mod filled {
    use super::fill;
    entries! {
        /// Writes the bias of each channel, or zero, to its map of so many vectors.
        pub(in crate::kernels::conv) unsafe fn fill(channels: usize, map: usize, bias: *const f32, to: *mut f32);
    }
}

/// The kernels of one layout. Those of the other differ only in the entry that they call.
macro_rules! kernels_in {
    ($(#[$doc:meta])* $layout:ident, $width:expr) => {
        $(#[$doc])*
        pub mod $layout {
            use super::{Axis, Conv, DirectConv, Mask, Start, filled::$layout::fill};
            use crate::kernels::conv::direct::sums::$layout::direct_conv;

            /// `y = conv(x, masked weight) + bias`; `bias` may be null.
            ///
            /// # Safety
            /// Pointers are valid for what the geometry says (`docs/kernels.md`).
            pub unsafe fn conv_masked_forward(
                g: &Conv,
                mask: &Mask,
                x: *const f32,
                weight: *const f32,
                bias: *const f32,
                y: *mut f32,
            ) {
                // SAFETY: the caller's promise.
                unsafe {
                    fill(g.filters, g.out_map(), bias, y);
                    let whole = DirectConv::forward(g, x, weight, y, Start::There);
                    for_each_part!(g, mask, whole, false, $width, |part| { direct_conv(&part) });
                }
            }

            /// The gradient of x, or added to it.
            ///
            /// # Safety
            /// Pointers are valid for what the geometry says (`docs/kernels.md`).
            #[cfg(feature = "train")]
            pub unsafe fn conv_masked_backward_input(
                g: &Conv,
                mask: &Mask,
                dy: *const f32,
                weight: *const f32,
                dx: *mut f32,
                accumulate: bool,
            ) {
                // SAFETY: the caller's promise.
                unsafe {
                    if !accumulate {
                        fill(g.channels, g.height * g.width, core::ptr::null(), dx);
                    }
                    let whole = DirectConv::transposed(g, dy, weight, dx, Start::There);
                    for_each_part!(g, mask, whole, true, $width, |part| { direct_conv(&part) });
                }
            }

            /// Writes zeros under the mask of a weight that is packed, or of the gradient of one; nothing where it is null.
            ///
            /// # Safety
            /// `weight` is null, or as long as the geometry says.
            pub unsafe fn conv_mask(g: &Conv, mask: &Mask, weight: *mut f32) {
                if weight.is_null() {
                    return;
                }
                for filter in 0..g.filters {
                    for channel in 0..g.channels {
                        for tap in (0..g.area()).filter(|tap| !mask.keeps(g, filter, channel, *tap)) {
                            // SAFETY: the caller's promise.
                            unsafe { *weight.add((filter * g.channels + channel) * g.area() + tap) = 0.0 };
                        }
                    }
                }
            }
        }
    };
}

kernels_in! {
    /// Sixteen samples side by side.
    chwn16, crate::simd::LANES
}
kernels_in! {
    /// A single sample.
    chw, 1
}

fireclay_ir::conv_masked_kernels!(checked[by_layout]);
fireclay_ir::conv_mask_kernels!(checked[by_layout]);
