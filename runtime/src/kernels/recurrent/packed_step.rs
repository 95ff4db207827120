//! A step of one sample with packed weights, sixteen hidden units in a vector: all gates of some vectors are one pass over weights that lie
//! in the order in which it reads them, and what follows from the gates is done at once.

use super::cell::{Cell, SUMS, carried};
use crate::simd::{LANES, Vector};
use fireclay_ir::geometry::{HALF_LANES, Recurrent};

/// Where a step reads and writes: the carried state before (or null), y, and the new state where it is not y (or null).
#[derive(Clone, Copy)]
struct Units {
    before: *const f32,
    y: *mut f32,
    state: *mut f32,
}

impl Units {
    /// Those from `first` on.
    fn from(self, first: usize) -> Self {
        let Self { before, y, state } = self;
        let before = if before.is_null() { before } else { before.wrapping_add(first) };
        Self { before, y: y.wrapping_add(first), state: state.wrapping_add(first) }
    }
}

/// The sums of `U` vectors of units and, with `E` = 1, of eight units more, in `N` chains each.
struct Sums<V, const U: usize, const E: usize, const N: usize> {
    vectors: [[[V; SUMS]; U]; N],
    eights: [[[V; 2]; E]; N],
    /// The weights that come next.
    panel: *const f32,
    eight: *const f32,
}

impl<V: Vector, const U: usize, const E: usize, const N: usize> Sums<V, U, E, N> {
    /// Begins with the biases, which stand behind the weights.
    #[inline(always)]
    unsafe fn new<C: Cell>(g: &Recurrent, panel: *const f32, eight: *const f32) -> Self {
        let (gates, sums) = const { (C::KIND.gates(), C::KIND.gates() + C::KIND.apart()) };
        let columns = g.inputs + g.hidden;
        // SAFETY: the caller's promise.
        unsafe {
            let zero = V::splat(0.0);
            let (mut vectors, mut eights) = ([[[zero; SUMS]; U]; N], [[[zero; 2]; E]; N]);
            for u in 0..U {
                for sum in 0..sums {
                    vectors[0][u][sum] = V::load(panel.add((columns * U * gates + u * sums + sum) * LANES));
                }
            }
            for e in 0..E {
                for n in 0..2 {
                    eights[0][e][n] = V::load(eight.add((columns * 2 + n) * LANES));
                }
            }
            Self { vectors, eights, panel, eight }
        }
    }

    /// Products of one number of x, or of h.
    #[inline(always)]
    unsafe fn add<C: Cell, const OF_H: bool>(&mut self, chain: usize, x: V) {
        let (gates, apart) = const { (C::KIND.gates(), C::KIND.apart()) };
        // SAFETY: the caller's promise.
        unsafe {
            for u in 0..U {
                for gate in 0..gates {
                    let sum = &mut self.vectors[chain][u][if OF_H && gate >= gates - apart { gate + apart } else { gate }];
                    *sum = x.mul_add(V::load(self.panel.add((u * gates + gate) * LANES)), *sum);
                }
            }
            for e in 0..E {
                for n in 0..2 {
                    let sum = &mut self.eights[chain][e][n];
                    *sum = x.mul_add(V::load(self.eight.add(n * LANES)), *sum);
                }
            }
        }
        self.panel = self.panel.wrapping_add(U * gates * LANES);
        self.eight = self.eight.wrapping_add(E * 2 * LANES);
    }

    /// Products of so many numbers of x, or of h.
    #[inline(always)]
    unsafe fn add_all<C: Cell, const OF_H: bool>(&mut self, from: *const f32, len: usize) {
        // SAFETY: the caller's promise.
        unsafe {
            let mut i = 0;
            while i + N <= len {
                for chain in 0..N {
                    self.add::<C, OF_H>(chain, V::splat(*from.add(i + chain)));
                }
                i += N;
            }
            while i < len {
                self.add::<C, OF_H>(0, V::splat(*from.add(i)));
                i += 1;
            }
        }
    }

    /// The chains' sums.
    #[inline(always)]
    unsafe fn all(self) -> ([[V; SUMS]; U], [[V; 2]; E]) {
        let (mut vectors, mut eights) = (self.vectors[0], self.eights[0]);
        // SAFETY: the caller's promise.
        unsafe {
            for chain in 1..N {
                for u in 0..U {
                    for sum in 0..SUMS {
                        vectors[u][sum] = vectors[u][sum].add(self.vectors[chain][u][sum]);
                    }
                }
                for e in 0..E {
                    for n in 0..2 {
                        eights[e][n] = eights[e][n].add(self.eights[chain][e][n]);
                    }
                }
            }
        }
        (vectors, eights)
    }
}

