//! Operators between two values, axes of size 1 stretched.

#[cfg(feature = "train")]
use crate::kernels::gradient::put_gradient;
#[cfg(feature = "train")]
use crate::simd::TINY;
use crate::simd::Vector;
use fireclay_ir::geometry::{Binary, BinaryOp};

/// Calls `f(position in the result, in a, in b)`, in vectors, for every position.
#[inline(always)]
fn each(g: &Binary, mut f: impl FnMut(usize, usize, usize)) {
    let mut at = 0;
    for i in 0..g.dims[0] {
        for j in 0..g.dims[1] {
            let (a, b) = (i * g.a[0] + j * g.a[1], i * g.b[0] + j * g.b[1]);
            for k in 0..g.dims[2] {
                f(at, a + k * g.a[2], b + k * g.b[2]);
                at += 1;
            }
        }
    }
}

/// What an operator makes of two numbers.
#[inline(always)]
pub(super) unsafe fn combine<V: Vector>(op: BinaryOp, a: V, b: V) -> V {
    // SAFETY: the caller's promise.
    unsafe {
        let (zero, one) = (V::splat(0.0), V::splat(1.0));
        match op {
            BinaryOp::Add => a.add(b),
            BinaryOp::Sub => a.sub(b),
            BinaryOp::Mul => a.mul(b).flush(f32::MIN_POSITIVE),
            BinaryOp::Div => a.div(b).flush(f32::MIN_POSITIVE),
            // `max` and `min` of vectors give b where one is NaN.
            BinaryOp::Max => a.select_nan(a, a.max(b)),
            BinaryOp::Min => a.select_nan(a, a.min(b)),
            BinaryOp::Greater => a.select_gt(b, one, zero),
            BinaryOp::GreaterEqual => a.select_nan(zero, b.select_nan(zero, b.select_gt(a, zero, one))),
        }
    }
}

/// d times the derivative by a.
#[cfg(feature = "train")]
#[inline(always)]
pub(super) unsafe fn to_a<V: Vector>(op: BinaryOp, a: V, b: V, d: V) -> V {
    // SAFETY: the caller's promise.
    unsafe {
        let zero = V::splat(0.0);
        let half = || d.mul(V::splat(0.5));
        match op {
            BinaryOp::Add | BinaryOp::Sub => d,
            BinaryOp::Mul => d.mul(b),
            BinaryOp::Div => d.div(b),
            BinaryOp::Max => a.select_gt(b, d, b.select_gt(a, zero, half())),
            BinaryOp::Min => a.select_gt(b, zero, b.select_gt(a, d, half())),
            BinaryOp::Greater | BinaryOp::GreaterEqual => zero,
        }
    }
}

/// d times the derivative by b.
#[cfg(feature = "train")]
#[inline(always)]
pub(super) unsafe fn to_b<V: Vector>(op: BinaryOp, a: V, b: V, d: V) -> V {
    // SAFETY: the caller's promise.
    unsafe {
        let zero = V::splat(0.0);
        match op {
            BinaryOp::Add => d,
            BinaryOp::Sub => zero.sub(d),
            BinaryOp::Mul => d.mul(a),
            BinaryOp::Div => zero.sub(d.mul(a.div(b)).div(b)),
            // They do not change where a and b are exchanged.
            BinaryOp::Max | BinaryOp::Min => to_a(op, b, a, d),
            BinaryOp::Greater | BinaryOp::GreaterEqual => zero,
        }
    }
}

#[inline(always)]
unsafe fn binary<V: Vector>(g: &Binary, a: *const f32, b: *const f32, y: *mut f32) {
    // SAFETY: the caller's promise: positions are inside.
    each(g, |at, i, j| unsafe {
        combine(g.op, V::load(a.add(i * V::WIDTH)), V::load(b.add(j * V::WIDTH))).store(y.add(at * V::WIDTH));
    });
}

/// Adds each position's share to the gradient of one side; where that side was stretched, shares meet.
#[cfg(feature = "train")]
#[inline(always)]
unsafe fn shares<V: Vector>(
    g: &Binary,
    dx: *mut f32,
    accumulate: bool,
    strides: [usize; 3],
    mut share: impl FnMut(usize, usize, usize) -> (usize, V),
) {
    // SAFETY: the caller's promise: positions are inside.
    unsafe {
        let stretched = (0..3).any(|axis| strides[axis] == 0 && g.dims[axis] > 1);
        if stretched && !accumulate {
            let len: usize = (0..3).map(|axis| if strides[axis] == 0 { 1 } else { g.dims[axis] }).product();
            dx.write_bytes(0, len * V::WIDTH);
        }
        let add = accumulate || stretched;
        each(g, |at, i, j| {
            let (to, d) = share(at, i, j);
            let to = dx.add(to * V::WIDTH);
            put_gradient(d, to, add);
        });
    }
}

/// The vector at a position, or zero where the operator reads none.
#[cfg(feature = "train")]
#[inline(always)]
unsafe fn read<V: Vector>(reads: bool, x: *const f32, i: usize) -> V {
    // SAFETY: the caller's promise: what is read is there.
    unsafe { if reads { V::load(x.add(i * V::WIDTH)) } else { V::splat(0.0) } }
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn binary_backward_a<V: Vector>(g: &Binary, dy: *const f32, a: *const f32, b: *const f32, da: *mut f32, accumulate: bool) {
    // The gradient of a sum is that of its sides: where it may stay, there is nothing to do.
    if matches!(g.op, BinaryOp::Add | BinaryOp::Sub) && !accumulate && da.cast_const() == dy {
        return;
    }
    let reads = g.op.reads_for_a();
    // SAFETY: the caller's promise.
    unsafe {
        shares::<V>(g, da, accumulate, g.a, |at, i, j| {
            let d = V::load(dy.add(at * V::WIDTH));
            (i, to_a(g.op, read(reads[0], a, i), read(reads[1], b, j), d))
        });
    }
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn binary_backward_b<V: Vector>(g: &Binary, dy: *const f32, a: *const f32, b: *const f32, db: *mut f32, accumulate: bool) {
    let reads = g.op.reads_for_b();
    // SAFETY: the caller's promise.
    unsafe {
        shares::<V>(g, db, accumulate, g.b, |at, i, j| {
            let d = V::load(dy.add(at * V::WIDTH));
            (j, to_b(g.op, read(reads[0], a, i), read(reads[1], b, j), d))
        });
    }
}

#[inline(always)]
unsafe fn affine<V: Vector>(len: usize, scale: f32, shift: f32, x: *const f32, y: *mut f32) {
    for i in 0..len {
        // SAFETY: the caller's promise: len vectors each.
        unsafe { V::load(x.add(i * V::WIDTH)).mul_add(V::splat(scale), V::splat(shift)).store(y.add(i * V::WIDTH)) };
    }
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn affine_backward<V: Vector>(len: usize, scale: f32, dy: *const f32, dx: *mut f32, accumulate: bool) {
    // SAFETY: the caller's promise: len vectors each.
    unsafe { super::activation::map_back::<V>(len, dy, dy, dx, accumulate, |d, _| d.mul(V::splat(scale))) };
}

/// Gradients before anything multiplies them.
#[cfg(feature = "train")]
#[inline(always)]
unsafe fn flush_gradient<V: Vector>(len: usize, dy: *mut f32) {
    for i in 0..len {
        // SAFETY: the caller's promise: len vectors.
        unsafe { V::load(dy.add(i * V::WIDTH)).flush(TINY).store(dy.add(i * V::WIDTH)) };
    }
}

fireclay_ir::elementwise_kernels!(declared);
