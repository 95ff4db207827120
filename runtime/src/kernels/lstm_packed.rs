//! Long short-term memory of one sample, sixteen hidden units in a vector: all four gates of sixteen units are one pass over weights that
//! lie in the order in which it reads them, and what follows from the gates is done at once.

use super::lstm::Lstm;
use crate::math;
use crate::simd::{LANES, TINY, Vector};

/// Floats of a packed layer and direction.
#[must_use]
pub const fn lstm_packed_len(g: &Lstm) -> usize {
    let (whole, half) = blocks(g);
    whole * block(g) + if half { block(g) / 2 } else { 0 }
}

/// Blocks of sixteen hidden units, and whether one of eight follows, which takes two vectors instead of four.
const fn blocks(g: &Lstm) -> (usize, bool) {
    match g.hidden % LANES {
        1..=HALF => (g.hidden / LANES, true),
        _ => (g.hidden.div_ceil(LANES), false),
    }
}

/// Units of a small block.
const HALF: usize = LANES / 2;

/// Floats of sixteen hidden units: four gates for each input, each h, and the biases.
const fn block(g: &Lstm) -> usize {
    (g.inputs + g.hidden + 1) * 4 * LANES
}

/// The first of the n-th sixteen units. The last sixteen may share some with those before: they come out the same.
const fn first(g: &Lstm, n: usize) -> usize {
    let last = g.hidden.saturating_sub(LANES);
    if n * LANES < last || blocks(g).1 { n * LANES } else { last }
}

