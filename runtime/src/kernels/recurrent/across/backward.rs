//! The loop over time, backward: a share is some of the samples.

use super::units::step_backward;
use super::{Of, in_y};
use crate::kernels::recurrent::layout::{BackwardStep, Chwn16, Steps};
use crate::kernels::rows::steps::{multiply, pack_for};
use crate::kernels::rows::{Matrix, Rows};
use core::ptr::null;
use fireclay_ir::geometry::Recurrent;
use fireclay_ir::{Samples, Share};

/// The gradients of the gates' products and of the states before.
///
/// # Safety
/// As the kernels that are made of it.
pub(super) unsafe fn backward<C: Steps<Chwn16>>(
    g: &Recurrent,
    before: Of<*const f32>,
    w_hh: *const f32,
    [y, dy]: [Of<*const f32>; 2],
    after: [Of<*const f32>; 2],
    [gates, saved]: [Of<*const f32>; 2],
    [dgates, dgates_h]: [Of<*mut f32>; 2],
    dstates: [Of<*mut f32>; 2],
    scratch: *mut f32,
    share: Share,
) {
    let (from, until) = share.evenly(dy.samples.count);
    let (count, row) = (until - from, g.row * g.hidden);
    if count == 0 {
        return;
    }
    let matrix = Matrix::transposed(w_hh, g.hidden, g.gates());
    let [dh, _] = dstates;
    let of_h = if C::KIND.apart() > 0 { dgates_h } else { dgates };
    let some = |samples: Samples| Samples { count, ..samples };
    // SAFETY: the caller's promise.
    unsafe {
        pack_for(&matrix, count, scratch);
        for (after, to) in after.into_iter().zip(dstates).take(C::KIND.states()) {
            for sample in from..until {
                let (after, to) = (after.of(sample, row), to.of(sample, 0));
                if after.is_null() {
                    to.write_bytes(0, g.hidden);
                } else {
                    to.copy_from_nonoverlapping(after, g.hidden);
                }
            }
        }
        for n in (0..g.time).rev() {
            let t = g.at(n);
            let at = t * g.gates();
            for sample in from..until {
                let before = match (n, C::CARRIED) {
                    (_, None) => null(),
                    (0, _) => before.of(sample, row),
                    (_, Some(0)) => y.of(sample, in_y(g, g.at(n - 1))),
                    (_, Some(_)) => saved.of(sample, g.at(n - 1) * g.hidden),
                };
                step_backward::<C>(BackwardStep {
                    hidden: g.hidden,
                    gate: g.hidden,
                    gates: gates.of(sample, at),
                    before,
                    saved: saved.of(sample, t * g.hidden),
                    dy: dy.of(sample, in_y(g, t)),
                    dstates: dstates.map(|state| state.of(sample, 0)),
                    dgates: [dgates.of(sample, at), dgates_h.of(sample, at)],
                });
            }
            let d = Rows::<*const f32> { at: of_h.of(from, at), samples: some(of_h.samples), next: 0 };
            let to = Rows::<*mut f32> { at: dh.of(from, 0), samples: some(dh.samples), next: 0 };
            multiply(&matrix, scratch, d, to, C::CARRIED == Some(0));
        }
    }
}
