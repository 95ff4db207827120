//! AVX2 and FMA: two registers are a vector.

use super::{LANES, Register, Vector};
use core::arch::x86_64::*;

/// Sixteen numbers in two registers.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct Avx2(pub [__m256; 2]);

/// The sum of eight lanes, always in the same order.
///
/// # Safety
/// AVX is there.
#[inline(always)]
pub(super) unsafe fn sum8(v: __m256) -> f32 {
    // SAFETY: the caller's promise.
    unsafe {
        let four = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps::<1>(v));
        let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
        _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)))
    }
}

/// The sums of the lanes of four registers.
///
/// # Safety
/// AVX is there.
#[inline(always)]
pub(super) unsafe fn sum_four([a, b, c, d]: [__m256; 4]) -> [f32; 4] {
    // SAFETY: the caller's promise.
    unsafe {
        let pairs = _mm256_hadd_ps(_mm256_hadd_ps(a, b), _mm256_hadd_ps(c, d));
        let sums = _mm_add_ps(_mm256_castps256_ps128(pairs), _mm256_extractf128_ps::<1>(pairs));
        let mut four = [0.0; 4];
        _mm_storeu_ps(four.as_mut_ptr(), sums);
        four
    }
}

/// `x * 2^n`.
///
/// # Safety
/// AVX2 is there.
#[inline(always)]
unsafe fn scale8(x: __m256, n: __m256) -> __m256 {
    // SAFETY: the caller's promise.
    unsafe {
        let exponent = _mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127));
        _mm256_mul_ps(x, _mm256_castsi256_ps(_mm256_slli_epi32::<23>(exponent)))
    }
}

/// Fraction and exponent.
///
/// # Safety
/// AVX2 is there.
#[inline(always)]
unsafe fn split8(x: __m256) -> (__m256, __m256) {
    // SAFETY: the caller's promise.
    unsafe {
        let bits = _mm256_castps_si256(x);
        let fraction = _mm256_and_si256(bits, _mm256_set1_epi32(0x007F_FFFF));
        let m = _mm256_castsi256_ps(_mm256_or_si256(fraction, _mm256_set1_epi32(0x3F80_0000)));
        let n = _mm256_cvtepi32_ps(_mm256_sub_epi32(_mm256_srli_epi32::<23>(bits), _mm256_set1_epi32(127)));
        (m, n)
    }
}

/// Of sixteen numbers those at even places and those at odd ones.
///
/// # Safety
/// AVX2 is there, the pointer is valid.
#[inline(always)]
unsafe fn apart8(from: *const f32) -> (__m256, __m256) {
    // SAFETY: the caller's promise.
    unsafe {
        let (low, high) = (_mm256_loadu_ps(from), _mm256_loadu_ps(from.add(8)));
        // Within halves of registers first, then their quarters in order.
        let even = _mm256_castps_pd(_mm256_shuffle_ps::<0x88>(low, high));
        let odd = _mm256_castps_pd(_mm256_shuffle_ps::<0xDD>(low, high));
        (_mm256_castpd_ps(_mm256_permute4x64_pd::<0xD8>(even)), _mm256_castpd_ps(_mm256_permute4x64_pd::<0xD8>(odd)))
    }
}

/// Eight rows of eight, [`LANES`] apart, transposed.
///
/// # Safety
/// AVX is there, the pointer is valid.
#[inline(always)]
pub(super) unsafe fn transposed8(from: *const f32) -> [__m256; 8] {
    // SAFETY: the caller's promise.
    unsafe {
        let mut rows = [_mm256_setzero_ps(); 8];
        for (i, row) in rows.iter_mut().enumerate() {
            *row = _mm256_loadu_ps(from.add(i * LANES));
        }
        // Pairs, fours, eights.
        let mut pairs = rows;
        for i in 0..4 {
            pairs[2 * i] = _mm256_unpacklo_ps(rows[2 * i], rows[2 * i + 1]);
            pairs[2 * i + 1] = _mm256_unpackhi_ps(rows[2 * i], rows[2 * i + 1]);
        }
        let mut fours = pairs;
        for i in 0..2 {
            for k in 0..2 {
                fours[4 * i + 2 * k] = _mm256_shuffle_ps::<0x44>(pairs[4 * i + k], pairs[4 * i + 2 + k]);
                fours[4 * i + 2 * k + 1] = _mm256_shuffle_ps::<0xEE>(pairs[4 * i + k], pairs[4 * i + 2 + k]);
            }
        }
        let mut eights = fours;
        for i in 0..4 {
            eights[i] = _mm256_permute2f128_ps::<0x20>(fours[i], fours[4 + i]);
            eights[4 + i] = _mm256_permute2f128_ps::<0x31>(fours[i], fours[4 + i]);
        }
        eights
    }
}

