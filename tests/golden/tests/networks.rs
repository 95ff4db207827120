//! Whole networks against PyTorch: output, loss, every gradient, parameters and buffers after steps of an optimizer.
//!
//! Each reads the file of its name from the folder that `FIRECLAY_GOLDEN` names, if there is one, and runs if the file's shapes fit
//! the declaration here.

use fireclay::prelude::*;
use fireclay_golden::network::{Any, check_after, check_grads, fits, load, named, train};
use fireclay_golden::{Array, Check, Golden, Parts, layer::batch};

network! {
    /// LeNet-5.
    pub LeNet(image: [1, 28, 28]) -> [10] {
        image
            -> conv1: Conv(6, 5, pad = 2) -> Relu -> MaxPool(2)
            -> conv2: Conv(16, 5)         -> Relu -> MaxPool(2)
            -> Flatten
            -> fc1: Dense(120) -> Relu
            -> fc2: Dense(84)  -> Relu
            -> fc3: Dense(10)
    }
}

network! {
    default Conv(pad = 1, bias = false);

    /// A small residual network.
    pub ResNet8(image: [3, 12, 12]) -> [10] {
        let x = image -> stem: [Conv(8, 3), BatchNorm] -> Relu;

        let y = x -> b1c1: [Conv(8, 3), BatchNorm] -> Relu -> b1c2: [Conv(8, 3), BatchNorm];
        let x = (y + x) -> Relu;

        let y = x -> b2c1: [Conv(16, 3, stride = 2), BatchNorm] -> Relu -> b2c2: [Conv(16, 3), BatchNorm];
        let s = x -> b2s: [Conv(16, 1, stride = 2, pad = 0), BatchNorm];
        let x = (y + s) -> Relu;

        let y = x -> b3c1: [Conv(24, 3, stride = 2), BatchNorm] -> Relu -> b3c2: [Conv(24, 3), BatchNorm];
        let s = x -> b3s: [Conv(24, 1, stride = 2, pad = 0), BatchNorm];
        let x = (y + s) -> Relu;

        x -> GlobalAvgPool -> fc: Dense(10)
    }
}

network! {
    default Conv(pad = 1);

    /// A small U-Net.
    pub UNet(image: [1, 16, 16]) -> [1, 16, 16] {
        let a = image -> d1: [Conv(4, 3), Relu, Conv(4, 3), Relu];
        let b = a -> MaxPool(2) -> d2: [Conv(8, 3), Relu, Conv(8, 3), Relu];
        let m = b -> MaxPool(2) -> mid: [Conv(12, 3), Relu, Conv(12, 3), Relu];
        let u = m -> u2: ConvTranspose(8, 2, stride = 2);
        let e = concat(u, b) -> e2: [Conv(8, 3), Relu, Conv(8, 3), Relu];
        let u = e -> u1: ConvTranspose(4, 2, stride = 2);
        let e = concat(u, a) -> e1: [Conv(4, 3), Relu, Conv(4, 3), Relu];
        e -> head: Conv(1, 1, pad = 0)
    }
}

network! {
    default ConvTranspose(stride = 2, pad = 1, bias = false);
    default Conv(stride = 2, pad = 1, bias = false);

    /// The generator of a small DCGAN.
    pub Generator(z: [10, 1, 1]) -> [3, 16, 16] {
        z
            -> ct1: ConvTranspose(12, 4, stride = 1, pad = 0) -> bn1: BatchNorm -> Relu
            -> ct2: ConvTranspose(6, 4)                       -> bn2: BatchNorm -> Relu
            -> ct3: ConvTranspose(3, 4)                       -> Tanh
    }

    /// Its discriminator.
    pub Discriminator(image: [3, 16, 16]) -> [1] {
        image
            -> c1: Conv(6, 4)                             -> LeakyRelu(0.2)
            -> c2: Conv(12, 4)         -> bn2: BatchNorm  -> LeakyRelu(0.2)
            -> c3: Conv(1, 4, stride = 1, pad = 0)        -> Sigmoid -> Flatten
    }
}

network! {
    /// Two LSTM layers over characters.
    pub CharLstm(text: [0..20; 7]) -> [7, 20] {
        text -> emb: Embedding(8) -> lstm: Lstm(16, layers = 2) -> out: Dense(20)
    }
}

/// The classes of a file.
fn classes<const K: usize>(file: &Golden) -> IndexBatch<K> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "classes")]
    let indices = file.tensors["target"].values.iter().map(|class| Index::new(*class as usize));
    IndexBatch::from_samples(indices.map(|index| index.expect("a class of the network")))
}

/// The targets of a file, as numbers.
fn numbers<S: Shape>(file: &Golden) -> Batch<S> {
    batch(file, "target").expect("as many targets as outputs")
}

#[test]
fn net_lenet() {
    let file = named("net_lenet");
    if fits::<shape![1, 28, 28]>(&file, "input") {
        train::<LeNet, _, _>(&file, &CrossEntropy, &classes(&file));
    }
}

