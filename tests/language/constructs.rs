//! Constructs of the language that compute as their plain spelling does: the same bits, the same gradients.

use fireclay::prelude::*;

network! {
    pub Window(image: [2, 7, 7]) -> [3, 1, 1] {
        image -> c1: Conv(4, 3, bias = false) -> bn: BatchNorm -> Relu -> c2: Conv(3, 5)
    }
    pub Sliding = Window(image: [2, 9, 8]);
    /// What `Sliding` is, spelled out.
    pub Spelled(image: [2, 9, 8]) -> [3, 3, 2] {
        image -> c1: Conv(4, 3, bias = false) -> bn: BatchNorm -> Relu -> c2: Conv(3, 5)
    }
}

#[test]
fn a_network_at_other_sizes_shares_its_parameters() {
    let mut window = Window::init(&mut rng(1));
    let mut spelled = Spelled::zeros();
    spelled.load_bytes(&window.to_bytes().unwrap()).unwrap();
    let x = Batch::normal(5, &mut rng(2));
    let y = Batch::normal(5, &mut rng(3));

    // The same address, and packed weights for each of the two.
    assert_eq!(Sliding::of(&window).c1.weight.as_slice().as_ptr(), window.c1.weight.as_slice().as_ptr());
    let small = Batch::<shape![2, 7, 7]>::normal(1, &mut rng(4));
    for _ in 0..2 {
        assert_eq!(Sliding::of(&window).predict(&x.sample(0)).as_slice(), spelled.predict(&x.sample(0)).as_slice());
        assert_eq!(window.predict(&small.sample(0)).as_slice().len(), 3);
    }

    // A step of one is a step of the other: parameters, running statistics, and what was packed of them.
    let step = |net: &mut Sliding| {
        let (mut memory, mut grads) = (Sliding::memory(5), Sliding::grads());
        let loss = net.train(&x, Mse, &y, &mut memory, &mut grads);
        Sgd::new(0.1).on(net).step(net, &grads);
        loss
    };
    let loss = step(Sliding::of_mut(&mut window));
    let (mut memory, mut grads) = (Spelled::memory(5), Spelled::grads());
    assert_eq!(loss, spelled.train(&x, Mse, &y, &mut memory, &mut grads));
    Sgd::new(0.1).on(&spelled).step(&mut spelled, &grads);
    assert_eq!(window.to_bytes().unwrap(), spelled.to_bytes().unwrap());
    assert_eq!(Sliding::of(&window).predict(&x.sample(0)).as_slice(), spelled.predict(&x.sample(0)).as_slice());
    // One position of the large map is the small network on that part of the image.
    let mut part = Tensor::<shape![2, 7, 7]>::boxed();
    for (i, number) in part.as_mut_slice().iter_mut().enumerate() {
        let (channel, row, column) = (i / 49, i / 7 % 7, i % 7);
        *number = x.sample(1)[channel][row + 2][column + 1];
    }
    let large = Sliding::of(&window).predict(&x.sample(1));
    for (channel, score) in window.predict(&part).as_slice().iter().enumerate() {
        assert!((large[channel][2][1] - score).abs() < 1e-5);
    }
}

network! {
    block Unit(x; c) { x -> conv: Conv(c, 3, pad = 1, bias = false) -> bn: BatchNorm -> Relu }
    block Columns(x; c, n, drop) {
        if n == 1 { (x -> unit: Unit(c)) } else {
            (x -> unit: Unit(c), ..(x -> first: Joined(c, n - 1, drop) -> second: Columns(c, n - 1, drop)))
        }
    }
    block Joined(x; c, n, drop) { mean(..(x -> Columns(c, n, drop)), drop = drop) }
    pub Fractal(image: [2, 6, 6]) -> [3] {
        image -> b1: Joined(4, 3, 0.0) -> MaxPool(2) -> b2: Joined(5, 2, 0.0) -> Flatten -> fc: Dense(3)
    }
    pub DroppedFractal(image: [2, 6, 6]) -> [3] {
        image -> b1: Joined(4, 3, 0.3) -> MaxPool(2) -> b2: Joined(5, 2, 0.3) -> Flatten -> fc: Dense(3)
    }
    /// `Fractal` without blocks that use each other.
    pub PlainFractal(image: [2, 6, 6]) -> [3] {
        let a = image -> u1: Unit(4);
        let first = image -> f1: Unit(4);
        let joined = mean(first, (image -> f2: Unit(4)) -> f3: Unit(4));
        let second = joined -> s1: Unit(4);
        let last = (joined -> s2: Unit(4)) -> s3: Unit(4);
        let m = mean(a, second, last) -> MaxPool(2);
        mean(m -> u2: Unit(5), (m -> f4: Unit(5)) -> f5: Unit(5)) -> Flatten -> fc: Dense(3)
    }
    pub Weighted(x: [1]) -> [1] { mean(x, 2 * x, 4 * x, drop = 0.4) }
    pub Maps(x: [2, 5, 5]) -> [4, 5, 5] {
        mean(x -> a: Conv(4, 3, pad = 1), x -> b: Conv(4, 1), x -> c: Conv(4, 5, pad = 2), drop = 0.5)
    }
}

