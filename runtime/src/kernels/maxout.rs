//! Maxout: of each group of numbers the largest (Goodfellow et al. 2013, arXiv 1302.4389).

use super::pool::larger;
use super::strips::sixteens;
use crate::simd::Vector;
use fireclay_ir::geometry::Maxout;

/// The position in x of the first piece of a number of y.
#[inline(always)]
fn first_piece(g: &Maxout, row: usize, i: usize) -> usize {
    row * g.pieces * g.inner + i
}

#[inline(always)]
unsafe fn maxout_forward<V: Vector>(g: &Maxout, x: *const f32, y: *mut f32) {
    if let Some(inner) = sixteens::<V>(g.inner) {
        // SAFETY: the caller's promise, for as many numbers.
        return unsafe { chwn16::maxout_forward(&Maxout { inner, ..*g }, x, y) };
    }
    // SAFETY: the caller's promise.
    unsafe {
        for row in 0..g.outer * g.len {
            for i in 0..g.inner {
                let first = x.add(first_piece(g, row, i) * V::WIDTH);
                let mut best = V::load(first);
                for piece in 1..g.pieces {
                    best = larger(best, V::load(first.add(piece * g.inner * V::WIDTH)));
                }
                best.store(y.add((row * g.inner + i) * V::WIDTH));
            }
        }
    }
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn maxout_backward<V: Vector>(g: &Maxout, x: *const f32, dy: *const f32, dx: *mut f32, accumulate: bool) {
    if let Some(inner) = sixteens::<V>(g.inner) {
        // SAFETY: the caller's promise, for as many numbers.
        return unsafe { chwn16::maxout_backward(&Maxout { inner, ..*g }, x, dy, dx, accumulate) };
    }
    let stride = g.inner * V::WIDTH;
    // SAFETY: the caller's promise.
    unsafe {
        let zero = V::splat(0.0);
        for row in 0..g.outer * g.len {
            for i in 0..g.inner {
                let first = first_piece(g, row, i) * V::WIDTH;
                // The piece that is the largest: the first of equals, but the last NaN.
                let (mut best, mut chosen) = (V::load(x.add(first)), zero);
                for piece in 1..g.pieces {
                    let (value, here) = (V::load(x.add(first + piece * stride)), V::splat(piece as f32));
                    chosen = value.select_nan(here, value.select_gt(best, here, chosen));
                    best = value.select_nan(value, value.select_gt(best, value, best));
                }
                let d = V::load(dy.add((row * g.inner + i) * V::WIDTH));
                for piece in 0..g.pieces {
                    let (here, to) = (V::splat(piece as f32), dx.add(first + piece * stride));
                    // Equal: neither larger nor smaller.
                    let d = chosen.select_gt(here, zero, here.select_gt(chosen, zero, d));
                    if accumulate { V::load(to).add(d).store(to) } else { d.store(to) }
                }
            }
        }
    }
}

fireclay_ir::maxout_kernels!(declared);
