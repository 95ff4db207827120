//! Copies in another order, or of some numbers alone: what slices, crops, permutations, axes turned around and blocks as channels are
//! made of.

use crate::simd::Vector;
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

#[inline(always)]
unsafe fn copy_strided<V: Vector>(g: &Strided, x: *const f32, y: *mut f32) {
    let len = g.sizes[4];
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
