//! Choices between two values, axes of size 1 stretched.

#[cfg(feature = "train")]
use crate::kernels::gradient::put_gradient;
use crate::simd::Vector;
use fireclay_ir::geometry::Select;

/// Calls `f(position in the result, in the mask, in a, in b)` for every position.
#[inline(always)]
fn each(g: &Select, mut f: impl FnMut(usize, [usize; 3])) {
    let mut at = 0;
    for i in 0..g.dims[0] {
        for j in 0..g.dims[1] {
            for k in 0..g.dims[2] {
                for l in 0..g.dims[3] {
                    f(at, [&g.mask, &g.a, &g.b].map(|s| i * s[0] + j * s[1] + k * s[2] + l * s[3]));
                    at += 1;
                }
            }
        }
    }
}

/// `yes` where the mask is not zero (NaN is not), else `no`.
#[inline(always)]
unsafe fn chosen<V: Vector>(mask: V, yes: V, no: V) -> V {
    // SAFETY: the caller's promise.
    unsafe {
        let zero = V::splat(0.0);
        mask.select_gt(zero, yes, zero.select_gt(mask, yes, mask.select_nan(yes, no)))
    }
}

#[inline(always)]
unsafe fn select<V: Vector>(g: &Select, mask: *const f32, a: *const f32, b: *const f32, y: *mut f32) {
    // SAFETY: the caller's promise: positions are inside.
    each(g, |at, [m, i, j]| unsafe {
        let [mask, a, b] = [mask.add(m * V::WIDTH), a.add(i * V::WIDTH), b.add(j * V::WIDTH)].map(|from| V::load(from));
        chosen(mask, a, b).store(y.add(at * V::WIDTH));
    });
}

/// Adds up the gradient of one side, which has these strides: `side` is its place among mask, a and b.
#[cfg(feature = "train")]
#[inline(always)]
unsafe fn shares<V: Vector>(
    g: &Select,
    side: usize,
    strides: [usize; 4],
    mask: *const f32,
    dy: *const f32,
    dx: *mut f32,
    accumulate: bool,
) {
    let stretched = (0..4).any(|axis| strides[axis] == 0 && g.dims[axis] > 1);
    // SAFETY: the caller's promise: positions are inside.
    unsafe {
        if stretched && !accumulate {
            let len: usize = (0..4).map(|axis| if strides[axis] == 0 { 1 } else { g.dims[axis] }).product();
            dx.write_bytes(0, len * V::WIDTH);
        }
        let add = accumulate || stretched;
        each(g, |at, places| {
            let (mask, d) = (V::load(mask.add(places[0] * V::WIDTH)), V::load(dy.add(at * V::WIDTH)));
            let zero = V::splat(0.0);
            let d = if side == 1 { chosen(mask, d, zero) } else { chosen(mask, zero, d) };
            let to = dx.add(places[side] * V::WIDTH);
            put_gradient(d, to, add);
        });
    }
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn select_backward_a<V: Vector>(g: &Select, mask: *const f32, dy: *const f32, da: *mut f32, accumulate: bool) {
    // SAFETY: the caller's promise.
    unsafe { shares::<V>(g, 1, g.a, mask, dy, da, accumulate) };
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn select_backward_b<V: Vector>(g: &Select, mask: *const f32, dy: *const f32, db: *mut f32, accumulate: bool) {
    // SAFETY: the caller's promise.
    unsafe { shares::<V>(g, 2, g.b, mask, dy, db, accumulate) };
}

fireclay_ir::select_kernels!(declared);
