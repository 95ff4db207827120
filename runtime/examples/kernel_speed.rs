//! How fast the convolutions and dense layers are: GFLOP/s on one core, best of several runs.
//!
//! `cargo run --release -p fireclay-runtime --example kernel_speed [part of a name]`; `FIRECLAY_SIMD=avx2` lowers the instruction set.

use fireclay_runtime::kernels::geometry::{
    Conv, Dense, channels_last_scratch, conv_packed_len, dense_packed_len, winograd_scratch, winograd_weight_scratch,
};
use fireclay_runtime::kernels::{chw, chwn16};
use fireclay_runtime::simd::{LANES, Level};
use std::time::Instant;

/// As aligned as the memory of networks is: sixteen numbers that lie across two lines of the cache take twice as long.
fn aligned(len: usize) -> &'static mut [f32] {
    let floats = vec![0.0; len + LANES].leak();
    let first = floats.as_ptr().align_offset(LANES * size_of::<f32>());
    &mut floats[first..first + len]
}

fn numbers(len: usize) -> &'static mut [f32] {
    let numbers = aligned(len);
    for (i, number) in numbers.iter_mut().enumerate() {
        *number = (i * 7919 % 1013) as f32 / 1013.0 - 0.5;
    }
    numbers
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

fn square(channels: usize, size: usize, filters: usize, kernel: usize, stride: usize, pad: usize, groups: usize) -> Conv {
    let out = (size + 2 * pad - kernel) / stride + 1;
    Conv {
        channels,
        height: size,
        width: size,
        filters,
        out_height: out,
        out_width: out,
        kernel: [kernel; 2],
        stride: [stride; 2],
        pad: [pad; 2],
        dilation: [1; 2],
        groups,
    }
}

/// Products that meet an input, so that padding does not count as work.
fn products(g: &Conv) -> usize {
    let axis = |i: usize, input: usize, output: usize| {
        (0..output)
            .flat_map(|o| (0..g.kernel[i]).map(move |k| (o, k)))
            .filter(|(o, k)| (o * g.stride[i] + k * g.dilation[i]).checked_sub(g.pad[i]).is_some_and(|at| at < input))
            .count()
    };
    g.filters * (g.channels / g.groups) * axis(0, g.height, g.out_height) * axis(1, g.width, g.out_width)
}

fn conv(name: &str, g: &Conv) {
    let area = g.kernel[0] * g.kernel[1];
    let x = numbers(g.channels * g.height * g.width * LANES);
    let y = numbers(g.filters * g.out_height * g.out_width * LANES);
    let weight = numbers(g.filters * g.channels / g.groups * area);
    let bias = numbers(g.filters);
    let (to_x, to_y) = (numbers(x.len()), numbers(y.len()));
    let (to_weight, to_bias) = (numbers(weight.len()), numbers(bias.len()));
    let packed = aligned(conv_packed_len(g));
    let flops = 2 * products(g);
    let (gx, gw) = (to_x.as_mut_ptr(), to_weight.as_mut_ptr());
    // SAFETY: buffers are as long as the geometry says.
    let speeds = unsafe {
        [
            speed(flops * LANES, || chwn16::conv_forward(g, x.as_ptr(), weight.as_ptr(), bias.as_ptr(), to_y.as_mut_ptr())),
            speed(flops * LANES, || chwn16::conv_backward_input(g, y.as_ptr(), weight.as_ptr(), gx, false)),
            speed(flops * LANES, || chwn16::conv_backward_weight(g, x.as_ptr(), y.as_ptr(), gw, to_bias.as_mut_ptr())),
            if g.groups == 1 {
                let (scratch, bias) = (aligned(channels_last_scratch(g)), to_bias.as_mut_ptr());
                let scratch = scratch.as_mut_ptr();
                speed(flops * LANES, || chwn16::conv_channels_last_backward_weight(g, x.as_ptr(), y.as_ptr(), gw, bias, scratch))
            } else {
                0.0
            },
            winograd(g, 0, flops * LANES, x, y),
            winograd(g, 1, flops * LANES, x, y),
            winograd(g, 2, flops * LANES, x, y),
            {
                chw::conv_pack(g, weight.as_ptr(), bias.as_ptr(), packed.as_mut_ptr());
                speed(flops, || chw::conv_forward_packed(g, x.as_ptr(), packed.as_ptr(), to_y.as_mut_ptr()))
            },
            speed(flops, || chw::conv_forward(g, x.as_ptr(), weight.as_ptr(), bias.as_ptr(), to_y.as_mut_ptr())),
        ]
    };
    print(name, &speeds);
}

/// The i-th of forward, input gradient and weight gradient in Winograd's form, where it is there.
fn winograd(g: &Conv, i: usize, flops: usize, x: &[f32], y: &[f32]) -> f64 {
    let form = (g.kernel, g.stride);
    if form != ([3; 2], [1; 2]) && form != ([4; 2], [2; 2]) || g.groups > 1 || g.channels < 16 {
        return 0.0;
    }
    let scratch = aligned(winograd_scratch(g).max(winograd_weight_scratch(g)));
    let (weight, bias) = (numbers(g.filters * g.channels * g.kernel[0] * g.kernel[1]), numbers(g.filters));
    let (to_x, to_y) = (numbers(x.len()), numbers(y.len()));
    let (to_weight, to_bias) = (numbers(weight.len()), numbers(bias.len()));
    let (gx, gy, gw, gb) = (to_x.as_mut_ptr(), to_y.as_mut_ptr(), to_weight.as_mut_ptr(), to_bias.as_mut_ptr());
    let (x, y, w, b, s) = (x.as_ptr(), y.as_ptr(), weight.as_ptr(), bias.as_ptr(), scratch.as_mut_ptr());
    // SAFETY: buffers are as long as the geometry says.
    speed(flops, || unsafe {
        match i {
            0 => chwn16::conv_winograd_forward(g, x, w, b, gy, s),
            1 => chwn16::conv_winograd_backward_input(g, y, w, gx, false, s),
            _ => chwn16::conv_winograd_backward_weight(g, x, y, gw, gb, s),
        }
    })
}

