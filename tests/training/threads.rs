//! The same seed gives the same bits on one thread and on several, step by step and fused.

use fireclay::optim::{Lamb, Lion, NAdam, RAdam};
use fireclay::prelude::*;

network! {
    /// Batch norm (phases), dropout (random numbers), a branch, and shared weights.
    pub Mixed(image: [2, 6, 6]) -> [5] {
        let a = image -> c1: Conv(7, 3, pad = 1) -> bn: BatchNorm -> Relu -> Dropout(0.3);
        let b = a -> c2: Conv(7, 3, pad = 1) -> Tanh;
        a + b -> c2 -> MaxPool(2) -> Flatten -> fc: Dense(5)
    }

    /// Without a barrier: forward and backward of a micro-batch at once.
    pub Plain(image: [1, 8, 8]) -> [5] {
        image -> c1: Conv(5, 3) -> Relu -> Dropout(0.2) -> c2: Conv(4, 3, stride = 2) -> Relu -> Flatten -> fc: Dense(5)
    }
}

network! {
    /// So many parameters that threads share in adding and in following gradients.
    pub Large(image: [1, 8, 8]) -> [5] { image -> Flatten -> a: Dense(700) -> Relu -> b: Dense(150) -> Relu -> c: Dense(5) }
}

/// Parameters, gradients and moments after some steps of an optimizer.
fn optimized<A: Algorithm>(algorithm: A, threads: usize) -> [Vec<f32>; 3] {
    const SAMPLES: usize = 50;
    let mut net = Large::init(&mut rng(3));
    let (mut memory, mut grads, mut optimizer) = (Large::memory(SAMPLES), Large::grads(), algorithm.on(&*net));
    memory.threads(threads);
    optimizer.threads(threads);
    let x: Batch<shape![1, 8, 8]> = Batch::from_fn(SAMPLES, numbers(5));
    let y = IndexBatch::from_samples((0..SAMPLES).map(|i| Index::<5>::new(i % 5).expect("below 5")));
    for _ in 0..3 {
        grads.zero();
        net.train(&x, CrossEntropy, &y, &mut memory, &mut grads);
        optimizer.step(&mut *net, &grads);
    }
    [net.params().as_slice().to_vec(), grads.as_slice().to_vec(), optimizer.state().to_vec()]
}

/// No limit is a limit too.
#[test]
fn any_number_of_threads() {
    network! { pub Wide(x: [784]) -> [10] { x -> fc1: Dense(256) -> Relu -> fc2: Dense(10) } }
    let x = Batch::<shape![784]>::from_fn(64, |i, j| ((i * 31 + j * 7) % 11) as f32 * 0.1);
    let y = IndexBatch::from_samples((0..64).map(|i| Index::<10>::new(i % 10).expect("below 10")));
    let mut net = Wide::init(&mut rng(1));
    let (mut memory, mut grads, mut again) = (Wide::memory(64), Wide::grads(), Wide::grads());
    let loss = net.train(&x, CrossEntropy, &y, memory.threads(usize::MAX), &mut grads);
    assert_eq!(loss, net.train(&x, CrossEntropy, &y, memory.threads(1), &mut again));
    assert_eq!(grads.as_slice(), again.as_slice());
}

#[test]
fn many_parameters_follow_alike_on_any_number_of_threads() {
    fn check<A: Algorithm>(algorithm: A) {
        let wanted = optimized(algorithm.clone(), 1);
        assert!(wanted[0].len() > 1 << 17 && !wanted[0].len().is_multiple_of(1 << 15));
        for threads in [2, 3, 5] {
            for (found, wanted) in optimized(algorithm.clone(), threads).iter().zip(&wanted) {
                assert!(same_bits(found, wanted), "{threads} threads");
            }
        }
    }
    check(Adam::new(1e-2).amsgrad(true));
    check(Sgd::new(0.1).momentum(0.9));
    check(NAdam::new(1e-2).weight_decay(0.1));
    check(RAdam::new(1e-2).decoupled_weight_decay(true).weight_decay(0.1));
    check(Lion::new(1e-3).weight_decay(0.1));
    check(Lamb::new(1e-2));
}

/// What the pieces of many parameters come to is what each parameter would by itself.
#[test]
fn many_parameters_follow_as_few_do() {
    let [params, ..] = optimized(Sgd::new(0.1), 3);
    let mut net = Large::init(&mut rng(3));
    let (mut memory, mut grads) = (Large::memory(50), Large::grads());
    let x: Batch<shape![1, 8, 8]> = Batch::from_fn(50, numbers(5));
    let y = IndexBatch::from_samples((0..50).map(|i| Index::<5>::new(i % 5).expect("below 5")));
    for _ in 0..3 {
        grads.zero();
        net.train(&x, CrossEntropy, &y, &mut memory, &mut grads);
        for (p, g) in net.params_mut().as_mut_slice().iter_mut().zip(grads.as_slice()) {
            *p -= 0.1 * g;
        }
    }
    assert!(params.iter().zip(net.params().as_slice()).all(|(a, b)| (a - b).abs() <= 1e-6 * (1.0 + b.abs())));
}

fn numbers(seed: u32) -> impl FnMut(usize, usize) -> f32 {
    let mut state = seed;
    move |_, _| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        (f64::from(state) / f64::from(u32::MAX) - 0.5) as f32
    }
}

