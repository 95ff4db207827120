//! The mean of points in each bin, each between four positions.
//!
//! What a point takes of a position is a product of one share down and one across, and so is the sum over all points of a bin. So the shares of
//! all points are added up for each axis, and a bin is two sums of products: rows first, which lie side by side in memory. Forward, vectors are sixteen channels.

use super::channels::{bins, channels_last, map_len, maps_again};
use super::{Span, around};
use crate::simd::{LANES, Vector};
use fireclay_ir::geometry::Roi;

/// A region along one axis.
struct Side {
    start: f32,
    bin: f32,
    /// The points along a bin.
    points: usize,
    /// The positions of the map.
    size: usize,
}

impl Side {
    #[inline(always)]
    fn new(g: &Roi, [first, last]: [f32; 2], bins: usize, size: usize) -> Self {
        let offset = if g.aligned { 0.5 } else { 0.0 };
        let start = first * g.scale - offset;
        let mut len = last * g.scale - offset - start;
        if !g.aligned {
            // Malformed regions have one position.
            len = len.max(1.0);
        }
        let bin = len / bins as f32;
        let whole = bin as usize;
        let points = if g.sampling > 0 { g.sampling } else { whole.saturating_add(usize::from((whole as f32) < bin)) };
        Self { start, bin, points, size }
    }

    /// Writes what the points of a bin take of each position, and gives the positions of which they take something.
    #[inline(always)]
    unsafe fn weights(&self, bin: usize, weights: *mut f32) -> Span {
        // SAFETY: the caller's promise: one weight for each position of the map.
        unsafe {
            weights.write_bytes(0, self.size);
            let (start, step) = (self.start + bin as f32 * self.bin, self.bin / self.points as f32);
            let mut span = (0, 0);
            for i in self.near(start, step) {
                let place = start + (i as f32 + 0.5) * self.bin / self.points as f32;
                // Beyond the map by more than a position it takes nothing; NaN neither.
                if !(place >= -1.0 && place <= self.size as f32) {
                    continue;
                }
                let place = place.max(0.0);
                let at = (place as usize).min(self.size - 1);
                let share = if at + 1 < self.size { place - at as f32 } else { 0.0 };
                *weights.add(at) += 1.0 - share;
                if at + 1 < self.size {
                    *weights.add(at + 1) += share;
                }
                span = around(span, (at, (at + 2).min(self.size)));
            }
            span
        }
    }

    /// The points that may lie on the map: a region may be so large that most of its points do not.
    #[inline(always)]
    fn near(&self, start: f32, step: f32) -> core::ops::Range<usize> {
        if !(start.is_finite() && step.is_finite()) {
            return 0..0;
        }
        if step == 0.0 {
            return 0..self.points;
        }
        let (to_begin, to_end) = ((-1.0 - start) / step, (self.size as f32 - start) / step);
        let (from, to) = (to_begin.min(to_end), to_begin.max(to_end));
        // Two more on either side for what is rounded.
        (from - 2.0) as usize..((to + 2.0) as usize).min(self.points)
    }
}

/// A region: its sides down and across, and one by the number of points of a bin.
struct Region {
    down: Side,
    across: Side,
    scale: f32,
}

impl Region {
    #[inline(always)]
    unsafe fn new(g: &Roi, rois: *const f32, region: usize, (sample, samples): (usize, usize)) -> Self {
        // SAFETY: the caller's promise.
        let [x1, y1, x2, y2] = [0, 1, 2, 3].map(|i| unsafe { *rois.add((region * 4 + i) * samples + sample) });
        let (down, across) = (Side::new(g, [y1, y2], g.out_height, g.height), Side::new(g, [x1, x2], g.out_width, g.width));
        let scale = 1.0 / down.points.saturating_mul(across.points).max(1) as f32;
        Self { down, across, scale }
    }
}

/// The parts of scratch.
struct Scratch {
    /// For each bin across the weight of each column.
    columns: *mut f32,
    rows: *mut f32,
    /// Sums of a row; forward of sixteen channels, `[column][channel]`.
    sums: *mut f32,
    /// Where the columns of each bin begin and end.
    spans: *mut u32,
}

impl Scratch {
    #[inline(always)]
    unsafe fn new(g: &Roi, scratch: *mut f32) -> Self {
        // SAFETY: the caller's promise: as long as `roi_align_scratch` says.
        unsafe {
            let rows = scratch.add(g.out_width * g.width);
            let sums = rows.add(g.height);
            Self { columns: scratch, rows, sums, spans: sums.add(g.width * LANES).cast() }
        }
    }

    /// Writes the weights of the columns of all bins across; gives the columns of which any takes something.
    #[inline(always)]
    unsafe fn all_columns(&self, g: &Roi, across: &Side) -> Span {
        let mut all = (0, 0);
        for ox in 0..g.out_width {
            // SAFETY: as above.
            unsafe {
                let span = across.weights(ox, self.columns.add(ox * g.width));
                all = around(all, span);
                (*self.spans.add(2 * ox), *self.spans.add(2 * ox + 1)) = (span.0 as u32, span.1 as u32);
            }
        }
        all
    }

