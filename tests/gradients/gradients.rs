//! Gradients of whole networks against finite differences: branches, shared weights, several inputs and outputs, both modes.

use fireclay::prelude::*;

network! {
    block Residual(x; channels) {
        let y = x -> conv1: Conv(channels, 3, pad = 1) -> Tanh -> conv2: Conv(channels, 3, pad = 1);
        x + y -> Tanh
    }

    /// Branches, a list, a concat, weights shared at two sizes, two outputs, one of them used inside again.
    pub Branches(image: [3, 8, 8]) -> (class: [4], map: [6, 4, 4], #[train] aux: [5]) {
        let trunk = image -> stem: Conv(4, 3, pad = 1) -> Sigmoid -> body: [Residual(4); 2];
        let small = trunk -> AvgPool(2);
        let big_score = trunk -> score: Conv(2, 3) -> GlobalAvgPool;
        let small_score = small -> score -> GlobalAvgPool;
        let map = concat(small -> a: Conv(3, 1), small -> b: Conv(3, 3, pad = same, dilation = 2)) -> Tanh;
        let class = concat(big_score, small_score, map -> GlobalAvgPool) -> fc: Dense(4);
        (class, map, aux: map * 0.5 -> Flatten -> aux: Dense(5))
    }

    /// Batch norm, groups, a transposed convolution, a product of two inputs.
    pub Two(left: [4, 5, 5], right: [4, 1, 1]) -> (up: [3, 10, 10], sum: [2]) {
        let mixed = left * right -> dw: DepthwiseConv(3, multiplier = 2, pad = 1) -> bn: BatchNorm -> Tanh;
        let g = mixed -> g: Conv(6, 1, groups = 2);
        let up = g -> up: ConvTranspose(3, 4, stride = 2, pad = 1);
        (up, sum: 1 - (g -> GlobalAvgPool) -> fc: Dense(2) -> Softmax)
    }

    /// Group norms: over images and features, with and without parameters, frozen, and of a value that somebody else reads too.
    pub Grouped(x: [4, 5, 5]) -> [3] {
        let y = x -> conv: Conv(6, 3, pad = 1) -> gn: GroupNorm(3) -> Tanh;
        let z = y + (y -> each: GroupNorm(6, affine = false)) -> #[frozen] kept: GroupNorm(1);
        z -> GlobalAvgPool -> fc: Dense(6) -> features: GroupNorm(2, eps = 0.1) -> out: Dense(3)
    }

    /// Norms along axes, and what else goes along one.
    pub Along(x: [4, 5, 5]) -> [3] {
        let y = x -> conv: Conv(6, 3, pad = 1) -> whole: LayerNorm -> Tanh;
        let z = y + (y -> each: LayerNorm(axis = channels, bias = false)) -> rms: RmsNorm(axis = (height, width));
        let near = z -> Lrn(4, alpha = 2, k = 0.5) -> InstanceNorm;
        let gated = near -> l2: L2Norm(2) -> wide: Conv(8, 1) -> Glu -> again: Conv(6, 1) -> Maxout(2);
        gated -> Softmax(axis = width) -> Flatten -> fc: Dense(6) -> LogSoftmax -> Softmin -> out: Dense(3)
    }

    /// A ReLU that runs with the batch norm before it.
    pub Together(x: [4, 5, 5]) -> [3] {
        x -> conv: Conv(6, 3, pad = 1) -> bn: BatchNorm -> Relu -> again: Conv(6, 3, pad = 1) -> GlobalAvgPool -> fc: Dense(3)
    }

    /// The same, but the value between is read by somebody else.
    pub Apart(x: [4, 5, 5]) -> (scores: [3], between: [6, 5, 5]) {
        let y = x -> conv: Conv(6, 3, pad = 1) -> bn: BatchNorm;
        (scores: y -> Relu -> again: Conv(6, 3, pad = 1) -> GlobalAvgPool -> fc: Dense(3), between: y)
    }

    /// An embedding that trains with its LSTM: two layers, both directions, states in and out, a row that is never learned.
    pub Joined(text: [0..20; 9], h: [4, 5], c: [4, 5]) -> (y: [9, 10], hn: [4, 5], cn: [4, 5]) {
        let e = text -> e: Embedding(6, padding_index = 3);
        let (y, state) = (e, h, c) -> l: Lstm(5, layers = 2, bidirectional = true, state = out);
        let (hn, cn) = state;
        (y, hn, cn)
    }

    /// The same, but the embedding is read by somebody else.
    pub Unjoined(text: [0..20; 9], h: [4, 5], c: [4, 5]) -> (y: [9, 10], hn: [4, 5], cn: [4, 5], rows: [9, 6]) {
        let e = text -> e: Embedding(6, padding_index = 3);
        let (y, state) = (e, h, c) -> l: Lstm(5, layers = 2, bidirectional = true, state = out);
        let (hn, cn) = state;
        (y, hn, cn, rows: e)
    }

    /// Convolutions over time: causal and dilated, groups, a stride, transposed, and one label at two lengths.
    pub OverTime(x: [9, 4]) -> (y: [13, 3], last: [2]) {
        let h = x -> first: Conv1d(6, 2, pad = causal, dilation = 4) -> Tanh;
        let down = h + (h -> each: Conv1d(6, 3, pad = same, groups = 3)) -> half: Conv1d(4, 3, stride = 2, pad = 1) -> Sigmoid;
        let up = down -> up: ConvTranspose1d(6, 5, stride = 2) -> Tanh;
        let a = up -> score: Conv1d(3, 1);
        let b = h -> score -> Flatten -> out: Dense(2);
        (y: a, last: b)
    }

    /// One label three times, by repetition.
    pub Recurrent(x: [6]) -> [6] {
        x -> cell: Dense(6) -> [cell; 2] -> Tanh
    }
}

