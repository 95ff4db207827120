//! One sample with weights laid out once for the loop that reads them: output channels lie in the lanes.
//!
//! A convolution's weight becomes `[group][sixteen filters][channel][ky][kx][16]`, a dense layer's `[sixteen outputs][input][16]`, each
//! followed by the biases; the last sixteen are filled up with zeros. Activations stay `[channels][height][width]`.

use super::conv::Conv;
use super::dense::Dense;
use crate::simd::{LANES, Vector};

/// Floats of a packed convolution.
#[must_use]
pub const fn conv_packed_len(g: &Conv) -> usize {
    let per_group = (g.filters / g.groups).div_ceil(LANES) * LANES;
    g.groups * per_group * (g.channels / g.groups * g.area() + 1)
}

/// Floats of a packed dense layer.
#[must_use]
pub const fn dense_packed_len(g: &Dense) -> usize {
    g.outputs.div_ceil(LANES) * LANES * (g.inputs + 1)
}

/// Packs rows of `len` numbers, sixteen rows side by side, biases behind; returns where the next rows go.
unsafe fn pack_rows(rows: usize, len: usize, weight: *const f32, bias: *const f32, mut to: *mut f32) -> *mut f32 {
    // SAFETY: the caller's promise: rows × len weights, as many biases or null, room for all.
    unsafe {
        for first in (0..rows).step_by(LANES) {
            let live = (rows - first).min(LANES);
            for i in 0..=len {
                for lane in 0..LANES {
                    *to.add(lane) = match (lane < live, i < len) {
                        (true, true) => *weight.add((first + lane) * len + i),
                        (true, false) if !bias.is_null() => *bias.add(first + lane),
                        _ => 0.0,
                    };
                }
                to = to.add(LANES);
            }
        }
        to
    }
}

/// Packs a convolution; `bias` may be null.
///
/// # Safety
/// Pointers are valid for the geometry; `packed` holds [`conv_packed_len`] floats.
pub unsafe fn conv_pack(g: &Conv, weight: *const f32, bias: *const f32, packed: *mut f32) {
    let (filters, len) = (g.filters / g.groups, g.channels / g.groups * g.area());
    let mut to = packed;
    // SAFETY: the caller's promise.
    unsafe {
        for group in 0..g.groups {
            let bias = if bias.is_null() { bias } else { bias.add(group * filters) };
            to = pack_rows(filters, len, weight.add(group * filters * len), bias, to);
        }
    }
}

/// Packs a dense layer; `bias` may be null.
///
/// # Safety
/// Pointers are valid for the geometry; `packed` holds [`dense_packed_len`] floats.
pub unsafe fn dense_pack(g: &Dense, weight: *const f32, bias: *const f32, packed: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe { pack_rows(g.outputs, g.inputs, weight, bias, packed) };
}

/// `P` neighbouring positions of sixteen filters.
#[inline(always)]
unsafe fn positions<V: Vector, const P: usize>(
    g: &Conv,
    (x, panel, y): (*const f32, *const f32, *mut f32),
    (oy, ox): (usize, usize),
    live: usize,
) {
    let (rows, cols) = (g.rows(), g.cols());
    let (ty, tx) = (rows.forward(oy), cols.forward(ox));
    let channels = g.channels / g.groups;
    // SAFETY: the caller's promise; with P > 1 all windows are whole.
    unsafe {
        let mut acc = [V::load(panel.add(channels * g.area() * LANES)); P];
        for c in 0..channels {
            for r in 0..ty.len {
                let x = x.add((c * g.height + ty.at + r * ty.at_step) * g.width + tx.at);
                let w = panel.add(((c * g.kernel[0] + ty.tap + r) * g.kernel[1] + tx.tap) * LANES);
                for t in 0..tx.len {
                    let weight = V::load(w.add(t * LANES));
                    for (p, acc) in acc.iter_mut().enumerate() {
                        *acc = V::splat(*x.add(t * tx.at_step + p * g.stride[1])).mul_add(weight, *acc);
                    }
                }
            }
        }
        let mut lanes = [[0.0_f32; LANES]; P];
        for (acc, lanes) in acc.into_iter().zip(&mut lanes) {
            acc.store(lanes.as_mut_ptr());
        }
        for filter in 0..live {
            let y = y.add((filter * g.out_height + oy) * g.out_width + ox);
            for (p, lanes) in lanes.iter().enumerate() {
                *y.add(p) = lanes[filter];
            }
        }
    }
}