/// One network computes what the other does, number by number: values, gradients of parameters and of inputs, running statistics, inference.
macro_rules! same {
    ($one:ident, $other:ident, $x:expr, $y:expr) => {{
        let (x, y) = ($x, $y);
        let (mut one, mut other) = ($one::init(&mut rng(1)), $other::zeros());
        assert_eq!(one.params().as_slice().len(), other.params().as_slice().len());
        other.params_mut().as_mut_slice().copy_from_slice(one.params().as_slice());
        other.buffers_mut().as_mut_slice().copy_from_slice(one.buffers().as_slice());
        let samples = x.len();
        let (mut memory, mut grads) = ($one::memory(samples), $one::grads());
        let (mut other_memory, mut other_grads) = ($other::memory(samples), $other::grads());
        let loss = one.forward(Mode::Train, &x, &mut memory).loss(Mse, &y);
        assert_eq!(loss, other.forward(Mode::Train, &x, &mut other_memory).loss(Mse, &y), "loss");
        one.backward(&mut memory, &mut grads);
        other.backward(&mut other_memory, &mut other_grads);
        assert_eq!(grads.as_slice(), other_grads.as_slice(), "gradients");
        assert!(grads.as_slice().iter().any(|g| *g != 0.0));
        assert_eq!(
            one.backward_input(&mut memory).to_vec(),
            other.backward_input(&mut other_memory).to_vec(),
            "gradients of the input"
        );
        assert_eq!(one.buffers().as_slice(), other.buffers().as_slice(), "buffers");
        assert_eq!(one.predict(&x.sample(0)), other.predict(&x.sample(0)), "inference");
    }};
}

#[test]
fn blocks_that_use_each_other_and_splices() {
    for samples in [3, 17] {
        same!(
            Fractal,
            PlainFractal,
            Batch::<shape![2, 6, 6]>::normal(samples, &mut rng(2)),
            Batch::<shape![3]>::normal(samples, &mut rng(3))
        );
    }
    // What is dropped is dropped while training alone.
    let (fractal, x) = (Fractal::init(&mut rng(1)), Batch::normal(1, &mut rng(2)));
    let mut dropped = DroppedFractal::init(&mut rng(1));
    assert_eq!(fractal.predict(&x.sample(0)), dropped.predict(&x.sample(0)));
    let (x, y) = (Batch::normal(16, &mut rng(2)), Batch::normal(16, &mut rng(3)));
    let (mut memory, mut grads) = (DroppedFractal::memory(16), DroppedFractal::grads());
    let mut sgd = Sgd::new(0.05).on(&dropped);
    let losses: Vec<f32> = (0..30)
        .map(|_| {
            grads.zero();
            let loss = dropped.train(&x, Mse, &y, &mut memory, &mut grads);
            sgd.step(&mut dropped, &grads);
            loss
        })
        .collect();
    assert!(losses[25..].iter().sum::<f32>() < 0.8 * losses[..5].iter().sum::<f32>(), "{losses:?}");
}

