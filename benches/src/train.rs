//! Training steps on fixed data in memory: forward, loss, backward, optimizer.

use crate::models::{
    CharLstm, DenseBlock, Discriminator, Generator, GruClassifier, LeNet, Mlp, MobileNetTrain, ResNet20, Tiny, UNet, UNet572,
    Vgg11, Vgg16,
};
use crate::timing::{Job, Run};
use fireclay::optim::clip_norm;
use fireclay::prelude::*;

/// What runs under a name.
type Work = fn(&Run);

/// By name.
pub const ALL: &[(&str, Work)] =
    &[("mlp", mlp), ("lenet", lenet), ("resnet20", resnet20), ("charlstm", charlstm), ("dcgan", dcgan)];

/// Beside these, for the sweep over batches.
pub const MORE: &[(&str, Work)] = &[
    ("unet", unet),
    ("vgg11", vgg11),
    ("denseblock", dense_block),
    ("mobilenet", mobilenet),
    ("tiny", tiny),
    ("gru", gru),
    ("unet572", unet572),
    ("vgg16", vgg16),
];

/// The same numbers each time, in −1…1.
pub fn number(i: usize) -> f32 {
    let hash = (i as u32).wrapping_mul(0x9E37_79B9) ^ 0x5bd1_e995;
    (hash >> 8) as f32 / (1 << 23) as f32 - 1.0
}

/// A batch of such numbers.
pub fn numbers<S: Shape>(samples: usize) -> Batch<S> {
    Batch::from_fn(samples, |i, j| number(i * S::LEN + j))
}

/// A classifier over batches of tensors.
fn classifier<N, S, A, const CLASSES: usize>(run: &Run, workload: &str, batch: usize, algorithm: A)
where
    N: Network<Input = Tensor<S>, TrainOutput = Tensor<(Const<CLASSES>,)>>,
    (Const<CLASSES>,): Shape,
    S: Shape,
    A: Algorithm,
{
    let batch = run.batch.unwrap_or(batch);
    let mut net = N::init(&mut rng(0));
    let (mut memory, mut grads, mut optimizer) = (run.memory::<N>(batch), N::grads(), algorithm.on(&*net));
    memory.threads(run.threads);
    optimizer.threads(run.threads);
    let x = numbers::<S>(batch);
    let y = IndexBatch::<CLASSES>::from_samples((0..batch).map(|i| Index::new(i * 7 % CLASSES).expect("below")));
    run.measure(&Job { workload, mode: "fused", network: Some(N::INFO), samples: batch as f64, steps: 1 }, || {
        grads.zero();
        net.train(&x, CrossEntropy, &y, &mut memory, &mut grads);
        optimizer.step(&mut *net, &grads);
    });
}

fn mlp(run: &Run) {
    classifier::<Mlp, _, _, 10>(run, "T1_mlp_train", 64, Adam::new(1e-3));
}

fn lenet(run: &Run) {
    classifier::<LeNet, _, _, 10>(run, "T2_lenet_train", 64, Sgd::new(0.01).momentum(0.9));
}

fn resnet20(run: &Run) {
    classifier::<ResNet20, _, _, 10>(run, "T3_resnet20_train", 32, Sgd::new(0.01).momentum(0.9));
}

fn charlstm(run: &Run) {
    let batch = run.batch.unwrap_or(32);
    let mut net = CharLstm::init(&mut rng(0));
    let (mut memory, mut grads, mut adam) = (run.memory::<CharLstm>(batch), CharLstm::grads(), Adam::new(1e-3).on(&net));
    memory.threads(run.threads);
    adam.threads(run.threads);
    let text = |salt: usize| {
        let samples = (0..batch).map(|i| Indices::from_fn(|t| Index::new((i * 31 + t * t + salt * t) % 96).expect("below 96")));
        IndicesBatch::<96, 64>::from_sequences(samples)
    };
    let (x, y) = (text(3), text(5));
    let job =
        Job { workload: "T4_charlstm_train", mode: "fused", network: Some(CharLstm::INFO), samples: batch as f64, steps: 1 };
    run.measure(&job, || {
        grads.zero();
        net.train(&x, CrossEntropy, &y, &mut memory, &mut grads);
        clip_norm(grads.as_mut_slice(), 1.0);
        adam.step(&mut net, &grads);
    });
}

