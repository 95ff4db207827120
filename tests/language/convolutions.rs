//! Convolutions as networks are made of them: causal ones step by step, masked ones, those that are several operations.

use fireclay::prelude::*;

network! {
    block Res(x, skip; d) {
        let (t, s) = x -> dil: Conv1d(12, 2, dilation = d, pad = causal) -> split(2);
        let gated = (t -> Tanh) * (s -> Sigmoid);
        (x + (gated -> res: Conv1d(5, 1)), skip + (gated -> skip: Conv1d(3, 1)))
    }

    /// As WaveNet (van den Oord et al. 2016, arXiv 1609.03499).
    #[fireclay(step)]
    pub Wave(audio: [20, 1]) -> [20, 3] {
        let x = audio -> first: Conv1d(5, 2, pad = causal);
        let (_, y) = (x, x -> start: Conv1d(3, 1)) -> stack: [Res(1 << i); i in 0..3];
        y -> Relu -> out: Conv1d(3, 1)
    }
}

network! {
    /// As PixelCNN (van den Oord et al. 2016, arXiv 1601.06759): each color of each pixel from what comes before it.
    pub Pixels(image: [3, 4, 5]) -> [6, 4, 5] {
        image -> first: Conv(48, 3, pad = same, mask = A, colors = 3) -> Tanh
              -> second: Conv(48, 3, pad = same, mask = B, colors = 3) -> Tanh -> out: Conv(6, 1, mask = B, colors = 3)
    }

    /// The same two operations twice.
    pub Twice(x: [4, 5, 5]) -> [4, 5, 5] {
        default SeparableConv(pad = 1);
        x -> sep: SeparableConv(4, 3, pad_mode = reflect) -> sep
    }
}

/// Runs a network in one of its forms.
type Run<'a> = &'a mut dyn FnMut(&Tensor<shape![3, 4, 5]>) -> Vec<f32>;

/// Which outputs (row, column, color) change when one number of the image does.
fn changed(run: Run<'_>, at: [usize; 3]) -> Vec<[usize; 3]> {
    let place = |[row, column, color]: [usize; 3]| (color * 4 + row) * 5 + column;
    let image = |more: f32| Tensor::from_fn(|i| (i * 7 % 11) as f32 / 11.0 - 0.5 + if i == place(at) { more } else { 0.0 });
    let (before, after) = (run(&image(0.0)), run(&image(3.0)));
    // Two channels of each color. Winograd's transforms round the numbers of a tile together.
    let differ = before.iter().zip(&after).enumerate().filter(|(_, (b, a))| (*b - *a).abs() > 1e-5);
    differ.map(|(i, _)| [i / 5 % 4, i % 5, i / 20 / 2]).collect()
}

#[test]
fn a_masked_network_reads_only_what_comes_before() {
    let mut net = Pixels::init(&mut rng(2));
    assert!(net.params().as_slice().iter().filter(|w| **w != 0.0).count() > 20_000, "weights under the mask are not zero");
    let (packed, mut memory, mut train) = (net.pack(), Pixels::infer_memory(), Pixels::memory(1));
    let one = |x: &Tensor<shape![3, 4, 5]>| Batch::<shape![3, 4, 5]>::from_slice(x.as_slice()).expect("a sample");
    for at in [[0, 0, 0], [1, 2, 0], [1, 2, 1], [2, 4, 2], [3, 4, 2]] {
        let trained = changed(&mut |x| net.forward(Mode::Train, &one(x), &mut train).output().to_vec(), at);
        let plain = changed(&mut |x| fireclay::infer_plain(&*net, x, &mut memory).as_slice().to_vec(), at);
        let blocks = changed(&mut |x| packed.infer(x, &mut memory).as_slice().to_vec(), at);
        assert!(trained.iter().all(|to| *to > at), "{at:?}: {trained:?}");
        let nearest = [at[0], at[1], at[2] + 1];
        assert!(at[2] == 2 || trained.contains(&nearest), "{at:?}: {trained:?}");
        assert!(plain.iter().chain(&blocks).all(|to| *to > at), "{at:?}: {plain:?} {blocks:?}");
        assert!(at[2] == 2 || plain.contains(&nearest) && blocks.contains(&nearest), "{at:?}");
    }
}

