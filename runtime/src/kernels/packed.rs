//! One sample with weights laid out once for the loop that reads them: output channels lie in the lanes.
//!
//! A convolution's weight becomes `[group][sixteen filters][channel][ky][kx][16]`, a dense layer's `[sixteen outputs][input][16]`, each
//! followed by the biases; the last sixteen are filled up with zeros. Activations stay `[channels][height][width]`.

use super::sweep::{Place, Tile, sweep};
use crate::simd::{LANES, Vector};
use core::marker::PhantomData;
use fireclay_ir::geometry::{Axis, Conv, Dense, Fold};

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
/// Pointers are valid for the geometry; `packed` holds `conv_packed_len` floats.
pub unsafe fn conv_pack(g: &Conv, weight: *const f32, bias: *const f32, packed: *mut f32) {
    let [channels, filters] = g.per_group();
    let len = channels * g.area();
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
/// Pointers are valid for the geometry; `packed` holds `dense_packed_len` floats.
pub unsafe fn dense_pack(g: &Dense, weight: *const f32, bias: *const f32, packed: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe { pack_rows(g.outputs, g.inputs, weight, bias, packed) };
}

/// `F` times sixteen filters.
struct Panels<'a, V, const F: usize> {
    g: &'a Conv,
    rows: Axis,
    cols: Axis,
    x: *const f32,
    panels: *const f32,
    y: *mut f32,
    /// Filters that there are: the last sixteen may be fewer.
    live: usize,
    vector: PhantomData<V>,
}

impl<V: Vector, const F: usize> Tile for Panels<'_, V, F> {
    const MOST: usize = V::ACCUMULATORS / F;

    #[inline(always)]
    unsafe fn tile<const P: usize>(&self, at: &Place) {
        let [channels, _] = self.g.per_group();
        let (map, area) = (self.rows.sources() * self.cols.sources(), self.g.area());
        let to_map = self.rows.results() * self.cols.results();
        let panel = (channels * area + 1) * LANES;
        // SAFETY: the caller's promise. Pointers past the last step are not read.
        unsafe {
            let mut acc = [[V::splat(0.0); P]; F];
            for f in 0..F {
                acc[f] = [V::load(self.panels.add(f * panel + channels * area * LANES)); P];
            }
            let (mut x0, mut w0) = (self.x.wrapping_add(at.source), self.panels.wrapping_add(at.tap * LANES));
            // One loop where the taps are one: a run of channels, otherwise rows of taps in each channel.
            let point = at.rows == 1 && at.cols == 1;
            let (outer, inner) = if point { (1, channels) } else { (channels, at.cols) };
            let (x_step, w_step) = if point { (map, area * LANES) } else { (at.source_col, at.tap_col * LANES) };
            for _ in 0..outer {
                let (mut x1, mut w1) = (x0, w0);
                for _ in 0..at.rows {
                    let (mut x, mut w) = (x1, w1);
                    for _ in 0..inner {
                        let mut weights = [V::splat(0.0); F];
                        for f in 0..F {
                            weights[f] = V::load(w.add(f * panel));
                        }
                        for p in 0..P {
                            let input = V::splat(*x.add(p * at.source_next));
                            for f in 0..F {
                                acc[f][p] = input.mul_add(weights[f], acc[f][p]);
                            }
                        }
                        (x, w) = (x.wrapping_add(x_step), w.wrapping_add(w_step));
                    }
                    (x1, w1) = (x1.wrapping_add(at.source_row), w1.wrapping_add(at.tap_row * LANES));
                }
                (x0, w0) = (x0.wrapping_add(map), w0.wrapping_add(area * LANES));
            }
            // Copies: what is indexed at run time could not have been in registers above.
            let mut lanes = [[[0.0_f32; LANES]; P]; F];
            for f in 0..F {
                for p in 0..P {
                    acc[f][p].store(lanes[f][p].as_mut_ptr());
                }
            }
            let lanes = lanes.as_ptr().cast::<f32>();
            for f in 0..F {
                for filter in 0..LANES.min(self.live - f * LANES) {
                    let y = self.y.add((f * LANES + filter) * to_map + at.result);
                    for p in 0..P {
                        *y.add(p * at.result_next) = *lanes.add((f * P + p) * LANES + filter);
                    }
                }
            }
        }
    }
}

#[inline(always)]
unsafe fn conv_forward_packed<V: Vector>(g: &Conv, x: *const f32, packed: *const f32, y: *mut f32) {
    let (rows, cols) = (g.rows(false), g.cols(false));
    let [channels, filters] = g.per_group();
    let panel = (channels * g.area() + 1) * LANES;
    let whole = [rows.results(), cols.results()];
    let mut panels = packed;
    // SAFETY: the caller's promise.
    unsafe {
        for group in 0..g.groups {
            let x = x.add(group * channels * g.height * g.width);
            let mut first = 0;
            while first < filters {
                let y = y.add((group * filters + first) * g.out_height * g.out_width);
                let live = filters - first;
                macro_rules! take {
                    ($F:literal) => {{
                        let tile = Panels::<V, $F> { g, rows, cols, x, panels, y, live, vector: PhantomData };
                        sweep(&tile, &rows, &cols, [0, 0], whole);
                        panels = panels.add($F * panel);
                        first += $F * LANES;
                    }};
                }
                if const { V::ACCUMULATORS >= 12 } && live > 3 * LANES {
                    take!(4)
                } else if const { V::ACCUMULATORS >= 8 } && live > LANES {
                    take!(2)
                } else {
                    take!(1)
                }
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
                let y = y.add(row * g.outputs + first);
                // A call of `memcpy` takes longer than one number.
                if live == 1 {
                    *y = lanes[0];
                } else {
                    y.copy_from_nonoverlapping(lanes.as_ptr(), live);
                }
            }
        }
    }
}

/// Folds a batch norm with running statistics into the weight and bias before it:
/// `w' = w · γ / √(σ² + ε)`, `b' = (b − μ) · γ / √(σ² + ε) + β`. `bias`, `gamma` and `beta` may be null.
///
/// # Safety
/// Pointers are valid for the geometry; `to_weight` may be `weight`, `to_bias` may be `bias`.
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
        // SAFETY: what is not null is valid for all channels.
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

#[expect(dead_code, reason = "here `lanes` are output channels, and there is but one form")]
mod entry {
    use super::{conv_forward_packed, dense_forward_packed};
    fireclay_ir::packed_kernels!(declared);
}

/// What runs with packed weights, for a single sample. (Inside, sixteen output channels lie side by side.)
pub mod chw {
    pub use super::entry::chwn16::{conv_forward_packed, dense_forward_packed};
    pub use super::{conv_pack, dense_pack, fold_batch_norm};
}

fireclay_ir::pack_kernels!(checked[by_form]);
