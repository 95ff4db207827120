//! Windows of 2×2 side by side, the most usual ones. Vectors are sixteen samples or, of one sample, sixteen windows of a row.

use super::larger;
use crate::simd::{LANES, Vector};
use fireclay_ir::geometry::Pool;

/// Whether the windows of a row of one sample fill vectors.
#[inline(always)]
pub(super) fn fill_vectors<V: Vector>(g: &Pool) -> bool {
    V::WIDTH == 1 && g.out_width >= LANES
}

/// The left and the right numbers of a vector of windows in a row; `BESIDE`: windows are lanes.
#[inline(always)]
unsafe fn pair<V: Vector, const BESIDE: bool>(row: *const f32) -> (V, V) {
    // SAFETY: the caller's promise.
    unsafe { if BESIDE { V::split(row) } else { (V::load(row), V::load(row.add(V::WIDTH))) } }
}

/// Writes both to where [`pair`] reads them, or adds them.
#[cfg(feature = "train")]
#[inline(always)]
unsafe fn put<V: Vector, const BESIDE: bool>((left, right): (V, V), row: *mut f32, accumulate: bool) {
    // SAFETY: the caller's promise.
    unsafe {
        let (left, right) = if accumulate {
            let (a, b) = pair::<V, BESIDE>(row);
            (a.add(left), b.add(right))
        } else {
            (left, right)
        };
        if BESIDE {
            left.interleave(right, row);
        } else {
            left.store(row);
            right.store(row.add(V::WIDTH));
        }
    }
}

/// Runs `$f` for the windows of each row: first those that fill vectors, then the others one by one. `$at` is the place of the first in the upper row of x, `$to` that in y,
/// both in numbers of a map whose positions have `$width`; `$count` the vectors.
macro_rules! for_each_row {
    ($V:ident, $BESIDE:ident, $g:expr, |$at:ident, $to:ident, $count:ident| $f:ident($($arg:expr),* $(,)?)) => {
        let (width, each) = if $BESIDE { (1, $V::WIDTH) } else { ($V::WIDTH, 1) };
        for c in 0..$g.channels {
            for oy in 0..$g.out_height {
                let from = (c * $g.height + 2 * oy) * $g.width * width;
                let first = (c * $g.out_height + oy) * $g.out_width * width;
                let whole = $g.out_width / each;
                {
                    let ($at, $to, $count) = (from, first, whole);
                    $f::<$V, $BESIDE>($($arg),*);
                }
                if $BESIDE {
                    let ($at, $to, $count) = (from + 2 * whole * each, first + whole * each, $g.out_width - whole * each);
                    $f::<f32, true>($($arg),*);
                }
            }
        }
    };
}

#[inline(always)]
unsafe fn row_forward<V: Vector, const BESIDE: bool>(count: usize, row: usize, above: *const f32, y: *mut f32) {
    for i in 0..count {
        // SAFETY: the caller's promise.
        unsafe {
            let above = above.add(2 * i * V::WIDTH);
            let ((a, b), (c, d)): ((V, V), (V, V)) = (pair::<V, BESIDE>(above), pair::<V, BESIDE>(above.add(row)));
            larger(larger(a, b), larger(c, d)).store(y.add(i * V::WIDTH));
        }
    }
}

/// The largest of each window.
#[inline(always)]
pub(super) unsafe fn forward<V: Vector, const BESIDE: bool>(g: &Pool, x: *const f32, y: *mut f32) {
    let row = g.width * if BESIDE { 1 } else { V::WIDTH };
    // SAFETY: the caller's promise.
    unsafe {
        for_each_row!(V, BESIDE, g, |at, to, count| row_forward(count, row, x.add(at), y.add(to)));
    }
}

/// Of one sample (`BESIDE`); `place` is that of the first window in its map.
#[inline(always)]
unsafe fn row_indices<V: Vector, const BESIDE: bool>(
    count: usize,
    row: usize,
    place: usize,
    above: *const f32,
    y: *mut f32,
    indices: *mut u32,
) {
    // SAFETY: the caller's promise.
    unsafe {
        for i in 0..count {
            let above = above.add(2 * i * V::WIDTH);
            let ((a, b), (c, d)): ((V, V), (V, V)) = (pair::<V, BESIDE>(above), pair::<V, BESIDE>(above.add(row)));
            // How far it is from the first of the window, a `u32` in the bits of each lane.
            let (mut best, mut at) = (a, V::splat(f32::from_bits(0)));
            for (value, off) in [(b, 1), (c, row), (d, row + 1)] {
                let here = V::splat(f32::from_bits(off as u32));
                at = value.select_nan(here, value.select_gt(best, here, at));
                best = value.select_nan(value, value.select_gt(best, value, best));
            }
            let to = i * V::WIDTH;
            best.store(y.add(to));
            at.store(indices.add(to).cast());
            for lane in to..to + V::WIDTH {
                *indices.add(lane) += (place + 2 * lane) as u32;
            }
        }
    }
}

