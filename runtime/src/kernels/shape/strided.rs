//! Copies in another order, or of some numbers alone: what slices, crops, permutations, axes turned around and blocks as channels are
//! made of.

use super::{pairs, turned};
use crate::simd::{LANES, Vector};
use fireclay_ir::geometry::Strided;

/// Calls `f(position in x, in y)` for every row: the numbers along the last axis.
#[inline(always)]
fn rows(g: &Strided, mut f: impl FnMut(usize, usize)) {
    for a in 0..g.sizes[0] {
        for b in 0..g.sizes[1] {
            for c in 0..g.sizes[2] {
                for d in 0..g.sizes[3] {
                    let along = |axis: usize, i: usize| g.x[axis] * i.cast_signed();
                    let in_x = along(0, a) + along(1, b) + along(2, c) + along(3, d);
                    f(g.from.wrapping_add_signed(in_x), a * g.y[0] + b * g.y[1] + c * g.y[2] + d * g.y[3]);
                }
            }
        }
    }
}

/// The axis along which x lies in order, where y does along the last one, and both have as many numbers of one sample as fill vectors: rows become columns then.
#[inline(always)]
fn turned_axis<V: Vector>(g: &Strided) -> Option<usize> {
    let turns = V::WIDTH == 1 && g.y[4] == 1 && g.x[4] > 1 && g.sizes[4] >= LANES;
    (0..4).find(|axis| turns && g.x[*axis] == 1 && g.sizes[*axis] >= LANES)
}

/// Without this axis and the last one, so that [`rows`] calls once for each matrix.
#[inline(always)]
fn matrices(g: &Strided, axis: usize) -> Strided {
    let mut sizes = g.sizes;
    (sizes[axis], sizes[4]) = (1, 1);
    Strided { sizes, ..*g }
}

#[inline(always)]
unsafe fn copy_strided<V: Vector>(g: &Strided, x: *const f32, y: *mut f32) {
    let len = g.sizes[4];
    if let Some(axis) = turned_axis::<V>(g) {
        // SAFETY: the caller's promise: positions are inside, and both values do not overlap.
        return rows(&matrices(g, axis), |from, to| unsafe {
            turned::matrix(len, g.sizes[axis], x.add(from), g.x[4].unsigned_abs(), y.add(to), g.y[axis], false);
        });
    }
    if let Some(of) = pairs::of::<V>(g) {
        // SAFETY: as above.
        return rows(&matrices(g, of.axis), |from, to| unsafe {
            let (x, y) = (x.add(from), y.add(to));
            if of.together {
                pairs::together(g.sizes[of.axis], x, x.offset(g.x[4]), y, false);
            } else {
                pairs::apart(len, x, y, y.add(g.y[of.axis]), false);
            }
        });
    }
    // SAFETY: the caller's promise: positions are inside, and both values do not overlap.
    rows(g, |from, to| unsafe {
        if g.x[4] == 1 && g.y[4] == 1 {
            return y.add(to * V::WIDTH).copy_from_nonoverlapping(x.add(from * V::WIDTH), len * V::WIDTH);
        }
        for i in 0..len {
            let from = from.wrapping_add_signed(g.x[4] * i.cast_signed());
            V::load(x.add(from * V::WIDTH)).store(y.add((to + i * g.y[4]) * V::WIDTH));
        }
    });
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn copy_strided_backward<V: Vector>(g: &Strided, dy: *const f32, dx: *mut f32, accumulate: bool) {
    // SAFETY: the caller's promise: positions are inside, and each of dx is met once at most.
    unsafe {
        if !accumulate && g.sizes.iter().product::<usize>() < g.x_len {
            dx.write_bytes(0, g.x_len * V::WIDTH);
        }
        if let Some(axis) = turned_axis::<V>(g) {
            return rows(&matrices(g, axis), |to, from| {
                let (dy, dx) = (dy.add(from), dx.add(to));
                turned::matrix(g.sizes[axis], g.sizes[4], dy, g.y[axis], dx, g.x[4].unsigned_abs(), accumulate);
            });
        }
        if let Some(of) = pairs::of::<V>(g) {
            return rows(&matrices(g, of.axis), |to, from| {
                let (dy, dx) = (dy.add(from), dx.add(to));
                if of.together {
                    pairs::apart(g.sizes[of.axis], dy, dx, dx.offset(g.x[4]), accumulate);
                } else {
                    pairs::together(g.sizes[4], dy, dy.add(g.y[of.axis]), dx, accumulate);
                }
            });
        }
        rows(g, |to, from| {
            for i in 0..g.sizes[4] {
                let to = dx.add(to.wrapping_add_signed(g.x[4] * i.cast_signed()) * V::WIDTH);
                let d = V::load(dy.add((from + i * g.y[4]) * V::WIDTH));
                let d = if accumulate { V::load(to).add(d) } else { d };
                d.store(to);
            }
        });
    }
}

fireclay_ir::strided_kernels!(declared);
