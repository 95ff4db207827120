//! Depthwise convolutions of one sample in `chw`: neighboring positions lie in the lanes.
//!
//! A channel is copied into a plane with its padding, in bands of rows; there an output's tap lies equally far from it wherever it is, so
//! that sums run over the plane as if it were one long row. What falls between two rows is computed and thrown away; with a stride so is
//! what falls between two outputs.

use crate::simd::{LANES, Vector};
use fireclay_ir::geometry::Conv;
use fireclay_ir::sizes::Depthwise;

const PLANE: usize = Depthwise::PLANE;
const CHAINS: usize = Depthwise::CHAINS;

/// Packs a depthwise convolution; `bias` may be null.
///
/// # Safety
/// Pointers are valid for the geometry; `packed` holds `depthwise_packed_len` floats.
pub unsafe fn depthwise_pack(g: &Conv, weight: *const f32, bias: *const f32, packed: *mut f32) {
    let area = g.area();
    // SAFETY: the caller's promise.
    unsafe {
        for filter in 0..g.filters {
            let to = packed.add(filter * (area + 1));
            to.copy_from_nonoverlapping(weight.add(filter * area), area);
            *to.add(area) = if bias.is_null() { 0.0 } else { *bias.add(filter) };
        }
    }
}

/// Rows of a channel with their padding, from the padded row `first` on.
#[inline(always)]
unsafe fn fill(g: &Conv, x: *const f32, first: usize, rows: usize, plane: *mut f32) {
    let row = Depthwise::new(g).row;
    let (before, inside) = (g.pad[1].min(row), g.width.min(row.saturating_sub(g.pad[1])));
    // SAFETY: the caller's promise: rows × row floats have room.
    unsafe {
        plane.write_bytes(0, rows * row);
        for i in 0..rows {
            if let Some(at) = (first + i).checked_sub(g.pad[0])
                && at < g.height
            {
                plane.add(i * row + before).copy_from_nonoverlapping(x.add(at * g.width), inside);
            }
        }
    }
}

/// `N` vectors of outputs from `at` on.
#[inline(always)]
unsafe fn sums<V: Vector, const N: usize>(g: &Conv, plane: *const f32, taps: *const f32, at: usize, to: *mut f32) {
    let row = Depthwise::new(g).row;
    // SAFETY: the caller's promise.
    unsafe {
        let mut acc = [V::splat(*taps.add(g.area())); N];
        let mut tap = taps;
        for ky in 0..g.kernel[0] {
            let mut from = plane.add(at + ky * g.dilation[0] * row);
            for _ in 0..g.kernel[1] {
                let weight = V::splat(*tap);
                for n in 0..N {
                    acc[n] = weight.mul_add(V::load(from.add(n * V::WIDTH)), acc[n]);
                }
                (tap, from) = (tap.wrapping_add(1), from.wrapping_add(g.dilation[1]));
            }
        }
        for n in 0..N {
            acc[n].store(to.add(at + n * V::WIDTH));
        }
    }
}

#[inline(always)]
unsafe fn depthwise_forward_packed<V: Vector>(g: &Conv, x: *const f32, packed: *const f32, y: *mut f32) {
    let Depthwise { row, rows: span } = Depthwise::new(g);
    let multiplier = g.filters.checked_div(g.channels).unwrap_or(1);
    // Rows of outputs that a band gives.
    let room = (PLANE - CHAINS * LANES).checked_div(row).unwrap_or(span);
    let band = room.saturating_sub(span).checked_div(g.stride[0]).unwrap_or(0) + 1;
    // Sums run past the last one that is wanted, and read what lies there.
    let mut plane = [0.0_f32; PLANE + LANES * CHAINS];
    let mut outputs = [0.0_f32; PLANE + LANES * CHAINS];
    // SAFETY: the caller's promise, and that a row fits (`depthwise_fits`).
    unsafe {
        for channel in 0..g.channels {
            let x = x.add(channel * g.height * g.width);
            let mut first = 0;
            while first < g.out_height {
                let rows = (g.out_height - first).min(band);
                fill(g, x, first * g.stride[0], (rows - 1) * g.stride[0] + span, plane.as_mut_ptr());
                for filter in channel * multiplier..(channel + 1) * multiplier {
                    let taps = packed.add(filter * (g.area() + 1));
                    // Without a stride the rows are one, else every row is for itself.
                    let (runs, len, step) = match g.stride {
                        [1, 1] => (1, (rows - 1) * row + g.out_width, 0),
                        _ => (rows, (g.out_width - 1) * g.stride[1] + 1, g.stride[0] * row),
                    };
                    for run in 0..runs {
                        let (plane, to) = (plane.as_ptr().add(run * step), outputs.as_mut_ptr().add(run * row));
                        let mut at = 0;
                        while at + CHAINS * V::WIDTH <= len {
                            sums::<V, CHAINS>(g, plane, taps, at, to);
                            at += CHAINS * V::WIDTH;
                        }
                        while at < len {
                            sums::<V, 1>(g, plane, taps, at, to);
                            at += V::WIDTH;
                        }
                    }
                    let y = y.add((filter * g.out_height + first) * g.out_width);
                    for r in 0..rows {
                        let from = outputs.as_ptr().add(r * row);
                        for col in 0..g.out_width {
                            *y.add(r * g.out_width + col) = *from.add(col * g.stride[1]);
                        }
                    }
                }
                first += rows;
            }
        }
    }
}

#[expect(dead_code, reason = "the lanes are positions here, so that only one of both entries is used")]
mod entry {
    use super::depthwise_forward_packed;
    fireclay_ir::depthwise_packed_kernels!(declared);
}

/// What runs with packed weights, for a single sample.
pub mod chw {
    pub use super::depthwise_pack;
    pub use super::entry::chwn16::depthwise_forward_packed;
}

fireclay_ir::depthwise_pack_kernels!(checked[by_layout]);