/// The largest of each window of one sample, and the place of the first of equals, of the last NaN.
#[inline(always)]
unsafe fn max_of_four_indices<V: Vector>(g: &Pool, x: *const f32, y: *mut f32, indices: *mut u32) {
    const BESIDE: bool = true;
    let map = g.height * g.width;
    // SAFETY: the caller's promise.
    unsafe {
        for_each_row!(V, BESIDE, g, |at, to, count| row_indices(count, g.width, at % map, x.add(at), y.add(to), indices.add(to)));
    }
}

/// What goes to the first and the second of two: all to the second where that is larger or NaN.
#[cfg(feature = "train")]
#[inline(always)]
unsafe fn divided<V: Vector>(first: V, second: V, d: V) -> (V, V) {
    // SAFETY: the instruction set is there.
    unsafe {
        let zero = V::splat(0.0);
        let to_first = second.select_nan(zero, second.select_gt(first, zero, d));
        (to_first, second.select_nan(d, second.select_gt(first, d, zero)))
    }
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn row_backward<V: Vector, const BESIDE: bool>(
    count: usize,
    row: usize,
    above: *const f32,
    dy: *const f32,
    dx: *mut f32,
    accumulate: bool,
) {
    // SAFETY: the caller's promise.
    unsafe {
        for i in 0..count {
            let at = 2 * i * V::WIDTH;
            let (a, b) = pair::<V, BESIDE>(above.add(at));
            let (c, d) = pair::<V, BESIDE>(above.add(at + row));
            let (above, below) = divided(larger(a, b), larger(c, d), V::load(dy.add(i * V::WIDTH)));
            put::<V, BESIDE>(divided(a, b, above), dx.add(at), accumulate);
            put::<V, BESIDE>(divided(c, d, below), dx.add(at + row), accumulate);
        }
    }
}

/// The gradient of [`forward`].
#[cfg(feature = "train")]
#[inline(always)]
pub(super) unsafe fn backward<V: Vector, const BESIDE: bool>(
    g: &Pool,
    x: *const f32,
    dy: *const f32,
    dx: *mut f32,
    accumulate: bool,
) {
    let position = if BESIDE { 1 } else { V::WIDTH };
    let row = g.width * position;
    // SAFETY: the caller's promise.
    unsafe {
        for_each_row!(V, BESIDE, g, |at, to, count| row_backward(count, row, x.add(at), dy.add(to), dx.add(at), accumulate));
        if accumulate {
            return;
        }
        // A last column, and a last row, that are in no window.
        for iy in (0..g.channels * g.height).filter(|_| g.width > 2 * g.out_width) {
            dx.add(iy * row + 2 * g.out_width * position).write_bytes(0, (g.width - 2 * g.out_width) * position);
        }
        for c in (0..g.channels).filter(|_| g.height > 2 * g.out_height) {
            dx.add((c * g.height + 2 * g.out_height) * row).write_bytes(0, (g.height - 2 * g.out_height) * row);
        }
    }
}

/// Of one sample: windows are lanes.
#[inline(always)]
unsafe fn max_of_four<V: Vector>(g: &Pool, x: *const f32, y: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe { forward::<V, true>(g, x, y) };
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn max_of_four_backward<V: Vector>(g: &Pool, x: *const f32, dy: *const f32, dx: *mut f32, accumulate: bool) {
    // SAFETY: the caller's promise.
    unsafe { backward::<V, true>(g, x, dy, dx, accumulate) };
}

#[expect(dead_code, reason = "the lanes are windows of one sample, so that only one of both entries is used")]
mod lanes {
    use super::*;
    entries! {
        pub(in crate::kernels) unsafe fn max_of_four(g: &Pool, x: *const f32, y: *mut f32);
        pub(in crate::kernels) unsafe fn max_of_four_indices(g: &Pool, x: *const f32, y: *mut f32, indices: *mut u32);
    }
}

#[cfg(feature = "train")]
#[expect(dead_code, reason = "as above")]
mod lanes_back {
    use super::*;
    entries! {
        pub(in crate::kernels) unsafe fn max_of_four_backward(g: &Pool, x: *const f32, dy: *const f32, dx: *mut f32, accumulate: bool);
    }
}

pub(super) use lanes::chwn16::{max_of_four as beside_forward, max_of_four_indices as beside_indices};
#[cfg(feature = "train")]
pub(super) use lanes_back::chwn16::max_of_four_backward as beside_backward;
