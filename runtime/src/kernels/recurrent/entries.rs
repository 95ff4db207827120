//! From functions that are generic over a layout or a cell to the kernels of `docs/kernels.md`.

/// Makes `chwn16::NAME` and `chw::NAME` out of functions that are generic over a [`RecurrentLayout`](layout::RecurrentLayout), which they call `F`.
macro_rules! in_both_layouts {
    ($($(#[$meta:meta])* unsafe fn $name:ident($($arg:ident: $ty:ty),* $(,)?) = $function:path;)*) => {
        /// Sixteen samples side by side.
        pub mod chwn16 {
            #[allow(unused_imports)]
            use super::*;
            type F = crate::kernels::recurrent::layout::Chwn16;
            $(
                $(#[$meta])*
                ///
                /// # Safety
                /// Pointers are valid for what the geometry says (`docs/kernels.md`), sixteen lanes a position.
                pub unsafe fn $name($($arg: $ty),*) {
                    // SAFETY: the caller's promise.
                    unsafe { $function($($arg),*) };
                }
            )*
        }

        /// A single sample.
        pub mod chw {
            #[allow(unused_imports)]
            use super::*;
            type F = crate::kernels::recurrent::layout::Chw;
            $(
                $(#[$meta])*
                ///
                /// # Safety
                /// Pointers are valid for what the geometry says (`docs/kernels.md`), one number a position.
                pub unsafe fn $name($($arg: $ty),*) {
                    // SAFETY: the caller's promise.
                    unsafe { $function($($arg),*) };
                }
            )*
        }
    };
}

/// The element-wise part of a cell's steps in one layout, by the entries that pick the instruction set.
macro_rules! steps_in {
    ($Cell:ident, $RecurrentLayout:ident, $entries:ident) => {
        impl Steps<$RecurrentLayout> for $Cell {
            unsafe fn step(hidden: usize, bias: *const f32, gates: *mut f32, before: *const f32, saved: *mut f32, y: *mut f32) {
                // SAFETY: the caller's promise.
                unsafe { $entries::step(hidden, bias, gates, before, saved, y) };
            }

            #[cfg(feature = "train")]
            unsafe fn step_backward(
                hidden: usize,
                gates: *const f32,
                before: *const f32,
                saved: *const f32,
                dy: *const f32,
                dstates: [*mut f32; 2],
                dgates: [*mut f32; 2],
            ) {
                // SAFETY: the caller's promise.
                unsafe { $entries::step_backward(hidden, gates, before, saved, dy, dstates, dgates) };
            }
        }
    };
}

/// All kernels of a cell, under these names.
macro_rules! kernels_of {
    ($Cell:ident: $forward:ident, $backward:ident, $embedded_forward:ident, $forward_packed:ident) => {
        /// What is compiled for each instruction set.
        mod steps {
            use super::$Cell;
            #[cfg(feature = "train")]
            use crate::kernels::recurrent::backward;
            use crate::kernels::recurrent::layout::{Chwn16, Chw, Steps};
            use crate::kernels::recurrent::forward;
            use crate::simd::Vector;

            #[inline(always)]
            unsafe fn step<V: Vector>(
                hidden: usize,
                bias: *const f32,
                gates: *mut f32,
                before: *const f32,
                saved: *mut f32,
                y: *mut f32,
            ) {
                // SAFETY: the caller's promise.
                unsafe { forward::step::<$Cell, V>(hidden, bias, gates, before, saved, y) };
            }

            #[cfg(feature = "train")]
            #[inline(always)]
            unsafe fn step_backward<V: Vector>(
                hidden: usize,
                gates: *const f32,
                before: *const f32,
                saved: *const f32,
                dy: *const f32,
                dstates: [*mut f32; 2],
                dgates: [*mut f32; 2],
            ) {
                // SAFETY: the caller's promise.
                unsafe { backward::step::<$Cell, V>(hidden, gates, before, saved, dy, dstates, dgates) };
            }

            entries! {
                /// The element-wise part of one step.
                pub(super) unsafe fn step(
                    hidden: usize, bias: *const f32, gates: *mut f32, before: *const f32, saved: *mut f32, y: *mut f32,
                );
                /// The element-wise part of one step backward.
                #[cfg(feature = "train")]
                pub(super) unsafe fn step_backward(
                    hidden: usize, gates: *const f32, before: *const f32, saved: *const f32, dy: *const f32, dstates: [*mut f32; 2],
                    dgates: [*mut f32; 2]
                );
            }

            steps_in!($Cell, Chwn16, chwn16);
            steps_in!($Cell, Chw, chw);
        }

        /// A layer and direction over all steps.
        mod layer {
            use super::$Cell;
            #[cfg(feature = "train")]
            use crate::kernels::recurrent::backward;
            use crate::kernels::recurrent::forward;
            use fireclay_ir::geometry::Recurrent;

            in_both_layouts! {
                /// The outputs, and what backward reads: gates `[time][gates]` and `saved` `[time][hidden]`. The states before (`h0`, `c0`), the
                /// biases and the states after (`hn`, `cn`) may be null, and so may `saved` and what concerns c where the cell has none; states
                /// after may stand where those before do. `panels`: room for [`Recurrent::panels`] floats, or null: then the recurrent weight is
                /// read as it stands (a single sample always does).
                unsafe fn $forward(
                    g: &Recurrent, x: *const f32, h0: *const f32, c0: *const f32, w_ih: *const f32, w_hh: *const f32,
                    b_ih: *const f32, b_hh: *const f32, y: *mut f32, hn: *mut f32, cn: *mut f32, gates: *mut f32, saved: *mut f32,
                    panels: *mut f32,
                ) = forward::forward::<$Cell, F>;
                /// The gradients of the gates' products with x, `[time][gates]`, of those with h where some stay apart (`dgates_h`, else null), and
                /// of the states before, `[hidden]` each. `before`: the carried state before the first step, c of an LSTM and h of a GRU, or null;
                /// `y` is read where that is h. Gradients of the states after may be null; `panels` as in the forward pass.
                #[cfg(feature = "train")]
                unsafe fn $backward(
                    g: &Recurrent, before: *const f32, w_hh: *const f32, gates: *const f32, saved: *const f32, y: *const f32,
                    dy: *const f32, dhn: *const f32, dcn: *const f32, dgates: *mut f32, dgates_h: *mut f32, dh: *mut f32,
                    dc: *mut f32, panels: *mut f32,
                ) = backward::backward::<$Cell, F>;
            }
        }

        /// With packed weights: here `lanes` are hidden units.
        #[expect(dead_code, reason = "only one of both entries is used")]
        mod packed {
            use super::$Cell;
            use fireclay_ir::geometry::Recurrent;
            use crate::kernels::recurrent::packed_step::forward_packed;
            use crate::simd::Vector;

            #[inline(always)]
            unsafe fn $forward_packed<V: Vector>(
                g: &Recurrent,
                x: *const f32,
                h0: *const f32,
                c0: *const f32,
                packed: *const f32,
                y: *mut f32,
                hn: *mut f32,
                cn: *mut f32,
                states: *mut f32,
            ) {
                // SAFETY: the caller's promise.
                unsafe { forward_packed::<$Cell, V>(g, x, h0, c0, packed, y, hn, cn, states) };
            }

            entries! {
                /// The outputs from packed weights. The states before (`h0`, `c0`) and after (`hn`, `cn`) may be null; states after may stand
                /// where those before do. `states`: `[time][hidden]` for c, null where the cell has none.
                pub unsafe fn $forward_packed(
                    g: &Recurrent, x: *const f32, h0: *const f32, c0: *const f32, packed: *const f32, y: *mut f32, hn: *mut f32,
                    cn: *mut f32, states: *mut f32,
                );
            }
        }

        /// Sixteen samples side by side.
        pub mod chwn16 {
            #[cfg(feature = "train")]
            use crate::kernels::recurrent::embedded;
            #[cfg(feature = "train")]
            use fireclay_ir::geometry::{Recurrent, Symbols};
            pub use super::layer::chwn16::*;

            /// As the forward pass of the layer, where x are symbols, and `rows` the embedding that they are looked up in.
            ///
            /// # Safety
            /// Pointers are valid for what the geometry says (`docs/kernels.md`), every symbol is below the bound; scratch holds
            /// [`Symbols::scratch`] floats.
            #[cfg(feature = "train")]
            pub unsafe fn $embedded_forward(
                g: &Recurrent,
                s: &Symbols,
                x: *const u32,
                rows: *const f32,
                h0: *const f32,
                c0: *const f32,
                w_ih: *const f32,
                w_hh: *const f32,
                b_ih: *const f32,
                b_hh: *const f32,
                y: *mut f32,
                hn: *mut f32,
                cn: *mut f32,
                gates: *mut f32,
                saved: *mut f32,
                scratch: *mut f32,
            ) {
                // SAFETY: the caller's promise.
                unsafe {
                    embedded::forward::<super::$Cell>(
                        g, s, x, rows, h0, c0, w_ih, w_hh, b_ih, b_hh, y, hn, cn, gates, saved, scratch,
                    );
                }
            }
        }

        /// A single sample.
        pub mod chw {
            pub use super::layer::chw::*;
            pub use super::packed::chwn16::*;
        }
    };
}
