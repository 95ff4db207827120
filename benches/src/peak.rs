//! What one core can do at most: multiply-adds in registers, nothing else.

use std::hint::black_box;
use std::time::Instant;

/// Independent sums, enough to cover the latency of two multiply-adds per cycle.
const SUMS: usize = 12;
const TURNS: usize = 200_000;

/// The widest instructions of this machine, and GFLOP/s with them.
pub fn measure() -> (&'static str, f64) {
    #[cfg(target_arch = "x86_64")]
    {
        if is_x86_feature_detected!("avx512f") {
            // SAFETY: the machine has it.
            return ("AVX-512", best(16, || unsafe { x86::avx512() }));
        }
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            // SAFETY: the machine has both.
            return ("AVX2", best(8, || unsafe { x86::avx2() }));
        }
    }
    ("plain code", best(4, plain))
}

/// The best of some rounds: whatever else runs only takes away.
fn best(lanes: usize, round: impl Fn() -> f32) -> f64 {
    let operations = (2 * lanes * SUMS * TURNS) as f64;
    let seconds = (0..40).map(|_| {
        let start = Instant::now();
        black_box(round());
        start.elapsed().as_secs_f64()
    });
    operations / seconds.fold(f64::INFINITY, f64::min) / 1e9
}

/// Without intrinsics, four lanes wide: the compiler takes what every machine of this kind has.
fn plain() -> f32 {
    let mut sums = [[0.0_f32; 4]; SUMS];
    let (a, b) = black_box((0.999_f32, 0.001_f32));
    for _ in 0..TURNS {
        sums.iter_mut().flatten().for_each(|sum| *sum = *sum * a + b);
    }
    sums.iter().flatten().sum()
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::{SUMS, TURNS, black_box};
    use std::arch::x86_64::*;

    #[target_feature(enable = "avx512f")]
    pub fn avx512() -> f32 {
        let mut sums = [_mm512_setzero_ps(); SUMS];
        let (a, b) = (_mm512_set1_ps(black_box(0.999)), _mm512_set1_ps(black_box(0.001)));
        for _ in 0..TURNS {
            for sum in &mut sums {
                *sum = _mm512_fmadd_ps(*sum, a, b);
            }
        }
        sums.into_iter().map(|sum| _mm512_reduce_add_ps(sum)).sum()
    }

    #[target_feature(enable = "avx2,fma")]
    pub fn avx2() -> f32 {
        let mut sums = [_mm256_setzero_ps(); SUMS];
        let (a, b) = (_mm256_set1_ps(black_box(0.999)), _mm256_set1_ps(black_box(0.001)));
        for _ in 0..TURNS {
            for sum in &mut sums {
                *sum = _mm256_fmadd_ps(*sum, a, b);
            }
        }
        sums.into_iter().map(|sum| _mm256_cvtss_f32(sum)).sum()
    }
}
