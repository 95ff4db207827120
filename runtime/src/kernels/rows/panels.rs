//! Parts of a weight in the order in which blocks read them.

use crate::simd::{LANES, Vector};

/// A weight as a matrix of `results` × `sources` numbers. One of both steps is 1.
#[derive(Debug, Clone, Copy)]
pub struct Matrix {
    pub weight: *const f32,
    pub results: usize,
    pub sources: usize,
    /// Floats from a result to the next.
    pub result: usize,
    /// Floats from a source to the next.
    pub source: usize,
}

impl Matrix {
    /// `[results][sources]`, as parameters lie.
    pub const fn of_rows(weight: *const f32, results: usize, sources: usize) -> Self {
        Self { weight, results, sources, result: sources, source: 1 }
    }

    /// Its transpose: the way back, from `sources` outputs to `results` inputs.
    pub const fn transposed(weight: *const f32, results: usize, sources: usize) -> Self {
        Self { weight, results, sources, result: 1, source: results }
    }
}

/// Packs `[source][vectors][16]`: results from `first` on, of which there are `live`, zeros behind them; sources `from..until`.
#[inline(always)]
pub(super) unsafe fn pack<V: Vector>(
    m: &Matrix,
    (first, live): (usize, usize),
    (from, until): (usize, usize),
    vectors: usize,
    to: *mut f32,
) {
    let next = vectors * LANES;
    for n in 0..vectors {
        let here = live.saturating_sub(n * LANES).min(LANES);
        let weight = m.weight.wrapping_add((first + n * LANES) * m.result + from * m.source);
        let to = to.wrapping_add(n * LANES);
        let sources = until - from;
        // SAFETY: the caller's promise; numbers beyond the last result are not read.
        unsafe {
            let whole = match (here == LANES, m.result == 1) {
                (true, true) => {
                    for k in 0..sources {
                        V::load(weight.add(k * m.source)).store(to.add(k * next));
                    }
                    sources
                }
                (true, false) => {
                    let whole = sources - sources % LANES;
                    let mut square = [0.0_f32; LANES * LANES];
                    for k in (0..whole).step_by(LANES) {
                        for lane in 0..LANES {
                            V::load(weight.add(lane * m.result + k)).store(square.as_mut_ptr().add(lane * LANES));
                        }
                        V::transpose(square.as_ptr(), to.add(k * next), next);
                    }
                    whole
                }
                _ => 0,
            };
            for k in whole..sources {
                for lane in 0..LANES {
                    *to.add(k * next + lane) = if lane < here { *weight.add(lane * m.result + k * m.source) } else { 0.0 };
                }
            }
        }
    }
}
