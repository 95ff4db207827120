//! Without vector instructions: one number ([`f32`]), and sixteen in a plain array.

use super::{LANES, Vector};

/// Rounds to the nearest integer, ties to even, without std.
#[inline(always)]
fn round(x: f32) -> f32 {
    // Beyond 2^23 every f32 is an integer; NaN stays as well.
    const MAGIC: f32 = 8_388_608.0;
    if x.abs() < MAGIC { ((x.abs() + MAGIC) - MAGIC).copysign(x) } else { x }
}

/// Fraction in [1, 2) and exponent of a positive normal number.
#[inline(always)]
fn split_power_of_two(x: f32) -> (f32, f32) {
    let bits = x.to_bits();
    (f32::from_bits((bits & 0x007F_FFFF) | 0x3F80_0000), ((bits >> 23) as i32 - 127) as f32)
}

/// Square root without std: correctly rounded where the target has the instruction, by Newton's method elsewhere.
#[inline(always)]
fn sqrt(x: f32) -> f32 {
    #[cfg(feature = "std")]
    {
        x.sqrt()
    }
    #[cfg(not(feature = "std"))]
    {
        newton_sqrt(x)
    }
}

/// Square root by Newton's method, for machines without std.
#[cfg(any(not(feature = "std"), feature = "force-level"))]
pub fn newton_sqrt(x: f32) -> f32 {
    if x.is_nan() || x <= 0.0 || x == f32::INFINITY {
        return if x < 0.0 { f32::NAN } else { x };
    }
    // Denormals are scaled up first: the first guess takes the exponent as it stands.
    let (scaled, back) = if x < f32::MIN_POSITIVE { (x * 16_777_216.0, 1.0 / 4096.0) } else { (x, 1.0) };
    let wide = f64::from(scaled);
    let mut y = f64::from(f32::from_bits((scaled.to_bits() >> 1) + 0x1FBD_1DF5));
    for _ in 0..4 {
        y = 0.5 * (y + wide / y);
    }
    y as f32 * back
}

impl Vector for f32 {
    const WIDTH: usize = 1;
    // A Cortex-M4F has 32 registers: a fourth fewer instructions than with 8, and with 24 three times the code for 6 % more.
    const ACCUMULATORS: usize = if cfg!(all(target_arch = "arm", target_abi = "eabihf")) { 12 } else { 8 };
    type Register = Self;

    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        value
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: valid for one f32 (the trait's contract).
        unsafe { from.read() }
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: valid for one f32 (the trait's contract).
        unsafe { to.write(self) };
    }
    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        self + other
    }
    #[inline(always)]
    unsafe fn sub(self, other: Self) -> Self {
        self - other
    }
    #[inline(always)]
    unsafe fn mul(self, other: Self) -> Self {
        self * other
    }
    #[inline(always)]
    unsafe fn div(self, other: Self) -> Self {
        self / other
    }
    #[inline(always)]
    unsafe fn mul_add(self, factor: Self, addend: Self) -> Self {
        // Not fused: without the instruction that would be a slow call.
        self * factor + addend
    }
    #[inline(always)]
    unsafe fn max(self, other: Self) -> Self {
        if self > other { self } else { other }
    }
    #[inline(always)]
    unsafe fn min(self, other: Self) -> Self {
        if self < other { self } else { other }
    }
    #[inline(always)]
    unsafe fn sqrt(self) -> Self {
        sqrt(self)
    }
    #[inline(always)]
    unsafe fn select_gt(self, bound: Self, yes: Self, no: Self) -> Self {
        if self > bound { yes } else { no }
    }
    #[inline(always)]
    unsafe fn select_nan(self, yes: Self, no: Self) -> Self {
        if self.is_nan() { yes } else { no }
    }
    #[inline(always)]
    unsafe fn round(self) -> Self {
        round(self)
    }
    #[inline(always)]
    unsafe fn scale_by_power_of_two(self, n: Self) -> Self {
        self * f32::from_bits((((n as i32) + 127) as u32) << 23)
    }
    #[inline(always)]
    unsafe fn split_power_of_two(self) -> (Self, Self) {
        split_power_of_two(self)
    }
    #[inline(always)]
    unsafe fn sum(self) -> f32 {
        self
    }
    #[inline(always)]
    unsafe fn first(self, count: usize) -> Self {
        if count > 0 { self } else { 0.0 }
    }
    #[inline(always)]
    unsafe fn transpose(from: *const f32, to: *mut f32, _stride: usize) {
        // SAFETY: valid for one f32 (the trait's contract).
        unsafe { to.write(from.read()) };
    }
}

