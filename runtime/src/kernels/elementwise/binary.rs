//! Sums, differences and products of values, axes of size 1 stretched.

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

#[inline(always)]
unsafe fn binary<V: Vector>(g: &Binary, a: *const f32, b: *const f32, y: *mut f32) {
    // SAFETY: the caller's promise: positions are inside.
    each(g, |at, i, j| unsafe {
        let (a, b) = (V::load(a.add(i * V::WIDTH)), V::load(b.add(j * V::WIDTH)));
        let result = match g.op {
            BinaryOp::Add => a.add(b),
            BinaryOp::Sub => a.sub(b),
            BinaryOp::Mul => a.mul(b).flush(f32::MIN_POSITIVE),
        };
        result.store(y.add(at * V::WIDTH));
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
            let d = if add { V::load(to).add(d) } else { d };
            d.flush(TINY).store(to);
        });
    }
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn binary_backward_a<V: Vector>(g: &Binary, dy: *const f32, b: *const f32, da: *mut f32, accumulate: bool) {
    // The gradient of a sum is that of its sides: where it may stay, there is nothing to do.
    if g.op != BinaryOp::Mul && !accumulate && da.cast_const() == dy {
        return;
    }
    // SAFETY: the caller's promise; b is read for products alone.
    unsafe {
        shares::<V>(g, da, accumulate, g.a, |at, i, j| {
            let d = V::load(dy.add(at * V::WIDTH));
            (i, if g.op == BinaryOp::Mul { d.mul(V::load(b.add(j * V::WIDTH))) } else { d })
        });
    }
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn binary_backward_b<V: Vector>(g: &Binary, dy: *const f32, a: *const f32, db: *mut f32, accumulate: bool) {
    // SAFETY: the caller's promise; a is read for products alone.
    unsafe {
        shares::<V>(g, db, accumulate, g.b, |at, i, j| {
            let d = V::load(dy.add(at * V::WIDTH));
            let d = match g.op {
                BinaryOp::Add => d,
                BinaryOp::Sub => V::splat(0.0).sub(d),
                BinaryOp::Mul => d.mul(V::load(a.add(i * V::WIDTH))),
            };
            (j, d)
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
