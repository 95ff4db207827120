//! Convolutions over a sequence as products of rows: a result is a row of y, its sources are the rows of x that its taps meet. Lanes are results.
//!
//! A weight becomes panels of sixteen results, `[tap][source][16]` and their biases. Every result is one chain of sums in an order that the geometry
//! alone decides, so that its bits depend on no shares.

use crate::kernels::conv::tiling::{Positions, Tile, for_each_tile};
use crate::kernels::rows::block::{load_row, store_row};
use crate::simd::{LANES, Vector};
use core::marker::PhantomData;
use fireclay_ir::geometry::{Axis, Conv1d};
use fireclay_ir::sizes::{CONV1D_VECTORS, conv1d_panel_len};

/// Rows of results from rows of sources.
#[derive(Debug, Clone, Copy)]
pub(super) struct Windows {
    pub down: Axis,
    pub time: Axis,
    pub groups: usize,
    /// Sources and results of a group.
    pub sources: usize,
    pub results: usize,
    /// Weights from a result to the next, and from a source to the next; taps lie side by side.
    result: usize,
    source: usize,
}

impl Windows {
    /// Of the forward pass, or of the gradient of x.
    pub fn new(g: &Conv1d, backward: bool) -> Self {
        let conv = g.conv();
        let turned = backward != g.transposed;
        let [channels, filters] = conv.per_group();
        let (down, time) = (conv.rows(turned), conv.cols(turned));
        let (sources, results) = if turned { (filters, channels) } else { (channels, filters) };
        let (of_channel, of_filter) = (g.kernel, channels * g.kernel);
        let (result, source) = if turned { (of_channel, of_filter) } else { (of_filter, of_channel) };
        Self { down, time, groups: g.groups, sources, results, result, source }
    }

    pub fn taps(&self) -> usize {
        self.time.kernel
    }

    pub fn panel(&self) -> usize {
        conv1d_panel_len(self.taps(), self.sources)
    }

    /// Packs results from `first` of a group on, of which there are `live`, in so many panels; biases are zero where `bias` is null.
    pub unsafe fn pack(&self, group: usize, (first, live): (usize, usize), weight: *const f32, bias: *const f32, to: *mut f32) {
        let (taps, sources) = (self.taps(), self.sources);
        let weight = weight.wrapping_add(group * self.results * sources * taps + first * self.result);
        for n in 0..live.div_ceil(LANES) {
            let here = (live - n * LANES).min(LANES);
            let (weight, to) = (weight.wrapping_add(n * LANES * self.result), to.wrapping_add(n * self.panel()));
            // SAFETY: the caller's promise; lanes beyond the last result read nothing.
            unsafe {
                for source in 0..sources {
                    for tap in 0..taps {
                        let from = weight.add(source * self.source + tap);
                        let to = to.add((tap * sources + source) * LANES);
                        for lane in 0..LANES {
                            *to.add(lane) = if lane < here { *from.add(lane * self.result) } else { 0.0 };
                        }
                    }
                }
                let to = to.add(taps * sources * LANES);
                for lane in 0..LANES {
                    let there = lane < here && !bias.is_null();
                    *to.add(lane) = if there { *bias.add(group * self.results + first + n * LANES + lane) } else { 0.0 };
                }
            }
        }
    }
}

/// `N` vectors of results, of a group and a sample.
struct Results<'a, V, const N: usize> {
    g: &'a Windows,
    /// Sources of the group, and floats from a step to the next.
    x: *const f32,
    x_next: usize,
    /// The first of the results, and floats from a step to the next.
    y: *mut f32,
    y_next: usize,
    panels: *const f32,
    /// How many results there are.
    live: usize,
    /// Sources `from..until` of every tap.
    from: usize,
    until: usize,
    /// Added to what is there, or starting from the biases.
    there: bool,
    vector: PhantomData<V>,
}

impl<V: Vector, const N: usize> Tile for Results<'_, V, N> {
    /// More rows than six would leave too few registers for the places of their sources.
    const MOST: usize = if V::ACCUMULATORS / N < 6 { V::ACCUMULATORS / N } else { 6 };

    #[inline(always)]
    unsafe fn tile<const P: usize>(&self, at: &Positions) {
        let (sources, panel) = (self.g.sources, self.g.panel());
        let (next, to_next) = (at.source_next * self.x_next, at.result_next * self.y_next);
        // SAFETY: the caller's promise. Pointers past the last step are not read.
        unsafe {
            let y = self.y.add(at.result * self.y_next);
            let mut acc = [[V::splat(0.0); N]; P];
            if self.there {
                for p in 0..P {
                    acc[p] = load_row::<V, N>(y.add(p * to_next), self.live);
                }
            } else {
                let biases = self.panels.add(panel - LANES);
                for n in 0..N {
                    let bias = V::load(biases.add(n * panel));
                    for p in 0..P {
                        acc[p][n] = bias;
                    }
                }
            }
            let mut x0 = self.x.wrapping_add(at.source.wrapping_mul(self.x_next) + self.from);
            let mut w0 = self.panels.wrapping_add((at.tap * sources + self.from) * LANES);
            for _ in 0..at.cols {
                let (mut x, mut w) = (x0, w0);
                for _ in self.from..self.until {
                    let mut weights = [V::splat(0.0); N];
                    for n in 0..N {
                        weights[n] = V::load(w.add(n * panel));
                    }
                    for p in 0..P {
                        let input = V::splat(*x.add(p * next));
                        for n in 0..N {
                            acc[p][n] = input.mul_add(weights[n], acc[p][n]);
                        }
                    }
                    (x, w) = (x.wrapping_add(1), w.wrapping_add(LANES));
                }
                x0 = x0.wrapping_add(at.source_col.wrapping_mul(self.x_next));
                w0 = w0.wrapping_add(at.tap_col * sources * LANES);
            }
            for p in 0..P {
                store_row(acc[p], y.add(p * to_next), self.live);
            }
        }
    }
}

