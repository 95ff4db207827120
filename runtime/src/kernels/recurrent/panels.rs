//! Products with the recurrent weight, which every step reads again: its rows are laid side by side once, in panels, in the order in which
//! the product reads them, so that it streams from the caches.

use crate::kernels::register_blocks::Start;
use crate::simd::Vector;
use fireclay_ir::geometry::Recurrent;
use fireclay_ir::sizes::PANEL_ROWS;

/// A matrix: `results` rows of `sources` numbers, with the steps between them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Matrix {
    pub sources: usize,
    pub results: usize,
    pub w_source: usize,
    pub w_result: usize,
}

impl Matrix {
    /// A recurrent layer's products with h, of one step and some of the gates.
    pub const fn recurrent(g: &Recurrent, gates: usize) -> Self {
        Self { sources: g.hidden, results: gates, w_source: 1, w_result: g.hidden }
    }

    /// The transpose of all of it: the gradients' way back.
    #[cfg(feature = "train")]
    pub const fn transposed(g: &Recurrent) -> Self {
        Self { sources: g.gates(), results: g.hidden, w_source: g.hidden, w_result: 1 }
    }
}

const MOST: usize = PANEL_ROWS;

/// Runs with `$B` rows a panel: each has an accumulator in a register.
macro_rules! rows_of_a_panel {
    ($V:ty, |$B:ident| $run:block) => {{
        if const { <$V>::ACCUMULATORS >= MOST } {
            const $B: usize = MOST;
            $run
        } else if const { <$V>::ACCUMULATORS >= 6 } {
            const $B: usize = 6;
            $run
        } else {
            const $B: usize = 1;
            $run
        }
    }};
}

/// `[results / B][sources][B]`; rows beyond the last are zero.
#[inline(always)]
unsafe fn pack_panels<V: Vector>(m: &Matrix, weight: *const f32, panels: *mut f32) {
    rows_of_a_panel!(V, |B| {
        // SAFETY: the caller's promise: `panels` holds `panels_len` floats, and B is at most MOST.
        unsafe {
            let mut to = panels;
            for first in (0..m.results).step_by(B) {
                let rows = (m.results - first).min(B);
                let from = weight.add(first * m.w_result);
                // Sixteen rows a panel are whole vectors, as they stand or transposed sixteen at a time.
                let whole = match (V::WIDTH == MOST && B == MOST && rows == MOST, m.w_result, m.w_source) {
                    (true, 1, _) => {
                        for source in 0..m.sources {
                            V::load(from.add(source * m.w_source)).store(to.add(source * B));
                        }
                        m.sources
                    }
                    (true, _, 1) => {
                        let whole = m.sources - m.sources % MOST;
                        let mut square = [0.0_f32; MOST * MOST];
                        for source in (0..whole).step_by(MOST) {
                            for row in 0..MOST {
                                V::load(from.add(row * m.w_result + source)).store(square.as_mut_ptr().add(row * MOST));
                            }
                            V::transpose(square.as_ptr(), to.add(source * MOST), MOST);
                        }
                        whole
                    }
                    _ => 0,
                };
                for source in whole..m.sources {
                    for row in 0..B {
                        let there = row < rows;
                        *to.add(source * B + row) = if there { *from.add(row * m.w_result + source * m.w_source) } else { 0.0 };
                    }
                }
                to = to.wrapping_add(m.sources * B);
            }
        }
    });
}

/// `y = matrix · x`, or added to it.
#[inline(always)]
unsafe fn multiply_panels<V: Vector>(m: &Matrix, panels: *const f32, x: *const f32, y: *mut f32, accumulate: bool) {
    rows_of_a_panel!(V, |B| {
        let start = if accumulate { Start::There } else { Start::Zero };
        // SAFETY: the caller's promise.
        unsafe {
            let mut w = panels;
            for first in (0..m.results).step_by(B) {
                let rows = (m.results - first).min(B);
                let to = y.add(first * V::WIDTH);
                let mut acc = [[V::splat(0.0); 1]; B];
                if rows == B {
                    acc = start.accumulators::<V, B, 1>(first, to, V::WIDTH, 0);
                }
                let mut x = x;
                for _ in 0..m.sources {
                    let input = V::load(x);
                    for b in 0..B {
                        acc[b][0] = V::splat(*w.add(b)).mul_add(input, acc[b][0]);
                    }
                    (w, x) = (w.wrapping_add(B), x.wrapping_add(V::WIDTH));
                }
                if rows == B {
                    for b in 0..B {
                        acc[b][0].store(to.add(b * V::WIDTH));
                    }
                } else {
                    // The last panel, by way of memory: registers have no numbers that run.
                    let mut sums = [0.0_f32; MOST * crate::simd::LANES];
                    for b in 0..B {
                        acc[b][0].store(sums.as_mut_ptr().add(b * V::WIDTH));
                    }
                    for i in 0..rows * V::WIDTH {
                        *to.add(i) = sums[i] + if accumulate { *to.add(i) } else { 0.0 };
                    }
                }
            }
        }
    });
}

#[expect(dead_code, reason = "a single sample reads each number once")]
mod entry {
    use super::{Matrix, multiply_panels, pack_panels};
    entries! {
        /// `[results / B][sources][B]`, where B depends on the instruction set.
        pub(in crate::kernels) unsafe fn pack_panels(m: &Matrix, weight: *const f32, panels: *mut f32);
        /// `y = matrix · x`, or added to it.
        pub(in crate::kernels) unsafe fn multiply_panels(
            m: &Matrix, panels: *const f32, x: *const f32, y: *mut f32, accumulate: bool,
        );
    }
}
pub(super) use entry::chwn16::{multiply_panels as multiply, pack_panels as pack};
