//! Sequences: step by step as at once, states that are carried, gradients through time.

use fireclay::prelude::*;

network! {
    /// The characters of the north star, smaller.
    #[fireclay(step)]
    pub CharLstm(text: [0..12; 10]) -> [10, 12] {
        text -> embed: Embedding(6) as [10, 6] -> lstm: Lstm(8, layers = 2, dropout = 0.2) -> out: Dense(12)
    }

    /// Its states as values: for long texts in pieces.
    pub Carried(x: [5, 3], h: [2, 4], c: [2, 4]) -> (y: [5, 4], h_next: [2, 4], c_next: [2, 4]) {
        let (y, (h_next, c_next)) = (x, (h, c)) -> lstm: Lstm(4, layers = 2, state = out);
        (y, h_next, c_next)
    }

    /// The same parameters over twice as many steps.
    pub Long(x: [10, 3]) -> [10, 4] { x -> lstm: Lstm(4, layers = 2) }

    /// What goes along the features of each step.
    #[fireclay(step)]
    pub Normed(x: [6, 4]) -> [6, 3] {
        x -> norm: LayerNorm -> rnn: Rnn(8) -> bn: BatchNorm -> rms: RmsNorm -> Glu -> l2: L2Norm(2) -> up: Dense(12) -> Maxout(4) -> LogSoftmax
    }

    /// Everything at once.
    pub Deep(x: [4, 3]) -> [2] {
        x -> both: Lstm(3, layers = 2, bidirectional = true, dropout = 0.3) -> Tanh
          -> end: Lstm(4, layers = 2, dropout = 0.25, last = true)
          -> fc: Dense(2)
    }
}

fn text(i: usize) -> Indices<12, 10> {
    Indices::from_fn(|t| Index::new((i * 5 + t * 7 + t * t) % 12).expect("below 12"))
}

#[test]
fn a_step_at_a_time_is_the_whole() {
    let net = CharLstm::init(&mut rng(3));
    let mut state = CharLstm::state();
    for i in 0..3 {
        state.reset();
        let whole = net.predict(&text(i));
        for t in 0..10 {
            let logits: Tensor<shape![12]> = net.step(text(i).as_slice()[t], &mut state);
            for (a, b) in logits.as_slice().iter().zip(&whole[t]) {
                assert!((a - b).abs() < 2e-6, "step {t}: {a}, not {b}");
            }
        }
    }
    // The same with packed weights: a step at a time, the whole, and some steps of each kind.
    let packed = net.pack();
    for i in 0..3 {
        let mut memory = CharLstm::infer_memory();
        let whole = *fireclay::infer_plain(&*net, &text(i), &mut memory);
        let found = packed.infer(&text(i), &mut memory);
        state.reset();
        for t in 0..10 {
            let next = text(i).as_slice()[t];
            let logits = if t % 4 == 3 { fireclay::step_plain(&*net, &next, &mut state) } else { packed.step(next, &mut state) };
            for ((a, b), c) in logits.as_slice().iter().zip(&found[t]).zip(&whole[t]) {
                assert!((a - c).abs() < 2e-6 && (b - c).abs() < 2e-6, "step {t}: {a} and {b}, not {c}");
            }
        }
    }
    assert_eq!(state.as_slice().len(), 2 * 2 * 8);
}

#[test]
fn norms_a_step_at_a_time_are_the_whole() {
    let mut net = Normed::init(&mut rng(3));
    // Statistics that are not those of a new network.
    let (xs, mut memory) = (Batch::<shape![6, 4]>::normal(20, &mut rng(4)), Normed::memory(20));
    for _ in 0..5 {
        net.forward(Mode::Train, &xs, &mut memory);
    }
    let x = Tensor::<shape![6, 4]>::from_fn(|i| ((i * 7 % 11) as f32 - 5.0) / 3.0);
    let (whole, mut state) = (net.predict(&x), Normed::state());
    for t in 0..6 {
        let found = net.step(Tensor::from(x[t]), &mut state);
        for (a, b) in found.as_slice().iter().zip(&whole[t]) {
            assert!((a - b).abs() < 2e-6, "step {t}: {a}, not {b}");
        }
    }
}

