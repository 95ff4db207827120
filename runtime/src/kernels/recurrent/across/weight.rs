//! The gradients of a layer's weights and biases: a share is some of the gates' rows, each of which is one sum over all steps of all samples.

use super::{Of, in_y};
use crate::kernels::recurrent::weight::of_h;
use crate::kernels::rows::gradient::{Outer, gradient};
use crate::kernels::rows::part;
use crate::simd::Vector;
use core::ptr::null_mut;
use fireclay_ir::geometry::Recurrent;
use fireclay_ir::{Samples, Share};

/// The gradients of all products of a run, in each sample: those with x, and with h where some differ (else null).
#[derive(Clone, Copy)]
pub(super) struct Gates {
    pub samples: Samples,
    pub dgates: *const f32,
    pub dgates_h: *const f32,
}

impl Gates {
    /// Those of a step with x.
    #[inline(always)]
    pub fn of_x(&self, g: &Recurrent, sample: usize, t: usize) -> *const f32 {
        self.dgates.wrapping_add(sample * self.samples.step + t * g.gates())
    }

    /// Those of a step with h.
    #[inline(always)]
    pub fn of_h(&self, g: &Recurrent, sample: usize, t: usize) -> *const f32 {
        of_h(g, self.dgates, self.dgates_h).wrapping_add(sample * self.samples.step + t * g.gates())
    }
}

/// The rows of a share.
pub(super) fn rows(g: &Recurrent, share: Share) -> (usize, usize) {
    part(g.gates(), 1, share)
}

/// Adds the gradients of the recurrent weight and of both biases, which may be null: that of x where it is that of h.
///
/// # Safety
/// As the kernels that are made of it.
#[inline(always)]
pub(super) unsafe fn recurrent<V: Vector>(
    g: &Recurrent,
    h0: Of<*const f32>,
    y: Of<*const f32>,
    d: Gates,
    dw_hh: *mut f32,
    db_hh: *mut f32,
    scratch: *mut f32,
    share: Share,
) {
    let samples = d.samples.count;
    // The first step has nothing before it, or a state.
    let skipped = usize::from(h0.at.is_null());
    let of = Outer {
        inputs: g.hidden,
        samples,
        rows: g.time - skipped,
        x: |sample, n: usize| match (n + skipped).checked_sub(1) {
            None => h0.of(sample, g.row * g.hidden),
            Some(last) => y.of(sample, in_y(g, g.at(last))),
        },
        dy: |sample, n| d.of_h(g, sample, g.at(n + skipped)),
    };
    // A bias has a gradient in the first step too.
    let first = Outer { inputs: 0, samples, rows: skipped, x: of.x, dy: |sample, _| d.of_h(g, sample, g.at(0)) };
    // SAFETY: the caller's promise.
    unsafe {
        gradient::<V>(&first, rows(g, share), null_mut(), [db_hh, null_mut()], scratch);
        gradient::<V>(&of, rows(g, share), dw_hh, [db_hh, null_mut()], scratch);
    }
}

#[inline(always)]
unsafe fn weights_across<V: Vector>(
    g: &Recurrent,
    x: Of<*const f32>,
    h0: Of<*const f32>,
    y: Of<*const f32>,
    d: Gates,
    [dw_ih, dw_hh, db_ih, db_hh]: [*mut f32; 4],
    scratch: *mut f32,
    share: Share,
) {
    let of = Outer {
        inputs: g.inputs,
        samples: d.samples.count,
        rows: g.time,
        x: |sample, t| x.of(sample, t * g.inputs),
        dy: |sample, t| d.of_x(g, sample, t),
    };
    // SAFETY: the caller's promise.
    unsafe {
        gradient::<V>(&of, rows(g, share), dw_ih, [db_ih, null_mut()], scratch);
        recurrent::<V>(g, h0, y, d, dw_hh, db_hh, scratch, share);
    }
}

#[expect(dead_code, reason = "the lanes are inputs here, so that only one of both entries is used")]
mod entry {
    use super::{Gates, Of, Recurrent, Share, weights_across};
    entries! {
        /// Adds the gradients of weights and biases.
        pub(in crate::kernels::recurrent::across) unsafe fn weights_across(
            g: &Recurrent, x: Of<*const f32>, h0: Of<*const f32>, y: Of<*const f32>, d: Gates, to: [*mut f32; 4], scratch: *mut f32, share: Share,
        );
    }
}

/// Adds the gradients of a share of weights and biases, which may be null.
///
/// # Safety
/// Pointers are valid for what the geometry says (`docs/kernels.md`) in each sample; scratch holds `Recurrent::across_scratch` floats.
pub unsafe fn recurrent_across_backward_weight(
    g: &Recurrent,
    x_samples: Samples,
    x: *const f32,
    h_samples: Samples,
    h0: *const f32,
    y_samples: Samples,
    y: *const f32,
    samples: Samples,
    dgates: *const f32,
    dgates_h: *const f32,
    dw_ih: *mut f32,
    dw_hh: *mut f32,
    db_ih: *mut f32,
    db_hh: *mut f32,
    scratch: *mut f32,
    share: Share,
) {
    let [x, h0, y] = [(x_samples, x), (h_samples, h0), (y_samples, y)].map(|(samples, at)| Of { samples, at });
    let d = Gates { samples, dgates, dgates_h };
    // SAFETY: the caller's promise.
    unsafe { entry::chwn16::weights_across(g, x, h0, y, d, [dw_ih, dw_hh, db_ih, db_hh], scratch, share) };
}