/// Eight numbers or fewer of the state before in front of a vector; zeros where there is none.
#[inline(always)]
unsafe fn few_before(before: *const f32, live: usize) -> [f32; LANES] {
    let mut lanes = [0.0; LANES];
    if !before.is_null() {
        // SAFETY: the caller's promise.
        unsafe { few(before, lanes.as_mut_ptr(), live) };
    }
    lanes
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
        if len == HALF_LANES {
            to.copy_from_nonoverlapping(from, HALF_LANES);
        } else {
            for i in 0..len {
                *to.add(i) = *from.add(i);
            }
        }
    }
}

/// Vectors of units that are computed at once, at most: four, and eight units more.
const MOST: usize = 5;

/// What one step reads.
#[derive(Clone, Copy)]
struct Read<'a> {
    g: &'a Recurrent,
    x: *const f32,
    h: *const f32,
    packed: *const f32,
}

impl Read<'_> {
    /// `U` vectors of units from the n-th on, and, with `E` = 1, the last eight or fewer, whose weights follow: neither waits for the other.
    #[inline(always)]
    unsafe fn units<C: Cell, V: Vector, const U: usize, const E: usize, const N: usize>(self, n: usize, all: Units) {
        let g = self.g;
        // SAFETY: the caller's promise.
        unsafe {
            let panel = self.packed.add(n * g.packed_vector());
            let mut sums = Sums::<V, U, E, N>::new::<C>(g, panel, panel.add(U * g.packed_vector()));
            sums.add_all::<C, false>(self.x, g.inputs);
            sums.add_all::<C, true>(self.h, if self.h.is_null() { 0 } else { g.hidden });
            let (vectors, eights) = sums.all();

            // The eight units stand last, as one more vector.
            let count = const { U + E };
            let mut gates = [[V::splat(0.0); SUMS]; MOST];
            let (mut inner, mut squashed) = ([V::splat(0.0); MOST], [V::splat(0.0); MOST]);
            let units: [Units; U] = core::array::from_fn(|u| all.from(g.first_unit(n + u)));
            let last = (n + U) * LANES;
            let (end, live) = (all.from(last), g.hidden.saturating_sub(last));
            let before_end = if E > 0 && C::CARRIED.is_some() { few_before(end.before, live) } else { [0.0; LANES] };
            for e in 0..E {
                gates[U + e] = C::gates_of_eight(eights[e]);
            }
            for u in 0..U {
                gates[u] = C::gates(vectors[u]);
                inner[u] = C::inner(&gates[u], units[u].before);
            }
            for e in U..count {
                inner[e] = C::inner(&gates[e], before_end.as_ptr());
            }
            for pair in 0..count / 2 {
                [squashed[2 * pair], squashed[2 * pair + 1]] = C::squash_two([inner[2 * pair], inner[2 * pair + 1]]);
            }
            if count % 2 == 1 {
                squashed[count - 1] = C::squash(inner[count - 1]);
            }
            for u in 0..U {
                let made = C::finish(gates[u], inner[u], squashed[u], units[u].before);
                if const { C::KIND.states() > 1 } {
                    made.saved.store(units[u].state);
                }
                made.h.store(units[u].y);
            }
            for e in U..count {
                let made = C::finish(gates[e], inner[e], squashed[e], before_end.as_ptr());
                if const { C::KIND.states() > 1 } {
                    store_few(made.saved, end.state, live);
                }
                store_few(made.h, end.y, live);
            }
        }
    }

    /// One step of all units; nothing before counts as zero.
    #[inline(always)]
    unsafe fn step<C: Cell, V: Vector>(self, all: Units) {
        let (g, (whole, eight)) = (self.g, self.g.unit_vectors());
        // Two chains for each of four sums where there are registers for them.
        // SAFETY: the caller's promise.
        unsafe {
            macro_rules! units {
                ($U:literal, $E:literal, $chains:literal, $n:expr, $units:expr) => {
                    if const { V::ACCUMULATORS >= 12 } {
                        self.units::<C, V, $U, $E, { 2 * $chains }>($n, $units);
                    } else {
                        self.units::<C, V, $U, $E, $chains>($n, $units);
                    }
                };
            }
            if g.hidden < LANES && !eight {
                let mut lanes = [[0.0_f32; LANES]; 3];
                let [old, state, y] = &mut lanes;
                let mut units = Units { before: all.before, y: y.as_mut_ptr(), state: state.as_mut_ptr() };
                if !all.before.is_null() {
                    old.as_mut_ptr().copy_from_nonoverlapping(all.before, g.hidden);
                    units.before = old.as_ptr();
                }
                if const { C::KIND.vectors() == 1 } {
                    units!(1, 0, 1, 0, units);
                } else {
                    units!(1, 0, 4, 0, units);
                }
                if const { C::KIND.states() > 1 } {
                    all.state.copy_from_nonoverlapping(state.as_ptr(), g.hidden);
                }
                all.y.copy_from_nonoverlapping(y.as_ptr(), g.hidden);
                return;
            }
            if const { C::KIND.vectors() == 1 } {
                let alone = if eight { whole.saturating_sub(1) } else { whole };
                for n in 0..alone {
                    units!(1, 0, 1, n, all);
                }
                match (eight, whole) {
                    (false, _) => {}
                    (true, 0) => units!(0, 1, 1, 0, all),
                    (true, _) => units!(1, 1, 1, alone, all),
                }
            } else {
                // One gate a unit: as many sums at once by several vectors, and of those left by more chains.
                let fours = whole - whole % 4;
                for n in (0..fours).step_by(4) {
                    units!(4, 0, 1, n, all);
                }
                match whole - fours {
                    0 => {}
                    1 => units!(1, 0, 4, fours, all),
                    2 => units!(2, 0, 2, fours, all),
                    _ => units!(3, 0, 1, fours, all),
                }
            }
        }
    }
}

