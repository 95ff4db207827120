//! A network whose convolutions of stride 2 are trained in Winograd's form beside the same one with plain sums. (Those of 3×3 kernels are in
//! the golden ResNet.)

use fireclay::Info;
use fireclay::prelude::*;

network! {
    block Body(x) {
        x
            -> c1: Conv(20, 1) -> Tanh
            -> down: Conv(40, 4, stride = 2, pad = 1) -> Tanh -> up: ConvTranspose(24, 4, stride = 2, pad = 1) -> Tanh
            -> c2: Conv(3, 1)
    }

    pub Minimal(x: [3, 16, 14]) -> [3, 16, 14] { x -> Body }

    #[fireclay(exact)]
    pub Plain(x: [3, 16, 14]) -> [3, 16, 14] { x -> Body }
}

type Image = shape![3, 16, 14];

/// Outputs, the gradients of parameters, and that of the input.
fn results<N>(net: &mut N, samples: usize, threads: usize) -> [Vec<f32>; 3]
where
    N: Network<Input = Tensor<Image>, TrainOutput = Tensor<Image>>,
{
    let x = Batch::<Image>::from_fn(samples, |i, j| ((i * 7919 + j * 104_729) % 211) as f32 / 105.0 - 1.0);
    let mut grads = N::grads();
    // Sixteen samples side by side, whatever would be chosen.
    let mut memory = fireclay::__private::memory_in::<N>(fireclay::Layout::Chwn16, samples).expect("every network trains so");
    memory.threads(threads);
    let y = net.forward(Mode::Train, &x, &mut memory).output().to_vec();
    net.forward(Mode::Train, &x, &mut memory).loss(Mse, 0.5);
    net.backward(&mut memory, &mut grads);
    let dx = net.backward_input(&mut memory).to_vec();
    [y, grads.as_slice().to_vec(), dx]
}

#[test]
fn as_plain_sums_on_any_number_of_threads() {
    let (mut minimal, mut plain) = (Minimal::init(&mut rng(1)), Plain::init(&mut rng(2)));
    plain.params_mut().as_mut_slice().copy_from_slice(minimal.params().as_slice());
    for samples in [1, 18, 33] {
        let (found, wanted) = (results(&mut *minimal, samples, 1), results(&mut *plain, samples, 1));
        for (what, (found, wanted)) in ["y", "gradients", "dx"].into_iter().zip(found.iter().zip(&wanted)) {
            let size = wanted.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
            for (i, (f, w)) in found.iter().zip(wanted).enumerate() {
                assert!((f - w).abs() <= 2e-5 * size, "{what} of {samples} samples: number {i} is {f}, not {w}");
            }
            assert!(found != wanted, "{what}: it rounds as plain sums do, so it is plain sums");
        }
        for threads in 2..=3 {
            assert!(results(&mut *minimal, samples, threads) == found, "other bits with {threads} threads");
        }
    }
}

#[test]
fn the_table_of_layers_says_which_algorithm_runs() {
    let of = |info: &Info| info.layers.iter().map(|layer| layer.algorithms).collect::<Vec<_>>().join("\n");
    assert!(of(Minimal::INFO).contains("training: Winograd, "), "{}", of(Minimal::INFO));
    let plain = of(Plain::INFO);
    assert!(!plain.contains("training: Winograd") && plain.contains("training: direct, "), "{plain}");
}