#[test]
fn a_dropped_value_weighs_nothing_and_the_others_more() {
    let mut net = Weighted::zeros();
    let x = Batch::<shape![1]>::from_fn(64, |_, _| 1.0);
    let mut memory = Weighted::memory(64);
    let means: Vec<f32> = (1..8)
        .map(|bits: u32| (0..3).filter(|i| bits >> i & 1 == 1).map(|i| (1 << i) as f32).sum::<f32>() / bits.count_ones() as f32)
        .collect();
    let among = |w: f32| means.iter().any(|mean| (w - mean).abs() < 1e-4);
    let y = net.forward(Mode::Train, &x, &mut memory).output().to_vec();
    assert!(y.iter().all(|y| among(*y)), "{y:?}");
    // y = w·x with loss y²: dx = 2·w².
    let loss = net.forward(Mode::Train, &x, &mut memory).loss(Mse.sum(), &Batch::zeros(64));
    let weights: Vec<f32> = net.backward_input(&mut memory).to_vec().iter().map(|dx| (dx / 2.0).sqrt()).collect();
    assert!((loss - weights.iter().map(|w| w * w).sum::<f32>()).abs() < 1e-2);
    assert!(weights.iter().all(|w| among(*w)), "{weights:?}");
    for mean in &means {
        assert!(weights.iter().any(|w| (w - mean).abs() < 1e-4), "{mean} in {weights:?}");
    }
    let y = net.forward(Mode::Eval, &x, &mut memory).output().to_vec();
    assert!(y.iter().all(|y| (y - 7.0 / 3.0).abs() < 1e-6));
}

/// One sample at a time and sixteen side by side: the same values are dropped.
#[test]
fn what_is_dropped_depends_on_the_sample_alone() {
    let mut net = Maps::init(&mut rng(1));
    let x = Batch::<shape![2, 5, 5]>::normal(16, &mut rng(2));
    let few = Batch::<shape![2, 5, 5]>::from_slice(&x.to_vec()[..3 * 50]).unwrap();
    let mut run = |memory: &mut Memory<Maps>, x: &Batch<_>| net.forward(Mode::Train, x, memory).output().to_vec();
    let all = run(&mut Maps::memory(16), &x);
    for (a, b) in run(&mut Maps::memory(3), &few).iter().zip(&all) {
        assert!((a - b).abs() < 1e-5, "{a} {b}");
    }
}

network! {
    /// Every operation is the same for one row and for many.
    pub Regions(x: [3, 2, 4, 4]) -> [3, 5] { x -> each(Flatten -> fc: Dense(6) -> Dropout(0.0) -> Relu -> out: Dense(5)) }
    pub PlainRegions(x: [3, 2, 4, 4]) -> [3, 5] { x -> Reshape([3, 32]) -> fc: Dense(6) -> Relu -> out: Dense(5) }
    /// A convolution is of one image: it is put in for each of them.
    pub Crops(x: [3, 2, 5, 5]) -> [3, 4, 3, 3] { x -> crops: each(c: Conv(4, 3) -> Tanh) }
    pub PlainCrops(x: [3, 2, 5, 5]) -> [3, 4, 3, 3] {
        let (x, y, z) = split(x, 3, axis = regions);
        let x = x -> Reshape([2, 5, 5]) -> c: Conv(4, 3) -> Tanh;
        let y = y -> Reshape([2, 5, 5]) -> c -> Tanh;
        let z = z -> Reshape([2, 5, 5]) -> c -> Tanh;
        concat(x -> Reshape([1, 4, 3, 3]), y -> Reshape([1, 4, 3, 3]), z -> Reshape([1, 4, 3, 3]), axis = regions)
    }
    /// Steps of a sequence that are images.
    pub Frames(x: [4, 18]) -> [4, 3] { x -> each(Reshape([2, 3, 3]) -> c: Conv(2, 2) -> Flatten -> fc: Dense(3)) }

    /// A GRU as PyTorch has it, written by hand.
    block Gated(x, h; n) {
        let r = (x -> ir: Dense(n)) + (h -> hr: Dense(n)) -> Sigmoid;
        let z = (x -> iz: Dense(n)) + (h -> hz: Dense(n)) -> Sigmoid;
        let c = (x -> ic: Dense(n)) + r * (h -> hc: Dense(n)) -> Tanh;
        let next = (1 - z) * c + z * h;
        (next, next)
    }
    pub ByHand(x: [7, 3], h: [5]) -> (y: [7, 5], last: [5]) {
        let (y, last) = (x, h) -> cell: scan(Gated(5));
        (y, last)
    }
    pub Built(x: [7, 3], h: [5]) -> (y: [7, 5], last: [5]) {
        let (y, last) = (x, h -> Reshape([1, 5])) -> gru: Gru(5, state = out);
        (y, last: last -> Flatten)
    }
}

