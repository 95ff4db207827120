//! How fast a single sample trains in `chw16c`, beside its convolutions: microseconds a call on one core, best of several runs, and GFLOP/s or GB/s.
//!
//! `cargo run --release -p fireclay-runtime --example chw16c_train_speed [part of a name]`; `FIRECLAY_SIMD=avx2` lowers the instruction set.

use fireclay_runtime::kernels::geometry::{BatchNorm, Conv, Dense, depthwise_chw16c_train_scratch};
use fireclay_runtime::kernels::{chw, chwn16};
use fireclay_runtime::simd::{LANES, Level};
use std::time::Instant;

fn numbers(len: usize) -> Vec<f32> {
    (0..len).map(|i| (i * 7919 % 1013) as f32 / 1013.0 - 0.5).collect()
}

/// Prints microseconds, and billions a second of what `count` counts.
fn report(name: &str, count: usize, unit: &str, mut run: impl FnMut()) {
    if !name.contains(&std::env::args().nth(1).unwrap_or_default()) {
        return;
    }
    let (begin, mut best) = (Instant::now(), f64::INFINITY);
    let repeat = (1_000_000 / count).max(1);
    while begin.elapsed().as_secs_f64() < 0.2 {
        let start = Instant::now();
        for _ in 0..repeat {
            run();
        }
        best = best.min(start.elapsed().as_secs_f64() / repeat as f64);
    }
    println!("{name:<46}{:10.2} µs{:8.1} {unit}", best * 1e6, count as f64 / best / 1e9);
}

fn dense(inputs: usize, outputs: usize) {
    let g = Dense { rows: 1, inputs, outputs };
    let (mut x, mut y, mut weight, mut bias) = (numbers(inputs), numbers(outputs), numbers(inputs * outputs), numbers(outputs));
    let mut scratch = numbers(Dense::SCRATCH * inputs);
    let (x, y, weight, bias, bytes) =
        (x.as_mut_ptr(), y.as_mut_ptr(), weight.as_mut_ptr(), bias.as_mut_ptr(), 4 * inputs * outputs);
    let name = format!("dense {inputs}→{outputs}");
    // SAFETY: buffers are as long as the geometry says.
    unsafe {
        report(&format!("{name} forward"), bytes, "GB/s", || chw::dense_forward(&g, x, weight, bias, y));
        report(&format!("{name} backward input"), bytes, "GB/s", || chw::dense_backward_input(&g, y, weight, x, false));
        report(&format!("{name} backward weight"), bytes, "GB/s", || {
            chw::dense_backward_weight(&g, x, y, weight, bias, scratch.as_mut_ptr());
        });
    }
}

fn depthwise(channels: usize, size: usize, kernel: usize, stride: usize) {
    let out = size.div_ceil(stride);
    let g = Conv {
        channels,
        height: size,
        width: size,
        filters: channels,
        out_height: out,
        out_width: out,
        kernel: [kernel; 2],
        stride: [stride; 2],
        pad: [kernel / 2; 2],
        dilation: [1; 2],
        groups: channels,
    };
    let (mut x, mut y) = (numbers(channels * size * size), numbers(channels * out * out));
    let (mut weight, mut bias) = (numbers(channels * g.area()), numbers(channels));
    let mut scratch = numbers(depthwise_chw16c_train_scratch(&g));
    let (x, y, weight, bias, scratch) =
        (x.as_mut_ptr(), y.as_mut_ptr(), weight.as_mut_ptr(), bias.as_mut_ptr(), scratch.as_mut_ptr());
    let (name, flops) =
        (format!("depthwise {channels} {size}² {kernel}×{kernel} /{stride}"), 2 * channels * out * out * g.area());
    // SAFETY: buffers are as long as the geometry says.
    unsafe {
        report(&format!("{name} forward"), flops, "GFLOP/s", || chw::depthwise_chw16c_forward(&g, x, weight, bias, y, scratch));
        for accumulate in [false, true] {
            let name = format!("{name} backward input{}", if accumulate { ", added" } else { "" });
            report(&name, flops, "GFLOP/s", || chw::depthwise_chw16c_backward_input(&g, y, weight, x, accumulate, scratch));
        }
        report(&format!("{name} backward weight"), flops, "GFLOP/s", || {
            chw::depthwise_chw16c_backward_weight(&g, x, y, weight, bias, scratch);
        });
    }
}

