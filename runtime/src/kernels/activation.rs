//! Activations, element by element; `len` vectors. All may run in place.

use crate::math;
#[cfg(feature = "train")]
use crate::simd::TINY;
use crate::simd::Vector;

#[inline(always)]
unsafe fn map<V: Vector>(len: usize, x: *const f32, y: *mut f32, f: impl Fn(V) -> V) {
    for i in 0..len {
        // SAFETY: the caller's promise: len vectors each.
        unsafe { f(V::load(x.add(i * V::WIDTH))).store(y.add(i * V::WIDTH)) };
    }
}

/// `dx (+)= f(saved, dy)`, where a [`TINY`] gradient is zero: what multiplies it next never meets denormal numbers.
#[cfg(feature = "train")]
#[inline(always)]
pub(super) unsafe fn map_back<V: Vector>(
    len: usize,
    saved: *const f32,
    dy: *const f32,
    dx: *mut f32,
    accumulate: bool,
    f: impl Fn(V, V) -> V,
) {
    for i in 0..len {
        let at = i * V::WIDTH;
        // SAFETY: the caller's promise: len vectors each.
        unsafe {
            let d = f(V::load(saved.add(at)), V::load(dy.add(at)));
            let d = if accumulate { V::load(dx.add(at)).add(d) } else { d };
            d.flush(TINY).store(dx.add(at));
        }
    }
}

#[inline(always)]
unsafe fn relu<V: Vector>(len: usize, x: *const f32, y: *mut f32) {
    // SAFETY: the caller's promise. `max` gives its second operand where one is NaN, so NaN passes.
    unsafe { map::<V>(len, x, y, |x| V::splat(0.0).max(x)) };
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn relu_backward<V: Vector>(len: usize, y: *const f32, dy: *const f32, dx: *mut f32, accumulate: bool) {
    let zero_or = |y: V, d: V| {
        // SAFETY: the instruction set is there, by the caller's promise.
        unsafe { y.select_nan(d, y.select_gt(V::splat(0.0), d, V::splat(0.0))) }
    };
    // SAFETY: the caller's promise.
    unsafe { map_back::<V>(len, y, dy, dx, accumulate, zero_or) };
}

#[inline(always)]
unsafe fn leaky_relu<V: Vector>(len: usize, slope: f32, x: *const f32, y: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe { map::<V>(len, x, y, |x| x.select_gt(V::splat(0.0), x, x.mul(V::splat(slope)))) };
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn leaky_relu_backward<V: Vector>(len: usize, slope: f32, x: *const f32, dy: *const f32, dx: *mut f32, accumulate: bool) {
    // SAFETY: the caller's promise.
    unsafe { map_back::<V>(len, x, dy, dx, accumulate, |x, d| x.select_gt(V::splat(0.0), d, d.mul(V::splat(slope)))) };
}

#[inline(always)]
unsafe fn sigmoid<V: Vector>(len: usize, x: *const f32, y: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe { map::<V>(len, x, y, |x| math::sigmoid(x).flush(f32::MIN_POSITIVE)) };
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn sigmoid_backward<V: Vector>(len: usize, y: *const f32, dy: *const f32, dx: *mut f32, accumulate: bool) {
    // SAFETY: the caller's promise.
    unsafe { map_back::<V>(len, y, dy, dx, accumulate, |y, d| d.mul(y).mul(V::splat(1.0).sub(y))) };
}

#[inline(always)]
unsafe fn tanh<V: Vector>(len: usize, x: *const f32, y: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe { map::<V>(len, x, y, |x| math::tanh(x).flush(f32::MIN_POSITIVE)) };
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn tanh_backward<V: Vector>(len: usize, y: *const f32, dy: *const f32, dx: *mut f32, accumulate: bool) {
    // SAFETY: the caller's promise.
    unsafe { map_back::<V>(len, y, dy, dx, accumulate, |y, d| d.mul(V::splat(1.0).sub(y.mul(y)))) };
}

#[inline(always)]
unsafe fn exp<V: Vector>(len: usize, x: *const f32, y: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe { map::<V>(len, x, y, |x| math::exp(x).flush(f32::MIN_POSITIVE)) };
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn exp_backward<V: Vector>(len: usize, y: *const f32, dy: *const f32, dx: *mut f32, accumulate: bool) {
    // SAFETY: the caller's promise.
    unsafe { map_back::<V>(len, y, dy, dx, accumulate, |y, d| d.mul(y)) };
}

entries! {
    /// `y = max(0, x)`; NaN passes.
    pub unsafe fn relu(len: usize, x: *const f32, y: *mut f32);
    /// `y = x` where x > 0, else `slope · x`.
    pub unsafe fn leaky_relu(len: usize, slope: f32, x: *const f32, y: *mut f32);
    /// `y = 1 / (1 + e⁻ˣ)`; zero where that is denormal.
    pub unsafe fn sigmoid(len: usize, x: *const f32, y: *mut f32);
    /// `y = tanh x`; zero where that is denormal.
    pub unsafe fn tanh(len: usize, x: *const f32, y: *mut f32);
    /// `y = eˣ`; zero where that is denormal.
    pub unsafe fn exp(len: usize, x: *const f32, y: *mut f32);
    /// `dx (+)= dy` where y > 0 or NaN.
    #[cfg(feature = "train")]
    pub unsafe fn relu_backward(len: usize, y: *const f32, dy: *const f32, dx: *mut f32, accumulate: bool);
    /// `dx (+)= dy` where x > 0, else `slope · dy`; with a positive slope y serves as x.
    #[cfg(feature = "train")]
    pub unsafe fn leaky_relu_backward(len: usize, slope: f32, x: *const f32, dy: *const f32, dx: *mut f32, accumulate: bool);
    /// `dx (+)= dy · y · (1 − y)`
    #[cfg(feature = "train")]
    pub unsafe fn sigmoid_backward(len: usize, y: *const f32, dy: *const f32, dx: *mut f32, accumulate: bool);
    /// `dx (+)= dy · (1 − y²)`
    #[cfg(feature = "train")]
    pub unsafe fn tanh_backward(len: usize, y: *const f32, dy: *const f32, dx: *mut f32, accumulate: bool);
    /// `dx (+)= dy · y`
    #[cfg(feature = "train")]
    pub unsafe fn exp_backward(len: usize, y: *const f32, dy: *const f32, dx: *mut f32, accumulate: bool);
}
