//! Long short-term memory of one sample, sixteen hidden units in a vector: all four gates of sixteen units are one pass over weights that
//! lie in the order in which it reads them, and what follows from the gates is done at once.

use super::lstm::Lstm;
use crate::math;
use crate::simd::{LANES, Vector};

/// Floats of a packed layer and direction.
#[must_use]
pub const fn lstm_packed_len(g: &Lstm) -> usize {
    g.hidden.div_ceil(LANES) * block(g)
}

/// Floats of sixteen hidden units: four gates for each input, each h, and the biases.
const fn block(g: &Lstm) -> usize {
    (g.inputs + g.hidden + 1) * 4 * LANES
}

/// Packs a layer and direction: `[hidden / 16][input, h, 1][gate][16]`; biases may be null.
///
/// # Safety
/// Pointers are valid for the geometry; `packed` holds [`lstm_packed_len`] floats.
pub unsafe fn lstm_pack(g: &Lstm, w_ih: *const f32, w_hh: *const f32, b_ih: *const f32, b_hh: *const f32, packed: *mut f32) {
    let mut to = packed;
    // SAFETY: the caller's promise.
    unsafe {
        for first in (0..g.hidden).step_by(LANES) {
            for column in 0..=g.inputs + g.hidden {
                for gate in 0..4 {
                    for unit in first..first + LANES {
                        let row = gate * g.hidden + unit;
                        *to = match column.checked_sub(g.inputs) {
                            _ if unit >= g.hidden => 0.0,
                            None => *w_ih.add(row * g.inputs + column),
                            Some(h) if h < g.hidden => *w_hh.add(row * g.hidden + h),
                            _ => [b_ih, b_hh].iter().filter(|bias| !bias.is_null()).map(|bias| *bias.add(row)).sum(),
                        };
                        to = to.add(1);
                    }
                }
            }
        }
    }
}

/// The gates of sixteen units, two chains each: `sums += Σ weights · of`.
#[inline(always)]
unsafe fn add<V: Vector>(sums: &mut [[V; 4]; 2], of: *const f32, len: usize, weights: *const f32) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut w = weights;
        for i in 0..len / 2 {
            for chain in 0..2 {
                let x = V::splat(*of.add(2 * i + chain));
                for gate in 0..4 {
                    sums[chain][gate] = x.mul_add(V::load(w.add((4 * chain + gate) * LANES)), sums[chain][gate]);
                }
            }
            w = w.add(8 * LANES);
        }
        if len % 2 == 1 {
            let x = V::splat(*of.add(len - 1));
            for gate in 0..4 {
                sums[0][gate] = x.mul_add(V::load(w.add(gate * LANES)), sums[0][gate]);
            }
        }
    }
}

/// One step: y and the cell of all units from x and the h before; nothing before counts as zero.
#[inline(always)]
unsafe fn step<V: Vector>(
    g: &Lstm,
    x: *const f32,
    h: *const f32,
    before: *const f32,
    packed: *const f32,
    y: *mut f32,
    cell: *mut f32,
) {
    // SAFETY: the caller's promise; a last vector that is not full goes by way of a whole one.
    unsafe {
        for first in (0..g.hidden).step_by(LANES) {
            let (panel, live) = (packed.add(first / LANES * block(g)), (g.hidden - first).min(LANES));
            let biases = panel.add((g.inputs + g.hidden) * 4 * LANES);
            let mut sums = [[V::splat(0.0); 4]; 2];
            for gate in 0..4 {
                sums[0][gate] = V::load(biases.add(gate * LANES));
            }
            add(&mut sums, x, g.inputs, panel);
            if !h.is_null() {
                add(&mut sums, h, g.hidden, panel.add(g.inputs * 4 * LANES));
            }
            let sum = |gate: usize| sums[0][gate].add(sums[1][gate]);
            let (i, f, o) = (math::sigmoid(sum(0)), math::sigmoid(sum(1)), math::sigmoid(sum(3)));
            let mut c = i.mul(math::tanh(sum(2)));
            if !before.is_null() {
                let mut old = [0.0_f32; LANES];
                let from = before.add(first);
                let old = if live == LANES {
                    V::load(from)
                } else {
                    old.as_mut_ptr().copy_from_nonoverlapping(from, live);
                    V::load(old.as_ptr())
                };
                c = f.mul_add(old, c);
            }
            for (vector, to) in [(c, cell.add(first)), (o.mul(math::tanh(c)), y.add(first))] {
                if live == LANES {
                    vector.store(to);
                } else {
                    let mut lanes = [0.0_f32; LANES];
                    vector.store(lanes.as_mut_ptr());
                    to.copy_from_nonoverlapping(lanes.as_ptr(), live);
                }
            }
        }
    }
}

#[inline(always)]
unsafe fn lstm_forward_packed<V: Vector>(
    g: &Lstm,
    x: *const f32,
    h0: *const f32,
    c0: *const f32,
    packed: *const f32,
    y: *mut f32,
    hn: *mut f32,
    cn: *mut f32,
    cells: *mut f32,
) {
    let row = g.row * g.hidden;
    // SAFETY: the caller's promise.
    unsafe {
        let mut h = if h0.is_null() { h0 } else { h0.add(row) };
        let mut c = if c0.is_null() { c0 } else { c0.add(row) };
        for n in 0..g.time {
            let t = if g.reverse { g.time - 1 - n } else { n };
            let (cell, y) = (cells.add(t * g.hidden), y.add(t * g.width + g.offset));
            step::<V>(g, x.add(t * g.inputs), h, c, packed, y, cell);
            (h, c) = (y.cast_const(), cell.cast_const());
        }
        for (state, to) in [(h, hn), (c, cn)] {
            if !to.is_null() {
                to.add(row).copy_from_nonoverlapping(state, g.hidden);
            }
        }
    }
}

#[expect(dead_code, reason = "here `lanes` are hidden units, and there is but one form")]
mod entry {
    use super::{Lstm, lstm_forward_packed};
    entries! {
        /// The outputs from packed weights. The states before (`h0`, `c0`) and after (`hn`, `cn`) may be null; states after may stand
        /// where those before do. `cells`: `[time][hidden]`.
        pub unsafe fn lstm_forward_packed(
            g: &Lstm, x: *const f32, h0: *const f32, c0: *const f32, packed: *const f32, y: *mut f32, hn: *mut f32, cn: *mut f32,
            cells: *mut f32,
        );
    }
}

/// What runs with packed weights, for a single sample.
pub mod one {
    pub use super::entry::lanes::lstm_forward_packed;
    pub use super::lstm_pack;
}
