//! Training until nothing is left to learn: no moment, statistic or parameter is ever a denormal number.

use fireclay::optim::{Lamb, Lion, NAdam, RAdam, RmsProp};
use fireclay::prelude::*;

network! {
    pub Convolutional(image: [1, 12, 12]) -> [4] {
        image -> conv1: Conv(8, 3, pad = 1) -> BatchNorm -> Relu -> conv2: Conv(16, 3, pad = 1) -> Relu -> MaxPool(2)
            -> Flatten -> fc1: Dense(24) -> Sigmoid -> Dropout(0.1) -> fc2: Dense(4)
    }
    pub Recurrent(x: [12, 3]) -> [4] { x -> lstm: Lstm(8, last = true) -> fc: Dense(4) }
    pub Gated(x: [12, 3]) -> [4] { x -> gru: Gru(8, last = true) -> fc: Dense(4) }
    pub Plain(x: [12, 3]) -> [4] { x -> rnn: Rnn(8, last = true) -> fc: Dense(4) }
    pub Line(x: [4]) -> [4] { x -> a: Dense(8) -> Tanh -> b: Dense(4) }
}

#[track_caller]
fn assert_no_denormals(what: &str, numbers: &[f32]) {
    let found = numbers.iter().filter(|x| x.is_subnormal()).count();
    assert_eq!(found, 0, "{what}: {found} of {} numbers are denormal", numbers.len());
}

/// Steps on one batch, far beyond the point where it is learned.
macro_rules! train_until_nothing_is_left {
    ($net:ident, $algorithm:expr, $steps:expr) => {{
        let mut net = $net::init(&mut rng(3));
        let (mut memory, mut grads) = ($net::memory(20), $net::grads());
        let mut optimizer = $algorithm.on(&net);
        let x = Batch::from_fn(20, |i, j| if i % 4 == j % 4 { 3.0 } else { ((i * 7 + j * 3) % 11) as f32 / 11.0 });
        let y = IndexBatch::from_samples((0..20_usize).map(|i| Index::new(i % 4).unwrap()));
        for step in 0..$steps {
            grads.zero();
            net.train(&x, CrossEntropy, &y, &mut memory, &mut grads);
            optimizer.step(&mut net, &grads);
            if step % 10 == 0 {
                let what = format!("{} step {step}", stringify!($net, $algorithm));
                assert_no_denormals(&format!("{what}, moments"), optimizer.state());
                assert_no_denormals(&format!("{what}, parameters"), net.params().as_slice());
                assert_no_denormals(&format!("{what}, statistics"), net.buffers().as_slice());
            }
        }
        // It came to an end, or the test would see nothing.
        net.forward(Mode::Eval, &x, &mut memory).loss(CrossEntropy, &y)
    }};
}

#[test]
fn a_loss_that_vanishes() {
    assert!(train_until_nothing_is_left!(Convolutional, Adam::new(0.003), 400) < 1e-2);
    assert!(train_until_nothing_is_left!(Recurrent, Sgd::new(1.0).momentum(0.9), 400) < 1e-2);
    assert!(train_until_nothing_is_left!(Gated, Sgd::new(1.0).momentum(0.9), 400) < 1e-2);
    assert!(train_until_nothing_is_left!(Plain, Sgd::new(0.3).momentum(0.9), 400) < 1e-2);
    assert!(train_until_nothing_is_left!(Recurrent, RmsProp::new(0.02).momentum(0.5).centered(true), 300) < 1e-2);
}

#[test]
fn a_gradient_that_is_far_below_the_normal_numbers() {
    let mut net = Line::init(&mut rng(1));
    let (mut memory, mut grads) = (Line::memory(16), Line::grads());
    let x = Batch::from_fn(16, |i, j| (i + j) as f32 / 16.0);
    for size in [1e-20, 1e-28, 1e-33, 1e-37, 1e-40, 1e-44] {
        let dy = Batch::from_fn(16, |i, j| size * (1 + (i + j) % 3) as f32);
        grads.zero();
        net.forward(Mode::Train, &x, &mut memory);
        net.backward_from(&dy, &mut memory, &mut grads);
        assert_no_denormals(&format!("{size:e}"), grads.as_slice());
        assert_eq!(grads.as_slice().iter().all(|g| *g == 0.0), size < 1e-30, "{size:e}");
        net.forward(Mode::Train, &x, &mut memory);
        let dx = net.backward_input_from(&dy, &mut memory).to_vec();
        assert_no_denormals(&format!("{size:e}"), &dx);
    }
}

#[test]
fn decay_ends_at_zero() {
    type Step = Box<dyn FnMut(&mut Box<Line>, &Grads<Line>)>;
    let decayed = |mut step: Step| {
        let mut net = Line::init(&mut rng(1));
        let grads = Line::grads();
        for _ in 0..3000 {
            step(&mut net, &grads);
            assert_no_denormals("decayed", net.params().as_slice());
        }
        assert!(net.params().as_slice().iter().all(|p| *p == 0.0));
    };
    let net = Line::init(&mut rng(1));
    let mut sgd = Sgd::new(0.5).momentum(0.5).weight_decay(0.2).on(&net);
    decayed(Box::new(move |net, grads| sgd.step(net, grads)));
    let mut plain = Sgd::new(0.5).weight_decay(0.2).on(&net);
    decayed(Box::new(move |net, grads| plain.step(net, grads)));
    let mut adamw = AdamW::new(0.5).weight_decay(0.2).on(&net);
    decayed(Box::new(move |net, grads| adamw.step(net, grads)));
    let mut nadam = NAdam::new(0.5).decoupled_weight_decay(true).weight_decay(0.2).on(&net);
    decayed(Box::new(move |net, grads| nadam.step(net, grads)));
    let mut radam = RAdam::new(0.5).decoupled_weight_decay(true).weight_decay(0.2).on(&net);
    decayed(Box::new(move |net, grads| radam.step(net, grads)));
    let mut lion = Lion::new(0.5).weight_decay(0.2).on(&net);
    decayed(Box::new(move |net, grads| lion.step(net, grads)));
    let mut lamb = Lamb::new(0.1).weight_decay(0.2).on(&net);
    decayed(Box::new(move |net, grads| lamb.step(net, grads)));
}

#[test]
fn moments_of_gradients_that_vanish_end_at_zero() {
    fn check<A: Algorithm>(algorithm: A) {
        let mut net = Line::init(&mut rng(1));
        let (mut optimizer, mut grads) = (algorithm.on(&net), Line::grads());
        grads.as_mut_slice().fill(1e-3);
        for step in 0..3000 {
            optimizer.step(&mut net, &grads);
            if step == 5 {
                grads.zero();
            }
            assert_no_denormals("moments", optimizer.state());
        }
        assert!(optimizer.state().iter().all(|moment| *moment == 0.0), "{optimizer:?}");
    }
    check(NAdam::new(1e-3).betas(0.9, 0.9));
    check(RAdam::new(1e-3).betas(0.9, 0.9));
    check(Lion::new(1e-3).betas(0.9, 0.9));
    check(Lamb::new(1e-3).betas(0.9, 0.9));
}

#[test]
fn packed_weights_are_not_denormal() {
    let mut net = Line::init(&mut rng(1));
    net.params_mut().as_mut_slice().iter_mut().for_each(|w| *w *= 1e-38);
    let y = *net.pack().infer(&Tensor::from([1.0; 4]), &mut Line::infer_memory());
    assert_eq!(y.as_slice(), [0.0; 4]);
}
