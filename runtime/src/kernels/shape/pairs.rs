//! Two rows of one sample that become one, number by number in turn, and back: blocks of two columns as channels.

use super::turned::put;
use crate::simd::{LANES, Vector};
use fireclay_ir::geometry::Strided;

/// A copy along its last axes by pairs: the axis that goes with the last one, and whether both rows are of x and become one of y, or one of x becomes two of y.
#[derive(Clone, Copy)]
pub(super) struct Pairs {
    pub axis: usize,
    pub together: bool,
}

/// Whether it is such a copy, of one sample, with rows that fill vectors.
#[inline(always)]
pub(super) fn of<V: Vector>(g: &Strided) -> Option<Pairs> {
    if V::WIDTH != 1 || g.y[4] != 1 {
        return None;
    }
    if g.sizes[4] == 2 && g.sizes[3] >= LANES && g.x[3] == 1 && g.y[3] == 2 {
        return Some(Pairs { axis: 3, together: true });
    }
    let apart = (0..4).find(|axis| g.sizes[*axis] == 2 && g.x[*axis] == 1 && g.x[4] == 2 && g.sizes[4] >= LANES);
    apart.map(|axis| Pairs { axis, together: false })
}

#[inline(always)]
unsafe fn pairs_together<V: Vector>(len: usize, even: *const f32, odd: *const f32, to: *mut f32, accumulate: bool) {
    let whole = len - len % V::WIDTH;
    // SAFETY: the caller's promise: there are `len` pairs.
    unsafe {
        for i in (0..whole).step_by(V::WIDTH) {
            let (mut a, mut b, to) = (V::load(even.add(i)), V::load(odd.add(i)), to.add(2 * i));
            if accumulate {
                let (c, d) = V::split(to);
                (a, b) = (c.add(a), d.add(b));
            }
            a.interleave(b, to);
        }
        for i in whole..len {
            put(*even.add(i), to.add(2 * i), accumulate);
            put(*odd.add(i), to.add(2 * i + 1), accumulate);
        }
    }
}

#[inline(always)]
unsafe fn pairs_apart<V: Vector>(len: usize, from: *const f32, even: *mut f32, odd: *mut f32, accumulate: bool) {
    let whole = len - len % V::WIDTH;
    // SAFETY: the caller's promise: there are `len` pairs.
    unsafe {
        for i in (0..whole).step_by(V::WIDTH) {
            let (mut a, mut b) = V::split(from.add(2 * i));
            if accumulate {
                (a, b) = (V::load(even.add(i)).add(a), V::load(odd.add(i)).add(b));
            }
            a.store(even.add(i));
            b.store(odd.add(i));
        }
        for i in whole..len {
            put(*from.add(2 * i), even.add(i), accumulate);
            put(*from.add(2 * i + 1), odd.add(i), accumulate);
        }
    }
}

#[expect(dead_code, reason = "the lanes are numbers of one sample, so that only one of both entries is used")]
mod lanes {
    use super::*;
    entries! {
        /// Two rows of `len` numbers to one, in turn, or added there.
        pub(in crate::kernels) unsafe fn pairs_together(len: usize, even: *const f32, odd: *const f32, to: *mut f32, accumulate: bool);
        /// One row of `len` pairs to two, or added there.
        pub(in crate::kernels) unsafe fn pairs_apart(len: usize, from: *const f32, even: *mut f32, odd: *mut f32, accumulate: bool);
    }
}

pub(super) use lanes::chwn16::{pairs_apart as apart, pairs_together as together};