/// Copies a state, for which a call of `memcpy` would take as long as a gate: by the vectors that it was written in, since a load that spans
/// two stores waits for both.
#[inline(always)]
unsafe fn copy<V: Vector>(g: &Recurrent, from: *const f32, to: *mut f32) {
    let (whole, eight) = g.unit_vectors();
    // SAFETY: the caller's promise.
    unsafe {
        if g.hidden < LANES && !eight {
            to.copy_from_nonoverlapping(from, g.hidden);
            return;
        }
        for n in 0..whole {
            V::load(from.add(g.first_unit(n))).store(to.add(g.first_unit(n)));
        }
        if eight {
            few(from.add(whole * LANES), to.add(whole * LANES), g.hidden - whole * LANES);
        }
    }
}

/// The outputs from packed weights.
#[inline(always)]
pub(super) unsafe fn forward_packed<C: Cell, V: Vector>(
    g: &Recurrent,
    x: *const f32,
    h0: *const f32,
    c0: *const f32,
    steps: *const u32,
    packed: *const f32,
    y: *mut f32,
    hn: *mut f32,
    cn: *mut f32,
    states: *mut f32,
) {
    let row = g.row * g.hidden;
    // SAFETY: the caller's promise.
    unsafe {
        // Of a single sample the steps beyond its end need not be made.
        let g = &Recurrent { time: if steps.is_null() { g.time } else { *steps as usize }, ..*g };
        let mut h = if h0.is_null() { h0 } else { h0.add(row) };
        let mut c = if c0.is_null() { c0 } else { c0.add(row) };
        for n in 0..g.time {
            let t = g.at(n);
            let (state, y) = (states.wrapping_add(t * g.hidden), y.add(t * g.width + g.offset));
            let before = carried::<C>(h, c);
            let read = Read { g, x: x.add(t * g.inputs), h, packed };
            read.step::<C, V>(Units { before, y, state });
            (h, c) = (y.cast_const(), state.cast_const());
        }
        // Only now: states after may stand where those before do.
        for (state, to) in [(h, hn), (c, cn)].into_iter().filter(|(_, to)| g.time == 0 && !to.is_null()) {
            if state.is_null() {
                to.add(row).write_bytes(0, g.hidden);
            } else {
                to.add(row).copy_from(state, g.hidden);
            }
        }
        if g.time == 0 {
            return;
        }
        if !hn.is_null() {
            copy::<V>(g, h, hn.add(row));
        }
        if const { C::KIND.states() > 1 } && !cn.is_null() {
            copy::<V>(g, c, cn.add(row));
        }
    }
}
