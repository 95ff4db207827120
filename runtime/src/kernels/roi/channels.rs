//! Sixteen channels as a vector: the regions of a sample are those of all its channels. Their maps are turned first, and the results back. Of samples side by side,
//! which have regions of their own, each takes its turn.

use crate::simd::{LANES, Vector};
use fireclay_ir::geometry::Roi;

/// The bins of a region.
#[inline(always)]
pub(super) fn bins(g: &Roi) -> usize {
    g.out_height * g.out_width
}

/// Floats of sixteen channels' maps: a line of the cache more than they take, lest those of all samples begin in the same set of it.
#[inline(always)]
pub(super) fn map_len(g: &Roi) -> usize {
    (g.height * g.width + 1) * LANES
}

/// Turns the maps of `live` channels into `[position][channel]`.
#[inline(always)]
pub(super) unsafe fn channels_last<V: Vector>(g: &Roi, samples: usize, live: usize, x: *const f32, maps: *mut f32) {
    let size = g.height * g.width;
    let mut square = [0.0_f32; LANES * LANES];
    // SAFETY: the caller's promise.
    unsafe {
        // One sample: sixteen positions at once. Samples side by side: one position.
        let (together, whole) = if samples == 1 { (LANES, size - size % LANES) } else { (1, size) };
        for at in (0..whole).step_by(together) {
            for channel in 0..live {
                V::load(x.add((channel * size + at) * samples)).store(square.as_mut_ptr().add(channel * LANES));
            }
            let stride = if samples == 1 { LANES } else { map_len(g) };
            V::transpose(square.as_ptr(), maps.add(at * LANES), stride);
        }
        for at in whole..size {
            for channel in 0..live {
                *maps.add(at * LANES + channel) = *x.add(channel * size + at);
            }
        }
    }
}

/// Writes what is `[sample][bin][channel]` of `live` channels to their maps in y, which lie one after the other.
#[inline(always)]
pub(super) unsafe fn maps_again<V: Vector>(bins: usize, samples: usize, live: usize, from: *const f32, y: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe {
        let (together, whole) = if samples == 1 { (LANES, bins - bins % LANES) } else { (1, bins) };
        let mut square = [0.0_f32; LANES * LANES];
        for bin in (0..if live == LANES { whole } else { 0 }).step_by(together) {
            if samples == 1 {
                V::transpose(from.add(bin * LANES), y.add(bin), bins);
                continue;
            }
            for sample in 0..LANES {
                let vector = V::load(from.add((sample * bins + bin) * LANES));
                vector.store(square.as_mut_ptr().add(sample * LANES));
            }
            V::transpose(square.as_ptr(), y.add(bin * LANES), bins * LANES);
        }
        for bin in if live == LANES { whole } else { 0 }..bins {
            for (sample, channel) in (0..samples).flat_map(|sample| (0..live).map(move |channel| (sample, channel))) {
                *y.add((channel * bins + bin) * samples + sample) = *from.add((sample * bins + bin) * LANES + channel);
            }
        }
    }
}
