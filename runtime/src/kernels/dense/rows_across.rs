//! Dense layers of several rows in `chw` across all samples of a batch: the weight is packed, some of it at a time, for the rows of all samples.

use super::across::INPUTS;
use crate::kernels::rows::gradient::{Outer, gradient};
use crate::kernels::rows::product::{From, product, product_flat};
use crate::kernels::rows::{Matrix, Rows, part};
use crate::simd::{LANES, Vector};
use fireclay_ir::geometry::Dense;
use fireclay_ir::{Samples, Share};

#[inline(always)]
unsafe fn rows_backward_weight<V: Vector>(
    g: &Dense,
    x: Rows<*const f32>,
    dy: Rows<*const f32>,
    (dweight, dbias): (*mut f32, *mut f32),
    scratch: *mut f32,
    share: Share,
) {
    // As those of dense layers of one row are cut.
    let outputs = part(g.outputs, 1, share);
    let of = Outer {
        inputs: g.inputs,
        samples: x.samples.count,
        rows: g.rows,
        x: |sample, row| x.row(sample, row),
        dy: |sample, row| dy.row(sample, row),
    };
    // SAFETY: the caller's promise.
    unsafe { gradient::<V>(&of, outputs, dweight, [dbias, core::ptr::null_mut()], scratch) };
}

#[expect(dead_code, reason = "the lanes are inputs here, so that only one of both entries is used")]
mod entry {
    use super::{Dense, Rows, Share, rows_backward_weight};
    entries! {
        /// Adds the gradients of weight and bias.
        pub(in crate::kernels::dense) unsafe fn rows_backward_weight(
            g: &Dense, x: Rows<*const f32>, dy: Rows<*const f32>, to: (*mut f32, *mut f32), scratch: *mut f32, share: Share,
        );
    }
}

/// `y = weight · x + bias` for a share of the outputs; `bias` may be null.
///
/// # Safety
/// Pointers are valid for what the geometry says (`docs/kernels.md`) in each sample; scratch holds `rows_scratch` floats.
pub unsafe fn dense_rows_across_forward(
    g: &Dense,
    x_samples: Samples,
    x: *const f32,
    weight: *const f32,
    bias: *const f32,
    y_samples: Samples,
    y: *mut f32,
    scratch: *mut f32,
    share: Share,
) {
    let x = Rows { at: x, samples: x_samples, next: g.inputs };
    let y = Rows { at: y, samples: y_samples, next: g.outputs };
    let start = From::Biases([(bias, g.outputs), (core::ptr::null(), 0)]);
    let m = Matrix::of_rows(weight, g.outputs, g.inputs);
    // SAFETY: the caller's promise.
    unsafe { product(&m, g.rows, x, y, part(g.outputs, LANES, share), start, scratch) };
}

/// The gradient of a share of x, or added to it.
///
/// # Safety
/// As for the forward pass.
pub unsafe fn dense_rows_across_backward_input(
    g: &Dense,
    y_samples: Samples,
    dy: *const f32,
    weight: *const f32,
    x_samples: Samples,
    dx: *mut f32,
    accumulate: bool,
    scratch: *mut f32,
    share: Share,
) {
    let dy = Rows { at: dy, samples: y_samples, next: g.outputs };
    let dx = Rows { at: dx, samples: x_samples, next: g.inputs };
    let m = Matrix::transposed(weight, g.inputs, g.outputs);
    let range = part(g.rows * g.inputs, INPUTS, share);
    // SAFETY: the caller's promise.
    unsafe { product_flat(&m, g.rows, dy, dx, range, From::accumulate(accumulate), scratch) };
}

/// Adds the gradients of the weights and biases of a share of the outputs; `dbias` may be null.
///
/// # Safety
/// As for the forward pass.
pub unsafe fn dense_rows_across_backward_weight(
    g: &Dense,
    x_samples: Samples,
    x: *const f32,
    y_samples: Samples,
    dy: *const f32,
    dweight: *mut f32,
    dbias: *mut f32,
    scratch: *mut f32,
    share: Share,
) {
    let x = Rows { at: x, samples: x_samples, next: g.inputs };
    let dy = Rows { at: dy, samples: y_samples, next: g.outputs };
    // SAFETY: the caller's promise.
    unsafe { entry::chwn16::rows_backward_weight(g, x, dy, (dweight, dbias), scratch, share) };
}

fireclay_ir::dense_rows_across_kernels!(checked[here]);