#[test]
fn a_state_can_be_taken_along() {
    let net = CharLstm::init(&mut rng(3));
    let (mut one, mut other) = (CharLstm::state(), CharLstm::state());
    for t in 0..4 {
        net.step(text(0).as_slice()[t], &mut one);
    }
    other.as_mut_slice().copy_from_slice(one.as_slice());
    let next = text(0).as_slice()[4];
    assert_eq!(net.step(next, &mut one), net.step(next, &mut other));
}

/// Two pieces with the state carried are one sequence, forward and (with the state's gradient carried back) backward.
#[test]
fn pieces_with_a_carried_state_are_the_whole() {
    let mut pieces = Carried::init(&mut rng(5));
    let mut long = Long::zeros();
    long.params_mut().as_mut_slice().copy_from_slice(pieces.params().as_slice());
    let x = |i: usize, t: usize, f: usize| ((i * 31 + t * 17 + f * 7) % 13) as f32 / 6.0 - 1.0;
    const SAMPLES: usize = 18; // one micro-batch and a part of another
    let whole = Batch::<shape![10, 3]>::from_fn(SAMPLES, |i, j| x(i, j / 3, j % 3));
    let part = |from: usize| Batch::<shape![5, 3]>::from_fn(SAMPLES, |i, j| x(i, from + j / 3, j % 3));
    let weight = |j: usize| ((j * 5) % 7) as f32 - 3.0;
    let dy = Batch::<shape![10, 4]>::from_fn(SAMPLES, |_, j| weight(j));
    let dy_of = |from: usize| Batch::<shape![5, 4]>::from_fn(SAMPLES, |_, j| weight(from * 4 + j));

    let (mut memory, mut grads) = (Long::memory(SAMPLES), Long::grads());
    let y = long.forward(Mode::Train, &whole, &mut memory).output().to_vec();
    long.backward_from(&dy, &mut memory, &mut grads);
    let dx = long.backward_input_from(&dy, &mut memory).to_vec();

    let (mut first, mut second, mut piece_grads) = (Carried::memory(SAMPLES), Carried::memory(SAMPLES), Carried::grads());
    let zero = Batch::zeros(SAMPLES);
    let (x0, x1) = (part(0), part(5));
    let (y0, h, c) = pieces.forward(Mode::Train, (&x0, &zero, &zero), &mut first).output();
    let (y1, _, _) = pieces.forward(Mode::Train, (&x1, h, c), &mut second).output();
    let close = |name: &str, a: &[f32], b: &[f32]| {
        assert_eq!(a.len(), b.len());
        for (i, (a, b)) in a.iter().zip(b).enumerate() {
            assert!((a - b).abs() < 1e-5 * (1.0 + b.abs()), "{name}: number {i} is {a}, not {b}");
        }
    };
    let joined = |a: &Batch<shape![5, 4]>, b: &Batch<shape![5, 4]>| -> Vec<f32> {
        (0..SAMPLES).flat_map(|i| [a.sample(i).as_slice(), b.sample(i).as_slice()].concat()).collect()
    };
    close("y", &joined(y0, y1), &y);

    let (_, dh, dc) = pieces.backward_input_from((&dy_of(5), &zero, &zero), &mut second);
    let (dh, dc) = (Batch::from_slice(&dh.to_vec()).expect("h"), Batch::from_slice(&dc.to_vec()).expect("c"));
    pieces.backward_from((&dy_of(5), &zero, &zero), &mut second, &mut piece_grads);
    pieces.backward_from((&dy_of(0), &dh, &dc), &mut first, &mut piece_grads);
    close("gradients", piece_grads.as_slice(), grads.as_slice());
    let (dx0, _, _) = pieces.backward_input_from((&dy_of(0), &dh, &dc), &mut first);
    let first_half: Vec<f32> = dx.chunks(30).flat_map(|sample| &sample[..15]).copied().collect();
    close("dx of the first piece", &dx0.to_vec(), &first_half);
}