#[test]
fn a_chain_for_each_element() {
    for samples in [2, 17] {
        same!(
            Regions,
            PlainRegions,
            Batch::<shape![3, 2, 4, 4]>::normal(samples, &mut rng(2)),
            Batch::<shape![3, 5]>::normal(samples, &mut rng(3))
        );
        same!(
            Crops,
            PlainCrops,
            Batch::<shape![3, 2, 5, 5]>::normal(samples, &mut rng(2)),
            Batch::<shape![3, 4, 3, 3]>::normal(samples, &mut rng(3))
        );
    }
    // Each frame is what it would be alone: nothing of one reaches another.
    let net = Frames::init(&mut rng(1));
    let x = Batch::<shape![4, 18]>::normal(1, &mut rng(2)).sample(0);
    let mut other = x;
    other.as_mut_slice()[18..36].fill(0.5);
    let (y, z) = (net.predict(&x), net.predict(&other));
    for step in 0..4 {
        assert_eq!(y[step] == z[step], step != 1);
    }
}

#[test]
fn a_gru_by_hand_is_the_gru() {
    let mut built = Built::init(&mut rng(1));
    let mut by_hand = ByHand::zeros();
    let copy = |to: &mut [f32], gate: usize, from: &[f32]| to.copy_from_slice(&from[gate * to.len()..][..to.len()]);
    {
        let (cell, gru) = (&mut by_hand.params_mut().cell, &built.params().gru);
        let (wi, wh) = (gru.weight_ih_l0.as_slice(), gru.weight_hh_l0.as_slice());
        let (bi, bh) = (gru.bias_ih_l0.as_slice(), gru.bias_hh_l0.as_slice());
        copy(cell.ir.weight.as_mut_slice(), 0, wi);
        copy(cell.iz.weight.as_mut_slice(), 1, wi);
        copy(cell.ic.weight.as_mut_slice(), 2, wi);
        copy(cell.hr.weight.as_mut_slice(), 0, wh);
        copy(cell.hz.weight.as_mut_slice(), 1, wh);
        copy(cell.hc.weight.as_mut_slice(), 2, wh);
        copy(cell.ir.bias.as_mut_slice(), 0, bi);
        copy(cell.iz.bias.as_mut_slice(), 1, bi);
        copy(cell.ic.bias.as_mut_slice(), 2, bi);
        copy(cell.hr.bias.as_mut_slice(), 0, bh);
        copy(cell.hz.bias.as_mut_slice(), 1, bh);
        copy(cell.hc.bias.as_mut_slice(), 2, bh);
    }
    let (x, h) = (Batch::<shape![7, 3]>::normal(3, &mut rng(2)), Batch::<shape![5]>::normal(3, &mut rng(3)));
    let (y, last) = (Batch::<shape![7, 5]>::normal(3, &mut rng(4)), Batch::<shape![5]>::normal(3, &mut rng(5)));
    let close = |a: &[f32], b: &[f32], what: &str| {
        assert_eq!(a.len(), b.len());
        assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() <= 1e-5 * (1.0 + b.abs())), "{what}: {a:?} {b:?}");
    };
    let (mut memory, mut grads) = (ByHand::memory(3), ByHand::grads());
    let loss = by_hand.forward(Mode::Train, (&x, &h), &mut memory).loss((Mse, Mse), (&y, &last));
    by_hand.backward(&mut memory, &mut grads);
    let (mut gru_memory, mut gru_grads) = (Built::memory(3), Built::grads());
    let wanted = built.forward(Mode::Train, (&x, &h), &mut gru_memory).loss((Mse, Mse), (&y, &last));
    built.backward(&mut gru_memory, &mut gru_grads);
    close(&[loss], &[wanted], "loss");
    let (dx, dh) = by_hand.backward_input(&mut memory);
    let (dx, dh) = (dx.to_vec(), dh.to_vec());
    let (gru_dx, gru_dh) = built.backward_input(&mut gru_memory);
    close(&dx, &gru_dx.to_vec(), "dx");
    close(&dh, &gru_dh.to_vec(), "dh");
    let rows = [grads.cell.ir.weight.as_slice(), grads.cell.iz.weight.as_slice(), grads.cell.ic.weight.as_slice()].concat();
    close(&rows, gru_grads.gru.weight_ih_l0.as_slice(), "weight_ih");
    let rows = [grads.cell.hr.weight.as_slice(), grads.cell.hz.weight.as_slice(), grads.cell.hc.weight.as_slice()].concat();
    close(&rows, gru_grads.gru.weight_hh_l0.as_slice(), "weight_hh");
    let rows = [grads.cell.hr.bias.as_slice(), grads.cell.hz.bias.as_slice(), grads.cell.hc.bias.as_slice()].concat();
    close(&rows, gru_grads.gru.bias_hh_l0.as_slice(), "bias_hh");
    let sample = (x.sample(1), h.sample(1));
    close(by_hand.predict(&sample).0.as_slice(), built.predict(&sample).0.as_slice(), "inference");
}

