//! Reductions over some axes: sums, means, largest and smallest numbers, and where the largest stands.

mod apart;
mod beside;

#[cfg(feature = "train")]
use crate::kernels::gradient::put_gradient;
use crate::kernels::strips::sum4;
use crate::simd::{LANES, Vector};
#[cfg(feature = "train")]
use apart::reduce_apart_backward;
use apart::reduce_apart_forward;
use fireclay_ir::geometry::{Reduce, ReduceOp};

/// Whether results lie side by side, at least so many.
#[inline(always)]
fn results_beside(g: &Reduce, least: usize) -> bool {
    g.kept_strides[1] == 1 && g.kept[1] >= least
}

/// Whether the numbers of one sample's results fill vectors.
#[inline(always)]
fn fills_vectors<V: Vector>(g: &Reduce) -> bool {
    V::WIDTH == 1 && g.reduced_strides[1] == 1 && g.reduced[1] >= LANES
}

/// `yes` where x is as large as the largest, neither above nor below it, else zero.
#[cfg(feature = "train")]
#[inline(always)]
unsafe fn equal<V: Vector>(most: V, x: V, yes: V) -> V {
    // SAFETY: the instruction set is there.
    unsafe {
        let zero = V::splat(0.0);
        most.select_gt(x, zero, x.select_gt(most, zero, yes))
    }
}

/// Calls `f(position in y, first position in x)` for every result.
#[inline(always)]
fn results(g: &Reduce, mut f: impl FnMut(usize, usize)) {
    for i in 0..g.kept[0] {
        for j in 0..g.kept[1] {
            f(i * g.kept[1] + j, i * g.kept_strides[0] + j * g.kept_strides[1]);
        }
    }
}

/// Calls `f(position in x)` for every number of a result.
#[inline(always)]
fn numbers(g: &Reduce, first: usize, mut f: impl FnMut(usize)) {
    for i in 0..g.reduced[0] {
        for j in 0..g.reduced[1] {
            f(first + i * g.reduced_strides[0] + j * g.reduced_strides[1]);
        }
    }
}

/// The sum of the numbers of a result, in four parts, which are added last: sums of many numbers lose less so, and wait less.
#[inline(always)]
unsafe fn sum<V: Vector>(g: &Reduce, first: usize, x: *const f32) -> V {
    // SAFETY: the caller's promise.
    unsafe {
        let mut parts = [V::splat(0.0); 4];
        let at = |i: usize, j: usize| (first + i * g.reduced_strides[0] + j * g.reduced_strides[1]) * V::WIDTH;
        for i in 0..g.reduced[0] {
            let mut j = 0;
            while j + 4 <= g.reduced[1] {
                for (k, part) in parts.iter_mut().enumerate() {
                    *part = part.add(V::load(x.add(at(i, j + k))));
                }
                j += 4;
            }
            while j < g.reduced[1] {
                parts[j % 4] = parts[j % 4].add(V::load(x.add(at(i, j))));
                j += 1;
            }
        }
        sum4(parts)
    }
}

/// The larger or the smaller of both, NaN where one is.
#[inline(always)]
unsafe fn extreme<V: Vector>(op: ReduceOp, a: V, b: V) -> V {
    // SAFETY: the caller's promise.
    unsafe {
        // Both give b where one is NaN.
        let extreme = if op == ReduceOp::Max { a.max(b) } else { a.min(b) };
        a.select_nan(a, extreme)
    }
}

#[inline(always)]
unsafe fn reduce_forward<V: Vector>(g: &Reduce, x: *const f32, y: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe {
        if V::WIDTH == 1 && results_beside(g, LANES) {
            return apart::forward(g, 1, x, y);
        }
        if fills_vectors::<V>(g) {
            return beside::forward(g, x, y);
        }
        if V::WIDTH > 1 && results_beside(g, 2) {
            return reduce_apart_forward::<V>(g, V::WIDTH, x, y);
        }
    }
    // SAFETY: the caller's promise: positions are inside.
    results(g, |to, first| unsafe {
        let result = match g.op {
            ReduceOp::Sum => sum::<V>(g, first, x),
            ReduceOp::Mean => sum::<V>(g, first, x).div(V::splat(g.count() as f32)).flush(f32::MIN_POSITIVE),
            ReduceOp::Max | ReduceOp::Min => {
                let mut most = V::load(x.add(first * V::WIDTH));
                numbers(g, first, |at| most = extreme(g.op, most, V::load(x.add(at * V::WIDTH))));
                most
            }
        };
        result.store(y.add(to * V::WIDTH));
    });
}

#[inline(always)]
unsafe fn arg_max<V: Vector>(g: &Reduce, x: *const f32, y: *mut u32) {
    results(g, |to, first| {
        for lane in 0..V::WIDTH {
            // SAFETY: the caller's promise: positions are inside.
            unsafe {
                let (mut most, mut place, mut i) = (*x.add(first * V::WIDTH + lane), 0, 0);
                numbers(g, first, |at| {
                    let number = *x.add(at * V::WIDTH + lane);
                    if number > most || (number.is_nan() && !most.is_nan()) {
                        (most, place) = (number, i);
                    }
                    i += 1;
                });
                *y.add(to * V::WIDTH + lane) = place;
            }
        }
    });
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn reduce_backward<V: Vector>(g: &Reduce, x: *const f32, y: *const f32, dy: *const f32, dx: *mut f32, accumulate: bool) {
    // SAFETY: the caller's promise.
    unsafe {
        if V::WIDTH == 1 && results_beside(g, LANES) {
            return apart::backward(g, 1, x, y, dy, dx, accumulate);
        }
        if fills_vectors::<V>(g) {
            return beside::backward(g, x, y, dy, dx, accumulate);
        }
        if V::WIDTH > 1 && results_beside(g, 2) {
            return reduce_apart_backward::<V>(g, V::WIDTH, x, y, dy, dx, accumulate);
        }
    }
    // SAFETY: the caller's promise: positions are inside, and x and y are there for the largest and the smallest.
    results(g, |from, first| unsafe {
        let d = V::load(dy.add(from * V::WIDTH));
        let (zero, one) = (V::splat(0.0), V::splat(1.0));
        let write = |at: usize, d: V| {
            let to = dx.add(at * V::WIDTH);
            put_gradient(d, to, accumulate);
        };
        match g.op {
            ReduceOp::Sum => numbers(g, first, |at| write(at, d)),
            ReduceOp::Mean => {
                let d = d.div(V::splat(g.count() as f32));
                numbers(g, first, |at| write(at, d));
            }
            ReduceOp::Max | ReduceOp::Min => {
                let most = V::load(y.add(from * V::WIDTH));
                let equal = |at: usize, yes: V| equal(most, V::load(x.add(at * V::WIDTH)), yes);
                let mut count = zero;
                numbers(g, first, |at| count = count.add(equal(at, one)));
                let share = d.div(count);
                numbers(g, first, |at| write(at, equal(at, share)));
            }
        }
    });
}

fireclay_ir::reduce_kernels!(declared);
