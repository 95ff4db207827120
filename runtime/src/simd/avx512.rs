//! AVX-512 F: one register is a vector.

use super::{LANES, Vector};
use core::arch::x86_64::*;

/// Sixteen numbers in one register.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct Avx512(pub __m512);

// SAFETY of all below: the instruction set is there and pointers are valid, by the trait's contract.
impl Vector for Avx512 {
    const WIDTH: usize = LANES;
    const ACCUMULATORS: usize = 24;
    // Measured on a core of this kind: sums in halves are a third faster than in whole registers, whose blocks do not stay in registers.
    type Register = super::avx2::Half;

    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_set1_ps(value) })
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_loadu_ps(from) })
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: see above.
        unsafe { _mm512_storeu_ps(to, self.0) };
    }
    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_add_ps(self.0, other.0) })
    }
    #[inline(always)]
    unsafe fn sub(self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_sub_ps(self.0, other.0) })
    }
    #[inline(always)]
    unsafe fn mul(self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_mul_ps(self.0, other.0) })
    }
    #[inline(always)]
    unsafe fn div(self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_div_ps(self.0, other.0) })
    }
    #[inline(always)]
    unsafe fn mul_add(self, factor: Self, addend: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_fmadd_ps(self.0, factor.0, addend.0) })
    }
    #[inline(always)]
    unsafe fn max(self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_max_ps(self.0, other.0) })
    }
    #[inline(always)]
    unsafe fn min(self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_min_ps(self.0, other.0) })
    }
    #[inline(always)]
    unsafe fn sqrt(self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_sqrt_ps(self.0) })
    }
    #[inline(always)]
    unsafe fn select_gt(self, bound: Self, yes: Self, no: Self) -> Self {
        // SAFETY: see above.
        unsafe { Self(_mm512_mask_blend_ps(_mm512_cmp_ps_mask::<_CMP_GT_OQ>(self.0, bound.0), no.0, yes.0)) }
    }
    #[inline(always)]
    unsafe fn select_nan(self, yes: Self, no: Self) -> Self {
        // SAFETY: see above.
        unsafe { Self(_mm512_mask_blend_ps(_mm512_cmp_ps_mask::<_CMP_UNORD_Q>(self.0, self.0), no.0, yes.0)) }
    }
    #[inline(always)]
    unsafe fn flush(self, least: f32) -> Self {
        // SAFETY: see above.
        unsafe {
            let kept = _mm512_cmp_ps_mask::<_CMP_NLT_UQ>(_mm512_abs_ps(self.0), _mm512_set1_ps(least));
            Self(_mm512_maskz_mov_ps(kept, self.0))
        }
    }
    #[inline(always)]
    unsafe fn round(self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_roundscale_ps::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>(self.0) })
    }
    #[inline(always)]
    unsafe fn scale_by_power_of_two(self, n: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_scalef_ps(self.0, n.0) })
    }
    #[inline(always)]
    unsafe fn scale_by_powers_of_two(self, n: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_scalef_ps(self.0, n.0) })
    }
    #[inline(always)]
    unsafe fn split_power_of_two(self) -> (Self, Self) {
        // SAFETY: see above.
        unsafe {
            let bits = _mm512_castps_si512(self.0);
            let fraction = _mm512_and_si512(bits, _mm512_set1_epi32(0x007F_FFFF));
            let m = _mm512_castsi512_ps(_mm512_or_si512(fraction, _mm512_set1_epi32(0x3F80_0000)));
            let n = _mm512_cvtepi32_ps(_mm512_sub_epi32(_mm512_srli_epi32::<23>(bits), _mm512_set1_epi32(127)));
            (Self(m), Self(n))
        }
    }
    #[inline(always)]
    unsafe fn sum(self) -> f32 {
        // SAFETY: see above.
        unsafe { super::avx2::sum8(self.halves()) }
    }
    #[inline(always)]
    unsafe fn finite(self) -> bool {
        // SAFETY: see above.
        unsafe {
            let zeros = _mm512_sub_ps(self.0, self.0);
            _mm512_cmp_ps_mask::<_CMP_UNORD_Q>(zeros, zeros) == 0
        }
    }
    #[inline(always)]
    unsafe fn first(self, count: usize) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_maskz_mov_ps(((1_u32 << count.min(LANES)) - 1) as __mmask16, self.0) })
    }
    #[inline(always)]
    unsafe fn transpose(from: *const f32, to: *mut f32, stride: usize) {
        // SAFETY: see above.
        unsafe { super::avx2::transpose16(from, to, stride) };
    }
    #[inline(always)]
    unsafe fn split(from: *const f32) -> (Self, Self) {
        // SAFETY: see above.
        unsafe {
            let (low, high) = (_mm512_loadu_ps(from), _mm512_loadu_ps(from.add(LANES)));
            let even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
            let odd = _mm512_add_epi32(even, _mm512_set1_epi32(1));
            (Self(_mm512_permutex2var_ps(low, even, high)), Self(_mm512_permutex2var_ps(low, odd, high)))
        }
    }
    #[inline(always)]
    unsafe fn interleave(self, odd: Self, to: *mut f32) {
        // SAFETY: see above.
        unsafe {
            let first = _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
            let second = _mm512_add_epi32(first, _mm512_set1_epi32(8));
            _mm512_storeu_ps(to, _mm512_permutex2var_ps(self.0, first, odd.0));
            _mm512_storeu_ps(to.add(LANES), _mm512_permutex2var_ps(self.0, second, odd.0));
        }
    }
    #[inline(always)]
    unsafe fn transpose_half(from: *const f32, to: *mut f32) {
        // SAFETY: see above.
        unsafe {
            for half in 0..2 {
                for (i, row) in super::avx2::transposed8(from.add(8 * half)).into_iter().enumerate() {
                    _mm512_storeu_ps(to.add((8 * half + i) * LANES), _mm512_zextps256_ps512(row));
                }
            }
        }
    }
}

impl Avx512 {
    /// Both halves added.
    #[inline(always)]
    unsafe fn halves(self) -> __m256 {
        // SAFETY: the instruction set is there.
        unsafe {
            let high = _mm256_castpd_ps(_mm512_extractf64x4_pd::<1>(_mm512_castps_pd(self.0)));
            _mm256_add_ps(_mm512_castps512_ps256(self.0), high)
        }
    }
}
