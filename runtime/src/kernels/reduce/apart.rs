//! Results lie side by side, and the numbers of each apart: the axis is not the last one. A strip of results at a time. Vectors are sixteen samples, or sixteen results of a
//! single one.

use super::extreme;
#[cfg(feature = "train")]
use crate::kernels::gradient::put_gradient;
use crate::kernels::strips::STRIP;
use crate::simd::Vector;
use fireclay_ir::geometry::{Reduce, ReduceOp};

/// A strip: the floats from one position to the next, and how many vectors of results it has.
#[derive(Clone, Copy)]
struct Strip {
    position: usize,
    count: usize,
}

/// Runs `$f` for each strip, with the places of its first result and of that one's first number.
macro_rules! for_each_strip {
    ($V:ident, $g:expr, $position:expr, |$strip:ident, $to:ident, $first:ident| $f:ident($($arg:expr),* $(,)?)) => {{
        let position: usize = $position;
        let floats = $g.kept[1] * position;
        let whole = floats - floats % $V::WIDTH;
        for i in 0..$g.kept[0] {
            let mut from = 0;
            while from < floats {
                let ($to, $first) = (i * floats + from, i * $g.kept_strides[0] * position + from);
                if from < whole {
                    let $strip = Strip { position, count: STRIP.min((whole - from) / $V::WIDTH) };
                    $f::<$V>($($arg),*);
                    from += $strip.count * $V::WIDTH;
                } else {
                    let $strip = Strip { position, count: floats - whole };
                    $f::<f32>($($arg),*);
                    from = floats;
                }
            }
        }
    }};
}

/// Runs `$body` for each number of a result: how many floats it lies behind the first.
macro_rules! for_each_number {
    ($g:expr, $strip:expr, |$at:ident| $body:block) => {
        for r in 0..$g.reduced[0] {
            for s in 0..$g.reduced[1] {
                let $at = (r * $g.reduced_strides[0] + s * $g.reduced_strides[1]) * $strip.position;
                $body
            }
        }
    };
}

#[inline(always)]
unsafe fn strip_forward<V: Vector>(g: &Reduce, strip: Strip, x: *const f32, y: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut kept = [V::splat(0.0); STRIP];
        let kept = &mut kept[..strip.count];
        if matches!(g.op, ReduceOp::Max | ReduceOp::Min) {
            for (i, most) in kept.iter_mut().enumerate() {
                *most = V::load(x.add(i * V::WIDTH));
            }
            for_each_number!(g, strip, |at| {
                for (i, most) in kept.iter_mut().enumerate() {
                    *most = extreme(g.op, *most, V::load(x.add(at + i * V::WIDTH)));
                }
            });
        } else {
            // Four numbers are added to each other first: sums of many numbers lose less so.
            let step = g.reduced_strides[1] * strip.position;
            for r in 0..g.reduced[0] {
                let (row, mut s) = (x.add(r * g.reduced_strides[0] * strip.position), 0);
                while s < g.reduced[1] {
                    let (four, at) = (s + 4 <= g.reduced[1], row.add(s * step));
                    for (i, sum) in kept.iter_mut().enumerate() {
                        let at = at.add(i * V::WIDTH);
                        let mut number = V::load(at);
                        if four {
                            let last = V::load(at.add(2 * step)).add(V::load(at.add(3 * step)));
                            number = number.add(V::load(at.add(step))).add(last);
                        }
                        *sum = sum.add(number);
                    }
                    s += if four { 4 } else { 1 };
                }
            }
            if g.op == ReduceOp::Mean {
                for sum in kept.iter_mut() {
                    *sum = sum.div(V::splat(g.count() as f32)).flush(f32::MIN_POSITIVE);
                }
            }
        }
        for (i, result) in kept.iter().enumerate() {
            result.store(y.add(i * V::WIDTH));
        }
    }
}

#[inline(always)]
pub(super) unsafe fn reduce_apart_forward<V: Vector>(g: &Reduce, position: usize, x: *const f32, y: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe { for_each_strip!(V, g, position, |strip, to, first| strip_forward(g, strip, x.add(first), y.add(to))) };
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn strip_backward<V: Vector>(
    g: &Reduce,
    strip: Strip,
    x: *const f32,
    y: *const f32,
    dy: *const f32,
    dx: *mut f32,
    accumulate: bool,
) {
    // SAFETY: the caller's promise: x and y are there for the largest and the smallest.
    unsafe {
        let among = matches!(g.op, ReduceOp::Max | ReduceOp::Min);
        let (zero, one) = (V::splat(0.0), V::splat(1.0));
        // How many numbers share a gradient, and then what each has of it.
        let mut kept = [zero; STRIP];
        let kept = &mut kept[..strip.count];
        if among {
            for_each_number!(g, strip, |at| {
                for (i, count) in kept.iter_mut().enumerate() {
                    let (most, x) = (V::load(y.add(i * V::WIDTH)), V::load(x.add(at + i * V::WIDTH)));
                    *count = count.add(super::equal(most, x, one));
                }
            });
        }
        for (i, share) in kept.iter_mut().enumerate() {
            let d = V::load(dy.add(i * V::WIDTH));
            *share = match g.op {
                ReduceOp::Sum => d,
                ReduceOp::Mean => d.div(V::splat(g.count() as f32)),
                ReduceOp::Max | ReduceOp::Min => d.div(*share),
            };
        }
        for_each_number!(g, strip, |at| {
            for (i, share) in kept.iter().enumerate() {
                let (to, mut d) = (dx.add(at + i * V::WIDTH), *share);
                if among {
                    d = super::equal(V::load(y.add(i * V::WIDTH)), V::load(x.add(at + i * V::WIDTH)), d);
                }
                put_gradient(d, to, accumulate);
            }
        });
    }
}

#[cfg(feature = "train")]
#[inline(always)]
pub(super) unsafe fn reduce_apart_backward<V: Vector>(
    g: &Reduce,
    position: usize,
    x: *const f32,
    y: *const f32,
    dy: *const f32,
    dx: *mut f32,
    accumulate: bool,
) {
    // SAFETY: the caller's promise; x and y may be null.
    unsafe {
        for_each_strip!(V, g, position, |strip, to, first| strip_backward(
            g,
            strip,
            x.wrapping_add(first),
            y.wrapping_add(to),
            dy.add(to),
            dx.add(first),
            accumulate
        ));
    }
}

#[expect(dead_code, reason = "the lanes are results of one sample, so that only one of both entries is used")]
mod lanes {
    use super::*;
    entries! {
        pub(in crate::kernels) unsafe fn reduce_apart_forward(g: &Reduce, position: usize, x: *const f32, y: *mut f32);
    }
}

#[cfg(feature = "train")]
#[expect(dead_code, reason = "as above")]
mod lanes_back {
    use super::*;
    entries! {
        pub(in crate::kernels) unsafe fn reduce_apart_backward(
            g: &Reduce,
            position: usize,
            x: *const f32,
            y: *const f32,
            dy: *const f32,
            dx: *mut f32,
            accumulate: bool,
        );
    }
}

pub(super) use lanes::chwn16::reduce_apart_forward as forward;
#[cfg(feature = "train")]
pub(super) use lanes_back::chwn16::reduce_apart_backward as backward;
