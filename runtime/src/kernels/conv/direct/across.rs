//! Convolutions in `chw16c` across all samples of a batch: the weight of some filters is packed once for all samples, and stays in cache. Where maps
//! are small, a tile is the same position of several samples, which meets the same taps in all of them.

use super::train_chw16c::{accumulated, backward_panel, forward_panel};
use crate::kernels::conv::few_positions;
use crate::kernels::conv::product::{PanelProduct, Source, by_panels, pack_bias, positions};
use crate::kernels::conv::tiling::{Positions, Tile, for_each_tile};
use crate::simd::{LANES, Vector};
use core::marker::PhantomData;
use fireclay_ir::geometry::{Axis, Conv};
use fireclay_ir::sizes::panel_len;
use fireclay_ir::{Samples, Share};

/// The tile of a position in all samples.
struct AcrossSamples<'a, T> {
    tile: &'a T,
    samples: Samples,
    /// Results may be computed twice.
    twice: bool,
}

impl<T: Tile> Tile for AcrossSamples<'_, T> {
    const MOST: usize = 1;

    #[inline(always)]
    unsafe fn tile<const P: usize>(&self, at: &Positions) {
        let step = self.samples.step / LANES;
        let at = Positions { source_next: step, result_next: step, ..*at };
        // SAFETY: the caller's promise for each sample.
        unsafe { positions(self.tile, at, self.samples.count, self.twice) };
    }
}

/// Whether tiles along a row or down a column of one sample are short.
fn small(rows: &Axis, cols: &Axis) -> bool {
    const SHORT: usize = 8;
    let alike = |axis: &Axis| axis.results() / axis.phases().max(1);
    alike(rows) < SHORT && alike(cols) < SHORT
}

#[inline(always)]
unsafe fn sums_across<V: Vector>(
    g: &Conv,
    samples: Samples,
    transposed: bool,
    x: *const f32,
    weight: *const f32,
    bias: *const f32,
    (y, accumulate): (*mut f32, bool),
    scratch: *mut f32,
    share: Share,
) {
    let [channels, filters] = g.per_group();
    let [sources, results] = if transposed { [filters, channels] } else { [channels, filters] };
    let (rows, cols) = (g.rows(transposed), g.cols(transposed));
    let (from_map, to_map) = (rows.sources() * cols.sources(), rows.results() * cols.results());
    let (panels, panel) = (results.div_ceil(LANES), panel_len(sources, LANES, g.area()));
    let (from, to) = share.evenly(g.groups * panels);
    let across = samples.count >= 3 && small(&rows, &cols);
    // SAFETY: the caller's promise: scratch holds what `conv_across_scratch` says. Groups of several fill their vectors.
    unsafe {
        for group in from / panels.max(1)..to.div_ceil(panels.max(1)) {
            let (begin, end) = (from.max(group * panels), to.min((group + 1) * panels));
            let x = x.add(group * sources * from_map);
            macro_rules! take {
                ($F:literal, $first:ident) => {{
                    let first = begin + $first;
                    for f in 0..$F {
                        let (at, to) = ((first + f - group * panels) * LANES, scratch.add(f * panel));
                        if transposed {
                            backward_panel::<V>(g, weight, group, at, to);
                        } else {
                            forward_panel::<V>(g, weight, group, at, to);
                        }
                    }
                    let biases = scratch.add($F * panel);
                    let (at, filters) = (first * LANES, (g.groups * results - first * LANES).min($F * LANES));
                    pack_bias(filters, if bias.is_null() { bias } else { bias.add(at) }, biases);
                    let of = |sample: usize| {
                        let to = y.add(sample * samples.step + at * to_map);
                        PanelProduct::<V, $F> {
                            from: Source::chw16c(x.add(sample * samples.step), sources, from_map),
                            area: g.area(),
                            panel,
                            weights: scratch,
                            bias: biases,
                            add: accumulated(to, accumulate),
                            low: f32::NEG_INFINITY,
                            to,
                            to_step: to_map * LANES,
                            vector: PhantomData,
                        }
                    };
                    let size = [rows.results(), cols.results()];
                    if across {
                        let tile = AcrossSamples { tile: &of(0), samples, twice: !accumulate };
                        for_each_tile(&tile, &rows, &cols, [0, 0], size);
                    } else {
                        for sample in 0..samples.count {
                            for_each_tile(&of(sample), &rows, &cols, [0, 0], size);
                        }
                    }
                }};
            }
            by_panels!(V, end - begin, take);
        }
    }
}

/// The sums by the kernels that so many positions take.
unsafe fn sums(
    g: &Conv,
    samples: Samples,
    transposed: bool,
    x: *const f32,
    weight: *const f32,
    bias: *const f32,
    y: (*mut f32, bool),
    scratch: *mut f32,
    share: Share,
) {
    // SAFETY: the caller's promise.
    unsafe {
        match (few_positions::apply(g, samples), transposed) {
            (false, _) => chwn16::sums_across(g, samples, transposed, x, weight, bias, y, scratch, share),
            (true, false) => few_positions::chwn16::few_forward(g, samples, x, weight, bias, y, scratch, share),
            (true, true) => few_positions::chwn16::few_backward_input(g, samples, x, weight, bias, y, scratch, share),
        }
    }
}

entries! {
    /// Sums, forward or transposed, for the results of a share: y, and whether they are added to it.
    #[allow(dead_code, reason = "the lanes are channels here")]
    pub(super) unsafe fn sums_across(
        g: &Conv, samples: Samples, transposed: bool, x: *const f32, weight: *const f32, bias: *const f32, y: (*mut f32, bool), scratch: *mut f32, share: Share,
    );
}

macro_rules! kernels {
    ($($forward:ident, $backward_input:ident, $transposed:literal;)*) => {
        $(
            /// The sums and the bias, which may be null.
            ///
            /// # Safety
            /// Pointers are valid for the geometry (`docs/kernels.md`) in each sample; scratch holds `conv_across_scratch` floats.
            pub unsafe fn $forward(
                g: &Conv,
                samples: Samples,
                x: *const f32,
                weight: *const f32,
                bias: *const f32,
                y: *mut f32,
                scratch: *mut f32,
                share: Share,
            ) {
                // SAFETY: the caller's promise.
                unsafe { sums(g, samples, $transposed, x, weight, bias, (y, false), scratch, share) };
            }

            /// The gradient of x, or added to it.
            ///
            /// # Safety
            /// As for the forward pass.
            pub unsafe fn $backward_input(
                g: &Conv,
                samples: Samples,
                dy: *const f32,
                weight: *const f32,
                dx: *mut f32,
                accumulate: bool,
                scratch: *mut f32,
                share: Share,
            ) {
                let null = core::ptr::null();
                // SAFETY: the caller's promise.
                unsafe { sums(g, samples, !$transposed, dy, weight, null, (dx, accumulate), scratch, share) };
            }
        )*
    };
}

kernels! {
    conv_across_forward, conv_across_backward_input, false;
    conv_transpose_across_forward, conv_transpose_across_backward_input, true;
}
