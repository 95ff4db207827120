//! Long short-term memory (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000), as PyTorch's:
//!
//! ```text
//! i, f, o = σ(W x + b + U h + c)   g = tanh(W x + b + U h + c)
//! cell = f · cell before + i · g   h = o · tanh(cell)
//! ```

#[cfg(feature = "train")]
use super::cell::{Back, Grads};
use super::cell::{Cell, Made, SUMS, four_of_eight};
use crate::math;
use crate::simd::{LANES, TINY, Vector};
use fireclay_ir::geometry::{CellKind, HALF_LANES};

/// See the module.
pub(super) struct Lstm;

// SAFETY: four sums, h and c, c is saved.
unsafe impl Cell for Lstm {
    const KIND: CellKind = CellKind::Lstm;
    const CARRIED: Option<usize> = Some(1);

    #[inline(always)]
    unsafe fn gates<V: Vector>(sums: [V; SUMS]) -> [V; SUMS] {
        // SAFETY: the caller's promise.
        unsafe { math::gates(sums) }
    }

    /// The first vector holds i and f, both sigmoids, the second one g, a tanh, and o, a sigmoid; `σ(x) = (1 + tanh(x / 2)) / 2`.
    #[inline(always)]
    unsafe fn gates_of_eight<V: Vector>([first, second]: [V; 2]) -> [V; SUMS] {
        const SECOND: [[f32; LANES]; 2] = {
            let mut scale_and_shift = [[1.0; LANES], [0.0; LANES]];
            let mut lane = HALF_LANES;
            while lane < LANES {
                (scale_and_shift[0][lane], scale_and_shift[1][lane]) = (0.5, 0.5);
                lane += 1;
            }
            scale_and_shift
        };
        // SAFETY: the caller's promise.
        unsafe {
            let (half, scale, shift) = (V::splat(0.5), V::load(SECOND[0].as_ptr()), V::load(SECOND[1].as_ptr()));
            let [first, second] = math::gate_tanhs([first.mul(half), second.mul(scale)]);
            four_of_eight([first.mul_add(half, half), second.mul_add(scale, shift)])
        }
    }

    /// The cell.
    #[inline(always)]
    unsafe fn inner<V: Vector>(&[i, f, g, _]: &[V; SUMS], before: *const f32) -> V {
        // SAFETY: the caller's promise.
        unsafe {
            let cell = i.mul(g);
            if before.is_null() { cell } else { f.mul_add(V::load(before), cell) }
        }
    }

    #[inline(always)]
    unsafe fn squash<V: Vector>(cell: V) -> V {
        // SAFETY: the caller's promise.
        unsafe { math::gate_tanh(cell) }
    }

    #[inline(always)]
    unsafe fn squash_two<V: Vector>(cells: [V; 2]) -> [V; 2] {
        // SAFETY: the caller's promise.
        unsafe { math::gate_tanhs(cells) }
    }

    #[inline(always)]
    unsafe fn finish<V: Vector>(gates: [V; SUMS], cell: V, tanh: V, _: *const f32) -> Made<V> {
        // SAFETY: the caller's promise. A cell that nothing comes into decays: at some point it is empty.
        unsafe { Made { h: gates[3].mul(tanh), gates, saved: cell.flush(TINY) } }
    }

    #[cfg(feature = "train")]
    #[inline(always)]
    unsafe fn backward<V: Vector>(back: Back<V>, before: *const f32) -> Grads<V> {
        let Back { gates: [i, f, g, o], saved: cell, dh, dc } = back;
        // SAFETY: the caller's promise.
        unsafe {
            let one = V::splat(1.0);
            let tanh = math::gate_tanh(cell);
            let slope = one.sub(tanh.mul(tanh));
            let d = dh.mul(o).mul_add(slope, dc);
            let forgotten = if before.is_null() { V::splat(0.0) } else { d.mul(V::load(before)) };
            let through = |d: V, s: V| d.mul(s).mul(one.sub(s));
            let gates = [through(d.mul(g), i), through(forgotten, f), d.mul(i).mul(one.sub(g.mul(g))), through(dh.mul(tanh), o)];
            Grads { gates, apart: V::splat(0.0), carried: d.mul(f) }
        }
    }
}

fireclay_ir::lstm_kernels!(cell_entries[Lstm]);