/// Turns eight rows of eight, [`LANES`] apart, into rows `stride` apart.
///
/// # Safety
/// AVX is there, pointers are valid.
#[inline(always)]
unsafe fn transpose8(from: *const f32, to: *mut f32, stride: usize) {
    // SAFETY: the caller's promise.
    unsafe {
        for (i, row) in transposed8(from).into_iter().enumerate() {
            _mm256_storeu_ps(to.add(i * stride), row);
        }
    }
}

/// Turns sixteen rows of sixteen into rows `stride` apart.
///
/// # Safety
/// AVX is there, pointers are valid.
#[inline(always)]
pub(super) unsafe fn transpose16(from: *const f32, to: *mut f32, stride: usize) {
    // SAFETY: the caller's promise.
    unsafe {
        transpose8(from, to, stride);
        transpose8(from.add(8), to.add(8 * stride), stride);
        transpose8(from.add(8 * LANES), to.add(8), stride);
        transpose8(from.add(8 * LANES + 8), to.add(8 * stride + 8), stride);
    }
}

/// Eight numbers: one register of [`Avx2`].
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct Half(pub __m256);

// SAFETY of all below: the instruction set is there and pointers are valid, by the trait's contract.
impl Register for Half {
    const WIDTH: usize = 8;
    const ACCUMULATORS: usize = 12;

    #[inline(always)]
    unsafe fn zero() -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm256_setzero_ps() })
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm256_loadu_ps(from) })
    }
    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm256_add_ps(self.0, other.0) })
    }
    #[inline(always)]
    unsafe fn mul_add(self, factor: Self, addend: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm256_fmadd_ps(self.0, factor.0, addend.0) })
    }
    #[inline(always)]
    unsafe fn sum_four([a, b, c, d]: [Self; 4]) -> [f32; 4] {
        // SAFETY: see above.
        unsafe { sum_four([a.0, b.0, c.0, d.0]) }
    }
}

