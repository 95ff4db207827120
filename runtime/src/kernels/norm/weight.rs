//! Weights that are made of parameters: weight normalization, spectral normalization and masks. The formulas are `fireclay_ir::parametrized_weight`.

use crate::simd::Vector;
use core::slice::{from_raw_parts as read, from_raw_parts_mut as write};
use fireclay_ir::geometry::{Mask, WeightRows};
use fireclay_ir::parametrized_weight as formula;

fn sqrt(x: f32) -> f32 {
    // SAFETY: a single number needs no instruction set.
    unsafe { Vector::sqrt(x) }
}

/// `w = g · v / ‖v‖` for each row.
///
/// # Safety
/// Pointers are valid for the geometry; `weight` is none of the others.
pub unsafe fn weight_norm(g: &WeightRows, magnitude: *const f32, direction: *const f32, weight: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe {
        let (magnitude, direction) = (read(magnitude, g.rows), read(direction, g.numbers()));
        formula::weight_norm(g, magnitude, direction, write(weight, g.numbers()), sqrt);
    }
}

/// The lengths of the rows.
///
/// # Safety
/// Pointers are valid for the geometry, and different.
pub unsafe fn weight_norm_start(g: &WeightRows, direction: *const f32, magnitude: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe { formula::row_lengths(g, read(direction, g.numbers()), write(magnitude, g.rows), sqrt) };
}

/// Adds the gradients of magnitude and direction.
///
/// # Safety
/// Pointers are valid for the geometry; what is added to is none of the others.
#[cfg(feature = "train")]
pub unsafe fn weight_norm_backward(
    g: &WeightRows,
    magnitude: *const f32,
    direction: *const f32,
    dweight: *const f32,
    dmagnitude: *mut f32,
    ddirection: *mut f32,
) {
    let (rows, numbers) = (g.rows, g.numbers());
    // SAFETY: the caller's promise.
    unsafe {
        let from = [read(magnitude, rows), read(direction, numbers), read(dweight, numbers)];
        formula::weight_norm_backward(g, from, write(dmagnitude, rows), write(ddirection, numbers), sqrt);
    }
}

/// `W / σ`; `saved` becomes σ, u and v, unless it is null.
///
/// # Safety
/// Pointers are valid for the geometry; what is written is none of the others.
pub unsafe fn spectral_norm(
    g: &WeightRows,
    original: *const f32,
    u: *const f32,
    v: *const f32,
    weight: *mut f32,
    saved: *mut f32,
) {
    let numbers = g.numbers();
    // SAFETY: the caller's promise.
    unsafe {
        let (u, v) = (read(u, g.rows), read(v, g.columns()));
        let sigma = formula::spectral_norm(g, read(original, numbers), u, v, write(weight, numbers));
        if !saved.is_null() {
            *saved = sigma;
            let (to_u, to_v) = write(saved.add(1), u.len() + v.len()).split_at_mut(u.len());
            to_u.copy_from_slice(u);
            to_v.copy_from_slice(v);
        }
    }
}

/// So many steps of the power iteration.
///
/// # Safety
/// Pointers are valid for the geometry, and different.
pub unsafe fn power_iteration(g: &WeightRows, steps: usize, original: *const f32, u: *mut f32, v: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe {
        let (original, u, v) = (read(original, g.numbers()), write(u, g.rows), write(v, g.columns()));
        for _ in 0..steps {
            formula::power_iteration(g, original, u, v, sqrt);
        }
    }
}

/// Adds the gradient of `W`.
///
/// # Safety
/// Pointers are valid for the geometry, `saved` for what [`spectral_norm`] left there; what is added to is none of the others.
#[cfg(feature = "train")]
pub unsafe fn spectral_norm_backward(
    g: &WeightRows,
    weight: *const f32,
    saved: *const f32,
    dweight: *const f32,
    doriginal: *mut f32,
) {
    let numbers = g.numbers();
    // SAFETY: the caller's promise.
    unsafe {
        let (sigma, (u, v)) = (*saved, read(saved.add(1), g.rows + g.columns()).split_at(g.rows));
        let from = [read(weight, numbers), u, v, read(dweight, numbers)];
        formula::spectral_norm_backward(g, from, sigma, write(doriginal, numbers));
    }
}

/// What the mask leaves of a weight, and zeros.
///
/// # Safety
/// Pointers are valid for the mask; `weight` is not `from`.
pub unsafe fn weight_mask(mask: &Mask, from: *const f32, weight: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe { formula::mask(mask, read(from, mask.numbers()), write(weight, mask.numbers())) };
}

/// Adds the gradient of what the mask leaves.
///
/// # Safety
/// Pointers are valid for the mask, and different.
#[cfg(feature = "train")]
pub unsafe fn weight_mask_backward(mask: &Mask, dweight: *const f32, dfrom: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe { formula::mask_backward(mask, read(dweight, mask.numbers()), write(dfrom, mask.numbers())) };
}

/// The kernels of one sample.
pub mod chw {
    pub use super::{power_iteration, spectral_norm, weight_mask, weight_norm, weight_norm_start};
    #[cfg(feature = "train")]
    pub use super::{spectral_norm_backward, weight_mask_backward, weight_norm_backward};
}

fireclay_ir::weight_norm_kernels!(checked[by_layout]);
