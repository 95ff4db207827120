//! WebAssembly's simd128: four of its values are a vector. What is built with `-C target-feature=+simd128` has it.

use super::{LANES, Register, Vector};
use core::arch::wasm32::*;

/// Sixteen numbers in four values.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct Simd128(pub [v128; 4]);

/// Four numbers: one value of [`Simd128`].
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct Quarter(pub v128);

/// Value by value.
macro_rules! each {
    ($f:expr, $($v:expr),*) => {
        Simd128([$f($($v.0[0]),*), $f($($v.0[1]),*), $f($($v.0[2]),*), $f($($v.0[3]),*)])
    };
}

/// Reads four numbers.
///
/// # Safety
/// The pointer is valid for them.
#[inline(always)]
unsafe fn load(from: *const f32) -> v128 {
    // SAFETY: the caller's promise; the instruction asks for no alignment.
    unsafe { v128_load(from.cast()) }
}

/// Writes four numbers.
///
/// # Safety
/// The pointer is valid for them.
#[inline(always)]
unsafe fn store(to: *mut f32, v: v128) {
    // SAFETY: the caller's promise; the instruction asks for no alignment.
    unsafe { v128_store(to.cast(), v) };
}

/// Not fused: only the relaxed instructions are, on some machines.
#[inline(always)]
fn mul_add(a: v128, b: v128, c: v128) -> v128 {
    f32x4_add(f32x4_mul(a, b), c)
}

/// `x * 2^n`.
#[inline(always)]
fn scale(x: v128, n: v128) -> v128 {
    let exponent = i32x4_add(i32x4_trunc_sat_f32x4(n), i32x4_splat(127));
    f32x4_mul(x, i32x4_shl(exponent, 23))
}

/// The fraction.
#[inline(always)]
fn fraction(x: v128) -> v128 {
    v128_or(v128_and(x, i32x4_splat(0x007F_FFFF)), i32x4_splat(0x3F80_0000))
}

/// The exponent.
#[inline(always)]
fn exponent(x: v128) -> v128 {
    f32x4_convert_i32x4(i32x4_sub(u32x4_shr(x, 23), i32x4_splat(127)))
}

/// Columns of four rows.
#[inline(always)]
fn transposed([a, b, c, d]: [v128; 4]) -> [v128; 4] {
    let low = (i32x4_shuffle::<0, 4, 1, 5>(a, c), i32x4_shuffle::<0, 4, 1, 5>(b, d));
    let high = (i32x4_shuffle::<2, 6, 3, 7>(a, c), i32x4_shuffle::<2, 6, 3, 7>(b, d));
    [
        i32x4_shuffle::<0, 4, 1, 5>(low.0, low.1),
        i32x4_shuffle::<2, 6, 3, 7>(low.0, low.1),
        i32x4_shuffle::<0, 4, 1, 5>(high.0, high.1),
        i32x4_shuffle::<2, 6, 3, 7>(high.0, high.1),
    ]
}

// SAFETY of all below: pointers are valid, by the trait's contract.
impl Register for Quarter {
    const WIDTH: usize = 4;
    // Engines have 16 registers on x86, and a product takes one before it is added.
    const ACCUMULATORS: usize = 8;

    #[inline(always)]
    unsafe fn zero() -> Self {
        Self(f32x4_splat(0.0))
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: see above.
        Self(unsafe { load(from) })
    }
    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        Self(f32x4_add(self.0, other.0))
    }
    #[inline(always)]
    unsafe fn mul_add(self, factor: Self, addend: Self) -> Self {
        Self(mul_add(self.0, factor.0, addend.0))
    }
    #[inline(always)]
    unsafe fn sum_four(four: [Self; 4]) -> [f32; 4] {
        let [a, b, c, d] = transposed(four.map(|v| v.0));
        let mut sums = [0.0; 4];
        // SAFETY: there is room for four.
        unsafe { store(sums.as_mut_ptr(), f32x4_add(f32x4_add(a, b), f32x4_add(c, d))) };
        sums
    }
}