// SAFETY of all below: the instruction set is there and pointers are valid, by the trait's contract.
impl Vector for Avx2 {
    const WIDTH: usize = LANES;
    const ACCUMULATORS: usize = 6;
    type Register = Half;

    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        // SAFETY: see above.
        unsafe { Self([_mm256_set1_ps(value); 2]) }
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: see above.
        unsafe { Self([_mm256_loadu_ps(from), _mm256_loadu_ps(from.add(8))]) }
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: see above.
        unsafe {
            _mm256_storeu_ps(to, self.0[0]);
            _mm256_storeu_ps(to.add(8), self.0[1]);
        }
    }
    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        // SAFETY: see above.
        unsafe { Self([_mm256_add_ps(self.0[0], other.0[0]), _mm256_add_ps(self.0[1], other.0[1])]) }
    }
    #[inline(always)]
    unsafe fn sub(self, other: Self) -> Self {
        // SAFETY: see above.
        unsafe { Self([_mm256_sub_ps(self.0[0], other.0[0]), _mm256_sub_ps(self.0[1], other.0[1])]) }
    }
    #[inline(always)]
    unsafe fn mul(self, other: Self) -> Self {
        // SAFETY: see above.
        unsafe { Self([_mm256_mul_ps(self.0[0], other.0[0]), _mm256_mul_ps(self.0[1], other.0[1])]) }
    }
    #[inline(always)]
    unsafe fn div(self, other: Self) -> Self {
        // SAFETY: see above.
        unsafe { Self([_mm256_div_ps(self.0[0], other.0[0]), _mm256_div_ps(self.0[1], other.0[1])]) }
    }
    #[inline(always)]
    unsafe fn max(self, other: Self) -> Self {
        // SAFETY: see above.
        unsafe { Self([_mm256_max_ps(self.0[0], other.0[0]), _mm256_max_ps(self.0[1], other.0[1])]) }
    }
    #[inline(always)]
    unsafe fn min(self, other: Self) -> Self {
        // SAFETY: see above.
        unsafe { Self([_mm256_min_ps(self.0[0], other.0[0]), _mm256_min_ps(self.0[1], other.0[1])]) }
    }
    #[inline(always)]
    unsafe fn mul_add(self, factor: Self, addend: Self) -> Self {
        // SAFETY: see above.
        unsafe {
            Self([_mm256_fmadd_ps(self.0[0], factor.0[0], addend.0[0]), _mm256_fmadd_ps(self.0[1], factor.0[1], addend.0[1])])
        }
    }
    #[inline(always)]
    unsafe fn sqrt(self) -> Self {
        // SAFETY: see above.
        unsafe { Self([_mm256_sqrt_ps(self.0[0]), _mm256_sqrt_ps(self.0[1])]) }
    }
    #[inline(always)]
    unsafe fn select_gt(self, bound: Self, yes: Self, no: Self) -> Self {
        // SAFETY: see above.
        unsafe {
            let (low, high) =
                (_mm256_cmp_ps::<_CMP_GT_OQ>(self.0[0], bound.0[0]), _mm256_cmp_ps::<_CMP_GT_OQ>(self.0[1], bound.0[1]));
            Self([_mm256_blendv_ps(no.0[0], yes.0[0], low), _mm256_blendv_ps(no.0[1], yes.0[1], high)])
        }
    }
    #[inline(always)]
    unsafe fn select_nan(self, yes: Self, no: Self) -> Self {
        // SAFETY: see above.
        unsafe {
            let (low, high) =
                (_mm256_cmp_ps::<_CMP_UNORD_Q>(self.0[0], self.0[0]), _mm256_cmp_ps::<_CMP_UNORD_Q>(self.0[1], self.0[1]));
            Self([_mm256_blendv_ps(no.0[0], yes.0[0], low), _mm256_blendv_ps(no.0[1], yes.0[1], high)])
        }
    }
    #[inline(always)]
    unsafe fn flush(self, least: f32) -> Self {
        // SAFETY: see above.
        unsafe {
            let (sign, least) = (_mm256_set1_ps(-0.0), _mm256_set1_ps(least));
            let [low, high] = [_mm256_andnot_ps(sign, self.0[0]), _mm256_andnot_ps(sign, self.0[1])];
            let [low, high] = [_mm256_cmp_ps::<_CMP_NLT_UQ>(low, least), _mm256_cmp_ps::<_CMP_NLT_UQ>(high, least)];
            Self([_mm256_and_ps(self.0[0], low), _mm256_and_ps(self.0[1], high)])
        }
    }
    #[inline(always)]
    unsafe fn round(self) -> Self {
        // SAFETY: see above.
        unsafe {
            const NEAREST: i32 = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC;
            Self([_mm256_round_ps::<NEAREST>(self.0[0]), _mm256_round_ps::<NEAREST>(self.0[1])])
        }
    }
    #[inline(always)]
    unsafe fn scale_by_power_of_two(self, n: Self) -> Self {
        // SAFETY: see above.
        unsafe { Self([scale8(self.0[0], n.0[0]), scale8(self.0[1], n.0[1])]) }
    }
    #[inline(always)]
    unsafe fn split_power_of_two(self) -> (Self, Self) {
        // SAFETY: see above.
        unsafe {
            let (low, high) = (split8(self.0[0]), split8(self.0[1]));
            (Self([low.0, high.0]), Self([low.1, high.1]))
        }
    }
    #[inline(always)]
    unsafe fn sum(self) -> f32 {
        // SAFETY: see above.
        unsafe { sum8(_mm256_add_ps(self.0[0], self.0[1])) }
    }
    #[inline(always)]
    unsafe fn finite(self) -> bool {
        // SAFETY: see above.
        unsafe {
            let [low, high] = [_mm256_sub_ps(self.0[0], self.0[0]), _mm256_sub_ps(self.0[1], self.0[1])];
            _mm256_movemask_ps(_mm256_cmp_ps::<_CMP_UNORD_Q>(low, high)) == 0
        }
    }
    #[inline(always)]
    unsafe fn first(self, count: usize) -> Self {
        // SAFETY: see above.
        unsafe {
            let lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
            let low = _mm256_cmpgt_epi32(_mm256_set1_epi32(count as i32), lane);
            let high = _mm256_cmpgt_epi32(_mm256_set1_epi32(count as i32 - 8), lane);
            Self([_mm256_and_ps(self.0[0], _mm256_castsi256_ps(low)), _mm256_and_ps(self.0[1], _mm256_castsi256_ps(high))])
        }
    }
    #[inline(always)]
    unsafe fn transpose(from: *const f32, to: *mut f32, stride: usize) {
        // SAFETY: see above.
        unsafe { transpose16(from, to, stride) };
    }
    #[inline(always)]
    unsafe fn split(from: *const f32) -> (Self, Self) {
        // SAFETY: see above.
        unsafe {
            let (low, high) = (apart8(from), apart8(from.add(LANES)));
            (Self([low.0, high.0]), Self([low.1, high.1]))
        }
    }
    #[inline(always)]
    unsafe fn interleave(self, odd: Self, to: *mut f32) {
        // SAFETY: see above.
        unsafe {
            for half in 0..2 {
                let (even, odd, to) = (self.0[half], odd.0[half], to.add(half * LANES));
                // Within halves of registers first, then the halves in order.
                let (low, high) = (_mm256_unpacklo_ps(even, odd), _mm256_unpackhi_ps(even, odd));
                _mm256_storeu_ps(to, _mm256_permute2f128_ps::<0x20>(low, high));
                _mm256_storeu_ps(to.add(8), _mm256_permute2f128_ps::<0x31>(low, high));
            }
        }
    }
    #[inline(always)]
    unsafe fn transpose_half(from: *const f32, to: *mut f32) {
        // SAFETY: see above.
        unsafe {
            for half in 0..2 {
                for (i, row) in transposed8(from.add(8 * half)).into_iter().enumerate() {
                    let to = to.add((8 * half + i) * LANES);
                    _mm256_storeu_ps(to, row);
                    _mm256_storeu_ps(to.add(8), _mm256_setzero_ps());
                }
            }
        }
    }
}
