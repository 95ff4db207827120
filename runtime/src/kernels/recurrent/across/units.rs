//! The element-wise part of a step of one sample: sixteen hidden units in a vector. What is left of them takes its turn in memory of its own.

use crate::kernels::recurrent::cell::SUMS;
use crate::kernels::recurrent::layout::{BackwardStep, Chwn16, ForwardStep, Steps};
use crate::simd::LANES;
use core::ptr::{null, null_mut};

/// Sixteen units of a kind of number.
type Few = [f32; LANES];

/// The first `len` of sixteen numbers; null where there are none.
unsafe fn few(from: *const f32, len: usize, to: &mut Few) -> *const f32 {
    if from.is_null() {
        return null();
    }
    // SAFETY: the caller's promise.
    unsafe { to.as_mut_ptr().copy_from_nonoverlapping(from, len) };
    to.as_ptr()
}

/// A step.
///
/// # Safety
/// As for the kernels that are made of it.
pub(super) unsafe fn step<C: Steps<Chwn16>>(all: ForwardStep) {
    let (whole, rest) = (all.hidden - all.hidden % LANES, all.hidden % LANES);
    // SAFETY: the caller's promise: the units that there are are read and written.
    unsafe {
        if whole > 0 {
            C::step(ForwardStep { hidden: whole / LANES, ..all });
        }
        if rest == 0 {
            return;
        }
        let (mut gates, mut before, mut saved, mut y) = ([0.0_f32; SUMS * LANES], [0.0; LANES], [0.0; LANES], [0.0; LANES]);
        for k in 0..C::KIND.gates() {
            gates.as_mut_ptr().add(k * LANES).copy_from_nonoverlapping(all.gates.add(k * all.gate + whole), rest);
        }
        if C::KIND.apart() > 0 {
            saved.as_mut_ptr().copy_from_nonoverlapping(all.saved.add(whole), rest);
        }
        let missing = all.before.is_null();
        let before = few(if missing { null() } else { all.before.add(whole) }, rest, &mut before);
        C::step(ForwardStep {
            hidden: 1,
            gate: LANES,
            bias: null(),
            gates: gates.as_mut_ptr(),
            before,
            saved: saved.as_mut_ptr(),
            y: y.as_mut_ptr(),
        });
        for k in 0..C::KIND.gates() {
            all.gates.add(k * all.gate + whole).copy_from_nonoverlapping(gates.as_ptr().add(k * LANES), rest);
        }
        if C::KIND.saved() > 0 {
            all.saved.add(whole).copy_from_nonoverlapping(saved.as_ptr(), rest);
        }
        all.y.add(whole).copy_from_nonoverlapping(y.as_ptr(), rest);
    }
}

/// A step backward.
///
/// # Safety
/// As for the kernels that are made of it.
pub(super) unsafe fn step_backward<C: Steps<Chwn16>>(all: BackwardStep) {
    let (whole, rest) = (all.hidden - all.hidden % LANES, all.hidden % LANES);
    // SAFETY: the caller's promise: the units that there are are read and written.
    unsafe {
        if whole > 0 {
            C::step_backward(BackwardStep { hidden: whole / LANES, ..all });
        }
        if rest == 0 {
            return;
        }
        let (mut gates, mut dgates) = ([0.0_f32; SUMS * LANES], [[0.0_f32; SUMS * LANES]; 2]);
        let [mut saved, mut before, mut dy] = [[0.0_f32; LANES]; 3];
        let mut dstates = [[0.0_f32; LANES]; 2];
        for k in 0..C::KIND.gates() {
            gates.as_mut_ptr().add(k * LANES).copy_from_nonoverlapping(all.gates.add(k * all.gate + whole), rest);
        }
        let from = |at: *const f32| if at.is_null() { at } else { at.add(whole) };
        few(if C::KIND.saved() > 0 { from(all.saved) } else { null() }, rest, &mut saved);
        few(all.dy.add(whole), rest, &mut dy);
        for state in 0..C::KIND.states() {
            few(all.dstates[state].add(whole), rest, &mut dstates[state]);
        }
        let before = few(from(all.before), rest, &mut before);
        let [of_x, of_h] = dgates.each_mut().map(|d| d.as_mut_ptr());
        C::step_backward(BackwardStep {
            hidden: 1,
            gate: LANES,
            gates: gates.as_ptr(),
            before,
            saved: saved.as_ptr(),
            dy: dy.as_ptr(),
            dstates: dstates.each_mut().map(|d| d.as_mut_ptr()),
            dgates: [of_x, if C::KIND.apart() > 0 { of_h } else { null_mut() }],
        });
        for (d, to) in dgates.iter().zip(all.dgates).take(1 + C::KIND.apart()) {
            for k in 0..C::KIND.gates() {
                to.add(k * all.gate + whole).copy_from_nonoverlapping(d.as_ptr().add(k * LANES), rest);
            }
        }
        for state in 0..C::KIND.states() {
            all.dstates[state].add(whole).copy_from_nonoverlapping(dstates[state].as_ptr(), rest);
        }
    }
}
