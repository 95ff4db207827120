//! NEON: four registers are a vector. Every AArch64 machine has it.

use super::{LANES, Register, Vector};
use core::arch::aarch64::*;

/// Sixteen numbers in four registers.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct Neon(pub [float32x4_t; 4]);

/// Four numbers: one register of [`Neon`].
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct Quarter(pub float32x4_t);

/// Register by register.
macro_rules! each {
    ($f:expr, $($v:expr),*) => {
        Neon([$f($($v.0[0]),*), $f($($v.0[1]),*), $f($($v.0[2]),*), $f($($v.0[3]),*)])
    };
}

/// The sums of the lanes of four registers: neighbors first.
///
/// # Safety
/// NEON is there.
#[inline(always)]
unsafe fn sum_four([a, b, c, d]: [float32x4_t; 4]) -> float32x4_t {
    // SAFETY: the caller's promise.
    unsafe { vpaddq_f32(vpaddq_f32(a, b), vpaddq_f32(c, d)) }
}

/// `x * 2^n`.
///
/// # Safety
/// NEON is there.
#[inline(always)]
unsafe fn scale(x: float32x4_t, n: float32x4_t) -> float32x4_t {
    // SAFETY: the caller's promise.
    unsafe {
        let exponent = vaddq_s32(vcvtq_s32_f32(n), vdupq_n_s32(127));
        vmulq_f32(x, vreinterpretq_f32_s32(vshlq_n_s32::<23>(exponent)))
    }
}

/// The fraction.
///
/// # Safety
/// NEON is there.
#[inline(always)]
unsafe fn fraction(x: float32x4_t) -> float32x4_t {
    // SAFETY: the caller's promise.
    unsafe {
        let bits = vandq_u32(vreinterpretq_u32_f32(x), vdupq_n_u32(0x007F_FFFF));
        vreinterpretq_f32_u32(vorrq_u32(bits, vdupq_n_u32(0x3F80_0000)))
    }
}

/// The exponent.
///
/// # Safety
/// NEON is there.
#[inline(always)]
unsafe fn exponent(x: float32x4_t) -> float32x4_t {
    // SAFETY: the caller's promise.
    unsafe {
        let bits = vreinterpretq_s32_u32(vshrq_n_u32::<23>(vreinterpretq_u32_f32(x)));
        vcvtq_f32_s32(vsubq_s32(bits, vdupq_n_s32(127)))
    }
}

/// `if a > b { yes } else { no }`. The machine's own maximum and minimum would be NaN where one of both is.
///
/// # Safety
/// NEON is there.
#[inline(always)]
unsafe fn select(a: float32x4_t, b: float32x4_t, yes: float32x4_t, no: float32x4_t) -> float32x4_t {
    // SAFETY: the caller's promise.
    unsafe { vbslq_f32(vcgtq_f32(a, b), yes, no) }
}

/// Turns four rows of four, [`LANES`] apart, into rows `stride` apart.
///
/// # Safety
/// NEON is there, pointers are valid.
#[inline(always)]
unsafe fn transpose4(from: *const f32, to: *mut f32, stride: usize) {
    // SAFETY: the caller's promise.
    unsafe {
        let [a, b, c, d] = [0, 1, 2, 3].map(|row| vld1q_f32(from.add(row * LANES)));
        let [low, high] = [[vzip1q_f32(a, c), vzip1q_f32(b, d)], [vzip2q_f32(a, c), vzip2q_f32(b, d)]];
        for (i, [even, odd]) in [low, high].into_iter().enumerate() {
            vst1q_f32(to.add(2 * i * stride), vzip1q_f32(even, odd));
            vst1q_f32(to.add((2 * i + 1) * stride), vzip2q_f32(even, odd));
        }
    }
}

// SAFETY of all below: the instruction set is there and pointers are valid, by the trait's contract.
impl Register for Quarter {
    const WIDTH: usize = 4;
    const ACCUMULATORS: usize = 24;

    #[inline(always)]
    unsafe fn zero() -> Self {
        // SAFETY: see above.
        Self(unsafe { vdupq_n_f32(0.0) })
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: see above.
        Self(unsafe { vld1q_f32(from) })
    }
    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { vaddq_f32(self.0, other.0) })
    }
    #[inline(always)]
    unsafe fn mul_add(self, factor: Self, addend: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { vfmaq_f32(addend.0, self.0, factor.0) })
    }
    #[inline(always)]
    unsafe fn sum_four(four: [Self; 4]) -> [f32; 4] {
        let mut sums = [0.0; 4];
        // SAFETY: see above.
        unsafe { vst1q_f32(sums.as_mut_ptr(), sum_four(four.map(|v| v.0))) };
        sums
    }
}

