//! How fast training of one sample's convolutions in `chw16c` is: GFLOP/s of direct sums' multiply-adds, best of several runs, and the most that one core has.
//!
//! `cargo run --release -p fireclay-runtime --example conv_chw16c_speed [part of a name]`; `FIRECLAY_SIMD=avx2` lowers the instruction set.

mod speed;

use fireclay_runtime::kernels::chw;
use fireclay_runtime::kernels::geometry::{
    Conv, conv_chw16c_train_scratch, conv_winograd_chw16c_fits, conv_winograd_chw16c_train_scratch,
};
use fireclay_runtime::simd::LANES;
use speed::{aligned, peak, speed};
use std::hint::black_box;
use std::ptr::null_mut;

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
