//! Operators between a value and a number, and powers.

use super::binary::combine;
#[cfg(feature = "train")]
use super::binary::{to_a, to_b};
use crate::math;
use crate::simd::Vector;
#[cfg(feature = "train")]
use fireclay_ir::geometry::BinaryOp;
use fireclay_ir::geometry::{Power, WithNumber};

#[inline(always)]
unsafe fn with_number<V: Vector>(g: &WithNumber, x: *const f32, y: *mut f32) {
    for i in 0..g.len {
        // SAFETY: the caller's promise: len vectors each.
        unsafe {
            let (x, number) = (V::load(x.add(i * V::WIDTH)), V::splat(g.number));
            let result = if g.first { combine(g.op, number, x) } else { combine(g.op, x, number) };
            result.store(y.add(i * V::WIDTH));
        }
    }
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn with_number_backward<V: Vector>(g: &WithNumber, x: *const f32, dy: *const f32, dx: *mut f32, accumulate: bool) {
    // SAFETY: the instruction set is there, by the caller's promise.
    let gradient = |x: V, d: V| unsafe {
        let (number, zero) = (V::splat(g.number), V::splat(0.0));
        match g.op {
            // As PyTorch's `clamp`: none at the bound itself.
            BinaryOp::Max => x.select_gt(number, d, zero),
            BinaryOp::Min => number.select_gt(x, d, zero),
            op if g.first => to_b(op, number, x, d),
            op => to_a(op, x, number, d),
        }
    };
    // SAFETY: the caller's promise: len vectors each.
    unsafe { super::activation::map_back::<V>(g.len, x, dy, dx, accumulate, gradient) };
}

/// The largest power that is multiplied out.
const MULTIPLIED: f32 = 64.0;

/// `x ^ exponent`: products for its whole part, which are right to the last digits and take negative numbers; for the rest, and for what is
/// larger, `e ^ (exponent · ln x)`.
#[inline(always)]
unsafe fn raised<V: Vector>(x: V, exponent: f32) -> V {
    let size = if exponent < 0.0 { -exponent } else { exponent };
    let whole = if size <= MULTIPLIED { size as u32 } else { 0 };
    let rest = size - whole as f32;
    // SAFETY: the caller's promise.
    unsafe {
        let one = V::splat(1.0);
        let (mut result, mut square, mut bits) = (one, x, whole);
        while bits > 0 {
            if bits % 2 == 1 {
                result = result.mul(square);
            }
            bits /= 2;
            if bits > 0 {
                square = square.mul(square);
            }
        }
        if rest == 0.5 {
            result = result.mul(x.sqrt());
        } else if rest > 0.0 {
            result = result.mul(math::exp(math::ln(x).mul(V::splat(rest))));
        }
        if exponent < 0.0 { one.div(result) } else { result }
    }
}

#[inline(always)]
unsafe fn power<V: Vector>(g: &Power, x: *const f32, y: *mut f32) {
    for i in 0..g.len {
        // SAFETY: the caller's promise: len vectors each.
        unsafe { raised(V::load(x.add(i * V::WIDTH)), g.exponent).flush(f32::MIN_POSITIVE).store(y.add(i * V::WIDTH)) };
    }
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn power_backward<V: Vector>(g: &Power, x: *const f32, dy: *const f32, dx: *mut f32, accumulate: bool) {
    // SAFETY: the instruction set is there, by the caller's promise.
    let gradient = |x: V, d: V| unsafe {
        // A constant has none, whatever x is.
        let slope = if g.exponent == 0.0 { V::splat(0.0) } else { raised(x, g.exponent - 1.0).mul(V::splat(g.exponent)) };
        d.mul(slope)
    };
    // SAFETY: the caller's promise: len vectors each.
    unsafe { super::activation::map_back::<V>(g.len, x, dy, dx, accumulate, gradient) };
}

fireclay_ir::number_kernels!(declared);
