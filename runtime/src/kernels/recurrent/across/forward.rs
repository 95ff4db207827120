//! The loop over time, forward: a share is some of the samples.

use super::units::step;
use super::{Of, in_y};
use crate::kernels::recurrent::layout::{Chwn16, ForwardStep, Steps};
use crate::kernels::rows::steps::{multiply, pack_for};
use crate::kernels::rows::{Matrix, Rows};
use core::ptr::null;
use fireclay_ir::geometry::Recurrent;
use fireclay_ir::sizes::step_panels_len;
use fireclay_ir::{Samples, Share};

/// The outputs, and what backward reads; `gates` hold the products with x.
///
/// # Safety
/// As the kernels that are made of it.
pub(super) unsafe fn forward<C: Steps<Chwn16>>(
    g: &Recurrent,
    before: [Of<*const f32>; 2],
    w_hh: *const f32,
    b_hh: *const f32,
    y: Of<*mut f32>,
    after: [Of<*mut f32>; 2],
    [gates, saved]: [Of<*mut f32>; 2],
    scratch: *mut f32,
    share: Share,
) {
    let (from, until) = share.evenly(y.samples.count);
    let (count, row) = (until - from, g.row * g.hidden);
    if count == 0 {
        return;
    }
    // The rows of the weight whose products are added to those with x, and the others.
    let (summed, apart) = (g.summed(), g.apart());
    let matrix = Matrix::of_rows(w_hh, summed, g.hidden);
    let of_apart = Matrix::of_rows(w_hh.wrapping_add(summed * g.hidden), apart, g.hidden);
    let panels_apart = scratch.wrapping_add(step_panels_len(summed, g.hidden));
    let some =
        |of: Of<*mut f32>, at: usize| Rows::<*mut f32> { at: of.of(from, at), samples: Samples { count, ..of.samples }, next: 0 };
    // SAFETY: the caller's promise.
    unsafe {
        pack_for(&matrix, count, scratch);
        if apart > 0 {
            pack_for(&of_apart, count, panels_apart);
        }
        for n in 0..g.time {
            let t = g.at(n);
            let (at_gates, at_saved) = (t * g.gates(), t * g.hidden);
            for sample in if apart > 0 { from..until } else { 0..0 } {
                let to = saved.of(sample, at_saved);
                if b_hh.is_null() {
                    to.write_bytes(0, apart);
                } else {
                    to.copy_from_nonoverlapping(b_hh.add(summed), apart);
                }
            }
            let h = match n.checked_sub(1) {
                None => before[0],
                Some(last) => Of { at: y.at.wrapping_add(in_y(g, g.at(last))).cast_const(), samples: y.samples },
            };
            if !h.at.is_null() {
                let at = h.of(from, if n == 0 { row } else { 0 });
                let h = Rows::<*const f32> { at, samples: Samples { count, ..h.samples }, next: 0 };
                multiply(&matrix, scratch, h, some(gates, at_gates), true);
                if apart > 0 {
                    multiply(&of_apart, panels_apart, h, some(saved, at_saved), true);
                }
            }
            for sample in from..until {
                let before = match (n, C::CARRIED) {
                    (_, None) => null(),
                    (0, Some(state)) => before[state].of(sample, row),
                    (_, Some(0)) => y.of(sample, in_y(g, g.at(n - 1))).cast_const(),
                    (_, Some(_)) => saved.of(sample, g.at(n - 1) * g.hidden).cast_const(),
                };
                let (gates, saved) = (gates.of(sample, at_gates), saved.of(sample, at_saved));
                let y = y.of(sample, in_y(g, t));
                step::<C>(ForwardStep { hidden: g.hidden, gate: g.hidden, bias: null(), gates, before, saved, y });
            }
        }
        let last = g.at(g.time - 1);
        for (state, at, to) in [(y, in_y(g, last), after[0]), (saved, last * g.hidden, after[1])] {
            for sample in if to.at.is_null() { 0..0 } else { from..until } {
                to.of(sample, row).copy_from_nonoverlapping(state.of(sample, at), g.hidden);
            }
        }
    }
}
