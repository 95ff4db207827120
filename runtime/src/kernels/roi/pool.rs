//! The largest number of each bin.

use super::{Span, around};
use crate::simd::Vector;
use fireclay_ir::geometry::Roi;

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

/// The region along both axes: down and across.
#[inline(always)]
unsafe fn sides<V: Vector>(g: &Roi, rois: *const f32, region: usize, lane: usize) -> [Side; 2] {
    // SAFETY: the caller's promise.
    let [x1, y1, x2, y2] = [0, 1, 2, 3].map(|i| unsafe { *rois.add((region * 4 + i) * V::WIDTH + lane) });
    [Side::new([y1, y2], g.scale, g.out_height, g.height), Side::new([x1, x2], g.scale, g.out_width, g.width)]
}

#[inline(always)]
pub(super) unsafe fn roi_pool_forward<V: Vector>(g: &Roi, x: *const f32, rois: *const f32, y: *mut f32, scratch: *mut f32) {
    // SAFETY: the caller's promise; scratch is as long as `roi_pool_scratch` says.
    unsafe {
        let spans = scratch.add(g.width).cast::<u32>();
        for (lane, region) in (0..V::WIDTH).flat_map(|lane| (0..g.regions).map(move |region| (lane, region))) {
            let [down, across] = sides::<V>(g, rois, region, lane);
            let mut all = (0, 0);
            for ox in 0..g.out_width {
                let span = across.span(ox);
                all = around(all, span);
                (*spans.add(2 * ox), *spans.add(2 * ox + 1)) = (span.0 as u32, span.1 as u32);
            }
            for oy in 0..g.out_height {
                let rows = down.span(oy);
                for c in 0..g.channels {
                    let map = x.add(c * g.height * g.width * V::WIDTH + lane);
                    columns::<V>(g, map, rows, all, scratch);
                    let y = y.add((((region * g.channels + c) * g.out_height + oy) * g.out_width) * V::WIDTH + lane);
                    for ox in 0..g.out_width {
                        let (from, to) = (*spans.add(2 * ox) as usize, *spans.add(2 * ox + 1) as usize);
                        let empty = rows.0 >= rows.1 || from >= to;
                        let mut best = if empty { 0.0 } else { f32::MIN };
                        for ix in from..to {
                            let value = *scratch.add(ix);
                            best = if !empty && value > best { value } else { best };
                        }
                        *y.add(ox * V::WIDTH) = best;
                    }
                }
            }
        }
    }
}

/// The largest number of each column in these rows; NaN is none.
#[inline(always)]
unsafe fn columns<V: Vector>(g: &Roi, map: *const f32, rows: Span, (from, to): Span, best: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe {
        for ix in from..to {
            *best.add(ix) = f32::MIN;
        }
        for iy in rows.0..rows.1 {
            let row = map.add(iy * g.width * V::WIDTH);
            for ix in from..to {
                let (value, so_far) = (*row.add(ix * V::WIDTH), *best.add(ix));
                *best.add(ix) = if value > so_far { value } else { so_far };
            }
        }
    }
}

#[cfg(feature = "train")]
#[inline(always)]
pub(super) unsafe fn roi_pool_backward<V: Vector>(
    g: &Roi,
    x: *const f32,
    rois: *const f32,
    y: *const f32,
    dy: *const f32,
    dx: *mut f32,
    accumulate: bool,
) {
    let size = g.height * g.width;
    // SAFETY: the caller's promise.
    unsafe {
        super::no_gradient::<V>(g.channels * size, dx, accumulate);
        for (lane, region) in (0..V::WIDTH).flat_map(|lane| (0..g.regions).map(move |region| (lane, region))) {
            let [down, across] = sides::<V>(g, rois, region, lane);
            for bin in 0..g.out_height * g.out_width {
                let (rows, columns) = (down.span(bin / g.out_width), across.span(bin % g.out_width));
                for c in 0..g.channels {
                    let at = ((region * g.channels + c) * g.out_height * g.out_width + bin) * V::WIDTH + lane;
                    let map = c * size * V::WIDTH + lane;
                    if let Some(i) = first_of::<V>(g, x.add(map), rows, columns, *y.add(at)) {
                        *dx.add(map + i * V::WIDTH) += *dy.add(at);
                    }
                }
            }
        }
    }
}

/// The first position of a bin that holds this number.
#[cfg(feature = "train")]
#[inline(always)]
unsafe fn first_of<V: Vector>(g: &Roi, map: *const f32, rows: Span, columns: Span, wanted: f32) -> Option<usize> {
    for iy in rows.0..rows.1 {
        for ix in columns.0..columns.1 {
            let at = iy * g.width + ix;
            // SAFETY: the caller's promise.
            if unsafe { *map.add(at * V::WIDTH) } == wanted {
                return Some(at);
            }
        }
    }
    None
}
