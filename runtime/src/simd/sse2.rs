//! SSE2: four registers are a vector. Every x86-64 machine has it, so this is level `scalar` there: the operations of
//! [`Scalar16`](super::scalar::Scalar16), four numbers in an instruction, to the same bits. (Left to the compiler, loops over sixteen numbers
//! become several times as much code.)

use super::{LANES, Vector};
use core::arch::x86_64::*;

/// Sixteen numbers in four registers.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct Sse2(pub [__m128; 4]);

/// Register by register.
macro_rules! each {
    ($f:expr, $($v:expr),*) => {
        Sse2([$f($($v.0[0]),*), $f($($v.0[1]),*), $f($($v.0[2]),*), $f($($v.0[3]),*)])
    };
}

/// `mask` holds all bits of a lane or none: `yes` there, `no` elsewhere.
#[inline(always)]
unsafe fn select(mask: __m128, yes: __m128, no: __m128) -> __m128 {
    // SAFETY: SSE2 is there.
    unsafe { _mm_or_ps(_mm_and_ps(mask, yes), _mm_andnot_ps(mask, no)) }
}

/// Rounds to the nearest integer, ties to even.
#[inline(always)]
unsafe fn round(x: __m128) -> __m128 {
    // SAFETY: SSE2 is there.
    unsafe {
        // Beyond 2^23 every f32 is an integer; NaN stays as well.
        let (sign, magic) = (_mm_set1_ps(-0.0), _mm_set1_ps(8_388_608.0));
        let size = _mm_andnot_ps(sign, x);
        let rounded = _mm_or_ps(_mm_sub_ps(_mm_add_ps(size, magic), magic), _mm_and_ps(sign, x));
        select(_mm_cmplt_ps(size, magic), rounded, x)
    }
}

/// `x * 2^n`.
#[inline(always)]
unsafe fn scale(x: __m128, n: __m128) -> __m128 {
    // SAFETY: SSE2 is there.
    unsafe {
        let exponent = _mm_add_epi32(_mm_cvttps_epi32(n), _mm_set1_epi32(127));
        _mm_mul_ps(x, _mm_castsi128_ps(_mm_slli_epi32::<23>(exponent)))
    }
}

/// The fraction.
#[inline(always)]
unsafe fn fraction(x: __m128) -> __m128 {
    // SAFETY: SSE2 is there.
    unsafe {
        let bits = _mm_and_si128(_mm_castps_si128(x), _mm_set1_epi32(0x007F_FFFF));
        _mm_castsi128_ps(_mm_or_si128(bits, _mm_set1_epi32(0x3F80_0000)))
    }
}

/// The exponent.
#[inline(always)]
unsafe fn exponent(x: __m128) -> __m128 {
    // SAFETY: SSE2 is there.
    unsafe { _mm_cvtepi32_ps(_mm_sub_epi32(_mm_srli_epi32::<23>(_mm_castps_si128(x)), _mm_set1_epi32(127))) }
}

/// Turns four rows of four, [`LANES`] apart, into rows `stride` apart.
///
/// # Safety
/// Pointers are valid.
#[inline(always)]
unsafe fn transpose4(from: *const f32, to: *mut f32, stride: usize) {
    // SAFETY: SSE2 is there, pointers are valid by the caller's promise.
    unsafe {
        let mut rows = [_mm_setzero_ps(); 4];
        for (i, row) in rows.iter_mut().enumerate() {
            *row = _mm_loadu_ps(from.add(i * LANES));
        }
        let [mut a, mut b, mut c, mut d] = rows;
        _MM_TRANSPOSE4_PS(&mut a, &mut b, &mut c, &mut d);
        for (i, row) in [a, b, c, d].into_iter().enumerate() {
            _mm_storeu_ps(to.add(i * stride), row);
        }
    }
}