mod zoo {
    use fireclay::prelude::*;

    network! {
        const GROWTH = 3;
        default Conv(pad = 1);
        pub(crate) Head(x: [4]) -> [2] { x -> fc: Dense(2) }
        block Plain(x; c) { x -> conv: Conv(c, 3) -> Relu }
        /// With what stands beside it: a constant, a default, a block, a network.
        pub(crate) block Grown(x; n = 1) { concat(x, x -> [Plain(GROWTH); n]) }
        pub(crate) block Scored(x) { x -> GlobalAvgPool -> fc: Dense(4) -> head: net Head }
    }
}

network! {
    use zoo::Grown;
    use zoo::Scored as Scores;
    pub Borrowed(image: [1, 4, 4]) -> [2] { image -> a: Grown -> b: Grown(2) -> Scores }
    pub Own(image: [1, 4, 4]) -> [2] {
        block Plain(x; c) { x -> conv: Conv(c, 3, pad = 1) -> Relu }
        block Grown(x; n = 1) { concat(x, x -> [Plain(3); n]) }
        image -> a: Grown -> b: Grown(2) -> GlobalAvgPool -> fc: Dense(4) -> head: [Dense(2)]
    }
}

#[test]
fn blocks_from_elsewhere() {
    same!(Borrowed, Own, Batch::<shape![1, 4, 4]>::normal(3, &mut rng(2)), Batch::<shape![2]>::normal(3, &mut rng(3)));
    assert!(Borrowed::init(&mut rng(1)).tensor("b.1.conv.weight").is_some());
}

network! {
    pub Tied(x: [2, 11]) -> [2, 11] { x -> fc: Dense(18) -> Tanh -> out: Dense(11, weight = tie(fc)) }
    pub Untied(x: [2, 11]) -> [2, 11] { x -> fc: Dense(18) -> Tanh -> out: Dense(11) }
    pub TiedVector(x: [21]) -> [21] { x -> fc: Dense(5) -> Tanh -> out: Dense(21, bias = false, weight = tie(fc)) }
    pub UntiedVector(x: [21]) -> [21] { x -> fc: Dense(5) -> Tanh -> out: Dense(21, bias = false) }
    pub TiedText(text: [0..9; 6]) -> [6, 9] { text -> fc: Embedding(4) -> Tanh -> out: Dense(9, weight = tie(fc)) }
    pub UntiedText(text: [0..9; 6]) -> [6, 9] { text -> fc: Embedding(4) -> Tanh -> out: Dense(9) }
    pub TiedMaps(image: [2, 6, 6]) -> [2, 6, 6] { image -> fc: Conv(17, 3) -> Tanh -> out: ConvTranspose(2, 3, weight = tie(fc)) }
    pub UntiedMaps(image: [2, 6, 6]) -> [2, 6, 6] { image -> fc: Conv(17, 3) -> Tanh -> out: ConvTranspose(2, 3) }
}

