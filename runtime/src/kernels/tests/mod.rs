//! Kernels against plain sums in f64, over many geometries, in both forms.

mod conv;
mod dense;
mod packed;

use crate::simd::LANES;
use std::vec::Vec;

/// Input, kernel, stride, padding, dilation of one axis.
pub(super) fn axes() -> Vec<(usize, usize, usize, usize, usize)> {
    let mut axes = Vec::new();
    for input in [1, 2, 3, 5, 8, 15] {
        for kernel in [1, 2, 3, 5, 7] {
            for stride in [1, 2, 3, 4] {
                for pad in [0, 1, 2, 4] {
                    for dilation in [1, 2, 3] {
                        axes.push((input, kernel, stride, pad, dilation));
                    }
                }
            }
        }
    }
    axes
}

/// The same numbers each time, in [-1, 1).
pub(super) struct Numbers(u32);

impl Numbers {
    pub fn new(seed: usize) -> Self {
        Self(0x9E37_79B9 ^ (seed as u32).wrapping_mul(0x85EB_CA6B) | 1)
    }

    pub fn next(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0
    }

    pub fn take(&mut self, len: usize) -> Vec<f32> {
        (0..len).map(|_| (self.next() >> 8) as f32 / (1 << 23) as f32 - 1.0).collect()
    }
}

/// Sample `lane` of values in lanes form.
pub(super) fn sample(values: &[f32], lane: usize, width: usize) -> Vec<f64> {
    values.chunks(width).map(|v| f64::from(v[lane])).collect()
}

/// Widths of both forms.
pub(super) const FORMS: [usize; 2] = [LANES, 1];

/// All close, where the sums have about `terms` terms.
#[track_caller]
pub(super) fn assert_close(
    found: impl IntoIterator<Item = f64>,
    wanted: impl IntoIterator<Item = f64>,
    terms: usize,
    what: &str,
) {
    let (found, wanted): (Vec<_>, Vec<_>) = (found.into_iter().collect(), wanted.into_iter().collect());
    assert_eq!(found.len(), wanted.len(), "{what}");
    let bound = 2e-6 * (terms as f64 + 4.0);
    for (i, (f, w)) in found.iter().zip(&wanted).enumerate() {
        assert!((f - w).abs() <= bound, "{what}: number {i} is {f}, not {w}");
    }
}

/// Runs what follows at each level that the machine has.
pub(super) fn at_each_level(test: impl Fn()) {
    use crate::simd::Level;
    for level in [Level::Scalar, Level::Avx2, Level::Avx512] {
        if level <= Level::detect() {
            Level::with(level, &test);
        }
    }
}
