//! Products of one row of each sample with a weight that is packed once for many of them: a recurrent layer's steps. A weight that is loaded meets
//! the rows of several samples in registers; the more there are, the fewer vectors of results stand beside them.

use super::Rows;
use super::block::{add_products, load_row, store_row};
use super::panels::{Matrix, pack};
use crate::simd::{LANES, Vector};

/// Vectors of results that are computed at once for so many samples, a power of two: enough chains for a few samples, few for many, so that all of
/// them meet a weight that is loaded once.
const fn most<V: Vector>(samples: usize) -> usize {
    if V::ACCUMULATORS >= 24 {
        match samples {
            0..=3 => 8,
            4..=6 => 4,
            _ => 2,
        }
    } else if V::ACCUMULATORS >= 6 {
        match samples {
            0..=1 => 4,
            2..=3 => 2,
            _ => 1,
        }
    } else {
        1
    }
}

/// Groups of vectors, as large as may be: the first result and the vectors of each. (No closures: they do not take the instruction set of the function
/// that they are inlined into.)
struct Groups {
    vectors: usize,
    first: usize,
    size: usize,
}

impl Groups {
    fn new<V: Vector>(results: usize, samples: usize) -> Self {
        Self { vectors: results.div_ceil(LANES), first: 0, size: most::<V>(samples) }
    }
}

impl Iterator for Groups {
    type Item = (usize, usize);

    #[inline(always)]
    fn next(&mut self) -> Option<(usize, usize)> {
        if self.vectors == 0 {
            return None;
        }
        while self.size > self.vectors {
            self.size /= 2;
        }
        let group = (self.first, self.size);
        self.first += self.size * LANES;
        self.vectors -= self.size;
        Some(group)
    }
}

/// Packs the weight for so many samples: `step_panels_len` floats.
#[inline(always)]
unsafe fn pack_steps<V: Vector>(m: &Matrix, samples: usize, panels: *mut f32) {
    for (first, vectors) in Groups::new::<V>(m.results, samples) {
        let live = (m.results - first).min(vectors * LANES);
        // SAFETY: the caller's promise.
        unsafe { pack::<V>(m, (first, live), (0, m.sources), vectors, panels.add(first * m.sources)) };
    }
}

/// The n-th row of each of `R` samples from `sample` on × `N` vectors from `first` on.
#[inline(always)]
unsafe fn step<V: Vector, const R: usize, const N: usize>(
    sources: usize,
    panel: *const f32,
    (x, y): (&Rows<*const f32>, &Rows<*mut f32>),
    sample: usize,
    (first, live, add): (usize, usize, bool),
) {
    // SAFETY: the caller's promise.
    unsafe {
        let y: [*mut f32; R] = core::array::from_fn(|r| y.row(sample + r, 0).wrapping_add(first));
        let mut sums = [[V::splat(0.0); N]; R];
        for r in 0..if add { R } else { 0 } {
            sums[r] = load_row::<V, N>(y[r], live);
        }
        add_products::<V, R, N>(sources, panel, core::array::from_fn(|r| x.row(sample + r, 0)), &mut sums);
        for r in 0..R {
            store_row(sums[r], y[r], live);
        }
    }
}

/// `y = weight · x`, or added to it, for the first row of each sample. The panels are packed for as many samples.
#[inline(always)]
unsafe fn multiply_steps<V: Vector>(m: &Matrix, panels: *const f32, x: Rows<*const f32>, y: Rows<*mut f32>, add: bool) {
    let samples = x.samples.count;
    for (first, vectors) in Groups::new::<V>(m.results, samples) {
        let panel = panels.wrapping_add(first * m.sources);
        let at = (first, (m.results - first).min(vectors * LANES), add);
        let (mut sample, rows) = (0, (&x, &y));
        macro_rules! all {
            ($N:literal: $($R:literal)*) => {
                while sample < samples {
                    // Blocks of the same size, or one less.
                    let left = samples - sample;
                    let most = const { V::ACCUMULATORS / $N };
                    let size = left.div_ceil(left.div_ceil(if most > 12 { 12 } else { most }));
                    match size {
                        $($R if const { $R * $N <= V::ACCUMULATORS } => {
                            step::<V, $R, $N>(m.sources, panel, rows, sample, at);
                            sample += $R;
                        })*
                        _ => {
                            step::<V, 1, $N>(m.sources, panel, rows, sample, at);
                            sample += 1;
                        }
                    }
                }
            };
        }
        // SAFETY: the caller's promise.
        unsafe {
            match vectors {
                8 if const { V::ACCUMULATORS >= 24 } => all!(8: 2 3),
                4 if const { V::ACCUMULATORS >= 24 } => all!(4: 2 3 4 5 6),
                4 if const { V::ACCUMULATORS >= 4 } => all!(4: 2),
                2 if const { V::ACCUMULATORS >= 24 } => all!(2: 2 3 4 5 6 7 8 9 10 11 12),
                2 if const { V::ACCUMULATORS >= 2 } => all!(2: 2 3),
                _ => all!(1: 2 3 4 5 6 7 8 9 10 11 12),
            }
        }
    }
}

#[expect(dead_code, reason = "the lanes are results here, so that only one of both entries is used")]
mod entry {
    use super::{Matrix, Rows, multiply_steps, pack_steps};
    entries! {
        /// Packs the weight for so many samples: `step_panels_len` floats.
        pub(in crate::kernels) unsafe fn pack_steps(m: &Matrix, samples: usize, panels: *mut f32);
        /// `y = weight · x`, or added to it, for the first row of each sample.
        pub(in crate::kernels) unsafe fn multiply_steps(
            m: &Matrix, panels: *const f32, x: Rows<*const f32>, y: Rows<*mut f32>, add: bool,
        );
    }
}
pub(in crate::kernels) use entry::chwn16::{multiply_steps as multiply, pack_steps as pack_for};