fn dcgan(run: &Run) {
    let batch = run.batch.unwrap_or(32);
    let (mut g, mut d) = (Generator::init(&mut rng(0)), Discriminator::init(&mut rng(1)));
    let (mut g_memory, mut d_memory) = (run.memory::<Generator>(batch), run.memory::<Discriminator>(batch));
    g_memory.threads(run.threads);
    d_memory.threads(run.threads);
    let (mut g_grads, mut d_grads) = (Generator::grads(), Discriminator::grads());
    let adam = Adam::new(2e-4).betas(0.5, 0.999);
    let (mut g_adam, mut d_adam) = (adam.on(&g), adam.on(&d));
    g_adam.threads(run.threads);
    d_adam.threads(run.threads);
    let (z, real) = (numbers(batch), numbers(batch));
    run.measure(&Job { workload: "T5_dcgan_train", mode: "step", network: None, samples: batch as f64, steps: 1 }, || {
        let fake = g.forward(Mode::Train, &z, &mut g_memory).output();
        d_grads.zero();
        for (images, target) in [(&real, 1.0), (fake, 0.0)] {
            d.train(images, Bce, target, &mut d_memory, &mut d_grads);
        }
        d_adam.step(&mut d, &d_grads);
        d.forward(Mode::Train, fake, &mut d_memory).loss(Bce, 1.0);
        let towards_real = d.backward_input(&mut d_memory);
        g_grads.zero();
        g.backward_from(towards_real, &mut g_memory, &mut g_grads);
        g_adam.step(&mut g, &g_grads);
    });
}

/// A network of masks, pixel by pixel.
fn masks<N, S, T>(run: &Run, workload: &str, batch: usize)
where
    N: Network<Input = Tensor<S>, TrainOutput = Tensor<T>>,
    S: Shape,
    T: Shape,
{
    let batch = run.batch.unwrap_or(batch);
    let mut net = N::init(&mut rng(0));
    let sgd = Sgd::new(0.01).momentum(0.9);
    let (mut memory, mut grads, mut optimizer) = (run.memory::<N>(batch), N::grads(), sgd.on(&*net));
    memory.threads(run.threads);
    optimizer.threads(run.threads);
    let (x, y) = (numbers::<S>(batch), Batch::<T>::from_fn(batch, |i, j| ((i + j / 7) % 2) as f32));
    run.measure(&Job { workload, mode: "fused", network: Some(N::INFO), samples: batch as f64, steps: 1 }, || {
        grads.zero();
        net.train(&x, BceWithLogits, &y, &mut memory, &mut grads);
        optimizer.step(&mut *net, &grads);
    });
}

fn unet(run: &Run) {
    masks::<UNet, _, _>(run, "T6_unet_train", 16);
}

fn unet572(run: &Run) {
    masks::<UNet572, _, _>(run, "T11_unet572_train", 1);
}

fn vgg16(run: &Run) {
    classifier::<Vgg16, _, _, 1000>(run, "T12_vgg16_train", 1, Sgd::new(0.01).momentum(0.9));
}

fn vgg11(run: &Run) {
    classifier::<Vgg11, _, _, 10>(run, "T7_vgg11_train", 32, Sgd::new(0.01).momentum(0.9));
}

fn dense_block(run: &Run) {
    classifier::<DenseBlock, _, _, 10>(run, "T8_denseblock_train", 32, Sgd::new(0.01).momentum(0.9));
}

fn mobilenet(run: &Run) {
    classifier::<MobileNetTrain, _, _, 10>(run, "T9_mobilenet_train", 32, Sgd::new(0.01).momentum(0.9));
}

fn gru(run: &Run) {
    classifier::<GruClassifier, _, _, 10>(run, "T13_gru_train", 32, Adam::new(1e-3));
}

/// The network of SimpleChains' comparison.
fn tiny(run: &Run) {
    let batch = run.batch.unwrap_or(64);
    let mut net = Tiny::init(&mut rng(0));
    let (mut memory, mut grads, mut adam) = (run.memory::<Tiny>(batch), Tiny::grads(), Adam::new(1e-3).on(&net));
    memory.threads(run.threads);
    adam.threads(run.threads);
    let (x, y) = (numbers::<shape![4]>(batch), numbers::<shape![4]>(batch));
    run.measure(
        &Job { workload: "T10_tiny_train", mode: "fused", network: Some(Tiny::INFO), samples: batch as f64, steps: 1 },
        || {
            grads.zero();
            net.train(&x, Mse, &y, &mut memory, &mut grads);
            adam.step(&mut net, &grads);
        },
    );
}
