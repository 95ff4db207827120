//! Activations, element by element; `len` vectors. All may run in place.
//!
//! Their formulas stand in [`fireclay_ir::activation`]; here each becomes a kernel, and one of its gradient.

use super::real::Lanes;
#[cfg(feature = "train")]
use crate::kernels::gradient::put_gradient;
use crate::simd::{LANES, Vector};
use fireclay_ir::activation::*;

/// `y = f(x)`, zero where that is denormal.
#[inline(always)]
unsafe fn map<V: Vector, A: Activation>(f: A, len: usize, x: *const f32, y: *mut f32) {
    for i in 0..len {
        let at = i * V::WIDTH;
        // SAFETY: the caller's promise: len vectors each.
        unsafe {
            let value = f.value(Lanes::new(V::load(x.add(at)))).get();
            if A::VANISHES { value.flush(f32::MIN_POSITIVE) } else { value }.store(y.add(at));
        }
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
            put_gradient(d, dx.add(at), accumulate);
        }
    }
}

macro_rules! kernels {
    ($($forward:ident $Name:ident $backward:ident;)*) => {
        $(
            #[inline(always)]
            unsafe fn $forward<V: Vector>(f: $Name, len: usize, x: *const f32, y: *mut f32) {
                let done = if V::WIDTH == 1 { len - len % LANES } else { 0 };
                // SAFETY: the caller's promise. Numbers of one sample are taken for those of sixteen, as far as they come out even.
                unsafe {
                    if done > 0 {
                        chwn16::$forward(f, done / LANES, x, y);
                    }
                    map::<V, _>(f, len - done, x.add(done), y.add(done));
                }
            }

            #[cfg(feature = "train")]
            #[inline(always)]
            unsafe fn $backward<V: Vector>(
                f: $Name,
                len: usize,
                saved: *const f32,
                dy: *const f32,
                dx: *mut f32,
                accumulate: bool,
            ) {
                // SAFETY: the instruction set is there, by the caller's promise.
                let gradient = |saved: V, d: V| unsafe { f.gradient(Lanes::new(saved), Lanes::new(d)).get() };
                let done = if V::WIDTH == 1 { len - len % LANES } else { 0 };
                // SAFETY: the caller's promise.
                unsafe {
                    if done > 0 {
                        chwn16::$backward(f, done / LANES, saved, dy, dx, accumulate);
                    }
                    map_back::<V>(len - done, saved.add(done), dy.add(done), dx.add(done), accumulate, gradient);
                }
            }
        )*
    };
}
fireclay_ir::activations!(kernels);

use fireclay_ir::activation_kernels_of;
fireclay_ir::activation_kernels!(declared);