/// Packs a layer and direction: `[hidden / 16][input, h, 1][gate][16]`, and after them eight units, if so many are left, `[input, h, 1][gate][8]`;
/// biases may be null.
///
/// # Safety
/// Pointers are valid for the geometry; `packed` holds [`lstm_packed_len`] floats.
pub unsafe fn lstm_pack(g: &Lstm, w_ih: *const f32, w_hh: *const f32, b_ih: *const f32, b_hh: *const f32, packed: *mut f32) {
    let (whole, half) = blocks(g);
    let mut to = packed;
    // SAFETY: the caller's promise.
    unsafe {
        for n in 0..whole + usize::from(half) {
            let (first, units) = (first(g, n), if n < whole { LANES } else { HALF });
            for column in 0..=g.inputs + g.hidden {
                for gate in 0..4 {
                    for unit in first..first + units {
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

/// A block's panel, of `N` vectors a column, and its products in `C` chains.
struct Sums<V, const N: usize, const C: usize> {
    panel: *const f32,
    chains: [[V; N]; C],
}

impl<V: Vector, const N: usize, const C: usize> Sums<V, N, C> {
    /// Begins with the biases.
    #[inline(always)]
    unsafe fn new(g: &Lstm, panel: *const f32) -> Self {
        // SAFETY: the caller's promise.
        unsafe {
            let mut chains = [[V::splat(0.0); N]; C];
            for n in 0..N {
                chains[0][n] = V::load(panel.add((g.inputs + g.hidden) * N * LANES + n * LANES));
            }
            Self { panel, chains }
        }
    }

    /// The next column's products with `x`.
    #[inline(always)]
    unsafe fn add(&mut self, chain: usize, x: V) {
        // SAFETY: the caller's promise.
        unsafe {
            for n in 0..N {
                self.chains[chain][n] = x.mul_add(V::load(self.panel.add(n * LANES)), self.chains[chain][n]);
            }
        }
        self.panel = self.panel.wrapping_add(N * LANES);
    }

    #[inline(always)]
    unsafe fn all(self) -> [V; N] {
        let mut all = self.chains[0];
        for chain in 1..C {
            for n in 0..N {
                // SAFETY: the caller's promise.
                all[n] = unsafe { all[n].add(self.chains[chain][n]) };
            }
        }
        all
    }
}

/// The products of two blocks (or of one, if `M` is zero), which read each number once: biases, x and the h before.
#[inline(always)]
unsafe fn products<V: Vector, const N: usize, const M: usize, const C: usize>(
    g: &Lstm,
    x: *const f32,
    h: *const f32,
    [panel, other]: [*const f32; 2],
) -> ([V; N], [V; M]) {
    // SAFETY: the caller's promise.
    unsafe {
        let (mut sums, mut others) = (Sums::<V, N, C>::new(g, panel), Sums::<V, M, C>::new(g, other));
        for (of, len) in [(x, g.inputs), (h, if h.is_null() { 0 } else { g.hidden })] {
            let whole = len - len % C;
            let mut i = 0;
            while i < len {
                for chain in 0..if i < whole { C } else { 1 } {
                    let x = V::splat(*of.add(i));
                    sums.add(chain, x);
                    others.add(chain, x);
                    i += 1;
                }
            }
        }
        (sums.all(), others.all())
    }
}

/// The gates of eight units, two in a vector: i and f are sigmoids, g is a tanh, o a sigmoid, and `σ(x) = (1 + tanh(x / 2)) / 2`.
#[inline(always)]
unsafe fn few_gates<V: Vector>([first, second]: [V; 2]) -> [V; 4] {
    const SECOND: [[f32; LANES]; 2] = {
        let mut scale_and_shift = [[1.0; LANES], [0.0; LANES]];
        let mut lane = HALF;
        while lane < LANES {
            (scale_and_shift[0][lane], scale_and_shift[1][lane]) = (0.5, 0.5);
            lane += 1;
        }
        scale_and_shift
    };
    // SAFETY: the caller's promise; the lanes beyond the eighth are finite and go nowhere.
    unsafe {
        let (half, scale, shift) = (V::splat(0.5), V::load(SECOND[0].as_ptr()), V::load(SECOND[1].as_ptr()));
        let [first, second] = math::gate_tanhs([first.mul(half), second.mul(scale)]);
        let mut gates = [0.0_f32; 3 * LANES];
        first.mul_add(half, half).store(gates.as_mut_ptr());
        second.mul_add(scale, shift).store(gates.as_mut_ptr().add(LANES));
        [0, 1, 2, 3].map(|n| V::load(gates.as_ptr().add(n * HALF)))
    }
}

/// Of eight units: the cell before, or zero.
#[inline(always)]
unsafe fn few_before<V: Vector>(before: *const f32, live: usize) -> V {
    let mut lanes = [0.0_f32; LANES];
    // SAFETY: the caller's promise.
    unsafe {
        if !before.is_null() {
            few(before, lanes.as_mut_ptr(), live);
        }
        V::load(lanes.as_ptr())
    }
}

/// Stores eight units at most.
#[inline(always)]
unsafe fn store_few<V: Vector>(values: V, to: *mut f32, live: usize) {
    let mut lanes = [0.0_f32; LANES];
    // SAFETY: the caller's promise.
    unsafe {
        values.store(lanes.as_mut_ptr());
        few(lanes.as_ptr(), to, live);
    }
}

/// Copies eight numbers at most.
#[inline(always)]
unsafe fn few(from: *const f32, to: *mut f32, len: usize) {
    // SAFETY: the caller's promise.
    unsafe {
        if len == HALF {
            to.copy_from_nonoverlapping(from, HALF);
        } else {
            for i in 0..len {
                *to.add(i) = *from.add(i);
            }
        }
    }
}

/// One step of some units: where theirs begin in the cell before (or null), in y and in the cell.
#[derive(Clone, Copy)]
struct Units {
    before: *const f32,
    y: *mut f32,
    cell: *mut f32,
}

impl Units {
    /// Those from `first` on.
    fn from(self, first: usize) -> Self {
        let Self { before, y, cell } = self;
        let before = if before.is_null() { before } else { before.wrapping_add(first) };
        Self { before, y: y.wrapping_add(first), cell: cell.wrapping_add(first) }
    }

    /// The cell of sixteen, stored, and the output gate.
    #[inline(always)]
    unsafe fn cell<V: Vector>(self, [i, f, g, o]: [V; 4]) -> (V, V) {
        // SAFETY: the caller's promise.
        unsafe {
            let mut c = i.mul(g);
            if !self.before.is_null() {
                c = f.mul_add(V::load(self.before), c);
            }
            // As in training: a cell that nothing comes into decays until it is empty.
            c.flush(TINY).store(self.cell);
            (c, o)
        }
    }
}

/// Sixteen units.
#[inline(always)]
unsafe fn sixteen<V: Vector, const C: usize>(g: &Lstm, x: *const f32, h: *const f32, panel: *const f32, units: Units) {
    // SAFETY: the caller's promise.
    unsafe {
        let (sums, []) = products::<V, 4, 0, C>(g, x, h, [panel; 2]);
        let (c, o) = units.cell::<V>(math::gates(sums));
        o.mul(math::gate_tanh(c)).store(units.y);
    }
}

/// Eight units at most.
#[inline(always)]
unsafe fn eight<V: Vector, const C: usize>(g: &Lstm, x: *const f32, h: *const f32, panel: *const f32, units: Units, live: usize) {
    // SAFETY: the caller's promise.
    unsafe {
        let (sums, []) = products::<V, 2, 0, C>(g, x, h, [panel; 2]);
        let [i, f, g, o] = few_gates(sums);
        let c = f.mul_add(few_before(units.before, live), i.mul(g));
        store_few(c.flush(TINY), units.cell, live);
        store_few(o.mul(math::gate_tanh(c)), units.y, live);
    }
}

/// Sixteen units and the last ones, eight at most, whose panel follows: neither waits for the other.
#[inline(always)]
unsafe fn sixteen_and_eight<V: Vector, const C: usize>(
    g: &Lstm,
    x: *const f32,
    h: *const f32,
    panel: *const f32,
    units: Units,
    live: usize,
) {
    let last = units.from(LANES);
    // SAFETY: the caller's promise.
    unsafe {
        let (sums, lasts) = products::<V, 4, 2, C>(g, x, h, [panel, panel.add(block(g))]);
        let [last_i, last_f, last_g, last_o] = few_gates(lasts);
        let (c, o) = units.cell::<V>(math::gates(sums));
        let last_c = last_f.mul_add(few_before(last.before, live), last_i.mul(last_g));
        let [tanh, last_tanh] = math::gate_tanhs([c, last_c]);
        o.mul(tanh).store(units.y);
        store_few(last_c.flush(TINY), last.cell, live);
        store_few(last_o.mul(last_tanh), last.y, live);
    }
}

/// One step: y and the cell of all units from x and the h before; nothing before counts as zero.
#[inline(always)]
unsafe fn step<V: Vector, const C: usize>(g: &Lstm, x: *const f32, h: *const f32, packed: *const f32, all: Units) {
    let (whole, half) = blocks(g);
    // SAFETY: the caller's promise.
    unsafe {
        if g.hidden < LANES && !half {
            let mut lanes = [[0.0_f32; LANES]; 3];
            let [old, new, out] = &mut lanes;
            let mut units = Units { before: all.before, y: out.as_mut_ptr(), cell: new.as_mut_ptr() };
            if !all.before.is_null() {
                old.as_mut_ptr().copy_from_nonoverlapping(all.before, g.hidden);
                units.before = old.as_ptr();
            }
            sixteen::<V, C>(g, x, h, packed, units);
            all.cell.copy_from_nonoverlapping(new.as_ptr(), g.hidden);
            all.y.copy_from_nonoverlapping(out.as_ptr(), g.hidden);
            return;
        }
        let alone = if half { whole.saturating_sub(1) } else { whole };
        for n in 0..alone {
            sixteen::<V, C>(g, x, h, packed.add(n * block(g)), all.from(first(g, n)));
        }
        let (panel, units, live) =
            (packed.add(alone * block(g)), all.from(alone * LANES), g.hidden.saturating_sub(whole * LANES));
        match (half, whole) {
            (false, _) => {}
            (true, 0) => eight::<V, C>(g, x, h, panel, units, live),
            (true, _) => sixteen_and_eight::<V, C>(g, x, h, panel, units, live),
        }
    }
}

/// Copies a state, for which a call of `memcpy` would take as long as a gate: by the blocks that it was written in, since a load that spans
/// two stores waits for both.
#[inline(always)]
unsafe fn copy<V: Vector>(g: &Lstm, from: *const f32, to: *mut f32) {
    let (whole, half) = blocks(g);
    // SAFETY: the caller's promise.
    unsafe {
        if g.hidden < LANES && !half {
            to.copy_from_nonoverlapping(from, g.hidden);
            return;
        }
        for n in 0..whole {
            V::load(from.add(first(g, n))).store(to.add(first(g, n)));
        }
        if half {
            few(from.add(whole * LANES), to.add(whole * LANES), g.hidden - whole * LANES);
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
            let (x, units) = (x.add(t * g.inputs), Units { before: c, y, cell });
            // Two chains for each gate where there are registers for them.
            if const { V::ACCUMULATORS >= 12 } {
                step::<V, 2>(g, x, h, packed, units);
            } else {
                step::<V, 1>(g, x, h, packed, units);
            }
            (h, c) = (y.cast_const(), cell.cast_const());
        }
        // Only now: states after may stand where those before do.
        for (state, to) in [(h, hn), (c, cn)] {
            if !to.is_null() {
                copy::<V>(g, state, to.add(row));
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
