//! The largest number of each bin, and where it stands.
//!
//! Vectors are sixteen channels (`channels`).

use super::Span;
use super::channels::{bins, channels_last, map_len, maps_again};
use crate::simd::{LANES, Vector};
use fireclay_ir::geometry::Roi;

/// The place of the largest number where a bin has none, in the bits of a number.
const NOWHERE: u32 = u32::MAX;

/// A region along one axis, in whole positions of the map.
struct Side {
    start: i64,
    bin: f32,
    size: i64,
}

impl Side {
    /// From the coordinates of its first and last position, which belong to it; so many bins.
    #[inline(always)]
    fn new([first, last]: [f32; 2], scale: f32, bins: usize, size: usize) -> Self {
        let (start, end) = (round(first * scale), round(last * scale));
        Self { start, bin: (end - start + 1).max(1) as f32 / bins as f32, size: size as i64 }
    }

    /// The positions of a bin. Bins overlap where they do not share the region evenly.
    #[inline(always)]
    fn span(&self, bin: usize) -> Span {
        let (from, to) = (bin as f32 * self.bin, (bin + 1) as f32 * self.bin);
        let (down, up) = (from as i64, to as i64 + i64::from((to as i64 as f32) < to));
        let on = |at: i64| (at + self.start).clamp(0, self.size) as usize;
        (on(down), on(up))
    }
}

/// The nearest whole number, ½ away from zero as in C.
#[inline(always)]
fn round(x: f32) -> i64 {
    // Far beyond any map, and exact.
    let x = x.clamp(-1e9, 1e9);
    let whole = x as i64;
    let rest = x - whole as f32;
    whole + i64::from(rest >= 0.5) - i64::from(rest <= -0.5)
}

/// The parts of scratch.
#[derive(Clone, Copy)]
struct Scratch {
    /// For each region of each sample where its bins down begin and end, and then those across.
    spans: *mut u32,
    /// Sixteen channels of each sample, `[position][channel]`.
    maps: *mut f32,
    /// Of a region of each sample the largest numbers, `[bin][channel]`, and their places.
    best: *mut f32,
    places: *mut f32,
}

impl Scratch {
    #[inline(always)]
    unsafe fn new(g: &Roi, samples: usize, scratch: *mut f32) -> Self {
        // SAFETY: the caller's promise: as long as `roi_pool_scratch` says, for each sample.
        unsafe {
            let best = scratch.add(samples * map_len(g));
            let places = best.add(samples * bins(g) * LANES);
            Self { maps: scratch, best, places, spans: places.add(samples * bins(g) * LANES).cast() }
        }
    }

    /// Writes where the bins of all regions begin and end.
    #[inline(always)]
    unsafe fn fill(&self, g: &Roi, samples: usize, rois: *const f32) {
        for at in 0..g.regions * samples {
            let (region, sample) = (at / samples, at % samples);
            // SAFETY: the caller's promise.
            unsafe {
                let [x1, y1, x2, y2] = [0, 1, 2, 3].map(|i| *rois.add((region * 4 + i) * samples + sample));
                let down = Side::new([y1, y2], g.scale, g.out_height, g.height);
                let across = Side::new([x1, x2], g.scale, g.out_width, g.width);
                for bin in 0..g.out_height + g.out_width {
                    let (from, until) = if bin < g.out_height { down.span(bin) } else { across.span(bin - g.out_height) };
                    let to = self.spans.add((at * (g.out_height + g.out_width) + bin) * 2);
                    (*to, *to.add(1)) = (from as u32, until as u32);
                }
            }
        }
    }

    /// The positions of a bin, counted down and then across.
    #[inline(always)]
    unsafe fn span(&self, g: &Roi, at: usize, bin: usize) -> Span {
        // SAFETY: the caller's promise: a bin that there is.
        unsafe {
            let from = self.spans.add((at * (g.out_height + g.out_width) + bin) * 2);
            (*from as usize, *from.add(1) as usize)
        }
    }
}

