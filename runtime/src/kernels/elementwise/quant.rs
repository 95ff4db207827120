//! Quantization, number by number: `real = (integer − zero_point) · scale`.

#[cfg(feature = "train")]
use super::activation::map_back;
use crate::simd::{LANES, Vector};
use fireclay_ir::geometry::Quant;

/// `round(x / scale)` within the range of the integers, without the zero point; 0 where x is NaN.
///
/// # Safety
/// The instruction set is there.
#[inline(always)]
unsafe fn steps<V: Vector>(g: &Quant, x: V) -> V {
    let [least, most] = g.range();
    // SAFETY: the caller's promise.
    unsafe {
        let steps = x.div(V::splat(g.scale));
        let steps = steps.select_nan(V::splat(0.0), steps);
        // Both bounds are integers: cut before rounding or after, it is the same.
        steps.max(V::splat(least)).min(V::splat(most)).round()
    }
}

#[inline(always)]
unsafe fn quantize_forward<V: Vector>(g: &Quant, x: *const f32, y: *mut i8) {
    let mut line = [0.0_f32; LANES];
    let zero_point = f32::from(g.zero_point);
    for i in 0..g.len {
        // SAFETY: the caller's promise: len vectors each.
        unsafe {
            let at = i * V::WIDTH;
            steps(g, V::load(x.add(at))).add(V::splat(zero_point)).store(line.as_mut_ptr());
            for lane in 0..V::WIDTH {
                *y.add(at + lane) = line[lane] as i8;
            }
        }
    }
}

#[inline(always)]
unsafe fn dequantize_forward<V: Vector>(g: &Quant, x: *const i8, y: *mut f32) {
    let mut line = [0.0_f32; LANES];
    let zero_point = f32::from(g.zero_point);
    for i in 0..g.len {
        // SAFETY: the caller's promise: len vectors each.
        unsafe {
            let at = i * V::WIDTH;
            for lane in 0..V::WIDTH {
                line[lane] = f32::from(*x.add(at + lane));
            }
            V::load(line.as_ptr()).sub(V::splat(zero_point)).mul(V::splat(g.scale)).store(y.add(at));
        }
    }
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn quantize_backward<V: Vector>(g: &Quant, x: *const f32, dy: *const f32, dx: *mut f32, accumulate: bool) {
    let [least, most] = g.range();
    // SAFETY: the caller's promise: len vectors each.
    unsafe {
        map_back::<V>(g.len, x, dy, dx, accumulate, |x, d| {
            let (scale, zero) = (V::splat(g.scale), V::splat(0.0));
            let (d, steps) = (d.div(scale), x.div(scale).round());
            // Half a step beyond, so that both bounds are inside; false where NaN.
            let inside = steps.select_gt(V::splat(least - 0.5), d, zero);
            V::splat(most + 0.5).select_gt(steps, inside, zero)
        });
    }
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn dequantize_backward<V: Vector>(g: &Quant, dy: *const f32, dx: *mut f32, accumulate: bool) {
    // SAFETY: the caller's promise: len vectors each.
    unsafe { map_back::<V>(g.len, dy, dy, dx, accumulate, |_, d| d.mul(V::splat(g.scale))) };
}

fireclay_ir::quant_kernels!(declared);