// SAFETY of all below: the instruction set is there and pointers are valid, by the trait's contract.
impl Vector for Neon {
    const WIDTH: usize = LANES;
    // 24 of 32 registers.
    const ACCUMULATORS: usize = 6;
    type Register = Quarter;

    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        // SAFETY: see above.
        Self(unsafe { [vdupq_n_f32(value); 4] })
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: see above.
        unsafe { Self([vld1q_f32(from), vld1q_f32(from.add(4)), vld1q_f32(from.add(8)), vld1q_f32(from.add(12))]) }
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: see above.
        unsafe {
            vst1q_f32(to, self.0[0]);
            vst1q_f32(to.add(4), self.0[1]);
            vst1q_f32(to.add(8), self.0[2]);
            vst1q_f32(to.add(12), self.0[3]);
        }
    }
    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        // SAFETY: see above.
        unsafe { each!(vaddq_f32, self, other) }
    }
    #[inline(always)]
    unsafe fn sub(self, other: Self) -> Self {
        // SAFETY: see above.
        unsafe { each!(vsubq_f32, self, other) }
    }
    #[inline(always)]
    unsafe fn mul(self, other: Self) -> Self {
        // SAFETY: see above.
        unsafe { each!(vmulq_f32, self, other) }
    }
    #[inline(always)]
    unsafe fn div(self, other: Self) -> Self {
        // SAFETY: see above.
        unsafe { each!(vdivq_f32, self, other) }
    }
    #[inline(always)]
    unsafe fn mul_add(self, factor: Self, addend: Self) -> Self {
        // SAFETY: see above.
        unsafe { each!(vfmaq_f32, addend, self, factor) }
    }
    #[inline(always)]
    unsafe fn max(self, other: Self) -> Self {
        // SAFETY: see above.
        unsafe { each!(select, self, other, self, other) }
    }
    #[inline(always)]
    unsafe fn min(self, other: Self) -> Self {
        // SAFETY: see above.
        unsafe { each!(select, other, self, self, other) }
    }
    #[inline(always)]
    unsafe fn sqrt(self) -> Self {
        // SAFETY: see above.
        unsafe { each!(vsqrtq_f32, self) }
    }
    #[inline(always)]
    unsafe fn select_gt(self, bound: Self, yes: Self, no: Self) -> Self {
        // SAFETY: see above.
        unsafe { each!(select, self, bound, yes, no) }
    }
    #[inline(always)]
    unsafe fn select_nan(self, yes: Self, no: Self) -> Self {
        // SAFETY: see above. Only NaN differs from itself.
        unsafe { each!(|x, yes, no| vbslq_f32(vceqq_f32(x, x), no, yes), self, yes, no) }
    }
    #[inline(always)]
    unsafe fn round(self) -> Self {
        // SAFETY: see above.
        unsafe { each!(vrndnq_f32, self) }
    }
    #[inline(always)]
    unsafe fn scale_by_power_of_two(self, n: Self) -> Self {
        // SAFETY: see above.
        unsafe { each!(scale, self, n) }
    }
    #[inline(always)]
    unsafe fn split_power_of_two(self) -> (Self, Self) {
        // SAFETY: see above.
        unsafe { (each!(fraction, self), each!(exponent, self)) }
    }
    #[inline(always)]
    unsafe fn sum(self) -> f32 {
        // SAFETY: see above.
        unsafe {
            let [a, b, c, d] = self.0;
            let four = vaddq_f32(vaddq_f32(a, b), vaddq_f32(c, d));
            vgetq_lane_f32::<0>(sum_four([four; 4]))
        }
    }
    #[inline(always)]
    unsafe fn first(self, count: usize) -> Self {
        // SAFETY: see above.
        unsafe {
            let lanes = vld1q_s32([0, 1, 2, 3].as_ptr());
            let keep = |x, left| vreinterpretq_f32_u32(vandq_u32(vreinterpretq_u32_f32(x), vcltq_s32(lanes, vdupq_n_s32(left))));
            let left = count as i32;
            let [a, b, c, d] = self.0;
            Self([keep(a, left), keep(b, left - 4), keep(c, left - 8), keep(d, left - 12)])
        }
    }
    #[inline(always)]
    unsafe fn transpose(from: *const f32, to: *mut f32, stride: usize) {
        // SAFETY: see above.
        unsafe {
            for row in (0..LANES).step_by(4) {
                for col in (0..LANES).step_by(4) {
                    transpose4(from.add(row * LANES + col), to.add(col * stride + row), stride);
                }
            }
        }
    }
    #[inline(always)]
    unsafe fn split(from: *const f32) -> (Self, Self) {
        // SAFETY: see above.
        let [a, b, c, d] = [0, 8, 16, 24].map(|at| unsafe { vld2q_f32(from.add(at)) });
        (Self([a.0, b.0, c.0, d.0]), Self([a.1, b.1, c.1, d.1]))
    }
    #[inline(always)]
    unsafe fn interleave(self, odd: Self, to: *mut f32) {
        for (i, at) in [0, 8, 16, 24].into_iter().enumerate() {
            // SAFETY: see above.
            unsafe { vst2q_f32(to.add(at), float32x4x2_t(self.0[i], odd.0[i])) };
        }
    }
}