fn batch_norm(channels: usize, size: usize) {
    let g = BatchNorm { steps: 1, channels, size, eps: 1e-5, momentum: 0.1 };
    let (x, dy, shared) = (numbers(channels * size), numbers(channels * size), numbers(2 * channels));
    let (mut to, mut stats) = (numbers(channels * size), numbers(2 * channels));
    let (gamma, beta) = (numbers(channels), numbers(channels));
    let (x, dy, shared, gamma, beta) = (x.as_ptr(), dy.as_ptr(), shared.as_ptr(), gamma.as_ptr(), beta.as_ptr());
    let (to, stats, bytes) = (to.as_mut_ptr(), stats.as_mut_ptr(), 4 * channels * size);
    let name = format!("batch norm {channels} of {size}");
    // SAFETY: buffers are as long as the geometry says.
    unsafe {
        report(&format!("{name} statistics"), bytes, "GB/s", || chw::batch_norm_chw16c_statistics(&g, x, 1, stats));
        report(&format!("{name} normalize"), 2 * bytes, "GB/s", || {
            chw::batch_norm_chw16c_normalize(&g, x, gamma, beta, shared, true, to);
        });
        report(&format!("{name} backward sums"), 2 * bytes, "GB/s", || {
            chw::batch_norm_chw16c_backward_sums(&g, x, dy, gamma, beta, shared, true, stats);
        });
        report(&format!("{name} backward"), 3 * bytes, "GB/s", || {
            chw::batch_norm_chw16c_backward(&g, x, dy, gamma, beta, shared, shared, true, 1, 1, to, false);
        });
    }
}

fn layouts(channels: usize, map: usize) {
    let (x, mut y, bytes) = (numbers(channels * map), numbers(channels * map + LANES * map), 8 * channels * map);
    let (x, y, name) = (x.as_ptr(), y.as_mut_ptr(), format!("layout {channels} of {map}"));
    // SAFETY: buffers are as long as the sizes say.
    unsafe {
        report(&format!("{name} to chw16c"), bytes, "GB/s", || chw::chw_to_chw16c(channels, map, x, y));
        report(&format!("{name} to chw16c, added"), bytes, "GB/s", || chw::chw_to_chw16c_gradient(channels, map, x, y, true));
        report(&format!("{name} to chw"), bytes, "GB/s", || chw::chw16c_to_chw(channels, map, x, y));
        report(&format!("{name} to chw, added"), bytes, "GB/s", || chw::chw16c_to_chw_gradient(channels, map, x, y, true));
        report(&format!("{name} concat backward"), bytes, "GB/s", || {
            chwn16::concat_chw16c_backward(channels - LANES, map, 4, x, y, false);
        });
    }
}

fn main() {
    println!("{:?}", Level::current());
    for (inputs, outputs) in [(84, 10), (120, 84), (400, 120), (512, 512), (784, 128), (1024, 1000), (4096, 4096)] {
        dense(inputs, outputs);
    }
    for (channels, size, kernel, stride) in
        [(32, 112, 3, 1), (64, 56, 3, 2), (128, 56, 3, 1), (512, 14, 3, 1), (1024, 7, 3, 1), (96, 28, 5, 1), (96, 14, 7, 1)]
    {
        depthwise(channels, size, kernel, stride);
    }
    for (channels, size) in [(64, 56 * 56), (256, 14 * 14), (512, 7 * 7), (1024, 1)] {
        batch_norm(channels, size);
    }
    for (channels, map) in [(64, 28 * 28), (512, 49)] {
        layouts(channels, map);
    }
}