#[test]
fn gradients_agree_with_differences() {
    let mut net = Deep::init(&mut rng(1));
    const SAMPLES: usize = 19;
    let x = Batch::<shape![4, 3]>::from_fn(SAMPLES, |i, j| ((i * 29 + j * 11) % 17) as f32 / 8.0 - 1.0);
    let target = Batch::<shape![2]>::from_fn(SAMPLES, |i, j| ((i + j) % 5) as f32 / 4.0);
    let mut memory = Deep::memory(SAMPLES);
    for mode in [Mode::Train, Mode::Eval] {
        // The seed set anew drops the same.
        let mut grads = Deep::grads();
        let at = f64::from(net.forward(mode, &x, memory.seed(7)).loss(Mse, &target));
        net.backward(&mut memory, &mut grads);
        let mut loss = |net: &mut Deep| f64::from(net.forward(mode, &x, memory.seed(7)).loss(Mse, &target));
        assert!(at.is_finite() && loss(&mut net) == at);
        for tensor in Deep::INFO.tensors {
            // Along the gradient of one tensor: the slope is its square.
            let gradient = grads.tensor(tensor.path).expect("trained").to_vec();
            let square: f64 = gradient.iter().map(|d| f64::from(*d).powi(2)).sum();
            let step = 4e-3 / square.sqrt();
            let mut moved = |by: f64| {
                let saved = net.tensor(tensor.path).expect("a tensor").to_vec();
                let to = net.tensor_mut(tensor.path).expect("a tensor");
                to.iter_mut().zip(&gradient).for_each(|(w, d)| *w += (by * f64::from(*d)) as f32);
                let loss = loss(&mut net);
                net.tensor_mut(tensor.path).expect("a tensor").copy_from_slice(&saved);
                loss
            };
            let slope = (moved(step) - moved(-step)) / (2.0 * step);
            assert!((slope - square).abs() < 0.03 * square + 1e-9, "{} {mode:?}: {slope} by differences, {square}", tensor.path);
        }
    }
}

#[test]
fn characters_are_learned_and_written() {
    let mut net = CharLstm::init(&mut rng(1));
    let texts: Vec<_> =
        (0..32).map(|i| Indices::<12, 11>::from_fn(|t| Index::new((i + t * 5) % 12).expect("below 12"))).collect();
    let x = IndicesBatch::<12, 10>::from_sequences(texts.iter().map(|text| Indices::from_fn(|t| text.as_slice()[t])));
    let y = IndicesBatch::<12, 10>::from_sequences(texts.iter().map(|text| Indices::from_fn(|t| text.as_slice()[t + 1])));
    let (mut memory, mut grads) = (CharLstm::memory(32), CharLstm::grads());
    let mut adam = Adam::new(2e-2).on(&net);
    for _ in 0..120 {
        grads.zero();
        net.train(&x, CrossEntropy, &y, &mut memory, &mut grads);
        adam.step(&mut net, &grads);
    }
    let mut state = CharLstm::state();
    let mut c = Index::<12>::new(3).expect("below 12");
    for _ in 0..8 {
        let next = net.step(c, &mut state).softmax(0.1).sample(&mut rng(1));
        assert_eq!(next.get(), (c.get() + 5) % 12);
        c = next;
    }
}

#[test]
fn the_row_of_a_padding_index_is_zero_and_stays() {
    network! { pub Padded(x: [0..5; 4]) -> [4, 3] { x -> embed: Embedding(3, padding_index = 2) } }
    let mut net = Padded::init(&mut rng(1));
    assert_eq!(net.embed.weight[2], [0.0; 3]);
    assert!(net.embed.weight[1].iter().all(|w| *w != 0.0));
    let x = IndicesBatch::<5, 4>::from_sequences([Indices::from_fn(|t| Index::new(t + 1).expect("below 5"))]);
    let (mut memory, mut grads) = (Padded::memory(1), Padded::grads());
    net.train(&x, Mse, 1.0, &mut memory, &mut grads);
    Sgd::new(0.5).on(&net).step(&mut net, &grads);
    assert_eq!(net.embed.weight[2], [0.0; 3]);
    assert_eq!(grads.embed.weight[0], [0.0; 3], "an index that does not occur");
    assert!(grads.embed.weight[1].iter().all(|d| *d != 0.0));
}
