//! Dense layers of one row in `chw` across all samples of a batch: a few rows of the weight meet all samples while they are in cache, and each number
//! of its gradient is read and written once for eight samples.

use super::one_row::{add_rows, one_row_forward};
use crate::kernels::rows::part;
use crate::simd::Vector;
use fireclay_ir::geometry::Dense;
use fireclay_ir::{Samples, Share};

/// Outputs whose weights meet all samples before the next ones'. Shares end where they do: how many outputs are computed at once decides how sums
/// are rounded.
const OUTPUTS: usize = 8;

/// Inputs of a share, or more in the last one: it has whole vectors, and so have all.
pub(in crate::kernels) const INPUTS: usize = 64;

#[inline(always)]
unsafe fn forward_across<V: Vector>(
    g: &Dense,
    (x, x_samples): (*const f32, Samples),
    weight: *const f32,
    bias: *const f32,
    (y, y_samples): (*mut f32, Samples),
    share: Share,
) {
    let (from, to) = part(g.outputs, OUTPUTS, share);
    for first in (from..to).step_by(OUTPUTS) {
        let outputs = OUTPUTS.min(to - first);
        // SAFETY: the caller's promise.
        unsafe {
            let (weight, bias) = (weight.add(first * g.inputs), if bias.is_null() { bias } else { bias.add(first) });
            for sample in 0..x_samples.count {
                let (x, y) = (x.add(sample * x_samples.step), y.add(sample * y_samples.step + first));
                one_row_forward::<V>(g.inputs, outputs, x, weight, bias, y);
            }
        }
    }
}

#[inline(always)]
unsafe fn backward_input_across<V: Vector>(
    g: &Dense,
    (dy, y_samples): (*const f32, Samples),
    weight: *const f32,
    (dx, x_samples): (*mut f32, Samples),
    accumulate: bool,
    share: Share,
) {
    let (from, to) = part(g.inputs, INPUTS, share);
    let (mut output, mut add) = (0, accumulate);
    // SAFETY: the caller's promise.
    unsafe {
        if g.outputs == 0 && !accumulate {
            (0..x_samples.count).for_each(|sample| dx.add(sample * x_samples.step + from).write_bytes(0, to - from));
        }
        macro_rules! rows {
            ($B:literal) => {
                while to > from && g.outputs - output >= $B {
                    let rows = (weight.add(output * g.inputs + from), g.inputs);
                    for sample in 0..x_samples.count {
                        let factors = core::array::from_fn(|b| *dy.add(sample * y_samples.step + output + b));
                        add_rows::<V, $B>(to - from, factors, rows, dx.add(sample * x_samples.step + from), add);
                    }
                    (output, add) = (output + $B, true);
                }
            };
        }
        rows!(8);
        rows!(4);
        rows!(1);
    }
}

#[inline(always)]
unsafe fn backward_weight_across<V: Vector>(
    g: &Dense,
    (x, x_samples): (*const f32, Samples),
    (dy, y_samples): (*const f32, Samples),
    dweight: *mut f32,
    dbias: *mut f32,
    share: Share,
) {
    let (from, to) = part(g.outputs, 1, share);
    let factor = |sample: usize, output: usize| {
        // SAFETY: the caller's promise.
        unsafe { *dy.add(sample * y_samples.step + output) }
    };
    // SAFETY: the caller's promise.
    unsafe {
        for output in from..to {
            let row = dweight.add(output * g.inputs);
            let mut sample = 0;
            macro_rules! samples {
                ($B:literal) => {
                    while x_samples.count - sample >= $B {
                        let factors = core::array::from_fn(|b| factor(sample + b, output));
                        let x = (x.add(sample * x_samples.step), x_samples.step);
                        add_rows::<V, $B>(g.inputs, factors, x, row, true);
                        sample += $B;
                    }
                };
            }
            samples!(8);
            samples!(4);
            samples!(1);
            if !dbias.is_null() {
                for sample in 0..x_samples.count {
                    *dbias.add(output) += factor(sample, output);
                }
            }
        }
    }
}

entries! {
    /// `y = weight · x + bias`
    #[allow(dead_code, reason = "the lanes are inputs here")]
    pub(super) unsafe fn forward_across(
        g: &Dense, x: (*const f32, Samples), weight: *const f32, bias: *const f32, y: (*mut f32, Samples), share: Share,
    );
    /// The gradient of x, or added to it.
    #[allow(dead_code, reason = "the lanes are inputs here")]
    pub(super) unsafe fn backward_input_across(
        g: &Dense, dy: (*const f32, Samples), weight: *const f32, dx: (*mut f32, Samples), accumulate: bool, share: Share,
    );
    /// Adds the gradients of weight and bias.
    #[allow(dead_code, reason = "the lanes are inputs here")]
    pub(super) unsafe fn backward_weight_across(
        g: &Dense, x: (*const f32, Samples), dy: (*const f32, Samples), dweight: *mut f32, dbias: *mut f32, share: Share,
    );
}

/// `y = weight · x + bias` for a share of the outputs; `bias` may be null.
///
/// # Safety
/// Pointers are valid for what the geometry says (`docs/kernels.md`) in each sample.
pub unsafe fn dense_across_forward(
    g: &Dense,
    x_samples: Samples,
    x: *const f32,
    weight: *const f32,
    bias: *const f32,
    y_samples: Samples,
    y: *mut f32,
    share: Share,
) {
    // SAFETY: the caller's promise.
    unsafe { chwn16::forward_across(g, (x, x_samples), weight, bias, (y, y_samples), share) };
}

/// The gradient of a share of x, or added to it.
///
/// # Safety
/// As for the forward pass.
pub unsafe fn dense_across_backward_input(
    g: &Dense,
    y_samples: Samples,
    dy: *const f32,
    weight: *const f32,
    x_samples: Samples,
    dx: *mut f32,
    accumulate: bool,
    share: Share,
) {
    // SAFETY: the caller's promise.
    unsafe { chwn16::backward_input_across(g, (dy, y_samples), weight, (dx, x_samples), accumulate, share) };
}

/// Adds the gradients of the weights and biases of a share of the outputs; `dbias` may be null.
///
/// # Safety
/// As for the forward pass.
pub unsafe fn dense_across_backward_weight(
    g: &Dense,
    x_samples: Samples,
    x: *const f32,
    y_samples: Samples,
    dy: *const f32,
    dweight: *mut f32,
    dbias: *mut f32,
    share: Share,
) {
    // SAFETY: the caller's promise.
    unsafe { chwn16::backward_weight_across(g, (x, x_samples), (dy, y_samples), dweight, dbias, share) };
}

fireclay_ir::dense_across_kernels!(checked[here]);
