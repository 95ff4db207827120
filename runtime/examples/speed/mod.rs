//! What the programs that time kernels share: buffers, the time of a run, the most that one core has.

use fireclay_runtime::simd::LANES;
use std::time::Instant;

/// As aligned as the memory of networks is.
pub fn aligned(len: usize) -> *mut f32 {
    let floats = vec![0.0_f32; len + LANES].leak();
    for (i, number) in floats.iter_mut().enumerate() {
        *number = ((i * 7919 % 1013) as f32 / 1013.0 - 0.5) * 0.2;
    }
    let first = floats.as_ptr().align_offset(LANES * size_of::<f32>());
    floats[first..].as_mut_ptr()
}

/// GFLOP/s of `run`, which takes so many multiply-adds.
pub fn speed(macs: usize, mut run: impl FnMut()) -> f64 {
    let mut best = f64::INFINITY;
    let begin = Instant::now();
    let repeat = (1_000_000 / macs).max(1);
    while begin.elapsed().as_secs_f64() < 0.2 {
        let start = Instant::now();
        for _ in 0..repeat {
            run();
        }
        best = best.min(start.elapsed().as_secs_f64() / repeat as f64);
    }
    2.0 * macs as f64 / best / 1e9
}

/// GFLOP/s of multiply-adds that meet nothing but registers; `None` where that is not measured.
#[cfg(target_arch = "x86_64")]
pub fn peak() -> Option<f64> {
    use fireclay_runtime::simd::Level;
    use std::arch::x86_64::{_mm256_fmadd_ps, _mm256_set1_ps, _mm512_fmadd_ps, _mm512_set1_ps};
    use std::hint::black_box;
    const TIMES: usize = 100_000;
    const CHAINS: usize = 12;
    macro_rules! run {
        ($features:literal, $splat:ident, $fma:ident) => {{
            #[target_feature(enable = $features)]
            fn run() {
                let (factor, mut sums) = ($splat(black_box(0.5)), [$splat(black_box(1.0)); CHAINS]);
                for _ in 0..TIMES {
                    for sum in &mut sums {
                        *sum = $fma(*sum, factor, factor);
                    }
                }
                black_box(sums);
            }
            run
        }};
    }
    let (width, run): (usize, unsafe fn()) = match Level::current() {
        Level::Avx512 => (16, run!("avx512f", _mm512_set1_ps, _mm512_fmadd_ps)),
        Level::Avx2 => (8, run!("avx2,fma", _mm256_set1_ps, _mm256_fmadd_ps)),
        _ => return None,
    };
    // SAFETY: the level was found on this machine.
    Some(speed(TIMES * CHAINS * width, || unsafe { run() }))
}

#[cfg(not(target_arch = "x86_64"))]
pub fn peak() -> Option<f64> {
    None
}
