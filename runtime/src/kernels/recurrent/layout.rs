//! The two layouts that the loops over time run in, and the kernels that they call there: those of dense layers, which pick the
//! instruction set when they are called, and the steps of a cell.

use super::cell::Cell;
use crate::simd::LANES;
use fireclay_ir::geometry::{Dense, Dropout};

/// One of the layouts. All are functions of `docs/kernels.md`, with what that says of their operands.
pub(super) trait RecurrentLayout {
    /// Samples side by side.
    const WIDTH: usize;

    unsafe fn dense_forward(g: &Dense, x: *const f32, weight: *const f32, bias: *const f32, y: *mut f32);
    unsafe fn dense_add(g: &Dense, x: *const f32, weight: *const f32, y: *mut f32);
    unsafe fn dropout_forward(g: &Dropout, key: u64, first_sample: usize, count: usize, x: *const f32, y: *mut f32);
    #[cfg(feature = "train")]
    unsafe fn dropout_backward(g: &Dropout, key: u64, first_sample: usize, count: usize, dy: *const f32, dx: *mut f32);
    #[cfg(feature = "train")]
    unsafe fn dense_backward_input(g: &Dense, dy: *const f32, weight: *const f32, dx: *mut f32, accumulate: bool);
    #[cfg(feature = "train")]
    unsafe fn dense_backward_weight(g: &Dense, x: *const f32, dy: *const f32, dweight: *mut f32, scratch: *mut f32);
    #[cfg(feature = "train")]
    unsafe fn add_sums(len: usize, dy: *const f32, dbias: *mut f32);
}

/// The numbers of one step that its element-wise part works on: `hidden` units each, of each gate so many.
#[derive(Clone, Copy)]
pub(super) struct ForwardStep {
    pub hidden: usize,
    /// Floats from a gate to the next.
    pub gate: usize,
    /// Of the products with h, or null.
    pub bias: *const f32,
    /// The sums of products before, what backward reads after.
    pub gates: *mut f32,
    /// The carried state, or null for zero.
    pub before: *const f32,
    /// The sums that stay apart before, what is saved after.
    pub saved: *mut f32,
    /// The output.
    pub y: *mut f32,
}

/// The same backward.
#[cfg(feature = "train")]
#[derive(Clone, Copy)]
pub(super) struct BackwardStep {
    pub hidden: usize,
    /// Floats from a gate to the next.
    pub gate: usize,
    /// What the forward pass left.
    pub gates: *const f32,
    /// The carried state, or null for zero.
    pub before: *const f32,
    /// What the forward pass saved.
    pub saved: *const f32,
    /// The gradient of the output.
    pub dy: *const f32,
    /// The gradients of the states, of h and of c where there is one: of those after the step before, of those before it after.
    pub dstates: [*mut f32; 2],
    /// The gradients of the gates' products with x, and of those with h where they stay apart.
    pub dgates: [*mut f32; 2],
}

/// The element-wise part of a cell's step, in one layout.
pub(super) trait Steps<F: RecurrentLayout>: Cell {
    /// See [`super::forward::step`].
    unsafe fn step(step: ForwardStep);
    /// See [`super::backward::step`].
    #[cfg(feature = "train")]
    unsafe fn step_backward(step: BackwardStep);
}

/// Sixteen samples side by side.
pub(super) struct Chwn16;

/// A single sample.
pub(super) struct Chw;

macro_rules! layout {
    ($RecurrentLayout:ident, $width:expr, $entries:ident) => {
        impl RecurrentLayout for $RecurrentLayout {
            const WIDTH: usize = $width;

            unsafe fn dense_forward(g: &Dense, x: *const f32, weight: *const f32, bias: *const f32, y: *mut f32) {
                // SAFETY: the caller's promise.
                unsafe { crate::kernels::$entries::dense_forward(g, x, weight, bias, y) };
            }
            unsafe fn dense_add(g: &Dense, x: *const f32, weight: *const f32, y: *mut f32) {
                // SAFETY: the caller's promise.
                unsafe { crate::kernels::$entries::dense_add(g, x, weight, y) };
            }
            unsafe fn dropout_forward(g: &Dropout, key: u64, first_sample: usize, count: usize, x: *const f32, y: *mut f32) {
                // SAFETY: the caller's promise.
                unsafe { crate::kernels::$entries::dropout_forward(g, key, first_sample, count, x, y) };
            }
            #[cfg(feature = "train")]
            unsafe fn dropout_backward(g: &Dropout, key: u64, first_sample: usize, count: usize, dy: *const f32, dx: *mut f32) {
                // SAFETY: the caller's promise.
                unsafe { crate::kernels::$entries::dropout_backward(g, key, first_sample, count, dy, dx, false) };
            }
            #[cfg(feature = "train")]
            unsafe fn dense_backward_input(g: &Dense, dy: *const f32, weight: *const f32, dx: *mut f32, accumulate: bool) {
                // SAFETY: the caller's promise.
                unsafe { crate::kernels::$entries::dense_backward_input(g, dy, weight, dx, accumulate) };
            }
            #[cfg(feature = "train")]
            unsafe fn dense_backward_weight(g: &Dense, x: *const f32, dy: *const f32, dweight: *mut f32, scratch: *mut f32) {
                let none = core::ptr::null_mut();
                // SAFETY: the caller's promise.
                unsafe { crate::kernels::$entries::dense_backward_weight(g, x, dy, dweight, none, scratch) };
            }
            #[cfg(feature = "train")]
            unsafe fn add_sums(len: usize, dy: *const f32, dbias: *mut f32) {
                // SAFETY: the caller's promise.
                unsafe { crate::kernels::bias_gradient::$entries::add_sums(len, 1, dy, dbias) };
            }
        }
    };
}

layout!(Chwn16, LANES, chwn16);
layout!(Chw, 1, chw);
