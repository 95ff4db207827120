//! How fast the products of one sample are: GFLOP/s of the sums as they stand, on one core, best of several runs.
//!
//! `cargo run --release -p fireclay-runtime --example one_speed [part of a name]`; `FIRECLAY_SIMD=avx2` lowers the instruction set.

use fireclay_runtime::kernels::geometry::{
    Conv, Dense, conv_chw16c_len, conv_winograd_chw16c_len, conv_winograd_chw16c_scratch, dense_packed_len, depthwise_chw16c_len,
};
use fireclay_runtime::kernels::{Share, chw};
use fireclay_runtime::simd::{LANES, Level};
use std::ptr::null;
use std::time::Instant;

type Pack = unsafe fn(&Conv, *const f32, *const f32, *mut f32);
type Forward = unsafe fn(&Conv, *const f32, *const f32, *const f32, f32, *mut f32, Share);

fn numbers(len: usize) -> Vec<f32> {
    (0..len).map(|i| (i * 7919 % 1013) as f32 / 1013.0 - 0.5).collect()
}

/// GFLOP/s of `run`, which takes `flops`.
fn speed(flops: usize, mut run: impl FnMut()) -> f64 {
    let mut best = f64::INFINITY;
    let begin = Instant::now();
    let repeat = (2_000_000 / flops).max(1);
    while begin.elapsed().as_secs_f64() < 0.15 {
        let start = Instant::now();
        for _ in 0..repeat {
            run();
        }
        best = best.min(start.elapsed().as_secs_f64() / repeat as f64);
    }
    flops as f64 / best / 1e9
}

/// `[channels, height, width]`, filters, kernel, stride, padding, groups.
fn conv(name: &str, from: [usize; 3], filters: usize, kernel: [usize; 2], stride: usize, pad: [usize; 2], groups: usize) {
    let [channels, height, width] = from;
    let out = |i: usize, size: usize| (size + 2 * pad[i] - kernel[i]) / stride + 1;
    let (out_height, out_width) = (out(0, height), out(1, width));
    let g = Conv {
        channels,
        height,
        width,
        filters,
        out_height,
        out_width,
        kernel,
        stride: [stride; 2],
        pad,
        dilation: [1; 2],
        groups,
    };
    let area = kernel[0] * kernel[1];
    let flops = 2 * filters * channels / groups * out_height * out_width * area;
    let x = numbers(channels.next_multiple_of(LANES) * height * width);
    let mut y = numbers(filters.next_multiple_of(LANES) * out_height * out_width);
    let weight = numbers(filters * channels / groups * area);
    let y = y.as_mut_ptr();
    // SAFETY: buffers are as long as the geometry says.
    let speeds = unsafe {
        if groups > 1 {
            let mut packed = vec![0.0; depthwise_chw16c_len(&g)];
            chw::depthwise_chw16c_pack(&g, weight.as_ptr(), null(), packed.as_mut_ptr());
            vec![speed(flops, || chw::depthwise_chw16c(&g, x.as_ptr(), packed.as_ptr(), null(), 0.0, y))]
        } else {
            let plain = channels < 4;
            let mut packed = vec![0.0; conv_chw16c_len(&g, plain, false)];
            let (pack, run): (Pack, Forward) = if plain {
                (chw::conv_chw16c_from_chw_pack, chw::conv_chw16c_from_chw)
            } else {
                (chw::conv_chw16c_pack, chw::conv_chw16c)
            };
            pack(&g, weight.as_ptr(), null(), packed.as_mut_ptr());
            let mut speeds = vec![speed(flops, || run(&g, x.as_ptr(), packed.as_ptr(), null(), 0.0, y, Share::ALL))];
            if kernel == [3, 3] && stride == 1 && channels >= 4 {
                let mut packed = vec![0.0; conv_winograd_chw16c_len(&g)];
                let mut scratch = vec![0.0; conv_winograd_chw16c_scratch(&g)];
                chw::conv_winograd_chw16c_pack(&g, weight.as_ptr(), null(), packed.as_mut_ptr());
                let (packed, weight, scratch) = (packed.as_ptr(), weight.as_ptr(), scratch.as_mut_ptr());
                speeds.push(speed(flops, || {
                    chw::conv_winograd_chw16c(&g, x.as_ptr(), packed, weight, null(), 0.0, y, scratch, Share::ALL)
                }));
            }
            speeds
        }
    };
    print(name, &speeds);
}

fn dense(name: &str, inputs: usize, outputs: usize) {
    let g = Dense { rows: 1, inputs, outputs };
    let (x, weight) = (numbers(inputs), numbers(inputs * outputs));
    let mut y = numbers(outputs.next_multiple_of(LANES));
    let mut packed = vec![0.0; dense_packed_len(&g)];
    // SAFETY: buffers are as long as the geometry says.
    let found = unsafe {
        chw::dense_pack(&g, weight.as_ptr(), null(), packed.as_mut_ptr());
        speed(2 * inputs * outputs, || {
            chw::dense_chw16c(&g, x.as_ptr(), packed.as_ptr(), null(), 0.0, y.as_mut_ptr(), Share::ALL)
        })
    };
    print(name, &[found]);
}

