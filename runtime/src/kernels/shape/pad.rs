//! Padding: around an image (or a sequence, whose features are the width of one) zeros, another number, or what the image has elsewhere.

use crate::simd::Vector;
use fireclay_ir::geometry::Pad;

/// Where the number at a position of y stands in x; `None` for the number of the padding.
#[inline(always)]
fn source(g: &Pad, channel: usize, row: usize, column: usize) -> Option<usize> {
    let row = g.mode.source(row, g.before[0], g.height)?;
    let column = g.mode.source(column, g.before[1], g.width)?;
    Some((channel * g.height + row) * g.width + column)
}

/// The columns of y from the first to behind the last that are x as it stands.
#[inline(always)]
fn middle(g: &Pad) -> (usize, usize) {
    let from = g.before[1].min(g.out_width);
    (from, (from + g.width).min(g.out_width))
}

#[inline(always)]
unsafe fn pad_forward<V: Vector>(g: &Pad, value: f32, x: *const f32, y: *mut f32) {
    let (from, until) = middle(g);
    // SAFETY: the caller's promise.
    unsafe {
        let fill = V::splat(value);
        for channel in 0..g.channels {
            for row in 0..g.out_height {
                let to = y.add((channel * g.out_height + row) * g.out_width * V::WIDTH);
                let edges = match g.mode.source(row, g.before[0], g.height) {
                    Some(of_x) => {
                        let x = x.add((channel * g.height + of_x) * g.width * V::WIDTH);
                        to.add(from * V::WIDTH).copy_from_nonoverlapping(x, (until - from) * V::WIDTH);
                        [(0, from), (until, g.out_width)]
                    }
                    None => [(0, g.out_width), (0, 0)],
                };
                for (first, end) in edges {
                    for column in first..end {
                        let number = source(g, channel, row, column).map_or(fill, |i| V::load(x.add(i * V::WIDTH)));
                        number.store(to.add(column * V::WIDTH));
                    }
                }
            }
        }
    }
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn pad_backward<V: Vector>(g: &Pad, dy: *const f32, dx: *mut f32, accumulate: bool) {
    // SAFETY: the caller's promise.
    unsafe {
        if !accumulate {
            dx.write_bytes(0, g.channels * g.height * g.width * V::WIDTH);
        }
        for channel in 0..g.channels {
            for row in 0..g.out_height {
                let from = dy.add((channel * g.out_height + row) * g.out_width * V::WIDTH);
                for column in 0..g.out_width {
                    if let Some(i) = source(g, channel, row, column) {
                        let to = dx.add(i * V::WIDTH);
                        V::load(to).add(V::load(from.add(column * V::WIDTH))).store(to);
                    }
                }
            }
        }
    }
}

fireclay_ir::pad_kernels!(declared);
