//! The forward pass of a layer and direction: a loop over time around a cell's step.
//!
//! The products of x with its weight, of all steps, are one product over many rows, hoisted out of the loop.

use super::cell::{Cell, SUMS, carried};
use super::layout::{ForwardStep, RecurrentLayout, Steps};
use super::length;
use super::panels::{self, Matrix};
use crate::simd::Vector;
use fireclay_ir::geometry::{Dropout, Recurrent};
use fireclay_ir::sizes::panels_len;

/// The element-wise part of one step.
#[inline(always)]
pub(super) unsafe fn step<C: Cell, V: Vector>(ForwardStep { hidden, gate, bias, gates, before, saved, y }: ForwardStep) {
    let (count, apart) = const { (C::KIND.gates(), C::KIND.apart()) };
    // SAFETY: the caller's promise.
    unsafe {
        for j in 0..hidden {
            let mut sums = [V::splat(0.0); SUMS];
            for k in 0..count {
                let sum = V::load(gates.add(k * gate + j * V::WIDTH));
                let with_h = k < count - apart && !bias.is_null();
                sums[k] = if with_h { sum.add(V::splat(*bias.add(k * hidden + j))) } else { sum };
            }
            for k in 0..apart {
                let sum = V::load(saved.add(k * gate + j * V::WIDTH));
                let bias_of = bias.wrapping_add((count - apart + k) * hidden + j);
                sums[count + k] = if bias.is_null() { sum } else { sum.add(V::splat(*bias_of)) };
            }
            let gates_of = C::gates(sums);
            let before = if before.is_null() { before } else { before.add(j * V::WIDTH) };
            let inner = C::inner(&gates_of, before);
            let made = C::finish(gates_of, inner, C::squash(inner), before);
            for k in 0..count {
                made.gates[k].store(gates.add(k * gate + j * V::WIDTH));
            }
            if const { C::KIND.saved() > 0 } {
                made.saved.store(saved.add(j * V::WIDTH));
            }
            made.h.store(y.add(j * V::WIDTH));
        }
    }
}

/// The outputs, and what backward reads.
///
/// # Safety
/// As the kernels that are made of it.
pub(super) unsafe fn forward<C: Steps<F>, F: RecurrentLayout>(
    g: &Recurrent,
    x: *const f32,
    h0: *const f32,
    c0: *const f32,
    steps: *const u32,
    w_ih: *const f32,
    w_hh: *const f32,
    b_ih: *const f32,
    b_hh: *const f32,
    y: *mut f32,
    hn: *mut f32,
    cn: *mut f32,
    gates: *mut f32,
    saved: *mut f32,
    panels: *mut f32,
) {
    // SAFETY: the caller's promise.
    unsafe {
        F::dense_forward(&g.inner(), x, w_ih, b_ih, gates);
        recur::<C, F>(g, [h0, c0], steps, w_hh, b_hh, y, [hn, cn], gates, saved, panels, |_, _| {});
    }
}

/// The loop over time. `gates` hold the products with x when a step's turn has come: `with_x(t, gates)` may see to that.
///
/// # Safety
/// As [`forward`].
pub(super) unsafe fn recur<C: Steps<F>, F: RecurrentLayout>(
    g: &Recurrent,
    before: [*const f32; 2],
    steps: *const u32,
    w_hh: *const f32,
    b_hh: *const f32,
    y: *mut f32,
    after: [*mut f32; 2],
    gates: *mut f32,
    saved: *mut f32,
    panels: *mut f32,
    with_x: impl Fn(usize, *mut f32),
) {
    let (hidden, row) = (g.hidden * F::WIDTH, g.row * g.hidden * F::WIDTH);
    let packed = F::WIDTH > 1 && !panels.is_null();
    // The rows of the weight whose products are added to those with x, and the others.
    let (summed, apart) = (g.summed(), g.apart());
    let (panels_apart, w_apart) = (panels.wrapping_add(panels_len(summed, g.hidden)), w_hh.wrapping_add(summed * g.hidden));
    // SAFETY: the caller's promise.
    unsafe {
        if packed {
            panels::pack(&Matrix::recurrent(g, summed), w_hh, panels);
            if apart > 0 {
                panels::pack(&Matrix::recurrent(g, apart), w_apart, panels_apart);
            }
        }
        let [mut h, mut c] = before.map(|state| if state.is_null() { state } else { state.add(row) });
        for n in 0..g.time {
            let t = g.at(n);
            let (gates, y) = (gates.add(t * g.gates() * F::WIDTH), y.add((t * g.width + g.offset) * F::WIDTH));
            let saved = saved.wrapping_add(t * hidden * C::KIND.saved());
            with_x(t, gates);
            if h.is_null() {
                // As from zeros.
                saved.write_bytes(0, apart * F::WIDTH);
            } else if packed {
                panels::multiply(&Matrix::recurrent(g, summed), panels, h, gates, true);
                if apart > 0 {
                    panels::multiply(&Matrix::recurrent(g, apart), panels_apart, h, saved, false);
                }
            } else {
                F::dense_add(&g.recurrent(summed), h, w_hh, gates);
                if apart > 0 {
                    F::dense_forward(&g.recurrent(apart), h, w_apart, core::ptr::null(), saved);
                }
            }
            let before = carried::<C>(h, c);
            C::step(ForwardStep { hidden: g.hidden, gate: hidden, bias: b_hh, gates, before, saved, y });
            if !steps.is_null() {
                length::hold::<F>(t, steps, g.hidden, h, y);
                if C::KIND.states() > 1 {
                    length::hold::<F>(t, steps, g.hidden, c, saved);
                }
            }
            (h, c) = (y.cast_const(), saved.cast_const());
        }
        for (state, to) in [(h, after[0]), (c, after[1])] {
            if !to.is_null() {
                to.add(row).copy_from_nonoverlapping(state, hidden);
            }
        }
    }
}

/// The dropout after a layer; each layer of a node drops on its own.
const fn dropout_of(g: &Recurrent, probability: f32, node: u32) -> Dropout {
    let layer = (g.row / (g.width / g.hidden)) as u32;
    Dropout::inverted(g.time * g.width, probability, node ^ ((layer + 1) << 16))
}

pub(super) unsafe fn recurrent_dropout_forward<F: RecurrentLayout>(
    g: &Recurrent,
    probability: f32,
    node: u32,
    key: u64,
    first_sample: usize,
    count: usize,
    x: *const f32,
    y: *mut f32,
) {
    // SAFETY: the caller's promise.
    unsafe { F::dropout_forward(&dropout_of(g, probability, node), key, first_sample, count, x, y) };
}

#[cfg(feature = "train")]
pub(super) unsafe fn recurrent_dropout_backward<F: RecurrentLayout>(
    g: &Recurrent,
    probability: f32,
    node: u32,
    key: u64,
    first_sample: usize,
    count: usize,
    dy: *const f32,
    dx: *mut f32,
) {
    // SAFETY: the caller's promise.
    unsafe { F::dropout_backward(&dropout_of(g, probability, node), key, first_sample, count, dy, dx) };
}
