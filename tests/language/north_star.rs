//! The programs of the north star, as they stand there, and what they do.

use fireclay::prelude::*;

network! {
    default Conv(stride = 2, pad = 1, bias = false);
    default ConvTranspose(stride = 2, pad = 1, bias = false);

    pub Generator(z: [100]) -> [3, 32, 32] {
        z -> Reshape([100, 1, 1])
          -> up1: ConvTranspose(256, 4, stride = 1, pad = 0) -> BatchNorm -> Relu
          -> up2: ConvTranspose(128, 4)                      -> BatchNorm -> Relu
          -> up3: ConvTranspose(64, 4)                       -> BatchNorm -> Relu
          -> up4: ConvTranspose(3, 4)                        -> Tanh
    }

    pub Discriminator(image: [3, 32, 32]) -> [1] {
        image
            -> c1: Conv(64, 4)               -> LeakyRelu(0.2)
            -> c2: Conv(128, 4) -> BatchNorm -> LeakyRelu(0.2)
            -> c3: Conv(256, 4) -> BatchNorm -> LeakyRelu(0.2)
            -> c4: Conv(1, 4, stride = 1, pad = 0) -> Flatten
    }
}

/// A network with all that a training step of it needs; allocated once (`Adam::new(2e-4).betas(0.5, 0.999).on(&net)`).
struct Player<N: Network> {
    net: Box<N>,
    memory: Memory<N>,
    grads: Box<Grads<N>>,
    adam: Optimizer<Adam, N>,
}

fn step(g: &mut Player<Generator>, d: &mut Player<Discriminator>, z: &Batch<shape![100]>, real: &Batch<shape![3, 32, 32]>) {
    let fake = g.net.forward(Mode::Train, z, &mut g.memory).output();

    // Discriminator: real → 1, fake → 0. The generator is simply not stepped.
    d.grads.zero();
    for (images, target) in [(real, 1.0), (fake, 0.0)] {
        let _loss = d.net.forward(Mode::Train, images, &mut d.memory).loss(BceWithLogits, target); // its gradient lies in d.memory now
        d.net.backward(&mut d.memory, &mut d.grads);
    }
    d.adam.step(&mut d.net, &d.grads);

    // Generator: the discriminator hands back the gradient of its input and computes no weight gradients.
    let _loss = d.net.forward(Mode::Train, fake, &mut d.memory).loss(BceWithLogits, 1.0);
    let towards_real = d.net.backward_input(&mut d.memory);
    g.grads.zero();
    g.net.backward_from(towards_real, &mut g.memory, &mut g.grads);
    g.adam.step(&mut g.net, &g.grads);
}

impl<N: Network> Player<N> {
    fn new(net: Box<N>, batch: usize) -> Self {
        let adam = Adam::new(2e-4).betas(0.5, 0.999).on(&net);
        Self { net, memory: N::memory(batch), grads: N::grads(), adam }
    }
}

#[test]
fn a_gan_steps_with_the_plain_api() {
    let mut g = Player::new(Generator::init(&mut rng(1)), 4);
    let mut d = Player::new(Discriminator::init(&mut rng(2)), 4);
    let z = Batch::from_fn(4, |i, j| ((i * 37 + j * 11) % 17) as f32 / 8.0 - 1.0);
    let real = Batch::from_fn(4, |i, j| ((i * 5 + j) % 13) as f32 / 6.0 - 1.0);
    let (before_g, before_d) = (g.net.boxed_clone(), d.net.boxed_clone());
    let score = |d: &mut Player<Discriminator>, g: &mut Player<Generator>| {
        let fake = g.net.forward(Mode::Eval, &z, &mut g.memory).output();
        d.net.forward(Mode::Eval, fake, &mut d.memory).loss(BceWithLogits, 0.0)
    };
    let at_first = score(&mut d, &mut g);
    for _ in 0..3 {
        step(&mut g, &mut d, &z, &real);
    }
    assert!(g.net.up1.weight != before_g.up1.weight && g.net.up4.weight != before_g.up4.weight);
    assert!(d.net.c1.weight != before_d.c1.weight && d.net.c4.weight != before_d.c4.weight);
    // The discriminator alone learns to tell: its loss on fakes falls.
    for _ in 0..20 {
        let fake = g.net.forward(Mode::Eval, &z, &mut g.memory).output();
        d.grads.zero();
        d.net.forward(Mode::Train, fake, &mut d.memory).loss(BceWithLogits, 0.0);
        d.net.backward(&mut d.memory, &mut d.grads);
        d.adam.step(&mut d.net, &d.grads);
    }
    let at_last = score(&mut d, &mut g);
    assert!(at_last < at_first, "{at_first} → {at_last}");
}