/// Sixteen numbers in an array: what runs where no vector instructions are known.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct Scalar16(pub [f32; LANES]);

impl Scalar16 {
    #[inline(always)]
    fn map(self, f: impl Fn(f32) -> f32) -> Self {
        Self(core::array::from_fn(|i| f(self.0[i])))
    }
    #[inline(always)]
    fn zip(self, other: Self, f: impl Fn(f32, f32) -> f32) -> Self {
        Self(core::array::from_fn(|i| f(self.0[i], other.0[i])))
    }
}

impl Vector for Scalar16 {
    const WIDTH: usize = LANES;
    const ACCUMULATORS: usize = 2;
    type Register = Self;

    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        Self([value; LANES])
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: valid for LANES f32 (the trait's contract).
        Self(unsafe { from.cast::<[f32; LANES]>().read_unaligned() })
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: valid for LANES f32 (the trait's contract).
        unsafe { to.cast::<[f32; LANES]>().write_unaligned(self.0) };
    }
    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        self.zip(other, |a, b| a + b)
    }
    #[inline(always)]
    unsafe fn sub(self, other: Self) -> Self {
        self.zip(other, |a, b| a - b)
    }
    #[inline(always)]
    unsafe fn mul(self, other: Self) -> Self {
        self.zip(other, |a, b| a * b)
    }
    #[inline(always)]
    unsafe fn div(self, other: Self) -> Self {
        self.zip(other, |a, b| a / b)
    }
    #[inline(always)]
    unsafe fn mul_add(self, factor: Self, addend: Self) -> Self {
        Self(core::array::from_fn(|i| self.0[i] * factor.0[i] + addend.0[i]))
    }
    #[inline(always)]
    unsafe fn max(self, other: Self) -> Self {
        self.zip(other, |a, b| if a > b { a } else { b })
    }
    #[inline(always)]
    unsafe fn min(self, other: Self) -> Self {
        self.zip(other, |a, b| if a < b { a } else { b })
    }
    #[inline(always)]
    unsafe fn sqrt(self) -> Self {
        self.map(sqrt)
    }
    #[inline(always)]
    unsafe fn select_gt(self, bound: Self, yes: Self, no: Self) -> Self {
        Self(core::array::from_fn(|i| if self.0[i] > bound.0[i] { yes.0[i] } else { no.0[i] }))
    }
    #[inline(always)]
    unsafe fn select_nan(self, yes: Self, no: Self) -> Self {
        Self(core::array::from_fn(|i| if self.0[i].is_nan() { yes.0[i] } else { no.0[i] }))
    }
    #[inline(always)]
    unsafe fn round(self) -> Self {
        self.map(round)
    }
    #[inline(always)]
    unsafe fn scale_by_power_of_two(self, n: Self) -> Self {
        self.zip(n, |x, n| x * f32::from_bits((((n as i32) + 127) as u32) << 23))
    }
    #[inline(always)]
    unsafe fn split_power_of_two(self) -> (Self, Self) {
        (self.map(|x| split_power_of_two(x).0), self.map(|x| split_power_of_two(x).1))
    }
    #[inline(always)]
    unsafe fn sum(self) -> f32 {
        self.0.iter().sum()
    }
    #[inline(always)]
    unsafe fn first(self, count: usize) -> Self {
        Self(core::array::from_fn(|i| if i < count { self.0[i] } else { 0.0 }))
    }
    #[inline(always)]
    unsafe fn transpose(from: *const f32, to: *mut f32, stride: usize) {
        for lane in 0..LANES {
            for vector in 0..LANES {
                // SAFETY: the caller's promise.
                unsafe { *to.add(lane * stride + vector) = *from.add(vector * LANES + lane) };
            }
        }
    }
}

whole_register!(f32, accumulators = 8);
whole_register!(Scalar16, accumulators = 2);
