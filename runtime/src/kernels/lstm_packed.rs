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

/// The first of the n-th sixteen units. The last sixteen may share some with those before: they come out the same.
const fn first(g: &Lstm, n: usize) -> usize {
    let last = g.hidden.saturating_sub(LANES);
    if n * LANES < last { n * LANES } else { last }
}

/// Packs a layer and direction: `[hidden / 16][input, h, 1][gate][16]`; biases may be null.
///
/// # Safety
/// Pointers are valid for the geometry; `packed` holds [`lstm_packed_len`] floats.
pub unsafe fn lstm_pack(g: &Lstm, w_ih: *const f32, w_hh: *const f32, b_ih: *const f32, b_hh: *const f32, packed: *mut f32) {
    let mut to = packed;
    // SAFETY: the caller's promise.
    unsafe {
        for n in 0..g.hidden.div_ceil(LANES) {
            let first = first(g, n);
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

/// The gates of sixteen units, `C` chains each: `sums += Σ weights · of`.
#[inline(always)]
unsafe fn add<V: Vector, const C: usize>(sums: &mut [[V; 4]; C], of: *const f32, len: usize, weights: *const f32) {
    let (mut w, whole) = (weights, len - len % C);
    // SAFETY: the caller's promise.
    unsafe {
        let mut i = 0;
        while i < len {
            for chain in 0..if i < whole { C } else { 1 } {
                let x = V::splat(*of.add(i));
                for gate in 0..4 {
                    sums[chain][gate] = x.mul_add(V::load(w.add(gate * LANES)), sums[chain][gate]);
                }
                (i, w) = (i + 1, w.wrapping_add(4 * LANES));
            }
        }
    }
}

/// One step of sixteen units from `first` on, of which the weights are these.
#[inline(always)]
unsafe fn units<V: Vector, const C: usize>(
    g: &Lstm,
    x: *const f32,
    h: *const f32,
    before: *const f32,
    panel: *const f32,
    y: *mut f32,
    cell: *mut f32,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let biases = panel.add((g.inputs + g.hidden) * 4 * LANES);
        let mut sums = [[V::splat(0.0); 4]; C];
        for gate in 0..4 {
            sums[0][gate] = V::load(biases.add(gate * LANES));
        }
        add(&mut sums, x, g.inputs, panel);
        if !h.is_null() {
            add(&mut sums, h, g.hidden, panel.add(g.inputs * 4 * LANES));
        }
        for gate in 0..4 {
            for chain in 1..C {
                sums[0][gate] = sums[0][gate].add(sums[chain][gate]);
            }
        }
        let [i, f, g, o] = sums[0];
        let (i, f, g, o) = (math::sigmoid(i), math::sigmoid(f), math::tanh(g), math::sigmoid(o));
        let mut c = i.mul(g);
        if !before.is_null() {
            c = f.mul_add(V::load(before), c);
        }
        c.store(cell);
        o.mul(math::tanh(c)).store(y);
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
    // Two chains for each gate where there are registers for them.
    macro_rules! units {
        ($before:expr, $panel:expr, $y:expr, $cell:expr) => {
            if const { V::ACCUMULATORS >= 12 } {
                units::<V, 2>(g, x, h, $before, $panel, $y, $cell)
            } else {
                units::<V, 1>(g, x, h, $before, $panel, $y, $cell)
            }
        };
    }
    // SAFETY: the caller's promise.
    unsafe {
        if g.hidden < LANES {
            let mut lanes = [[0.0_f32; LANES]; 3];
            let [old, new, out] = &mut lanes;
            let mut from = before;
            if !before.is_null() {
                old.as_mut_ptr().copy_from_nonoverlapping(before, g.hidden);
                from = old.as_ptr();
            }
            units!(from, packed, out.as_mut_ptr(), new.as_mut_ptr());
            cell.copy_from_nonoverlapping(new.as_ptr(), g.hidden);
            y.copy_from_nonoverlapping(out.as_ptr(), g.hidden);
            return;
        }
        for n in 0..g.hidden.div_ceil(LANES) {
            let first = first(g, n);
            let before = if before.is_null() { before } else { before.add(first) };
            units!(before, packed.add(n * block(g)), y.add(first), cell.add(first));
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
        // Only now: states after may stand where those before do.
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
