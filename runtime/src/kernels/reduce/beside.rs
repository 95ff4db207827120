//! One sample whose numbers of a result lie side by side: sixteen of them in a vector.

use super::extreme;
use crate::kernels::strips::{along, sum4};
#[cfg(feature = "train")]
use crate::simd::TINY;
use crate::simd::{LANES, Vector};
use fireclay_ir::geometry::{Reduce, ReduceOp};

/// Runs `$body` for each result: its place, and that of its first number.
macro_rules! for_each_result {
    ($g:expr, |$to:ident, $first:ident| $body:block) => {
        for i in 0..$g.kept[0] {
            for j in 0..$g.kept[1] {
                let ($to, $first) = (i * $g.kept[1] + j, i * $g.kept_strides[0] + j * $g.kept_strides[1]);
                $body
            }
        }
    };
}

#[inline(always)]
unsafe fn reduce_beside_forward<V: Vector>(g: &Reduce, x: *const f32, y: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe {
        let among = matches!(g.op, ReduceOp::Max | ReduceOp::Min);
        for_each_result!(g, |to, first| {
            let begin = if among { *x.add(first) } else { 0.0 };
            let (mut chains, mut rest) = ([V::splat(begin); 4], begin);
            for r in 0..g.reduced[0] {
                let row = x.add(first + r * g.reduced_strides[0]);
                if among {
                    along!(
                        V,
                        g.reduced[1],
                        |i, chain| {
                            chains[chain] = extreme(g.op, chains[chain], V::load(row.add(i)));
                        },
                        |i| {
                            rest = extreme(g.op, rest, *row.add(i));
                        }
                    );
                } else {
                    along!(
                        V,
                        g.reduced[1],
                        |i, chain| {
                            chains[chain] = chains[chain].add(V::load(row.add(i)));
                        },
                        |i| {
                            rest += *row.add(i);
                        }
                    );
                }
            }
            *y.add(to) = if among {
                let [a, b, c, d] = chains;
                let mut lanes = [0.0_f32; LANES];
                extreme(g.op, extreme(g.op, a, b), extreme(g.op, c, d)).store(lanes.as_mut_ptr());
                for lane in &lanes[..V::WIDTH] {
                    rest = extreme(g.op, rest, *lane);
                }
                rest
            } else {
                let sum = sum4(chains).sum() + rest;
                if g.op == ReduceOp::Mean { Vector::flush(sum / g.count() as f32, f32::MIN_POSITIVE) } else { sum }
            };
        });
    }
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn reduce_beside_backward<V: Vector>(
    g: &Reduce,
    x: *const f32,
    y: *const f32,
    dy: *const f32,
    dx: *mut f32,
    accumulate: bool,
) {
    // SAFETY: the caller's promise: x and y are there for the largest and the smallest.
    unsafe {
        let among = matches!(g.op, ReduceOp::Max | ReduceOp::Min);
        for_each_result!(g, |to, first| {
            let most = if among { *y.add(to) } else { 0.0 };
            let mut count = g.count() as f32;
            if among {
                let (mut counts, mut rest) = ([V::splat(0.0); 4], 0.0);
                for r in 0..g.reduced[0] {
                    let row = x.add(first + r * g.reduced_strides[0]);
                    along!(
                        V,
                        g.reduced[1],
                        |i, chain| {
                            let equal = super::equal(V::splat(most), V::load(row.add(i)), V::splat(1.0));
                            counts[chain] = counts[chain].add(equal);
                        },
                        |i| {
                            rest += super::equal(most, *row.add(i), 1.0);
                        }
                    );
                }
                count = sum4(counts).sum() + rest;
            }
            let d = if g.op == ReduceOp::Sum { *dy.add(to) } else { *dy.add(to) / count };
            for r in 0..g.reduced[0] {
                let row = first + r * g.reduced_strides[0];
                let (x, dx) = (x.wrapping_add(row), dx.add(row));
                along!(
                    V,
                    g.reduced[1],
                    |i, _chain| {
                        let share =
                            if among { super::equal(V::splat(most), V::load(x.add(i)), V::splat(d)) } else { V::splat(d) };
                        let share = if accumulate { V::load(dx.add(i)).add(share) } else { share };
                        share.flush(TINY).store(dx.add(i));
                    },
                    |i| {
                        let share = if among { super::equal(most, *x.add(i), d) } else { d };
                        *dx.add(i) = Vector::flush(if accumulate { *dx.add(i) + share } else { share }, TINY);
                    }
                );
            }
        });
    }
}

#[expect(dead_code, reason = "the lanes are numbers of one sample, so that only one of both entries is used")]
mod lanes {
    use super::*;
    entries! {
        pub(in crate::kernels) unsafe fn reduce_beside_forward(g: &Reduce, x: *const f32, y: *mut f32);
    }
}

#[cfg(feature = "train")]
#[expect(dead_code, reason = "as above")]
mod lanes_back {
    use super::*;
    entries! {
        pub(in crate::kernels) unsafe fn reduce_beside_backward(
            g: &Reduce,
            x: *const f32,
            y: *const f32,
            dy: *const f32,
            dx: *mut f32,
            accumulate: bool,
        );
    }
}

pub(super) use lanes::chwn16::reduce_beside_forward as forward;
#[cfg(feature = "train")]
pub(super) use lanes_back::chwn16::reduce_beside_backward as backward;