/// A network whose second layer has the weight of the first, beside one that has a copy of it: the gradient of the one is the sum of the
/// two of the other.
macro_rules! tied {
    ($tied:ident, $untied:ident, $x:expr, $first:expr, $y:ty, $transposed:expr) => {{
        for samples in [3, 18] {
            let x = $x(samples);
            let y = Batch::<$y>::normal(samples, &mut rng(3));
            let (mut tied, mut untied) = ($tied::init(&mut rng(1)), $untied::zeros());
            let weight = tied.fc.weight.as_slice().to_vec();
            let rows = tied.fc.weight.len();
            let turn = |numbers: &[f32], rows: usize| -> Vec<f32> {
                let columns = numbers.len() / rows;
                (0..numbers.len())
                    .map(|i| if $transposed { numbers[i % rows * columns + i / rows] } else { numbers[i] })
                    .collect()
            };
            untied.params_mut().as_mut_slice()[..weight.len()].copy_from_slice(&weight);
            untied.params_mut().out.weight.as_mut_slice().copy_from_slice(&turn(&weight, rows));
            let close = |a: &[f32], b: &[f32], what: &str| {
                assert_eq!(a.len(), b.len());
                assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() <= 2e-5 * (1.0 + b.abs())), "{what}, {samples}: {a:?} {b:?}");
            };
            close(tied.predict(&$first(&x)).as_slice(), untied.predict(&$first(&x)).as_slice(), "inference");
            let (mut memory, mut grads) = ($tied::memory(samples), $tied::grads());
            let (mut untied_memory, mut untied_grads) = ($untied::memory(samples), $untied::grads());
            let loss = tied.train(&x, Mse.sum(), &y, &mut memory, &mut grads);
            close(&[loss], &[untied.train(&x, Mse.sum(), &y, &mut untied_memory, &mut untied_grads)], "loss");
            let other = turn(untied_grads.out.weight.as_slice(), weight.len() / rows);
            let sum: Vec<f32> = untied_grads.fc.weight.as_slice().iter().zip(&other).map(|(a, b)| a + b).collect();
            close(grads.fc.weight.as_slice(), &sum, "the weight");
        }
    }};
}

#[test]
fn tied_weights() {
    tied!(Tied, Untied, |n| Batch::<shape![2, 11]>::normal(n, &mut rng(2)), |x: &Batch<_>| x.sample(0), shape![2, 11], true);
    tied!(
        TiedVector,
        UntiedVector,
        |n| Batch::<shape![21]>::normal(n, &mut rng(2)),
        |x: &Batch<_>| x.sample(0),
        shape![21],
        true
    );
    let text =
        |n| IndicesBatch::<9, 6>::from_sequences((0..n).map(|i| Indices::from_fn(|t| Index::new((i * 5 + t * 2) % 9).unwrap())));
    tied!(TiedText, UntiedText, text, |x: &IndicesBatch<9, 6>| x.sample_all(0), shape![6, 9], false);
    tied!(
        TiedMaps,
        UntiedMaps,
        |n| Batch::<shape![2, 6, 6]>::normal(n, &mut rng(2)),
        |x: &Batch<_>| x.sample(0),
        shape![2, 6, 6],
        false
    );
    // The bias is the layer's own; both gradients of it are the same.
    let (mut tied, x, y) = (Tied::init(&mut rng(1)), Batch::normal(4, &mut rng(2)), Batch::normal(4, &mut rng(3)));
    let (mut memory, mut grads) = (Tied::memory(4), Tied::grads());
    let mut adam = Adam::new(0.01).on(&tied);
    let mut step = || {
        grads.zero();
        let loss = tied.train(&x, Mse, &y, &mut memory, &mut grads);
        assert!(grads.out.bias.as_slice().iter().any(|g| *g != 0.0));
        adam.step(&mut tied, &grads);
        loss
    };
    let first = step();
    assert!((0..100).map(|_| step()).last().unwrap() < 0.9 * first);
}

network! {
    pub Widths<C: Dim>(x: [3, 7, 6]) -> [C, 4, 3] {
        block Basic(x; c) { x + (x -> c1: Conv(c, 3, pad = 1) -> Relu -> c2: Conv(c, 3, pad = 1, bias = false)) -> Relu }
        x -> stem: Conv(C, 3, stride = 2, pad = 1) -> block: Basic(C)
    }
    pub Five(x: [3, 7, 6]) -> [5, 4, 3] {
        block Basic(x; c) { x + (x -> c1: Conv(c, 3, pad = 1) -> Relu -> c2: Conv(c, 3, pad = 1, bias = false)) -> Relu }
        x -> stem: Conv(5, 3, stride = 2, pad = 1) -> block: Basic(5)
    }
}