#[test]
fn weights_under_a_mask_have_no_gradient() {
    let mut net = Pixels::init(&mut rng(2));
    let x = Batch::<shape![3, 4, 5]>::from_fn(3, |i, j| ((i * 13 + j * 7) % 17) as f32 / 17.0 - 0.5);
    let (mut memory, mut grads) = (Pixels::memory(3), Pixels::grads());
    let _ = net.train(&x, Mse, &Batch::<shape![6, 4, 5]>::from_fn(3, |_, _| 1.0), &mut memory, &mut grads);
    let grad = grads.tensor("second.weight").expect("it is trained");
    for (i, g) in grad.iter().enumerate() {
        let (filter, channel, tap) = (i / 9 / 48, i / 9 % 48, i % 9);
        let seen = tap < 4 || tap == 4 && channel / 16 <= filter / 16;
        assert!(seen || *g == 0.0, "filter {filter}, channel {channel}, tap {tap}: {g}");
    }
    assert!(grad.iter().filter(|g| **g != 0.0).count() > 4 * 48 * 40);
}

#[test]
fn a_layer_of_several_operations_has_modules_and_may_be_used_again() {
    let mut net = Twice::init(&mut rng(1));
    let paths: Vec<&str> = Twice::INFO.tensors.iter().map(|tensor| tensor.path).collect();
    assert_eq!(paths, ["sep.depthwise.weight", "sep.pointwise.weight", "sep.pointwise.bias"]);
    assert_eq!(net.sep.depthwise.weight.as_slice().len(), 36);
    let layers: Vec<&str> = Twice::INFO.layers.iter().map(|layer| layer.layer).collect();
    assert_eq!(layers.len(), 6, "{layers:?}");
    net.sep.pointwise.weight.as_mut_slice().fill(0.0);
    net.sep.pointwise.bias.as_mut_slice().fill(0.25);
    let y = net.predict(&Tensor::from_fn(|i| i as f32));
    assert_eq!(y.as_slice(), [0.25; 100]);
}

#[test]
fn a_causal_convolution_goes_step_by_step() {
    let net = Wave::init(&mut rng(3));
    let (packed, mut state, mut memory) = (net.pack(), Wave::state(), Wave::infer_memory());
    // The inputs that each reaches back to, and where the oldest stands.
    assert_eq!(state.as_slice().len(), (1 + 1) + (5 + 1) + (2 * 5 + 1) + (4 * 5 + 1));
    let audio = Tensor::<shape![20, 1]>::from_fn(|i| ((i * 7 % 11) as f32 - 5.0) / 4.0);
    let whole = *fireclay::infer_plain(&*net, &audio, &mut memory);
    let at_once = *packed.infer(&audio, &mut memory);
    let close = |what: &str, found: &[f32], wanted: &[f32]| {
        for (f, w) in found.iter().zip(wanted) {
            assert!((f - w).abs() <= 2e-6, "{what}: {found:?}, not {wanted:?}");
        }
    };
    close("packed", at_once.as_slice(), whole.as_slice());
    for packed_steps in [0, 1, 4] {
        state.reset();
        for t in 0..20 {
            let next = Tensor::<shape![1]>::from([audio.as_slice()[t]]);
            let plain = packed_steps == 0 || t % packed_steps == 3;
            let found = if plain { fireclay::step_plain(&*net, &next, &mut state) } else { packed.step(next, &mut state) };
            close(&format!("step {t}"), found.as_slice(), &whole.as_slice()[3 * t..][..3]);
        }
    }
}
