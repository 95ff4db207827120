//! Values that come of no other value: numbers, parameters, indices as rows of zeros with a one; and a value that stays.

use crate::simd::Vector;

#[inline(always)]
unsafe fn fill<V: Vector>(len: usize, number: f32, y: *mut f32) {
    for i in 0..len {
        // SAFETY: the caller's promise: len vectors.
        unsafe { V::splat(number).store(y.add(i * V::WIDTH)) };
    }
}

#[inline(always)]
unsafe fn param_value<V: Vector>(len: usize, param: *const f32, y: *mut f32) {
    for i in 0..len {
        // SAFETY: the caller's promise: len numbers, and as many vectors.
        unsafe { V::splat(*param.add(i)).store(y.add(i * V::WIDTH)) };
    }
}

#[inline(always)]
unsafe fn one_hot<V: Vector>(len: usize, bound: usize, x: *const u32, y: *mut f32) {
    // SAFETY: the caller's promise: len indices below the bound, and as many rows.
    unsafe {
        y.write_bytes(0, len * bound * V::WIDTH);
        for i in 0..len {
            for lane in 0..V::WIDTH {
                let index = *x.add(i * V::WIDTH + lane) as usize;
                // Padding lanes may hold any number.
                if index < bound {
                    *y.add((i * bound + index) * V::WIDTH + lane) = 1.0;
                }
            }
        }
    }
}

#[inline(always)]
unsafe fn keep<V: Vector>(len: usize, x: *const f32, y: *mut f32) {
    if y.cast_const() != x {
        // SAFETY: the caller's promise: len vectors each, of two values or of one.
        unsafe { y.copy_from_nonoverlapping(x, len * V::WIDTH) };
    }
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn param_value_backward<V: Vector>(len: usize, dy: *const f32, dparam: *mut f32) {
    for i in 0..len {
        // SAFETY: the caller's promise: len vectors, and as many numbers.
        unsafe { *dparam.add(i) += V::load(dy.add(i * V::WIDTH)).sum() };
    }
}

fireclay_ir::constant_kernels!(declared);