fn print(name: &str, speeds: &[f64]) {
    let wanted = std::env::args().nth(1).unwrap_or_default();
    if name.contains(&wanted) {
        let speeds: Vec<String> = speeds.iter().map(|s| format!("{s:8.1}")).collect();
        println!("{name:<34}{}", speeds.join(""));
    }
}

fn main() {
    println!("{:?}\n{:<34}  direct  winograd", Level::current(), "");
    conv("LeNet 1→6 5×5 28", [1, 28, 28], 6, [5, 5], 1, [2, 2], 1);
    conv("LeNet 6→16 5×5 14", [6, 14, 14], 16, [5, 5], 1, [0, 0], 1);
    conv("ResNet-20 3→16 32", [3, 32, 32], 16, [3, 3], 1, [1, 1], 1);
    conv("ResNet-20 16→16 32", [16, 32, 32], 16, [3, 3], 1, [1, 1], 1);
    conv("ResNet-20 16→32 32 /2", [16, 32, 32], 32, [3, 3], 2, [1, 1], 1);
    conv("ResNet-20 16→32 1×1 32 /2", [16, 32, 32], 32, [1, 1], 2, [0, 0], 1);
    conv("ResNet-20 32→32 16", [32, 16, 16], 32, [3, 3], 1, [1, 1], 1);
    conv("ResNet-20 64→64 8", [64, 8, 8], 64, [3, 3], 1, [1, 1], 1);
    conv("DS-CNN 1→64 10×4 49×10 /2", [1, 49, 10], 64, [10, 4], 2, [4, 1], 1);
    conv("DS-CNN 64 depthwise 25×5", [64, 25, 5], 64, [3, 3], 1, [1, 1], 64);
    conv("DS-CNN 64→64 1×1 25×5", [64, 25, 5], 64, [1, 1], 1, [0, 0], 1);
    conv("MobileNet 3→8 96 /2", [3, 96, 96], 8, [3, 3], 2, [1, 1], 1);
    conv("MobileNet 8 depthwise 48", [8, 48, 48], 8, [3, 3], 1, [1, 1], 8);
    conv("MobileNet 8→16 1×1 48", [8, 48, 48], 16, [1, 1], 1, [0, 0], 1);
    conv("MobileNet 16 depthwise 48 /2", [16, 48, 48], 16, [3, 3], 2, [1, 1], 16);
    conv("MobileNet 32→32 1×1 24", [32, 24, 24], 32, [1, 1], 1, [0, 0], 1);
    conv("MobileNet 128 depthwise 6", [128, 6, 6], 128, [3, 3], 1, [1, 1], 128);
    conv("MobileNet 128→128 1×1 6", [128, 6, 6], 128, [1, 1], 1, [0, 0], 1);
    conv("MobileNet 256→256 1×1 3", [256, 3, 3], 256, [1, 1], 1, [0, 0], 1);
    conv("SqueezeNet 3→64 224 /2", [3, 224, 224], 64, [3, 3], 2, [0, 0], 1);
    conv("SqueezeNet 64→16 1×1 55", [64, 55, 55], 16, [1, 1], 1, [0, 0], 1);
    conv("SqueezeNet 16→64 3×3 55", [16, 55, 55], 64, [3, 3], 1, [1, 1], 1);
    conv("SqueezeNet 48→192 3×3 13", [48, 13, 13], 192, [3, 3], 1, [1, 1], 1);
    conv("SqueezeNet 512→1000 1×1 13", [512, 13, 13], 1000, [1, 1], 1, [0, 0], 1);
    conv("ResNet-18 3→64 7×7 224 /2", [3, 224, 224], 64, [7, 7], 2, [3, 3], 1);
    conv("ResNet-18 64→64 56", [64, 56, 56], 64, [3, 3], 1, [1, 1], 1);
    conv("ResNet-18 64→128 56 /2", [64, 56, 56], 128, [3, 3], 2, [1, 1], 1);
    conv("ResNet-18 128→128 28", [128, 28, 28], 128, [3, 3], 1, [1, 1], 1);
    conv("ResNet-18 256→256 14", [256, 14, 14], 256, [3, 3], 1, [1, 1], 1);
    conv("ResNet-18 512→512 7", [512, 7, 7], 512, [3, 3], 1, [1, 1], 1);
    conv("VGG-16 64→64 224", [64, 224, 224], 64, [3, 3], 1, [1, 1], 1);
    conv("VGG-16 512→512 28", [512, 28, 28], 512, [3, 3], 1, [1, 1], 1);
    conv("VGG-16 512→512 14", [512, 14, 14], 512, [3, 3], 1, [1, 1], 1);
    dense("MLP 784→256", 784, 256);
    dense("LeNet 400→120", 400, 120);
    dense("LeNet 84→10", 84, 10);
    dense("VGG-16 25088→4096", 25088, 4096);
}