// SAFETY of all below: SSE2 belongs to the architecture, and pointers are valid by the trait's contract.
impl Vector for Sse2 {
    const WIDTH: usize = LANES;
    const ACCUMULATORS: usize = 2;
    type Register = Self;

    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        // SAFETY: see above.
        Self(unsafe { [_mm_set1_ps(value); 4] })
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: see above.
        unsafe { Self([_mm_loadu_ps(from), _mm_loadu_ps(from.add(4)), _mm_loadu_ps(from.add(8)), _mm_loadu_ps(from.add(12))]) }
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: see above.
        unsafe {
            _mm_storeu_ps(to, self.0[0]);
            _mm_storeu_ps(to.add(4), self.0[1]);
            _mm_storeu_ps(to.add(8), self.0[2]);
            _mm_storeu_ps(to.add(12), self.0[3]);
        }
    }
    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        // SAFETY: see above.
        unsafe { each!(_mm_add_ps, self, other) }
    }
    #[inline(always)]
    unsafe fn sub(self, other: Self) -> Self {
        // SAFETY: see above.
        unsafe { each!(_mm_sub_ps, self, other) }
    }
    #[inline(always)]
    unsafe fn mul(self, other: Self) -> Self {
        // SAFETY: see above.
        unsafe { each!(_mm_mul_ps, self, other) }
    }
    #[inline(always)]
    unsafe fn div(self, other: Self) -> Self {
        // SAFETY: see above.
        unsafe { each!(_mm_div_ps, self, other) }
    }
    #[inline(always)]
    unsafe fn mul_add(self, factor: Self, addend: Self) -> Self {
        // SAFETY: see above. Not fused: SSE2 cannot.
        unsafe { each!(|x, factor, addend| _mm_add_ps(_mm_mul_ps(x, factor), addend), self, factor, addend) }
    }
    #[inline(always)]
    unsafe fn max(self, other: Self) -> Self {
        // SAFETY: see above.
        unsafe { each!(_mm_max_ps, self, other) }
    }
    #[inline(always)]
    unsafe fn min(self, other: Self) -> Self {
        // SAFETY: see above.
        unsafe { each!(_mm_min_ps, self, other) }
    }
    #[inline(always)]
    unsafe fn sqrt(self) -> Self {
        // SAFETY: see above.
        unsafe { each!(_mm_sqrt_ps, self) }
    }
    #[inline(always)]
    unsafe fn select_gt(self, bound: Self, yes: Self, no: Self) -> Self {
        // SAFETY: see above.
        unsafe { each!(|x, bound, yes, no| select(_mm_cmpgt_ps(x, bound), yes, no), self, bound, yes, no) }
    }
    #[inline(always)]
    unsafe fn select_nan(self, yes: Self, no: Self) -> Self {
        // SAFETY: see above.
        unsafe { each!(|x, yes, no| select(_mm_cmpunord_ps(x, x), yes, no), self, yes, no) }
    }
    #[inline(always)]
    unsafe fn flush(self, least: f32) -> Self {
        // SAFETY: see above.
        unsafe {
            let (sign, least) = (_mm_set1_ps(-0.0), _mm_set1_ps(least));
            each!(|x| _mm_and_ps(x, _mm_cmpnlt_ps(_mm_andnot_ps(sign, x), least)), self)
        }
    }
    #[inline(always)]
    unsafe fn round(self) -> Self {
        // SAFETY: see above.
        unsafe { each!(round, self) }
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
        let mut lanes = [0.0_f32; LANES];
        // SAFETY: see above.
        unsafe { Vector::store(self, lanes.as_mut_ptr()) };
        lanes.iter().sum()
    }
    #[inline(always)]
    unsafe fn finite(self) -> bool {
        // SAFETY: see above. What is not finite is NaN when it is taken off itself.
        unsafe {
            let [a, b, c, d] = Vector::sub(self, self).0;
            _mm_movemask_ps(_mm_or_ps(_mm_cmpunord_ps(a, b), _mm_cmpunord_ps(c, d))) == 0
        }
    }
    #[inline(always)]
    unsafe fn first(self, count: usize) -> Self {
        // SAFETY: see above.
        unsafe {
            let lanes = _mm_setr_epi32(0, 1, 2, 3);
            let keep = |x, left| _mm_and_ps(x, _mm_castsi128_ps(_mm_cmpgt_epi32(_mm_set1_epi32(left), lanes)));
            let left = count as i32;
            let [a, b, c, d] = self.0;
            Self([keep(a, left), keep(b, left - 4), keep(c, left - 8), keep(d, left - 12)])
        }
    }
    #[inline(always)]
    unsafe fn transpose(from: *const f32, to: *mut f32, stride: usize) {
        for row in (0..LANES).step_by(4) {
            for col in (0..LANES).step_by(4) {
                // SAFETY: see above.
                unsafe { transpose4(from.add(row * LANES + col), to.add(col * stride + row), stride) };
            }
        }
    }
    #[inline(always)]
    unsafe fn split(from: *const f32) -> (Self, Self) {
        // SAFETY: see above.
        unsafe {
            let pairs = [0, 8, 16, 24].map(|at| (_mm_loadu_ps(from.add(at)), _mm_loadu_ps(from.add(at + 4))));
            let even = pairs.map(|(low, high)| _mm_shuffle_ps::<0x88>(low, high));
            (Self(even), Self(pairs.map(|(low, high)| _mm_shuffle_ps::<0xDD>(low, high))))
        }
    }
    #[inline(always)]
    unsafe fn interleave(self, odd: Self, to: *mut f32) {
        // SAFETY: see above.
        unsafe {
            for (i, (even, odd)) in self.0.into_iter().zip(odd.0).enumerate() {
                _mm_storeu_ps(to.add(8 * i), _mm_unpacklo_ps(even, odd));
                _mm_storeu_ps(to.add(8 * i + 4), _mm_unpackhi_ps(even, odd));
            }
        }
    }
    #[inline(always)]
    unsafe fn transpose_half(from: *const f32, to: *mut f32) {
        // SAFETY: see above.
        unsafe {
            for col in (0..LANES).step_by(4) {
                for row in [0, 4] {
                    transpose4(from.add(row * LANES + col), to.add(col * LANES + row), LANES);
                }
            }
            for lane in 0..LANES {
                _mm_storeu_ps(to.add(lane * LANES + 8), _mm_setzero_ps());
                _mm_storeu_ps(to.add(lane * LANES + 12), _mm_setzero_ps());
            }
        }
    }
}

// As in level `scalar` elsewhere, so that sums are made in the same order.
whole_register!(Sse2, accumulators = 2);