    /// The weights of a bin across, and its columns.
    #[inline(always)]
    unsafe fn bin(&self, g: &Roi, ox: usize) -> (*const f32, Span) {
        // SAFETY: as above.
        unsafe {
            let span = (*self.spans.add(2 * ox) as usize, *self.spans.add(2 * ox + 1) as usize);
            (self.columns.add(ox * g.width), span)
        }
    }
}

/// The bins of a region in sixteen channels, of which this is the map: `[bin][channel]`.
#[inline(always)]
unsafe fn of_region<V: Vector>(g: &Roi, region: &Region, map: *const f32, to: *mut f32, scratch: &Scratch) {
    // SAFETY: the caller's promise.
    unsafe {
        let (from, until) = scratch.all_columns(g, &region.across);
        for oy in 0..g.out_height {
            let rows = region.down.weights(oy, scratch.rows);
            for ix in from..until {
                V::splat(0.0).store(scratch.sums.add(ix * LANES));
            }
            for iy in rows.0..rows.1 {
                let (row, weight) = (map.add(iy * g.width * LANES), V::splat(*scratch.rows.add(iy) * region.scale));
                for ix in from..until {
                    let sum = scratch.sums.add(ix * LANES);
                    V::load(sum).add(weight.mul(V::load(row.add(ix * LANES)))).store(sum);
                }
            }
            for ox in 0..g.out_width {
                let (weights, columns) = scratch.bin(g, ox);
                let mut sum = V::splat(0.0);
                for ix in columns.0..columns.1 {
                    sum = sum.add(V::splat(*weights.add(ix)).mul(V::load(scratch.sums.add(ix * LANES))));
                }
                sum.store(to.add((oy * g.out_width + ox) * LANES));
            }
        }
    }
}

/// Of one sample or of as many as lie side by side; vectors are channels.
#[inline(always)]
unsafe fn roi_align_channels<V: Vector>(
    g: &Roi,
    samples: usize,
    x: *const f32,
    rois: *const f32,
    y: *mut f32,
    scratch: *mut f32,
) {
    let (size, bins) = (g.height * g.width, bins(g));
    // SAFETY: the caller's promise: scratch is as long as `roi_align_scratch` says, for each sample.
    unsafe {
        let (maps, means) = (scratch, scratch.add(samples * map_len(g)));
        let scratch = Scratch::new(g, means.add(samples * bins * LANES));
        for first in (0..g.channels).step_by(LANES) {
            let live = (g.channels - first).min(LANES);
            channels_last::<V>(g, samples, live, x.add(first * size * samples), maps);
            for at in 0..g.regions {
                for sample in 0..samples {
                    let region = Region::new(g, rois, at, (sample, samples));
                    let (map, to) = (maps.add(sample * map_len(g)), means.add(sample * bins * LANES));
                    of_region::<V>(g, &region, map, to, &scratch);
                }
                maps_again::<V>(bins, samples, live, means, y.add((at * g.channels + first) * bins * samples));
            }
        }
    }
}

#[expect(dead_code, reason = "the lanes are channels, so that only one of both entries is used")]
mod lanes {
    use super::*;
    entries! {
        /// [`roi_align_forward`](super::roi_align_forward) of so many samples side by side.
        pub(in crate::kernels) unsafe fn roi_align_channels(
            g: &Roi,
            samples: usize,
            x: *const f32,
            rois: *const f32,
            y: *mut f32,
            scratch: *mut f32,
        );
    }
}

#[inline(always)]
pub(super) unsafe fn roi_align_forward<V: Vector>(g: &Roi, x: *const f32, rois: *const f32, y: *mut f32, scratch: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe { lanes::chwn16::roi_align_channels(g, V::WIDTH, x, rois, y, scratch) };
}

#[cfg(feature = "train")]
#[inline(always)]
pub(super) unsafe fn roi_align_backward<V: Vector>(
    g: &Roi,
    rois: *const f32,
    dy: *const f32,
    dx: *mut f32,
    accumulate: bool,
    scratch: *mut f32,
) {
    // SAFETY: the caller's promise.
    unsafe {
        super::no_gradient::<V>(g.channels * g.height * g.width, dx, accumulate);
        let scratch = Scratch::new(g, scratch);
        for (lane, at) in (0..V::WIDTH).flat_map(|lane| (0..g.regions).map(move |region| (lane, region))) {
            let region = Region::new(g, rois, at, (lane, V::WIDTH));
            let (from, to) = scratch.all_columns(g, &region.across);
            for oy in 0..g.out_height {
                let rows = region.down.weights(oy, scratch.rows);
                for c in 0..g.channels {
                    for ix in from..to {
                        *scratch.sums.add(ix) = 0.0;
                    }
                    let dy = dy.add((((at * g.channels + c) * g.out_height + oy) * g.out_width) * V::WIDTH + lane);
                    for ox in 0..g.out_width {
                        let (weights, columns) = scratch.bin(g, ox);
                        let d = *dy.add(ox * V::WIDTH) * region.scale;
                        for ix in columns.0..columns.1 {
                            *scratch.sums.add(ix) += d * *weights.add(ix);
                        }
                    }
                    for iy in rows.0..rows.1 {
                        let row = dx.add((c * g.height + iy) * g.width * V::WIDTH + lane);
                        let weight = *scratch.rows.add(iy);
                        for ix in from..to {
                            *row.add(ix * V::WIDTH) += weight * *scratch.sums.add(ix);
                        }
                    }
                }
            }
        }
    }
}