mod pools;

fn number(i: usize, salt: u64) -> f32 {
    let mut x = (i as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ salt.wrapping_mul(0xD1B5_4A32_D192_ED03);
    x = (x ^ (x >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    (((x >> 40) as f64) / f64::from(1 << 24) - 0.5) as f32
}

/// Compares the directional derivative along each of some random directions with a central difference.
fn directions(len: usize, mut loss_at: impl FnMut(&[f32]) -> f64, grads: &[f32], what: &str) {
    for salt in 0..6 {
        let direction: Vec<f32> = (0..len).map(|i| number(i, 77 + salt) * 2.0).collect();
        let slope: f64 = grads.iter().zip(&direction).map(|(g, d)| f64::from(*g) * f64::from(*d)).sum();
        let norm: f64 = grads.iter().map(|g| f64::from(*g).powi(2)).sum::<f64>().sqrt();
        let h = 2e-3;
        let step = |sign: f32| direction.iter().map(|d| sign * h * d).collect::<Vec<_>>();
        let difference = (loss_at(&step(1.0)) - loss_at(&step(-1.0))) / (2.0 * f64::from(h));
        let error = (difference - slope).abs();
        assert!(
            error <= 2e-3 * slope.abs() + 2e-2 * norm / (len as f64).sqrt() + 2e-4,
            "{what}: {difference} by difference, {slope} by backward"
        );
        assert!(slope != 0.0, "{what}: the gradient is zero");
    }
}

#[test]
fn branches_shared_weights_and_several_outputs() {
    for samples in [1, 3, 18] {
        let mut net = Branches::init(&mut rng(1));
        let mut memory = Branches::memory(samples);
        let x: Batch<shape![3, 8, 8]> = Batch::from_fn(samples, |i, j| number(i * 192 + j, 1) * 2.0);
        let targets = (
            IndexBatch::from_samples((0..samples).map(|i| Index::<4>::new(i % 4).expect("below 4"))),
            Batch::<shape![6, 4, 4]>::from_fn(samples, |i, j| number(i * 96 + j, 2)),
            Batch::<shape![5]>::from_fn(samples, |i, j| number(i * 5 + j, 3)),
        );
        let losses = (CrossEntropy, Mse.weight(0.7), Mse);
        let mut grads = Branches::grads();
        let loss = |net: &mut Branches, x: &Batch<_>, memory: &mut Memory<Branches>| {
            f64::from(net.forward(Mode::Train, x, memory).loss(&losses, (&targets.0, &targets.1, &targets.2)))
        };
        let _ = loss(&mut net, &x, &mut memory);
        net.backward(&mut memory, &mut grads);
        let input_grad = net.backward_input(&mut memory).clone();

        let start = net.params().as_slice().to_vec();
        directions(
            start.len(),
            |step| {
                for (p, (s, d)) in net.params_mut().as_mut_slice().iter_mut().zip(start.iter().zip(step)) {
                    *p = s + d;
                }
                loss(&mut net, &x, &mut memory)
            },
            grads.as_slice(),
            "parameters",
        );
        net.params_mut().as_mut_slice().copy_from_slice(&start);
        let flat = x.to_vec();
        directions(
            flat.len(),
            |step| {
                let moved: Vec<f32> = flat.iter().zip(step).map(|(x, d)| x + d).collect();
                loss(&mut net, &Batch::from_slice(&moved).expect("whole samples"), &mut memory)
            },
            &input_grad.to_vec(),
            "inputs",
        );
    }
}

#[test]
fn batch_norm_groups_and_two_inputs_in_both_modes() {
    for (mode, samples) in [(Mode::Train, 5), (Mode::Train, 33), (Mode::Eval, 5)] {
        let mut net = Two::init(&mut rng(1));
        let mut memory = Two::memory(samples);
        let left: Batch<shape![4, 5, 5]> = Batch::from_fn(samples, |i, j| number(i * 100 + j, 1) * 2.0);
        let right: Batch<shape![4, 1, 1]> = Batch::from_fn(samples, |i, j| number(i * 4 + j, 4) * 2.0);
        let up = Batch::<shape![3, 10, 10]>::from_fn(samples, |i, j| number(i * 300 + j, 2));
        let sum = Batch::<shape![2]>::from_fn(samples, |i, j| number(i * 2 + j, 3));
        let buffers = net.buffers().as_slice().to_vec();
        let loss = |net: &mut Two, left: &Batch<_>, right: &Batch<_>, memory: &mut Memory<Two>| {
            let loss = net.forward(mode, (left, right), memory).loss((Mse, Mse.weight(3.0)), (&up, &sum));
            f64::from(loss)
        };
        let mut grads = Two::grads();
        let _ = loss(&mut net, &left, &right, &mut memory);
        assert_eq!(net.buffers().as_slice() == buffers.as_slice(), mode == Mode::Eval, "running statistics");
        net.backward(&mut memory, &mut grads);
        let (d_left, d_right) = net.backward_input(&mut memory);
        let (d_left, d_right) = (d_left.to_vec(), d_right.to_vec());
        net.buffers_mut().as_mut_slice().copy_from_slice(&buffers);

        let start = net.params().as_slice().to_vec();
        directions(
            start.len(),
            |step| {
                for (p, (s, d)) in net.params_mut().as_mut_slice().iter_mut().zip(start.iter().zip(step)) {
                    *p = s + d;
                }
                net.buffers_mut().as_mut_slice().copy_from_slice(&buffers);
                loss(&mut net, &left, &right, &mut memory)
            },
            grads.as_slice(),
            "parameters",
        );
        net.params_mut().as_mut_slice().copy_from_slice(&start);
        net.buffers_mut().as_mut_slice().copy_from_slice(&buffers);
        let moved = |flat: &[f32], step: &[f32]| flat.iter().zip(step).map(|(x, d)| x + d).collect::<Vec<_>>();
        let (l, r) = (left.to_vec(), right.to_vec());
        directions(
            l.len(),
            |step| {
                net.buffers_mut().as_mut_slice().copy_from_slice(&buffers);
                loss(&mut net, &Batch::from_slice(&moved(&l, step)).expect("whole samples"), &right, &mut memory)
            },
            &d_left,
            "left",
        );
        directions(
            r.len(),
            |step| {
                net.buffers_mut().as_mut_slice().copy_from_slice(&buffers);
                loss(&mut net, &left, &Batch::from_slice(&moved(&r, step)).expect("whole samples"), &mut memory)
            },
            &d_right,
            "right",
        );
    }
}

#[test]
fn group_norms() {
    of_parameters_and_inputs::<Grouped>();
}

#[test]
fn along_axes() {
    of_parameters_and_inputs::<Along>();
}

fn of_parameters_and_inputs<N>()
where
    N: Network<Input = Tensor<shape![4, 5, 5]>, Output = Tensor<shape![3]>, TrainOutput = Tensor<shape![3]>>
        + AsNetwork<Network = N>,
{
    for (mode, samples) in [(Mode::Train, 1), (Mode::Train, 5), (Mode::Train, 33), (Mode::Eval, 5)] {
        let mut net = N::init(&mut rng(1));
        // Not ones and zeros.
        net.params_mut().as_mut_slice().iter_mut().enumerate().for_each(|(i, p)| *p += number(i, 9));
        let (mut memory, mut grads) = (N::memory(samples), N::grads());
        let x: Batch<shape![4, 5, 5]> = Batch::from_fn(samples, |i, j| number(i * 100 + j, 1) * 2.0);
        let target: Batch<shape![3]> = Batch::from_fn(samples, |i, j| number(i * 3 + j, 2) * 2.0);
        let loss = |net: &mut N, x: &Batch<_>, memory: &mut Memory<N>| f64::from(net.forward(mode, x, memory).loss(Mse, &target));
        let _ = loss(&mut net, &x, &mut memory);
        net.backward(&mut memory, &mut grads);
        let input_grad = net.backward_input(&mut memory).to_vec();

        // What is frozen has no gradient, and does not move.
        let trained = |net: &mut N, to: &mut dyn FnMut(usize, &mut f32)| {
            for tensor in N::INFO.tensors {
                if let Some(grad) = tensor.grad {
                    let numbers = &mut net.params_mut().as_mut_slice()[tensor.offset..][..tensor.len];
                    numbers.iter_mut().enumerate().for_each(|(i, p)| to(grad + i, p));
                }
            }
        };
        let mut start = vec![0.0; grads.as_slice().len()];
        trained(&mut net, &mut |i, p| start[i] = *p);
        directions(
            start.len(),
            |step| {
                trained(&mut net, &mut |i, p| *p = start[i] + step[i]);
                loss(&mut net, &x, &mut memory)
            },
            grads.as_slice(),
            "parameters",
        );
        trained(&mut net, &mut |i, p| *p = start[i]);
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
}

#[test]
fn convolutions_over_time() {
    for samples in [1, 18] {
        let mut net = OverTime::init(&mut rng(1));
        let (mut memory, mut grads) = (OverTime::memory(samples), OverTime::grads());
        let x: Batch<shape![9, 4]> = Batch::from_fn(samples, |i, j| number(i * 36 + j, 1) * 2.0);
        let y = Batch::<shape![13, 3]>::from_fn(samples, |i, j| number(i * 39 + j, 2) * 2.0);
        let last = Batch::<shape![2]>::from_fn(samples, |i, j| number(i * 2 + j, 3) * 2.0);
        let loss = |net: &mut OverTime, x: &Batch<_>, memory: &mut Memory<OverTime>| {
            f64::from(net.forward(Mode::Train, x, memory).loss((Mse, Mse), (&y, &last)))
        };
        let _ = loss(&mut net, &x, &mut memory);
        net.backward(&mut memory, &mut grads);
        let input_grad = net.backward_input(&mut memory).to_vec();
        let start = net.params().as_slice().to_vec();
        directions(
            start.len(),
            |step| {
                for (p, (s, d)) in net.params_mut().as_mut_slice().iter_mut().zip(start.iter().zip(step)) {
                    *p = s + d;
                }
                loss(&mut net, &x, &mut memory)
            },
            grads.as_slice(),
            "parameters",
        );
        net.params_mut().as_mut_slice().copy_from_slice(&start);
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
}

#[test]
fn one_label_three_times() {
    let mut net = Recurrent::init(&mut rng(1));
    assert_eq!(Recurrent::PARAMETERS, 42);
    let mut memory = Recurrent::memory(4);
    let x: Batch<shape![6]> = Batch::from_fn(4, |i, j| number(i * 6 + j, 1));
    let y: Batch<shape![6]> = Batch::from_fn(4, |i, j| number(i * 6 + j, 2));
    let mut grads = Recurrent::grads();
    let _ = net.train(&x, Mse, &y, &mut memory, &mut grads);
    let start = net.params().as_slice().to_vec();
    directions(
        start.len(),
        |step| {
            for (p, (s, d)) in net.params_mut().as_mut_slice().iter_mut().zip(start.iter().zip(step)) {
                *p = s + d;
            }
            f64::from(net.forward(Mode::Train, &x, &mut memory).loss(Mse, &y))
        },
        grads.as_slice(),
        "parameters",
    );
}

#[test]
fn a_relu_that_runs_with_the_batch_norm_before_it_changes_no_bit() {
    for (mode, samples) in [(Mode::Train, 5), (Mode::Train, 33), (Mode::Eval, 5), (Mode::Eval, 33)] {
        let x: Batch<shape![4, 5, 5]> = Batch::from_fn(samples, |i, j| number(i * 100 + j, 1) * 2.0);
        let target: Batch<shape![3]> = Batch::from_fn(samples, |i, j| number(i * 3 + j, 2));
        let between: Batch<shape![6, 5, 5]> = Batch::from_fn(samples, |i, j| number(i * 150 + j, 3));

        let mut together = Together::init(&mut rng(1));
        let (mut memory, mut grads) = (Together::memory(samples), Together::grads());
        let _ = together.forward(mode, &x, &mut memory).loss(Mse, &target);
        together.backward(&mut memory, &mut grads);
        let input = together.backward_input(&mut memory).to_vec();

        let mut apart = Apart::init(&mut rng(1));
        let (mut memory, mut wanted) = (Apart::memory(samples), Apart::grads());
        let _ = apart.forward(mode, &x, &mut memory).loss((Mse, Mse.weight(0.0)), (&target, &between));
        apart.backward(&mut memory, &mut wanted);

        assert_eq!(grads.as_slice(), wanted.as_slice(), "{mode:?}");
        assert_eq!(input, apart.backward_input(&mut memory).to_vec(), "{mode:?}");
        assert_eq!(together.buffers().as_slice(), apart.buffers().as_slice(), "{mode:?}");
    }
}

#[test]
fn an_embedding_that_trains_with_its_lstm_has_the_same_gradients() {
    for samples in [5, 33] {
        let text = IndicesBatch::<20, 9>::from_sequences(
            (0..samples).map(|i| Indices::from_fn(|t| Index::new((i * 7 + t * t) % 20).expect("below 20"))),
        );
        let state = |salt| Batch::<shape![4, 5]>::from_fn(samples, |i, j| number(i * 20 + j, salt));
        let (h, c, hn, cn) = (state(1), state(2), state(3), state(4));
        let y: Batch<shape![9, 10]> = Batch::from_fn(samples, |i, j| number(i * 90 + j, 5));
        let rows: Batch<shape![9, 6]> = Batch::from_fn(samples, |i, j| number(i * 54 + j, 6));

        let mut joined = Joined::init(&mut rng(1));
        let (mut memory, mut grads) = (Joined::memory(samples), Joined::grads());
        let _ = joined.forward(Mode::Train, (&text, &h, &c), &mut memory).loss((Mse, Mse, Mse), (&y, &hn, &cn));
        joined.backward(&mut memory, &mut grads);

        let mut apart = Unjoined::init(&mut rng(1));
        assert_eq!(joined.params().as_slice(), apart.params().as_slice());
        let (mut memory, mut wanted) = (Unjoined::memory(samples), Unjoined::grads());
        let loss = (Mse, Mse, Mse, Mse.weight(0.0));
        let _ = apart.forward(Mode::Train, (&text, &h, &c), &mut memory).loss(loss, (&y, &hn, &cn, &rows));
        apart.backward(&mut memory, &mut wanted);

        let most = wanted.as_slice().iter().fold(0.0_f32, |most, g| most.max(g.abs()));
        assert!(most > 1e-4);
        for (i, (found, wanted)) in grads.as_slice().iter().zip(wanted.as_slice()).enumerate() {
            assert!((found - wanted).abs() <= 2e-6 * most, "number {i} of {samples} samples: {found} {wanted}");
        }
        let padding = &grads.as_slice()[3 * 6..4 * 6];
        assert!(padding.iter().all(|g| *g == 0.0), "{padding:?}");
    }
}
