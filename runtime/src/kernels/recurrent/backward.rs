//! The backward pass of a layer and direction: gradients of gates, states and inputs.

use super::cell::{Back, Cell, SUMS};
use super::layout::{BackwardStep, RecurrentLayout, Steps};
use super::length;
use super::panels::{self, Matrix};
use crate::simd::{TINY, Vector};
use core::ptr::null_mut;
use fireclay_ir::geometry::Recurrent;

/// The element-wise part of one step backward.
#[inline(always)]
pub(super) unsafe fn step<C: Cell, V: Vector>(step: BackwardStep) {
    let BackwardStep { hidden, gate, gates, before, saved, dy, dstates: [dh, dc], dgates: [dgates, dgates_h] } = step;
    let (count, apart) = const { (C::KIND.gates(), C::KIND.apart()) };
    // SAFETY: the caller's promise.
    unsafe {
        let zero = V::splat(0.0);
        for j in 0..hidden {
            let at = j * V::WIDTH;
            let mut gates_of = [zero; SUMS];
            for k in 0..count {
                gates_of[k] = V::load(gates.add(k * gate + j * V::WIDTH));
            }
            let back = Back {
                gates: gates_of,
                saved: if const { C::KIND.saved() > 0 } { V::load(saved.add(at)) } else { zero },
                dh: V::load(dy.add(at)).add(V::load(dh.add(at))),
                dc: if const { C::KIND.states() > 1 } { V::load(dc.add(at)) } else { zero },
            };
            let grads = C::backward(back, if before.is_null() { before } else { before.add(at) });
            for k in 0..count {
                let d = grads.gates[k].flush(TINY);
                d.store(dgates.add(k * gate + j * V::WIDTH));
                if apart > 0 {
                    let d = if k < count - apart { d } else { grads.apart.flush(TINY) };
                    d.store(dgates_h.add(k * gate + j * V::WIDTH));
                }
            }
            if let Some(state) = C::CARRIED {
                grads.carried.flush(TINY).store([dh, dc][state].add(at));
            }
        }
    }
}

/// The gradients of the gates' products and of the states before.
///
/// # Safety
/// As the kernels that are made of it.
pub(super) unsafe fn backward<C: Steps<F>, F: RecurrentLayout>(
    g: &Recurrent,
    before: *const f32,
    steps: *const u32,
    w_hh: *const f32,
    gates: *const f32,
    saved: *const f32,
    y: *const f32,
    dy: *const f32,
    dhn: *const f32,
    dcn: *const f32,
    dgates: *mut f32,
    dgates_h: *mut f32,
    dh: *mut f32,
    dc: *mut f32,
    held: *mut f32,
    panels: *mut f32,
) {
    let (hidden, row) = (g.hidden * F::WIDTH, g.row * g.hidden * F::WIDTH);
    let (packed, matrix) = (F::WIDTH > 1 && !panels.is_null(), Matrix::transposed(g));
    let in_y = |t: usize| (t * g.width + g.offset) * F::WIDTH;
    // SAFETY: the caller's promise.
    unsafe {
        if packed {
            panels::pack(&matrix, w_hh, panels);
        }
        for (after, to) in [(dhn, dh), (dcn, dc)].into_iter().take(C::KIND.states()) {
            if after.is_null() { to.write_bytes(0, hidden) } else { to.copy_from_nonoverlapping(after.add(row), hidden) }
        }
        for n in (0..g.time).rev() {
            let t = g.at(n);
            let before = match (n, C::CARRIED) {
                (_, None) => core::ptr::null(),
                (0, _) if before.is_null() => before,
                (0, _) => before.add(row),
                (_, Some(0)) => y.add(in_y(g.at(n - 1))),
                (_, Some(_)) => saved.add(g.at(n - 1) * hidden),
            };
            let at = t * g.gates() * F::WIDTH;
            let dgates = dgates.add(at);
            let dgates_h = if C::KIND.apart() > 0 { dgates_h.add(at) } else { null_mut() };
            let saved = saved.wrapping_add(t * hidden * C::KIND.saved());
            let (gates, dy) = (gates.add(at), dy.add(in_y(t)));
            let (dstates, dgates_of) = ([dh, dc], [dgates, dgates_h]);
            if !steps.is_null() {
                length::hold_sum::<F>(t, steps, g.hidden, [dh.cast_const(), dy], held);
                if C::KIND.states() > 1 {
                    length::hold::<F>(t, steps, g.hidden, dc, held.add(hidden));
                }
            }
            let units = BackwardStep { hidden: g.hidden, gate: hidden, gates, before, saved, dy, dstates, dgates: dgates_of };
            C::step_backward(units);
            if !steps.is_null() {
                // What is beyond the end of a sample has no gates.
                for d in dgates_of.into_iter().filter(|d| !d.is_null()) {
                    length::hold::<F>(t, steps, g.gates(), core::ptr::null(), d);
                }
            }
            let of_h = if C::KIND.apart() > 0 { dgates_h } else { dgates };
            let add = C::CARRIED == Some(0);
            if packed {
                panels::multiply(&matrix, panels, of_h, dh, add);
            } else {
                F::dense_backward_input(&g.recurrent(g.gates()), of_h, w_hh, dh, add);
            }
            if !steps.is_null() {
                length::hold::<F>(t, steps, g.hidden, held, dh);
                if C::KIND.states() > 1 {
                    length::hold::<F>(t, steps, g.hidden, held.add(hidden), dc);
                }
            }
        }
    }
}

pub(super) unsafe fn recurrent_backward_last<F: RecurrentLayout>(g: &Recurrent, last: *const f32, dy: *mut f32) {
    let before = (g.time - 1) * g.width * F::WIDTH;
    // SAFETY: the caller's promise.
    unsafe {
        dy.write_bytes(0, before);
        dy.add(before).copy_from_nonoverlapping(last, g.width * F::WIDTH);
    }
}

pub(super) unsafe fn recurrent_backward_input<F: RecurrentLayout>(
    g: &Recurrent,
    dgates: *const f32,
    w_ih: *const f32,
    dx: *mut f32,
    accumulate: bool,
) {
    // SAFETY: the caller's promise.
    unsafe { F::dense_backward_input(&g.inner(), dgates, w_ih, dx, accumulate) };
}

pub(super) unsafe fn recurrent_backward_state<F: RecurrentLayout>(
    g: &Recurrent,
    from: *const f32,
    to: *mut f32,
    accumulate: bool,
) {
    // SAFETY: the caller's promise.
    unsafe {
        for i in 0..g.hidden * F::WIDTH {
            let to = to.add(g.row * g.hidden * F::WIDTH + i);
            *to = *from.add(i) + if accumulate { *to } else { 0.0 };
        }
    }
}
