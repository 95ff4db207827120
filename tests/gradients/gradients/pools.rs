//! Pools of every kind, and what makes images larger again.

use super::{directions, number};
use fireclay::prelude::*;

// The largest numbers are taken of the input, whose numbers are so far apart that no step changes which is the largest.
network! {
    /// Over images: windows that overlap, windows that follow from the output, unpooling, upsampling up and down.
    pub Images(x: [3, 6, 7]) -> [3] {
        let (y, at) = x -> MaxPool(2, indices = true);
        let back = (y, at) -> MaxUnpool(like = x) -> b: Conv(3, 3, pad = 1) -> Tanh -> AdaptiveAvgPool((4, 5));
        let nearest = y -> Upsample -> Upsample(size = (5, 11)) -> c: Conv(2, 1) -> Tanh;
        let linear = y -> Upsample((2, 3), mode = bilinear) -> d: Conv(2, 1) -> Tanh -> Upsample(like = nearest, mode = bilinear, align_corners = true);
        let nails = x -> MaxPool(3, stride = 2, pad = 1) -> Upsample(2, mode = bed_of_nails) -> e: Conv(2, 3) -> Tanh -> GlobalAvgPool;
        let rest = concat(nearest * linear -> AdaptiveAvgPool((2, 3)) -> Flatten, nails, x -> GlobalMaxPool, x -> AdaptiveMaxPool((2, 3)) -> Flatten);
        concat(back -> Flatten, rest) -> out: Dense(3)
    }

    /// Over time.
    pub Sequences(x: [9, 4]) -> [3] {
        let largest = x -> MaxPool1d(3, stride = 2, pad = 1) -> b: Dense(3) -> Tanh -> AvgPool1d(2, stride = 1, ceil = true, pad = 1) -> GlobalAvgPool1d;
        let shares = x -> c: Dense(3) -> Tanh -> AdaptiveAvgPool1d(4) -> Flatten;
        concat(largest, shares, x -> AdaptiveMaxPool1d(2) -> Flatten, x -> GlobalMaxPool1d) -> out: Dense(3)
    }
}

/// Gradients of all parameters and of the input, in every form in which the network trains.
macro_rules! check {
    ($Net:ident, $input:ty, $samples:expr) => {
        for layout in [fireclay::Layout::Chwn16, fireclay::Layout::Chw] {
            let Some(mut memory) = fireclay::__private::memory_in::<$Net>(layout, $samples) else { continue };
            let (mut net, mut grads) = ($Net::init(&mut rng(1)), $Net::grads());
            let x: Batch<$input> = Batch::from_fn($samples, |i, j| ((i * 5 + j * 37) % 127) as f32 / 63.5 - 1.0);
            let target: Batch<shape![3]> = Batch::from_fn($samples, |i, j| number(i * 3 + j, 2) * 2.0);
            let loss = |net: &mut $Net, x: &Batch<_>, memory: &mut Memory<$Net>| {
                f64::from(net.forward(Mode::Train, x, memory).loss(Mse, &target))
            };
            let _ = loss(&mut net, &x, &mut memory);
            net.backward(&mut memory, &mut grads);
            let input_grad = net.backward_input(&mut memory).to_vec();
            let start = net.params().as_slice().to_vec();
            let moved = |net: &mut $Net, step: &[f32]| {
                for (p, (s, d)) in net.params_mut().as_mut_slice().iter_mut().zip(start.iter().zip(step)) {
                    *p = s + d;
                }
            };
            directions(
                start.len(),
                |step| {
                    moved(&mut net, step);
                    loss(&mut net, &x, &mut memory)
                },
                grads.as_slice(),
                "parameters",
            );
            moved(&mut net, &vec![0.0; start.len()]);
            let flat = x.to_vec();
            directions(
                flat.len(),
                |step| {
                    let moved: Vec<f32> = flat.iter().zip(step).map(|(x, d)| x + d).collect();
                    loss(&mut net, &Batch::from_slice(&moved).expect("whole samples"), &mut memory)
                },
                &input_grad,
                "inputs",
            );
        }
    };
}

#[test]
fn over_images() {
    for samples in [1, 3, 18] {
        check!(Images, shape![3, 6, 7], samples);
    }
}

#[test]
fn over_time() {
    for samples in [1, 18] {
        check!(Sequences, shape![9, 4], samples);
    }
}
