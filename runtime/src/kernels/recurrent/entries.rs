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

/// Entries of kernels for any cell, from their declarations in `fireclay-ir`: functions of the same name, generic over a layout.
macro_rules! layout_entries {
    ({ $(#![$family:meta])* $($(#[$meta:meta])* [both] $name:ident($($arg:ident: $role:ident $([$of:ident])?),* $(,)?);)* }) => {
        in_both_layouts! {
            $($(#[$meta])* unsafe fn $name($($arg: fireclay_ir::operand!($role $([$of])?)),*) = super::$name::<F>;)*
        }
    };
}

/// The element-wise part of a cell's steps in one layout, by the entries that pick the instruction set.
macro_rules! steps_in {
    ($Cell:ident, $RecurrentLayout:ident, $entries:ident) => {
        impl Steps<$RecurrentLayout> for $Cell {
            unsafe fn step(step: ForwardStep) {
                // SAFETY: the caller's promise.
                unsafe { $entries::step(step) };
            }

            #[cfg(feature = "train")]
            unsafe fn step_backward(step: BackwardStep) {
                // SAFETY: the caller's promise.
                unsafe { $entries::step_backward(step) };
            }
        }
    };
}

/// All kernels of a cell, from its declarations in `fireclay-ir`: `fireclay_ir::lstm_kernels!(cell_entries[Lstm]);`.
macro_rules! cell_entries {
    ([$Cell:ident] {
        $(#![$family:meta])*
        $(#[$meta_forward:meta])* [both] $forward:ident($($arg_forward:ident: $role_forward:ident $([$of_forward:ident])?),* $(,)?);
        $(#[$meta_backward:meta])* [both] $backward:ident($($arg_backward:ident: $role_backward:ident $([$of_backward:ident])?),* $(,)?);
        $(#[$meta_embedded_forward:meta])* [chwn16] $embedded_forward:ident($($arg_embedded_forward:ident: $role_embedded_forward:ident $([$of_embedded_forward:ident])?),* $(,)?);
        $(#[$meta_forward_packed:meta])* [chw] $forward_packed:ident($($arg_forward_packed:ident: $role_forward_packed:ident $([$of_forward_packed:ident])?),* $(,)?);
    }) => {
        /// What is compiled for each instruction set.
        mod steps {
            use super::$Cell;
            #[cfg(feature = "train")]
            use crate::kernels::recurrent::{backward, layout::BackwardStep};
            use crate::kernels::recurrent::layout::{Chwn16, Chw, ForwardStep, Steps};
            use crate::kernels::recurrent::forward;
            use crate::simd::Vector;

            #[inline(always)]
            unsafe fn step<V: Vector>(step: ForwardStep) {
                // SAFETY: the caller's promise.
                unsafe { forward::step::<$Cell, V>(step) };
            }

            #[cfg(feature = "train")]
            #[inline(always)]
            unsafe fn step_backward<V: Vector>(step: BackwardStep) {
                // SAFETY: the caller's promise.
                unsafe { backward::step::<$Cell, V>(step) };
            }

            entries! {
                /// The element-wise part of one step.
                pub(super) unsafe fn step(step: ForwardStep);
                /// The element-wise part of one step backward.
                #[cfg(feature = "train")]
                pub(super) unsafe fn step_backward(step: BackwardStep);
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

            in_both_layouts! {
                $(#[$meta_forward])*
                unsafe fn $forward($($arg_forward: fireclay_ir::operand!($role_forward $([$of_forward])?)),*) = forward::forward::<$Cell, F>;
                $(#[$meta_backward])*
                unsafe fn $backward($($arg_backward: fireclay_ir::operand!($role_backward $([$of_backward])?)),*) = backward::backward::<$Cell, F>;
            }
        }

        /// With packed weights: here `lanes` are hidden units.
        #[expect(dead_code, reason = "only one of both entries is used")]
        mod packed {
            use super::$Cell;
            use crate::kernels::recurrent::packed_step;
            use crate::simd::Vector;

            #[inline(always)]
            unsafe fn $forward_packed<V: Vector>($($arg_forward_packed: fireclay_ir::operand!($role_forward_packed $([$of_forward_packed])?)),*) {
                // SAFETY: the caller's promise.
                unsafe { packed_step::forward_packed::<$Cell, V>($($arg_forward_packed),*) };
            }

            entries! {
                $(#[$meta_forward_packed])*
                pub unsafe fn $forward_packed($($arg_forward_packed: fireclay_ir::operand!($role_forward_packed $([$of_forward_packed])?)),*);
            }
        }

        /// Sixteen samples side by side.
        pub mod chwn16 {
            pub use super::layer::chwn16::*;

            $(#[$meta_embedded_forward])*
            ///
            /// # Safety
            /// Pointers are valid for what the geometry says (`docs/kernels.md`), and every symbol is below the bound.
            pub unsafe fn $embedded_forward($($arg_embedded_forward: fireclay_ir::operand!($role_embedded_forward $([$of_embedded_forward])?)),*) {
                // SAFETY: the caller's promise.
                unsafe { crate::kernels::recurrent::embedded::forward::<super::$Cell>($($arg_embedded_forward),*) };
            }
        }

        /// A single sample.
        pub mod chw {
            pub use super::layer::chw::*;
            pub use super::packed::chwn16::*;
        }
    };
}