/// Losses, gradients and parameters after some plain steps.
fn run<N: Network<Input = Tensor<S>, TrainOutput = Tensor<shape![5]>>, S: Shape>(
    samples: usize,
    threads: usize,
    fused: bool,
) -> (Vec<f32>, Vec<f32>, Vec<f32>) {
    let mut net = N::init(&mut rng(3));
    let mut memory = N::memory(samples);
    memory.seed(9).threads(threads);
    let mut grads = N::grads();
    let x: Batch<S> = Batch::from_fn(samples, numbers(5));
    let y = IndexBatch::from_samples((0..samples).map(|i| Index::<5>::new(i % 5).expect("below 5")));
    let mut losses = Vec::new();
    for _ in 0..4 {
        grads.zero();
        losses.push(if fused {
            net.train(&x, CrossEntropy, &y, &mut memory, &mut grads)
        } else {
            let loss = net.forward(Mode::Train, &x, &mut memory).loss(CrossEntropy, &y);
            net.backward(&mut memory, &mut grads);
            loss
        });
        let params = net.params_mut().as_mut_slice();
        for trained in N::TRAIN.trained {
            for i in 0..trained.len {
                params[trained.param + i] -= 0.1 * grads.as_slice()[trained.grad + i];
            }
        }
    }
    let kept: Vec<f32> = net.params().as_slice().iter().chain(net.buffers().as_slice()).copied().collect();
    (losses, grads.as_slice().to_vec(), kept)
}

fn same_bits(a: &[f32], b: &[f32]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits())
}

fn check<N: Network<Input = Tensor<S>, TrainOutput = Tensor<shape![5]>>, S: Shape>() {
    for samples in [1, 5, 16, 50, 131] {
        let (losses, grads, kept) = run::<N, S>(samples, 1, true);
        assert!(losses.iter().all(|loss| loss.is_finite()) && losses[3] != losses[0], "{losses:?}");
        assert!(grads.iter().any(|g| *g != 0.0));
        for (threads, fused) in [(2, true), (1, false), (2, false), (3, true)] {
            let other = run::<N, S>(samples, threads, fused);
            let case = format!("{} with {samples} samples, {threads} threads, fused: {fused}", N::INFO.name);
            assert!(same_bits(&losses, &other.0), "losses of {case}: {losses:?} {:?}", other.0);
            assert!(same_bits(&grads, &other.1), "gradients of {case}");
            assert!(same_bits(&kept, &other.2), "parameters of {case}");
        }
    }
}

#[test]
fn with_barriers() {
    check::<Mixed, shape![2, 6, 6]>();
}

#[test]
fn without_barriers() {
    check::<Plain, shape![1, 8, 8]>();
}

#[test]
fn batched_inference() {
    let net = Mixed::init(&mut rng(3));
    let packed = net.pack();
    let x: Batch<shape![2, 6, 6]> = Batch::from_fn(70, numbers(5));
    let mut one = Mixed::infer_memory_for(70);
    one.threads(1);
    let mut two = Mixed::infer_memory_for(70);
    two.threads(2);
    assert!(same_bits(&net.infer_batch(&x, &mut one).to_vec(), &net.infer_batch(&x, &mut two).to_vec()));
    assert!(same_bits(&packed.infer_batch(&x, &mut one).to_vec(), &packed.infer_batch(&x, &mut two).to_vec()));
}

/// What runs over all samples is cut into shares, which do not wait for each other within a phase.
#[test]
fn shares_over_all_samples() {
    network! {
        pub Branches(image: [256, 4, 4]) -> [40] {
            let u = image -> c1: Conv(256, 1) -> Tanh;
            let w = image -> c2: Conv(256, 1) -> Tanh;
            let both = (u -> a: Conv(256, 3, pad = 1) -> Tanh) + (w -> b: Conv(256, 3, pad = 1) -> Tanh);
            both -> MaxPool(4) -> Flatten -> fc1: Dense(256) -> Relu -> fc2: Dense(40)
        }
    }
    const SAMPLES: usize = 9;
    let x = Batch::<shape![256, 4, 4]>::from_fn(SAMPLES, |i, j| ((i * 31 + j * 7) % 11) as f32 * 0.1 - 0.5);
    let y = IndexBatch::from_samples((0..SAMPLES).map(|i| Index::<40>::new(i % 40).expect("below 40")));
    let run = |threads: usize| {
        let mut net = Branches::init(&mut rng(1));
        let mut memory = fireclay::__private::memory_in::<Branches>(fireclay::Layout::Chw, SAMPLES).expect("it trains so");
        let (mut grads, mut again) = (Branches::grads(), Branches::grads());
        memory.threads(threads);
        let loss = net.train(&x, CrossEntropy, &y, &mut memory, &mut grads);
        net.forward(Mode::Train, &x, &mut memory).loss(CrossEntropy, &y);
        net.backward(&mut memory, &mut again);
        assert_eq!(grads.as_slice(), again.as_slice());
        (loss.to_bits(), grads.as_slice().to_vec(), net.backward_input(&mut memory).to_vec())
    };
    let wanted = run(1);
    for threads in [2, 3, 7] {
        assert!(run(threads) == wanted, "{threads} threads");
    }
}