fn dense(name: &str, g: &Dense) {
    let (x, y) = (numbers(g.rows * g.inputs * LANES), numbers(g.rows * g.outputs * LANES));
    let (weight, bias) = (numbers(g.inputs * g.outputs), numbers(g.outputs));
    let (to_x, to_y) = (numbers(x.len()), numbers(y.len()));
    let (to_weight, to_bias) = (numbers(weight.len()), numbers(bias.len()));
    let packed = aligned(dense_packed_len(g));
    let scratch = aligned(g.inputs * Dense::SCRATCH * Dense::ROWS);
    let flops = 2 * g.rows * g.inputs * g.outputs;
    let (gx, gw, gb, s) = (to_x.as_mut_ptr(), to_weight.as_mut_ptr(), to_bias.as_mut_ptr(), scratch.as_mut_ptr());
    // SAFETY: buffers are as long as the geometry says.
    let speeds = unsafe {
        [
            speed(flops * LANES, || chwn16::dense_forward(g, x.as_ptr(), weight.as_ptr(), bias.as_ptr(), to_y.as_mut_ptr())),
            speed(flops * LANES, || chwn16::dense_backward_input(g, y.as_ptr(), weight.as_ptr(), gx, false)),
            speed(flops * LANES, || chwn16::dense_backward_weight(g, x.as_ptr(), y.as_ptr(), gw, gb, s)),
            0.0,
            0.0,
            0.0,
            0.0,
            {
                chw::dense_pack(g, weight.as_ptr(), bias.as_ptr(), packed.as_mut_ptr());
                speed(flops, || chw::dense_forward_packed(g, x.as_ptr(), packed.as_ptr(), to_y.as_mut_ptr()))
            },
            speed(flops, || chw::dense_forward(g, x.as_ptr(), weight.as_ptr(), bias.as_ptr(), to_y.as_mut_ptr())),
        ]
    };
    print(name, &speeds);
}

fn print(name: &str, speeds: &[f64; 9]) {
    print!("{name:32}");
    for speed in speeds {
        print!("{speed:10.1}");
    }
    println!();
}

fn main() {
    let wanted = std::env::args().nth(1).unwrap_or_default();
    println!("{:?}, GFLOP/s on one core; the first seven in lanes form, the last two for one sample", Level::current());
    let columns = ["forward", "d input", "d weight", "transposed", "winograd", "d input", "d weight", "packed", "plain"];
    println!("{:32}{}", "", columns.map(|column| format!("{column:>10}")).concat());
    let convs = [
        ("LeNet 1→6 5×5 28×28", square(1, 28, 6, 5, 1, 2, 1)),
        ("LeNet 6→16 5×5 14×14", square(6, 14, 16, 5, 1, 0, 1)),
        ("3→16 3×3 32×32", square(3, 32, 16, 3, 1, 1, 1)),
        ("16→16 3×3 32×32", square(16, 32, 16, 3, 1, 1, 1)),
        ("32→32 3×3 16×16", square(32, 16, 32, 3, 1, 1, 1)),
        ("64→64 3×3 8×8", square(64, 8, 64, 3, 1, 1, 1)),
        ("512→512 3×3 7×7", square(512, 7, 512, 3, 1, 1, 1)),
        ("64→64 3×3 56×56", square(64, 56, 64, 3, 1, 1, 1)),
        ("64→64 1×1 32×32", square(64, 32, 64, 1, 1, 0, 1)),
        ("16→32 3×3 stride 2 32×32", square(16, 32, 32, 3, 2, 1, 1)),
        ("3→64 7×7 stride 2 64×64", square(3, 64, 64, 7, 2, 3, 1)),
        ("DCGAN 3→64 4×4 stride 2 32×32", square(3, 32, 64, 4, 2, 1, 1)),
        ("DCGAN 64→128 4×4 stride 2 16×16", square(64, 16, 128, 4, 2, 1, 1)),
        ("DCGAN 128→256 4×4 stride 2 8×8", square(128, 8, 256, 4, 2, 1, 1)),
        ("depthwise 64 3×3 16×16", square(64, 16, 64, 3, 1, 1, 64)),
    ];
    for (name, g) in convs.iter().filter(|(name, _)| name.contains(&wanted)) {
        conv(name, g);
    }
    let denses = [
        ("dense 84→10", Dense { rows: 1, inputs: 84, outputs: 10 }),
        ("dense 400→120", Dense { rows: 1, inputs: 400, outputs: 120 }),
        ("dense 784→256", Dense { rows: 1, inputs: 784, outputs: 256 }),
        ("dense 2048→1000", Dense { rows: 1, inputs: 2048, outputs: 1000 }),
        ("dense 25088→4096", Dense { rows: 1, inputs: 25088, outputs: 4096 }),
        ("dense 128→512, 32 rows", Dense { rows: 32, inputs: 128, outputs: 512 }),
    ];
    for (name, g) in denses.iter().filter(|(name, _)| name.contains(&wanted)) {
        dense(name, g);
    }
}