// SAFETY of all below: pointers are valid, by the trait's contract.
impl Vector for Simd128 {
    const WIDTH: usize = LANES;
    const ACCUMULATORS: usize = 3;
    type Register = Quarter;

    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        Self([f32x4_splat(value); 4])
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: see above.
        unsafe { Self([load(from), load(from.add(4)), load(from.add(8)), load(from.add(12))]) }
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: see above.
        unsafe {
            store(to, self.0[0]);
            store(to.add(4), self.0[1]);
            store(to.add(8), self.0[2]);
            store(to.add(12), self.0[3]);
        }
    }
    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        each!(f32x4_add, self, other)
    }
    #[inline(always)]
    unsafe fn sub(self, other: Self) -> Self {
        each!(f32x4_sub, self, other)
    }
    #[inline(always)]
    unsafe fn mul(self, other: Self) -> Self {
        each!(f32x4_mul, self, other)
    }
    #[inline(always)]
    unsafe fn div(self, other: Self) -> Self {
        each!(f32x4_div, self, other)
    }
    #[inline(always)]
    unsafe fn mul_add(self, factor: Self, addend: Self) -> Self {
        each!(mul_add, self, factor, addend)
    }
    #[inline(always)]
    unsafe fn max(self, other: Self) -> Self {
        // `pmax(a, b)` is `if a < b { b } else { a }`.
        each!(f32x4_pmax, other, self)
    }
    #[inline(always)]
    unsafe fn min(self, other: Self) -> Self {
        // `pmin(a, b)` is `if b < a { b } else { a }`.
        each!(f32x4_pmin, other, self)
    }
    #[inline(always)]
    unsafe fn sqrt(self) -> Self {
        each!(f32x4_sqrt, self)
    }
    #[inline(always)]
    unsafe fn select_gt(self, bound: Self, yes: Self, no: Self) -> Self {
        each!(|x, bound, yes, no| v128_bitselect(yes, no, f32x4_gt(x, bound)), self, bound, yes, no)
    }
    #[inline(always)]
    unsafe fn select_nan(self, yes: Self, no: Self) -> Self {
        // Only NaN differs from itself.
        each!(|x, yes, no| v128_bitselect(yes, no, f32x4_ne(x, x)), self, yes, no)
    }
    #[inline(always)]
    unsafe fn round(self) -> Self {
        each!(f32x4_nearest, self)
    }
    #[inline(always)]
    unsafe fn scale_by_power_of_two(self, n: Self) -> Self {
        each!(scale, self, n)
    }
    #[inline(always)]
    unsafe fn split_power_of_two(self) -> (Self, Self) {
        (each!(fraction, self), each!(exponent, self))
    }
    #[inline(always)]
    unsafe fn sum(self) -> f32 {
        let [a, b, c, d] = self.0;
        let four = f32x4_add(f32x4_add(a, b), f32x4_add(c, d));
        let two = f32x4_add(four, i32x4_shuffle::<2, 3, 0, 1>(four, four));
        f32x4_extract_lane::<0>(two) + f32x4_extract_lane::<1>(two)
    }
    #[inline(always)]
    unsafe fn first(self, count: usize) -> Self {
        let lanes = i32x4(0, 1, 2, 3);
        let keep = |x, left| v128_and(x, i32x4_lt(lanes, i32x4_splat(left)));
        let left = count as i32;
        let [a, b, c, d] = self.0;
        Self([keep(a, left), keep(b, left - 4), keep(c, left - 8), keep(d, left - 12)])
    }
    #[inline(always)]
    unsafe fn transpose(from: *const f32, to: *mut f32, stride: usize) {
        for row in (0..LANES).step_by(4) {
            for col in (0..LANES).step_by(4) {
                // SAFETY: see above.
                unsafe {
                    let (from, to) = (from.add(row * LANES + col), to.add(col * stride + row));
                    let rows = [0, 1, 2, 3].map(|i| load(from.add(i * LANES)));
                    for (i, column) in transposed(rows).into_iter().enumerate() {
                        store(to.add(i * stride), column);
                    }
                }
            }
        }
    }
}