#[test]
fn net_resnet8_train() {
    let file = named("net_resnet8_train");
    if fits::<shape![3, 12, 12]>(&file, "input") {
        train::<ResNet8, _, _>(&file, &CrossEntropy, &classes(&file));
    }
}

#[test]
fn net_resnet8_eval() {
    let file = named("net_resnet8_eval");
    if fits::<shape![3, 12, 12]>(&file, "input") {
        train::<ResNet8, _, _>(&file, &CrossEntropy, &classes(&file));
    }
}

#[test]
fn net_unet() {
    let file = named("net_unet");
    if fits::<shape![1, 16, 16]>(&file, "input") {
        train::<UNet, _, _>(&file, &BceWithLogits, &numbers(&file));
    }
}

#[test]
fn net_dcgan_g() {
    let file = named("net_dcgan_g");
    if fits::<shape![10, 1, 1]>(&file, "input") {
        train::<Generator, _, _>(&file, &Mse, &numbers(&file));
    }
}

#[test]
fn net_dcgan_d() {
    let file = named("net_dcgan_d");
    if fits::<shape![3, 16, 16]>(&file, "input") {
        train::<Discriminator, _, _>(&file, &Bce, &numbers(&file));
    }
}

/// A network with all that a step of it needs.
struct Player<N: Network> {
    net: Box<N>,
    memory: Memory<N>,
    grads: Box<Grads<N>>,
    adam: Optimizer<Any, N>,
}

impl<N: Network + AsNetwork<Network = N>> Player<N> {
    fn new(file: &Golden, prefix: &str, samples: usize) -> Self {
        let net = load::<N>(file, prefix).unwrap_or_else(|error| panic!("{error}"));
        let algorithm = Any::read(&file.config["optimizer"]).expect("an optimizer");
        let adam = algorithm.on(&*net);
        Self { net, memory: N::memory(samples), grads: N::grads(), adam }
    }
}

/// Two networks against each other, as in `north-star/gan.rs`.
#[test]
fn net_dcgan_joint() {
    let file = &named("net_dcgan_joint");
    if !fits::<shape![10, 1, 1]>(file, "z") || !fits::<shape![3, 16, 16]>(file, "real") {
        return;
    }
    let mut check = Check::new(file);
    let z = &batch::<shape![10, 1, 1]>(file, "z").expect("noise");
    let real = &batch::<shape![3, 16, 16]>(file, "real").expect("images");
    let g = &mut Player::<Generator>::new(file, "G.", z.len());
    let d = &mut Player::<Discriminator>::new(file, "D.", z.len());
    let mut losses = Vec::new();
    let steps = file.dims("losses").first().copied().unwrap_or(0);
    for step in 1..=steps {
        let fake = g.net.forward(Mode::Train, z, &mut g.memory).output();
        if step == 1 {
            check.named("fake", &fake.to_vec());
        }

        d.grads.zero();
        for (images, target) in [(real, 1.0), (fake, 0.0)] {
            losses.push(d.net.forward(Mode::Train, images, &mut d.memory).loss(Bce, target));
            d.net.backward(&mut d.memory, &mut d.grads);
        }
        if step == 1 {
            check_grads(&mut check, file, &d.grads, "D.");
        }
        d.adam.step(&mut d.net, &d.grads);

        losses.push(d.net.forward(Mode::Train, fake, &mut d.memory).loss(Bce, 1.0));
        let towards_real = d.net.backward_input(&mut d.memory);
        g.grads.zero();
        g.net.backward_from(towards_real, &mut g.memory, &mut g.grads);
        if step == 1 {
            check_grads(&mut check, file, &g.grads, "G.");
        }
        g.adam.step(&mut g.net, &g.grads);

        check_after(&mut check, file, &*g.net, step, "G.");
        check_after(&mut check, file, &*d.net, step, "D.");
    }
    check.named("losses", &losses);
    check.finish();
}

/// The one tolerance: what it lets through and what not.
#[test]
fn tolerance() {
    let file = named("net_lenet");
    let reference = Array { dims: vec![2], values: vec![0.0, 100.0] };
    let mut check = Check::new(&file);
    check.close("x", &[0.0029, 100.0], &reference);
    check.finish();
    for wrong in [[0.0032, 100.0], [0.0, f32::NAN]] {
        let mut check = Check::new(&file);
        check.close("x", &wrong, &reference);
        assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| check.finish())).is_err());
    }
}

#[test]
fn net_charlstm2() {
    let file = named("net_charlstm2");
    if file.dims("input").get(1) == Some(&7) && file.dims("emb.weight") == [20, 8] {
        let targets = Indices::<20, 7>::from_file(&file, &mut ["target"].into_iter()).expect("indices below 20");
        train::<CharLstm, _, _>(&file, &CrossEntropy, &targets);
    } else {
        println!("not run: other characters or steps than the network was declared with");
    }
}