/// The largest number of a bin in each channel, 0 of an empty one, and its place in the map: the first that has it. NaN is none.
#[inline(always)]
unsafe fn of_bin<V: Vector>(g: &Roi, map: *const f32, rows: Span, columns: Span) -> (V, V) {
    // SAFETY: the caller's promise.
    unsafe {
        let nowhere = V::splat(f32::from_bits(NOWHERE));
        if rows.0 >= rows.1 || columns.0 >= columns.1 {
            return (V::splat(0.0), nowhere);
        }
        let (mut best, mut place) = (V::splat(f32::MIN), nowhere);
        for iy in rows.0..rows.1 {
            for ix in columns.0..columns.1 {
                let at = iy * g.width + ix;
                let value = V::load(map.add(at * LANES));
                place = value.select_gt(best, V::splat(f32::from_bits(at as u32)), place);
                best = value.select_gt(best, value, best);
            }
        }
        (best, place)
    }
}

/// Of one sample or of as many as lie side by side; vectors are channels. `indices` may be null.
#[inline(always)]
unsafe fn roi_pool_channels<V: Vector>(
    g: &Roi,
    samples: usize,
    x: *const f32,
    rois: *const f32,
    y: *mut f32,
    indices: *mut f32,
    scratch: *mut f32,
) {
    let (size, bins) = (g.height * g.width, bins(g));
    // SAFETY: the caller's promise.
    unsafe {
        let scratch = Scratch::new(g, samples, scratch);
        scratch.fill(g, samples, rois);
        for first in (0..g.channels).step_by(LANES) {
            let live = (g.channels - first).min(LANES);
            channels_last::<V>(g, samples, live, x.add(first * size * samples), scratch.maps);
            for region in 0..g.regions {
                for sample in 0..samples {
                    let (map, at) = (scratch.maps.add(sample * map_len(g)), region * samples + sample);
                    for bin in 0..bins {
                        let rows = scratch.span(g, at, bin / g.out_width);
                        let columns = scratch.span(g, at, g.out_height + bin % g.out_width);
                        let (best, place) = of_bin::<V>(g, map, rows, columns);
                        let to = (sample * bins + bin) * LANES;
                        best.store(scratch.best.add(to));
                        place.store(scratch.places.add(to));
                    }
                }
                let to = (region * g.channels + first) * bins * samples;
                maps_again::<V>(bins, samples, live, scratch.best, y.add(to));
                if !indices.is_null() {
                    maps_again::<V>(bins, samples, live, scratch.places, indices.add(to));
                }
            }
        }
    }
}

#[expect(dead_code, reason = "the lanes are channels, so that only one of both entries is used")]
mod lanes {
    use super::*;
    entries! {
        /// [`roi_pool_forward`](super::roi_pool_forward) of so many samples side by side.
        pub(in crate::kernels) unsafe fn roi_pool_channels(
            g: &Roi,
            samples: usize,
            x: *const f32,
            rois: *const f32,
            y: *mut f32,
            indices: *mut f32,
            scratch: *mut f32,
        );
    }
}

#[inline(always)]
pub(super) unsafe fn roi_pool_forward<V: Vector>(
    g: &Roi,
    x: *const f32,
    rois: *const f32,
    y: *mut f32,
    indices: *mut f32,
    scratch: *mut f32,
) {
    // SAFETY: the caller's promise.
    unsafe { lanes::chwn16::roi_pool_channels(g, V::WIDTH, x, rois, y, indices, scratch) };
}

#[cfg(feature = "train")]
#[inline(always)]
pub(super) unsafe fn roi_pool_backward<V: Vector>(g: &Roi, indices: *const f32, dy: *const f32, dx: *mut f32, accumulate: bool) {
    let (size, bins) = (g.height * g.width, g.out_height * g.out_width);
    // SAFETY: the caller's promise.
    unsafe {
        for c in 0..g.channels {
            let map = dx.add(c * size * V::WIDTH);
            // A map at a time: it is still in the cache when the gradients come.
            super::no_gradient::<V>(size, map, accumulate);
            for region in 0..g.regions {
                let first = (region * g.channels + c) * bins;
                for i in first..first + bins {
                    for lane in 0..V::WIDTH {
                        let at = i * V::WIDTH + lane;
                        let place = *indices.cast::<u32>().add(at);
                        if place != NOWHERE {
                            *map.add(place as usize * V::WIDTH + lane) += *dy.add(at);
                        }
                    }
                }
            }
        }
    }
}