#[inline(always)]
unsafe fn conv_forward_packed<V: Vector>(g: &Conv, x: *const f32, packed: *const f32, y: *mut f32) {
    let (filters, channels) = (g.filters / g.groups, g.channels / g.groups);
    let panel_len = (channels * g.area() + 1) * LANES;
    let cols = g.cols();
    let span = cols.dilation * (cols.kernel - 1);
    let whole_from = cols.pad.div_ceil(cols.stride);
    let whole_to = match (cols.input + cols.pad).checked_sub(span + 1) {
        Some(last) => (last / cols.stride + 1).min(cols.output),
        None => 0,
    };
    let mut panel = packed;
    // SAFETY: the caller's promise.
    unsafe {
        for group in 0..g.groups {
            let x = x.add(group * channels * g.height * g.width);
            for first in (0..filters).step_by(LANES) {
                let live = (filters - first).min(LANES);
                let y = y.add((group * filters + first) * g.out_height * g.out_width);
                for oy in 0..g.out_height {
                    let mut ox = 0;
                    while ox < g.out_width {
                        let inside = ox >= whole_from;
                        ox += if V::ACCUMULATORS >= 12 && inside && ox + 12 <= whole_to {
                            positions::<V, 12>(g, (x, panel, y), (oy, ox), live);
                            12
                        } else if V::ACCUMULATORS >= 6 && inside && ox + 6 <= whole_to {
                            positions::<V, 6>(g, (x, panel, y), (oy, ox), live);
                            6
                        } else if inside && ox + 2 <= whole_to {
                            positions::<V, 2>(g, (x, panel, y), (oy, ox), live);
                            2
                        } else {
                            positions::<V, 1>(g, (x, panel, y), (oy, ox), live);
                            1
                        };
                    }
                }
                panel = panel.add(panel_len);
            }
        }
    }
}

#[inline(always)]
unsafe fn dense_forward_packed<V: Vector>(g: &Dense, x: *const f32, packed: *const f32, y: *mut f32) {
    /// Chains under way at once.
    const CHAINS: usize = 4;
    let whole = g.inputs - g.inputs % CHAINS;
    // SAFETY: the caller's promise.
    unsafe {
        for first in (0..g.outputs).step_by(LANES) {
            let panel = packed.add(first * (g.inputs + 1));
            let live = (g.outputs - first).min(LANES);
            for row in 0..g.rows {
                let x = x.add(row * g.inputs);
                let mut acc = [V::splat(0.0); CHAINS];
                acc[0] = V::load(panel.add(g.inputs * LANES));
                let mut i = 0;
                while i < whole {
                    for (k, acc) in acc.iter_mut().enumerate() {
                        *acc = V::splat(*x.add(i + k)).mul_add(V::load(panel.add((i + k) * LANES)), *acc);
                    }
                    i += CHAINS;
                }
                for i in whole..g.inputs {
                    acc[0] = V::splat(*x.add(i)).mul_add(V::load(panel.add(i * LANES)), acc[0]);
                }
                let mut lanes = [0.0_f32; LANES];
                acc[0].add(acc[1]).add(acc[2].add(acc[3])).store(lanes.as_mut_ptr());
                core::ptr::copy_nonoverlapping(lanes.as_ptr(), y.add(row * g.outputs + first), live);
            }
        }
    }
}

/// How a batch norm is folded: a weight seen as `[outer][channels][inner]`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fold {
    /// Before the output channels.
    pub outer: usize,
    /// Output channels.
    pub channels: usize,
    /// After them.
    pub inner: usize,
    /// Of the batch norm.
    pub eps: f32,
}

/// Folds a batch norm with running statistics into the weight and bias before it:
/// `w' = w · γ / √(σ² + ε)`, `b' = (b − μ) · γ / √(σ² + ε) + β`. `bias`, `gamma` and `beta` may be null.
///
/// # Safety
/// Pointers are valid for the geometry; `to_weight` may be `weight`, `to_bias` may be `bias`.
#[expect(clippy::too_many_arguments, reason = "what a batch norm has")]
pub unsafe fn fold_batch_norm(
    g: &Fold,
    weight: *const f32,
    bias: *const f32,
    gamma: *const f32,
    beta: *const f32,
    mean: *const f32,
    var: *const f32,
    to_weight: *mut f32,
    to_bias: *mut f32,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let or = |p: *const f32, c: usize, missing: f32| if p.is_null() { missing } else { *p.add(c) };
        for c in 0..g.channels {
            let scale = or(gamma, c, 1.0) / Vector::sqrt(*var.add(c) + g.eps);
            *to_bias.add(c) = (or(bias, c, 0.0) - *mean.add(c)) * scale + or(beta, c, 0.0);
            for o in 0..g.outer {
                for i in 0..g.inner {
                    let at = (o * g.channels + c) * g.inner + i;
                    *to_weight.add(at) = *weight.add(at) * scale;
                }
            }
        }
    }
}

mod entry {
    use super::{Conv, Dense, conv_forward_packed, dense_forward_packed};
    entries! {
        /// `y = conv(x, weight) + bias` from packed weights.
        pub unsafe fn conv_forward_packed(g: &Conv, x: *const f32, packed: *const f32, y: *mut f32);
        /// `y = weight · x + bias` from packed weights.
        pub unsafe fn dense_forward_packed(g: &Dense, x: *const f32, packed: *const f32, y: *mut f32);
    }
}

/// What runs with packed weights, for a single sample. (Inside, sixteen output channels lie side by side.)
pub mod one {
    pub use super::entry::lanes::{conv_forward_packed, dense_forward_packed};
    pub use super::{conv_pack, dense_pack, fold_batch_norm};
}