#[test]
fn channels_that_are_types() {
    let mut five = Five::init(&mut rng(1));
    let mut typed = Widths::<Const<5>>::zeros();
    typed.load_bytes(&five.to_bytes().unwrap()).unwrap();
    let (x, y) = (Batch::<shape![3, 7, 6]>::normal(17, &mut rng(2)), Batch::<shape![5, 4, 3]>::normal(17, &mut rng(3)));
    let close = |a: &[f32], b: &[f32]| {
        assert_eq!(a.len(), b.len());
        assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() <= 1e-5 * (1.0 + b.abs())), "{a:?} {b:?}");
    };
    close(typed.predict(&x.sample(0)).as_slice(), five.predict(&x.sample(0)).as_slice());
    let (mut memory, mut grads) = (Widths::<Const<5>>::memory(17), Widths::<Const<5>>::grads());
    let (mut five_memory, mut five_grads) = (Five::memory(17), Five::grads());
    let loss = typed.forward(Mode::Train, &x, &mut memory).loss(Mse, &y);
    close(&[loss], &[five.forward(Mode::Train, &x, &mut five_memory).loss(Mse, &y)]);
    typed.backward(&mut memory, &mut grads);
    five.backward(&mut five_memory, &mut five_grads);
    close(grads.as_slice(), five_grads.as_slice());
    close(&typed.backward_input(&mut memory).to_vec(), &five.backward_input(&mut five_memory).to_vec());
    // Another width is another type.
    assert_eq!(Widths::<Const<20>>::INFO.parameters, 20 * 27 + 20 + 2 * 20 * 20 * 9 + 20);
    assert_eq!(Widths::<Const<20>>::init(&mut rng(1)).predict(&Tensor::zeros()).as_slice().len(), 20 * 12);
}

network! {
    pub EachRow(x: [3, 4]) -> [3, 4] { x -> each(Softmax(axis = 0) -> LayerNorm(axis = 0, affine = false)) }
    pub Rows(x: [3, 4]) -> [3, 4] { x -> Softmax -> LayerNorm(affine = false) }
}

#[test]
fn the_first_axis_of_an_element_is_not_that_of_the_elements() {
    let x = Batch::<shape![3, 4]>::normal(1, &mut rng(1)).sample(0);
    let (each, rows) = (EachRow::zeros().predict(&x), Rows::zeros().predict(&x));
    for (a, b) in each.as_slice().iter().zip(rows.as_slice()) {
        assert!((a - b).abs() < 1e-5, "{each:?} is not {rows:?}");
    }
}

network! {
    pub OverTime(x: [9, 3]) -> [2] { x -> conv: Conv1d(5, 3, bias = false) -> bn: BatchNorm -> Relu -> Flatten -> fc: Dense(2) }
    /// The same, its features as channels of an image.
    pub OverImage(x: [9, 3]) -> [2] {
        x -> conv: Conv1d(5, 3, bias = false) -> Permute(1, 0) -> Reshape([5, 7, 1]) -> bn: BatchNorm -> Reshape([5, 7]) -> Permute(1, 0)
            -> Relu -> Flatten -> fc: Dense(2)
    }
}

#[test]
fn batch_norm_over_a_sequence_is_that_over_an_image() {
    for batch in [1, 2, 20] {
        let (mut a, mut b) = (OverTime::init(&mut rng(3)), OverImage::init(&mut rng(3)));
        let x = Batch::normal(batch, &mut rng(4));
        let y = Batch::<shape![2]>::normal(batch, &mut rng(5));
        let (mut da, mut db) = (OverTime::grads(), OverImage::grads());
        let losses = [
            a.train(&x, Mse, &y, &mut OverTime::memory(batch), &mut da),
            b.train(&x, Mse, &y, &mut OverImage::memory(batch), &mut db),
        ];
        assert!((losses[0] - losses[1]).abs() < 1e-5, "{batch}: {losses:?}");
        let near = |a: &[f32], b: &[f32]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-4 * (1.0 + b.abs()));
        assert!(near(da.as_slice(), db.as_slice()), "gradients of {batch}");
        assert!(near(a.buffers().bn.running_mean.as_slice(), b.buffers().bn.running_mean.as_slice()));
        assert!(near(a.buffers().bn.running_var.as_slice(), b.buffers().bn.running_var.as_slice()));
        assert!(a.buffers().bn.running_mean.as_slice() != [0.0; 5]);
        assert!(near(a.predict(&x.sample(0)).as_slice(), b.predict(&x.sample(0)).as_slice()));
    }
}
