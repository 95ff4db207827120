//! Convolutions over sequences in `chwn16` and `chw`, by the loops of images: only where numbers lie differs.

use crate::kernels::conv::direct::sums::DirectConv;
use crate::kernels::conv::map::Map;
use crate::kernels::register_blocks::Start;
#[cfg(feature = "train")]
use crate::simd::Vector;
#[cfg(feature = "train")]
use fireclay_ir::geometry::Conv;
use fireclay_ir::geometry::Conv1d;

/// The sums of the forward pass, or of the gradient of x: a convolution or a transposed one.
fn sums(g: &Conv1d, backward: bool, source: *const f32, weight: *const f32, to: *mut f32, start: Start) -> DirectConv {
    let conv = g.conv();
    let turned = backward != g.transposed;
    let sums = if turned {
        DirectConv::transposed(&conv, source, weight, to, start)
    } else {
        DirectConv::forward(&conv, source, weight, to, start)
    };
    let maps = [sums.sources, sums.results].map(|per_group| Map::sequence(per_group * g.groups));
    DirectConv { maps, ..sums }
}

/// The steps of y that are summed at once: x and dy of them stay in the second-level cache.
#[cfg(feature = "train")]
fn strip(conv: &Conv, width: usize) -> usize {
    /// Three quarters of a megabyte, in floats.
    const CACHE: usize = 3 << 16;
    let step = (conv.channels * conv.stride[1] + conv.filters) * width;
    CACHE.checked_div(step).unwrap_or(1).max(128)
}

/// The convolution to steps `from..to`, and how many steps of its input lie before what it reads.
#[cfg(feature = "train")]
pub(super) fn part(conv: &Conv, from: usize, to: usize) -> (Conv, usize) {
    let start = from * conv.stride[1];
    let before = start.saturating_sub(conv.pad[1]).min(conv.width);
    let pad = conv.pad[1].saturating_sub(start);
    (Conv { width: conv.width - before, out_width: to - from, pad: [0, pad], ..*conv }, before)
}

/// Features whose sums over steps are made at once.
#[cfg(feature = "train")]
const BESIDE: usize = 8;

/// Adds to each of `features` numbers its sum over so many steps; nothing where `to` is null.
#[cfg(feature = "train")]
#[inline(always)]
unsafe fn add_step_sums<V: Vector>(steps: usize, features: usize, from: *const f32, to: *mut f32) {
    if to.is_null() {
        return;
    }
    // SAFETY: the caller's promise.
    unsafe {
        // What lies side by side is added up together: steps lie far apart.
        let mut feature = 0;
        while feature < features {
            let some = (features - feature).min(BESIDE);
            let mut sums = [V::splat(0.0); BESIDE];
            for step in 0..steps {
                let from = from.add((step * features + feature) * V::WIDTH);
                for (i, sum) in sums.iter_mut().enumerate().take(some) {
                    *sum = sum.add(V::load(from.add(i * V::WIDTH)));
                }
            }
            for (i, sum) in sums.iter().enumerate().take(some) {
                *to.add(feature + i) += sum.sum();
            }
            feature += some;
        }
    }
}

/// The entries of [`add_step_sums`].
#[cfg(feature = "train")]
pub(super) mod step_sums {
    use super::add_step_sums;
    entries! {
        /// Adds to each of `features` numbers its sum over so many steps; nothing where `to` is null.
        pub(in crate::kernels::conv) unsafe fn add_step_sums(steps: usize, features: usize, from: *const f32, to: *mut f32);
    }
}

/// The kernels of one layout. Those of the other differ only in the entry that they call.
macro_rules! kernels_in {
    ($(#[$doc:meta])* $layout:ident, $width:expr) => {
        $(#[$doc])*
        pub mod $layout {
            use super::{Conv1d, Start, sums};
            #[cfg(feature = "train")]
            use super::{Map, part, step_sums::$layout::add_step_sums, strip};
            use crate::kernels::conv::direct::sums::$layout::direct_conv;
            #[cfg(feature = "train")]
            use crate::kernels::conv::weight_gradient::direct::$layout::add_weight_gradient;

            /// `y = conv(x, weight) + bias`; `bias` may be null.
            ///
            /// # Safety
            /// Pointers are valid for what the geometry says (`docs/kernels.md`).
            pub unsafe fn conv1d_forward(g: &Conv1d, x: *const f32, weight: *const f32, bias: *const f32, y: *mut f32) {
                // SAFETY: the caller's promise.
                unsafe { direct_conv(&sums(g, false, x, weight, y, Start::bias(bias))) };
            }

            /// The gradient of x, or added to it.
            ///
            /// # Safety
            /// Pointers are valid for what the geometry says (`docs/kernels.md`).
            #[cfg(feature = "train")]
            pub unsafe fn conv1d_backward_input(
                g: &Conv1d,
                dy: *const f32,
                weight: *const f32,
                dx: *mut f32,
                accumulate: bool,
            ) {
                // SAFETY: the caller's promise.
                unsafe { direct_conv(&sums(g, true, dy, weight, dx, Start::accumulate(accumulate))) };
            }

            /// Adds the gradients of weight and bias; `dbias` may be null.
            ///
            /// # Safety
            /// Pointers are valid for what the geometry says (`docs/kernels.md`).
            #[cfg(feature = "train")]
            pub unsafe fn conv1d_backward_weight(
                g: &Conv1d,
                x: *const f32,
                dy: *const f32,
                dweight: *mut f32,
                dbias: *mut f32,
            ) {
                let conv = g.conv();
                let maps = [Map::sequence(conv.channels), Map::sequence(conv.filters)];
                // What the convolution calls x and dy are a transposed one's dy and x.
                let (from, to) = if g.transposed { (dy, x) } else { (x, dy) };
                let steps = strip(&conv, $width);
                // SAFETY: the caller's promise.
                unsafe {
                    for first in (0..conv.out_width).step_by(steps) {
                        let (part, before) = part(&conv, first, (first + steps).min(conv.out_width));
                        let (from, to) = (from.add(before * conv.channels * $width), to.add(first * conv.filters * $width));
                        add_weight_gradient(&part, maps, from, to, dweight);
                    }
                    add_step_sums(g.out_time, g.channels, dy, dbias);
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

fireclay_ir::conv1d_kernels!(checked[by_layout]);