#[test]
fn the_generators_gradient_is_the_discriminators_input_gradient() {
    let mut g = Player::new(Generator::init(&mut rng(1)), 2);
    let mut d = Player::new(Discriminator::init(&mut rng(2)), 2);
    let z = Batch::from_fn(2, |i, j| ((i * 37 + j * 11) % 17) as f32 / 8.0 - 1.0);
    // The loss with the last layer's weights moved by this much along their gradient, and that gradient.
    let mut at = |shift: f32, along: &[f32]| {
        let saved = g.net.up4.weight;
        g.net.up4.weight.as_mut_slice().iter_mut().zip(along).for_each(|(w, d)| *w += shift * d);
        let fake = g.net.forward(Mode::Train, &z, &mut g.memory).output();
        let loss = d.net.forward(Mode::Train, fake, &mut d.memory).loss(BceWithLogits, 1.0);
        let towards = d.net.backward_input(&mut d.memory);
        g.grads.zero();
        g.net.backward_from(towards, &mut g.memory, &mut g.grads);
        g.net.up4.weight = saved;
        (f64::from(loss), g.grads.up4.weight.as_slice().to_vec())
    };
    let (_, gradient) = at(0.0, &[]);
    let square: f64 = gradient.iter().map(|d| f64::from(*d).powi(2)).sum();
    let step = 1e-3 / square.sqrt();
    let slope = (at(step as f32, &gradient).0 - at(-step as f32, &gradient).0) / (2.0 * step);
    assert!((slope - square).abs() < 0.02 * square, "{slope} by differences, {square} by backward");
}

mod resnet {
    use super::*;

    network! {
        default Conv(bias = false);

        // A block is expanded where it is used: `channels` and `stride` are numbers by then, so every
        // size below is checked with the numbers of that use. Values before the `;`, numbers after.
        block Basic(x; channels, stride = 1) {
            let main = x
                -> conv1: Conv(channels, 3, pad = 1, stride = stride) -> bn1: BatchNorm -> Relu
                -> conv2: Conv(channels, 3, pad = 1)                  -> bn2: BatchNorm;
            let skip = if stride == 1 && x.channels == channels {
                x
            } else {
                x -> downsample: [Conv(channels, 1, stride = stride), BatchNorm]
            };
            main + skip -> Relu
        }

        block Stage(x; channels, n, stride = 2) {
            x -> [Basic(channels, if i == 0 { stride } else { 1 }); i in 0..n]
        }

        /// ResNet-20 for CIFAR-10.
        pub ResNet20(image: [3, 32, 32]) -> [10] {
            image
                -> conv1: Conv(16, 3, pad = 1) -> bn1: BatchNorm -> Relu
                -> layer1: Stage(16, 3, stride = 1)      // layer1.0.conv1.weight, …
                -> layer2: Stage(32, 3) as [32, 16, 16]
                -> layer3: Stage(64, 3) as [64, 8, 8]
                -> GlobalAvgPool
                -> fc: Dense(10)
        }

        /// Weights shared by using a label again; several inputs; an embedded network; named outputs.
        pub Siamese(left: [3, 32, 32], right: [3, 32, 32]) -> (same: [1], left_class: [10]) {
            let a = left  -> trunk: net ResNet20;
            let b = right -> trunk;                      // the same parameters a second time
            (same: concat(a, b) -> judge: Dense(1) -> Sigmoid, left_class: a)
        }
    }

    #[test]
    fn parameters_have_pytorchs_names() {
        let net = ResNet20::zeros();
        for name in
            ["conv1.weight", "bn1.running_mean", "layer1.2.bn2.bias", "layer2.0.downsample.0.weight", "layer3.2.conv2.weight"]
        {
            assert!(net.tensor(name).is_some(), "{name}");
        }
        assert_eq!(net.layer3.0.downsample.0.weight.as_slice().len(), 64 * 32);
        assert_eq!(ResNet20::PARAMETERS, 272_474); // with projections on the shortcuts, as PyTorch counts it
    }

    #[test]
    fn an_embedded_network_is_shared_and_learns() {
        let mut net = Siamese::init(&mut rng(1));
        let mut memory = Siamese::memory(4);
        let mut grads = Siamese::grads();
        let mut sgd = Sgd::new(0.01).on(&net);
        let left = Batch::from_fn(4, |i, j| ((i * 31 + j * 7) % 19) as f32 / 9.0 - 1.0);
        let right = Batch::from_fn(4, |i, j| ((i * 13 + j * 3) % 23) as f32 / 11.0 - 1.0);
        let classes = IndexBatch::from_samples((0..4).map(|i| Index::new(i).expect("below 10")));
        let mut losses = Vec::new();
        for _ in 0..8 {
            grads.zero();
            losses.push(net.train((&left, &right), (Bce, CrossEntropy), (1.0, &classes), &mut memory, &mut grads));
            sgd.step(&mut net, &grads);
        }
        assert!(losses[7] < 0.8 * losses[0], "{losses:?}");
        assert_eq!(Siamese::PARAMETERS, ResNet20::PARAMETERS + 21);
        // The trunk is a whole `ResNet20` by type.
        let trunk: &<ResNet20 as fireclay::Declared>::Params = &net.trunk;
        assert!(trunk.fc.weight.as_slice().iter().any(|w| *w != 0.0));
    }
}
