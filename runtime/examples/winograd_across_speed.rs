//! How much Winograd's convolutions in `chw16c` gain when they run across the samples of a batch: microseconds a batch on one core, best of several runs,
//! sample by sample and across.
//!
//! `cargo run --release -p fireclay-runtime --example winograd_across_speed [part of a name]`; `FIRECLAY_SIMD=avx2` lowers the instruction set.

mod speed;

use fireclay_runtime::kernels::geometry::{Conv, conv_winograd_across_scratch, conv_winograd_chw16c_train_scratch};
use fireclay_runtime::kernels::{Samples, Share, across, chw};
use fireclay_runtime::simd::Level;
use speed::{aligned, peak, speed};

fn main() {
    let part = std::env::args().nth(1).unwrap_or_default();
    println!("{:?}, {:.1} GFLOP/s at most", Level::current(), peak().unwrap_or_default());
    println!("{:34} {:>12} {:>12} {:>8} {:>8}", "microseconds", "by sample", "across", "times", "GFLOP/s");
    let sizes = [(64, 8), (256, 8), (512, 4), (32, 32), (128, 16), (48, 7)];
    for ((channels, size), count) in sizes.into_iter().flat_map(|size| [1, 4, 16].map(|count| (size, count))) {
        let g = &Conv {
            channels,
            height: size,
            width: size,
            filters: channels,
            out_height: size,
            out_width: size,
            kernel: [3; 2],
            stride: [1; 2],
            pad: [1; 2],
            dilation: [1; 2],
            groups: 1,
        };
        let name = format!("{channels}->{channels} {size}x{size}, {count} samples");
        if !name.contains(&part) {
            continue;
        }
        let step = channels * size * size;
        let (x, y) = (aligned(step * count), aligned(step * count));
        let (weight, bias, gradient) = (aligned(channels * channels * 9), aligned(channels), aligned(channels * channels * 9));
        let scratch = aligned(conv_winograd_chw16c_train_scratch(g).max(conv_winograd_across_scratch(g)));
        let (samples, share) = (Samples { count, step }, Share { index: 0, shares: 1 });
        let macs = step * channels * 9 * count;
        let show = |what: &str, one: &dyn Fn(usize), all: &dyn Fn()| {
            let (one, all) = (speed(macs, || (0..count).for_each(|n| one(n * step))), speed(macs, all));
            let us = |gflops: f64| 2e-3 * macs as f64 / gflops;
            println!("{name:24} {what:9} {:12.1} {:12.1} {:8.2} {all:8.1}", us(one), us(all), all / one);
        };
        // SAFETY: here and below, buffers are as long as the geometry and the samples say.
        show(
            "forward",
            &|at| unsafe { chw::conv_winograd_chw16c_forward(g, x.add(at), weight, bias, y.add(at), scratch) },
            &|| unsafe {
                across::conv_winograd_across_forward(g, samples, x, weight, bias, y, scratch, share);
            },
        );
        // SAFETY: as above.
        show(
            "input",
            &|at| unsafe { chw::conv_winograd_chw16c_backward_input(g, y.add(at), weight, x.add(at), false, scratch) },
            &|| unsafe {
                across::conv_winograd_across_backward_input(g, samples, y, weight, x, false, scratch, share);
            },
        );
        // SAFETY: as above.
        show(
            "weight",
            &|at| unsafe { chw::conv_winograd_chw16c_backward_weight(g, x.add(at), y.add(at), gradient, bias, scratch) },
            &|| unsafe {
                across::conv_winograd_across_backward_weight(g, samples, x, y, gradient, bias, scratch, share);
            },
        );
    }
}
