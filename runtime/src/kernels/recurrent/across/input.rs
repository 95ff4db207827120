//! What has no recurrence: the products of all steps with x, and the gradient of x.

use crate::kernels::dense::across::INPUTS;
use crate::kernels::rows::product::{From, product, product_flat};
use crate::kernels::rows::{Matrix, Rows, part};
use crate::simd::LANES;
use fireclay_ir::geometry::Recurrent;
use fireclay_ir::{Samples, Share};

/// What gates start from: the bias of x, and that of h where the products are summed.
pub(super) const fn biases(g: &Recurrent, b_ih: *const f32, b_hh: *const f32) -> From {
    From::Biases([(b_ih, g.gates()), (b_hh, g.summed())])
}

/// The products of all steps with x, for a share of the gates.
///
/// # Safety
/// Pointers are valid for what the geometry says (`docs/kernels.md`) in each sample; scratch holds `Recurrent::across_scratch` floats.
pub unsafe fn recurrent_across_input(
    g: &Recurrent,
    x_samples: Samples,
    x: *const f32,
    w_ih: *const f32,
    b_ih: *const f32,
    b_hh: *const f32,
    samples: Samples,
    gates: *mut f32,
    scratch: *mut f32,
    share: Share,
) {
    let x = Rows { at: x, samples: x_samples, next: g.inputs };
    let gates = Rows { at: gates, samples, next: g.gates() };
    let m = Matrix::of_rows(w_ih, g.gates(), g.inputs);
    // SAFETY: the caller's promise.
    unsafe { product(&m, g.time, x, gates, part(g.gates(), LANES, share), biases(g, b_ih, b_hh), scratch) };
}

/// The gradient of a share of x, or added to it.
///
/// # Safety
/// As [`recurrent_across_input`].
pub unsafe fn recurrent_across_backward_input(
    g: &Recurrent,
    samples: Samples,
    dgates: *const f32,
    w_ih: *const f32,
    x_samples: Samples,
    dx: *mut f32,
    accumulate: bool,
    scratch: *mut f32,
    share: Share,
) {
    let dgates = Rows { at: dgates, samples, next: g.gates() };
    let dx = Rows { at: dx, samples: x_samples, next: g.inputs };
    let m = Matrix::transposed(w_ih, g.inputs, g.gates());
    let range = part(g.time * g.inputs, INPUTS, share);
    // SAFETY: the caller's promise.
    unsafe { product_flat(&m, g.time, dgates, dx, range, From::accumulate(accumulate), scratch) };
}
