//! Kernels against plain sums in f64, over many geometries, in every layout. The folders are those of the kernels.

#![expect(clippy::too_many_arguments, reason = "a kernel takes what it reads and writes")]
#![expect(clippy::needless_range_loop, reason = "several lists are indexed alike")]

use fireclay_runtime::{kernels, math, simd};

/// Calls the kernel of `chwn16` or of `chw`, as the width of a vector says.
macro_rules! call {
    ($width:expr, $name:ident($($arg:expr),* $(,)?)) => {
        // SAFETY: the test's buffers are as long as its geometry says.
        unsafe { if $width == 1 { crate::kernels::chw::$name($($arg),*) } else { crate::kernels::chwn16::$name($($arg),*) } }
    };
}

// The tests make entries of their own.
#[allow(unused_macros, reason = "kernels use the others")]
#[macro_use]
#[path = "../../src/entries.rs"]
mod entries;

mod chw16c_relu;
mod conv;
mod denormal;
mod dense;
mod elementwise;
mod functions;
mod maxout;
mod norm;
mod optim;
mod padding_lanes;
mod pool;
mod recurrent;
mod reduce;
mod roi;
mod shape;
mod softmax;
mod unpool;
mod upsample;
mod vectors;

use crate::simd::LANES;

/// `.ci/cross` runs these tests under emulation and says so when it builds them.
pub const EMULATED: bool = option_env!("FIRECLAY_EMULATED").is_some();

/// Channels and filters of several panels: few enough for an emulator, where there is one.
pub const PANELS: [usize; 2] = if EMULATED { [17, 35] } else { [35, 113] };

/// The same numbers bit for bit. One NaN is as good as another: WebAssembly leaves open which of them an operation gives, and Node
/// gives different ones before and after it optimizes a function.
pub fn same_bits(a: &[f32], b: &[f32]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| vectors::same(*a, *b))
}

/// All of them, but only about `few` under Miri, which takes its time.
pub fn thinned<T>(all: Vec<T>, few: usize) -> Vec<T> {
    let step = if cfg!(miri) { all.len().div_ceil(few) } else { 1 };
    all.into_iter().step_by(step).collect()
}

/// Input, kernel, stride, padding, dilation of one axis.
pub fn axes() -> Vec<(usize, usize, usize, usize, usize)> {
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
    thinned(axes, 12)
}

/// The same numbers each time, in [-1, 1).
pub(crate) struct Numbers(u32);

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

/// Sample `lane` of values in `chwn16` (or `chw`, with a width of 1).
pub fn sample(values: &[f32], lane: usize, width: usize) -> Vec<f64> {
    values.chunks(width).map(|v| f64::from(v[lane])).collect()
}

/// `[channels / 16][map][16]`, with something odd beside the last channel.
pub fn chw16c(x: &[f32], channels: usize) -> Vec<f32> {
    chw16c_beside(x, channels, f32::MAX)
}

/// `[channels / 16][map][16]`, with NaN beside the last channel, which nothing may read.
pub fn chw16c_nan(x: &[f32], channels: usize) -> Vec<f32> {
    chw16c_beside(x, channels, f32::NAN)
}

fn chw16c_beside(x: &[f32], channels: usize, beside: f32) -> Vec<f32> {
    let map = x.len() / channels;
    let mut to = vec![beside; channels.next_multiple_of(LANES) * map];
    for (i, x) in x.iter().enumerate() {
        to[(i / map / LANES * map + i % map) * LANES + i / map % LANES] = *x;
    }
    to
}

/// `[channels][map]`, of the channels that there are.
pub fn from_chw16c(x: &[f32], channels: usize) -> Vec<f32> {
    let map = x.len() / channels.next_multiple_of(LANES);
    let place = |i: usize| (i / map / LANES * map + i % map) * LANES + i / map % LANES;
    (0..channels * map).map(|i| x[place(i)]).collect()
}

/// As f64.
pub fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|v| f64::from(*v)).collect()
}

/// The width of a vector in `chwn16` and in `chw`.
pub const WIDTHS: [usize; 2] = [LANES, 1];

/// All close, where the sums have about `terms` terms.
#[track_caller]
pub fn assert_close(found: impl IntoIterator<Item = f64>, wanted: impl IntoIterator<Item = f64>, terms: usize, what: &str) {
    let (found, wanted): (Vec<_>, Vec<_>) = (found.into_iter().collect(), wanted.into_iter().collect());
    assert_eq!(found.len(), wanted.len(), "{what}");
    let bound = 2e-6 * (terms as f64 + 4.0);
    for (i, (f, w)) in found.iter().zip(&wanted).enumerate() {
        assert!((f - w).abs() <= bound, "{what}: number {i} is {f}, not {w}");
    }
}

/// A gradient overwrites whatever was there, NaN too, or adds to it, as asked: `kernel(dx, accumulate)`.
#[track_caller]
pub fn assert_gradient(wanted: &[f64], terms: usize, what: &str, kernel: impl Fn(*mut f32, bool)) {
    let mut dx = vec![f32::NAN; wanted.len()];
    kernel(dx.as_mut_ptr(), false);
    assert_close(wide(&dx), wanted.iter().copied(), terms, what);
    let there = Numbers::new(wanted.len()).take(wanted.len());
    dx.copy_from_slice(&there);
    kernel(dx.as_mut_ptr(), true);
    let sum = wanted.iter().zip(&there).map(|(w, t)| w + f64::from(*t));
    assert_close(wide(&dx), sum, terms, &format!("{what}, added"));
}

/// Runs a kernel over all of its results, of which there are so many with padding lanes, and then in shares: they have the same bits.
fn in_shares(len: usize, y: *mut f32, run: impl Fn(*mut f32, crate::kernels::Share)) {
    run(y, crate::kernels::Share::ALL);
    // SAFETY: the caller's buffer.
    let whole = unsafe { core::slice::from_raw_parts(y, len) };
    // More shares than there are pieces cost as many runs: of small results, and not under an emulator.
    let all: &[usize] = if EMULATED {
        &[2]
    } else if len < 1 << 12 {
        &[2, 3, 40]
    } else {
        &[2, 3]
    };
    for shares in all.iter().copied() {
        let mut parts = vec![f32::INFINITY; len];
        for index in 0..shares {
            run(parts.as_mut_ptr(), crate::kernels::Share { index, shares });
        }
        assert!(
            parts.iter().zip(whole).all(|(a, b)| a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan()),
            "in {shares} shares"
        );
    }
}

/// Runs what follows at each level that the machine has.
pub fn at_each_level(mut test: impl FnMut()) {
    for level in crate::simd::Level::all() {
        crate::simd::Level::with(level, &mut test);
    }
}
