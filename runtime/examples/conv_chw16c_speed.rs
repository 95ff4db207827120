//! How fast training of one sample's convolutions in `chw16c` is: GFLOP/s of direct sums' multiply-adds, best of several runs, and the most that one core has.
//!
//! `cargo run --release -p fireclay-runtime --example conv_chw16c_speed [part of a name]`; `FIRECLAY_SIMD=avx2` lowers the instruction set.

use fireclay_runtime::kernels::chw;
use fireclay_runtime::kernels::geometry::{
    Conv, conv_chw16c_train_scratch, conv_winograd_chw16c_fits, conv_winograd_chw16c_train_scratch,
};
use fireclay_runtime::simd::{LANES, Level};
use std::hint::black_box;
use std::ptr::null_mut;
use std::time::Instant;

/// As aligned as the memory of networks is.
fn aligned(len: usize) -> *mut f32 {
    let floats = vec![0.0_f32; len + LANES].leak();
    for (i, number) in floats.iter_mut().enumerate() {
        *number = ((i * 7919 % 1013) as f32 / 1013.0 - 0.5) * 0.2;
    }
    let first = floats.as_ptr().align_offset(LANES * size_of::<f32>());
    floats[first..].as_mut_ptr()
}

/// GFLOP/s of `run`, which takes so many multiply-adds.
fn speed(macs: usize, mut run: impl FnMut()) -> f64 {
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
fn peak() -> Option<f64> {
    use std::arch::x86_64::{_mm256_fmadd_ps, _mm256_set1_ps, _mm512_fmadd_ps, _mm512_set1_ps};
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
fn peak() -> Option<f64> {
    None
}

/// A square kernel of stride 1 that keeps the map's size.
fn geometry(channels: usize, filters: usize, size: usize, kernel: usize) -> Conv {
    Conv {
        channels,
        height: size,
        width: size,
        filters,
        out_height: size,
        out_width: size,
        kernel: [kernel; 2],
        stride: [1; 2],
        pad: [kernel / 2; 2],
        dilation: [1; 2],
        groups: 1,
    }
}

/// The multiply-adds whose both factors lie inside the map.
fn macs(g: &Conv) -> usize {
    let taps = |outputs: &dyn Fn(usize) -> (usize, usize), kernel| {
        (0..kernel).map(outputs).map(|(from, to)| to.saturating_sub(from)).sum::<usize>()
    };
    let (rows, cols) = (g.rows(false), g.cols(false));
    let positions = taps(&|tap| rows.outputs(tap), g.kernel[0]) * taps(&|tap| cols.outputs(tap), g.kernel[1]);
    g.channels * g.filters / g.groups * positions
}

fn main() {
    let part = std::env::args().nth(1).unwrap_or_default();
    let most = peak();
    if let Some(most) = most {
        println!("{most:.1} GFLOP/s at most");
    }
    let mut all = vec![
        geometry(16, 16, 64, 3),
        geometry(32, 32, 32, 3),
        geometry(64, 64, 16, 3),
        geometry(128, 128, 8, 3),
        geometry(16, 16, 64, 1),
        geometry(32, 32, 32, 1),
        geometry(64, 64, 16, 1),
        geometry(128, 128, 8, 1),
        geometry(64, 64, 32, 3),
        geometry(128, 128, 28, 3),
        geometry(32, 32, 112, 3),
        geometry(3, 32, 32, 3),
        geometry(1, 16, 28, 5),
        geometry(24, 40, 20, 3),
    ];
    all.push(Conv { stride: [2; 2], out_height: 16, out_width: 16, ..geometry(32, 64, 32, 3) });
    for g in &all {
        let (size, kernel, stride) = (g.height, g.kernel[0], g.stride[0]);
        let name = format!("{}->{} {size}x{size} kernel {kernel} stride {stride}", g.channels, g.filters);
        if !name.contains(&part) {
            continue;
        }
        let (x, y) = (
            aligned(g.channels.next_multiple_of(LANES) * size * size),
            aligned(g.filters.next_multiple_of(LANES) * g.out_height * g.out_width),
        );
        let (weight, bias) = (aligned(g.channels * g.filters * g.area()), aligned(g.filters.max(g.channels)));
        let gradient = aligned(g.channels * g.filters * g.area());
        let scratch = aligned(conv_chw16c_train_scratch(g).max(conv_winograd_chw16c_train_scratch(g)));
        let macs = macs(g);
        let show = |what: &str, gflops: f64| match most {
            Some(most) => println!("{name:40} {what:38} {gflops:7.1}  {:3.0} %", 100.0 * gflops / most),
            None => println!("{name:40} {what:38} {gflops:7.1}"),
        };
        macro_rules! each {
            ($($kernel:ident($($arg:expr),*);)*) => {
                // SAFETY: buffers are as long as the geometry says.
                $(show(stringify!($kernel), speed(macs, || unsafe { chw::$kernel(g, $($arg),*) }));)*
            };
        }
        each! {
            conv_chw16c_forward(x, weight, bias, y, scratch);
            conv_chw16c_backward_input(y, weight, x, false, scratch);
            conv_chw16c_backward_weight(x, y, gradient, null_mut(), scratch);
        }
        if conv_winograd_chw16c_fits(g) {
            each! {
                conv_winograd_chw16c_forward(x, weight, bias, y, scratch);
                conv_winograd_chw16c_backward_input(y, weight, x, false, scratch);
                conv_winograd_chw16c_backward_weight(x, y, gradient, null_mut(), scratch);
            }
        }
        black_box(gradient);
    }
}