/// A sequence: its first row, and floats from a row to the next.
pub(super) type Sequence<P> = (P, usize);

/// Results of so many panels, at steps `steps.0..steps.1` of one sample: `x` is that of the group, `y` that of the first result.
#[inline(always)]
pub(super) unsafe fn results<V: Vector, const N: usize>(
    g: &Windows,
    (x, x_next): Sequence<*const f32>,
    (y, y_next): Sequence<*mut f32>,
    steps: (usize, usize),
    (panels, live): (*const f32, usize),
    there: bool,
) {
    /// Weights of a result that meet all steps before the next ones: they stay in cache.
    const AT_ONCE: usize = 512;
    let chunk = (AT_ONCE / g.taps().max(1)).max(LANES);
    let mut from = 0;
    // Without sources there still is what results start from.
    loop {
        let until = (from + chunk).min(g.sources);
        let there = there || from > 0;
        let tile = Results::<V, N> { g, x, x_next, y, y_next, panels, live, from, until, there, vector: PhantomData };
        // SAFETY: the caller's promise.
        unsafe { for_each_tile(&tile, &g.down, &g.time, [0, steps.0], [1, steps.1]) };
        from = until;
        if from >= g.sources {
            break;
        }
    }
}

/// How many vectors of results are computed at once where so many results are left.
#[inline(always)]
pub(super) const fn vectors<V: Vector>(left: usize) -> usize {
    if V::ACCUMULATORS >= 24 && left > (CONV1D_VECTORS - 1) * LANES {
        CONV1D_VECTORS
    } else if V::ACCUMULATORS >= 12 && left > LANES {
        2
    } else {
        1
    }
}

/// Calls `$run` with a const number of vectors, of those that [`vectors`] gives.
macro_rules! with_vectors {
    ($V:ty, $vectors:expr, |$N:ident| $run:block) => {
        match $vectors {
            CONV1D_VECTORS if const { <$V as crate::simd::Vector>::ACCUMULATORS >= 24 } => {
                const $N: usize = CONV1D_VECTORS;
                $run
            }
            2 if const { <$V as crate::simd::Vector>::ACCUMULATORS >= 12 } => {
                const $N: usize = 2;
                $run
            }
            _ => {
                const $N: usize = 1;
                $run
            }
        }
    };
}
pub(super) use with_vectors;

/// Packs a convolution over a sequence; `bias` may be null.
///
/// # Safety
/// Pointers are valid for the geometry; `packed` holds `conv1d_packed_len` floats.
pub unsafe fn conv1d_pack(g: &Conv1d, weight: *const f32, bias: *const f32, packed: *mut f32) {
    let g = Windows::new(g, false);
    let of_group = g.results.div_ceil(LANES) * g.panel();
    for group in 0..g.groups {
        // SAFETY: the caller's promise.
        unsafe { g.pack(group, (0, g.results), weight, bias, packed.add(group * of_group)) };
    }
}

#[inline(always)]
unsafe fn conv1d_forward_packed<V: Vector>(g: &Conv1d, x: *const f32, packed: *const f32, y: *mut f32) {
    let windows = Windows::new(g, false);
    let mut panels = packed;
    // SAFETY: the caller's promise.
    unsafe {
        for group in 0..windows.groups {
            let mut first = 0;
            while first < windows.results {
                let live = windows.results - first;
                let x = (x.add(group * windows.sources), g.features);
                let y = (y.add(group * windows.results + first), g.channels);
                let count = vectors::<V>(live);
                with_vectors!(V, count, |N| {
                    results::<V, N>(&windows, x, y, (0, g.out_time), (panels, live.min(N * LANES)), false);
                });
                panels = panels.add(count * windows.panel());
                first += count * LANES;
            }
        }
    }
}

#[expect(dead_code, reason = "the lanes are results here, so that only one of both entries is used")]
mod entry {
    use super::conv1d_forward_packed;
    fireclay_ir::conv1d_packed_kernels!(declared);
}

/// The kernels of one sample.
pub mod chw {
    pub use super::conv1d_pack;
    pub use super::entry::chwn16::conv1d_forward_packed;
}

fireclay_ir::conv1d_pack_kernels!(checked[by_layout]);
