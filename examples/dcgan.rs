//! DCGAN: digits drawn by transposed convolutions.
//!
//! Radford, Metz and Chintala 2016, "Unsupervised representation learning with deep convolutional generative adversarial networks", arXiv 1511.06434:
//! strides instead of pools, batch norm except in the last layer of the generator and the first of the discriminator, ReLU in the one and leaky ReLU in the
//! other, an initialization with a deviation of 0.02, Adam with a rate of 2·10⁻⁴ and β₁ = 0.5.
//! Real ones are the 8×8 digits that ship with the crate. Generator and discriminator learn in turns, as in `gan`.
//! The generator of the figures is the moving average of the generator's weights (Yazıcı et al. 2019, arXiv 1806.04498).
//! The figures are by a classifier that was trained on real digits: the share of generated ones that it classifies with a confidence above 0.9, before and after
//! training, and the effective number of classes among them (exp of the entropy of the mean probabilities). The picture has samples of the same noise after
//! 1, 2, 4, … epochs.

use fireclay::Block as _;
use fireclay::picture::Picture;
use fireclay::prelude::*;
use fireclay_examples::{Args, Image, Judge, Report, Result};

network! {
    /// From noise to a digit between −1 and 1.
    pub Generator(noise: [32]) -> [1, 8, 8] {
        default ConvTranspose(stride = 2, pad = 1, bias = false, init = (normal, 0.0, 0.02));
        noise -> Reshape([32, 1, 1]) -> up1: ConvTranspose(128, 2, pad = 0) -> BatchNorm -> Relu
            -> up2: ConvTranspose(64, 4) -> BatchNorm -> Relu -> up3: ConvTranspose(1, 4) -> Tanh
    }
    /// The logit of being real.
    pub Discriminator(image: [1, 8, 8]) -> [1] {
        default Conv(stride = 2, pad = 1, bias = false, init = (normal, 0.0, 0.02));
        image -> down1: Conv(64, 4) -> LeakyRelu(0.2) -> down2: Conv(128, 4) -> BatchNorm -> LeakyRelu(0.2)
            -> out: Conv(1, 2, pad = 0) -> Flatten
    }
}

const BATCH: usize = 32;

/// Moves the average a little towards the generator, batch norms' statistics too.
fn average(mean: &mut Generator, now: &Generator) {
    let towards = |mean: &mut [f32], now: &[f32]| mean.iter_mut().zip(now).for_each(|(mean, now)| *mean += 0.01 * (now - *mean));
    towards(mean.params_mut().as_mut_slice(), now.params().as_slice());
    towards(mean.buffers_mut().as_mut_slice(), now.buffers().as_slice());
}

/// Trains both.
fn run(args: &Args) -> Result<Report> {
    let mut report = Report::new("dcgan", args);
    println!("{}\n\n{}\n", Generator::summary(), Discriminator::summary());
    let (digits, test) = args.digits()?;
    let judge = Judge::train((&digits, &test), &mut report, args)?;

    let mut rng = rng(args.seed);
    let (mut generator, mut discriminator) = (Generator::init(&mut rng), Discriminator::init(&mut rng));
    let mut mean = generator.clone();
    let (mut g_memory, mut d_memory) = (Generator::memory(BATCH), Discriminator::memory(BATCH));
    d_memory.seed(args.seed);
    let (mut g_grads, mut d_grads) = (Generator::grads(), Discriminator::grads());
    let mut g_adam = Adam::new(2e-4).betas(0.5, 0.999).on(&generator);
    let mut d_adam = Adam::new(2e-4).betas(0.5, 0.999).on(&discriminator);
    let (shown, mut rows) = (Batch::<shape![32]>::normal(14, &mut rng), Vec::new());
    let many: Vec<_> = (0..1000).map(|_| Tensor::from_fn(|_| rng.normal())).collect();
    let untrained: Vec<Image> = many.iter().map(|noise| draw(&mean, noise)).collect();
    let epochs = args.of(128, 20);
    for epoch in 1..=epochs {
        let mut order: Vec<usize> = (0..digits.len()).collect();
        rng.shuffle(&mut order);
        let (mut d_loss, mut g_loss) = (0.0, 0.0);
        for places in order.chunks_exact(BATCH) {
            // The discriminator's turn: real ones are to be 0.9, drawn ones 0.
            let noise = Batch::normal(BATCH, &mut rng);
            let drawn = generator.forward(Mode::Train, &noise, &mut g_memory).output();
            let real: Vec<Image> =
                places.iter().map(|i| Tensor::from_fn(|j| 2.0 * digits.input(*i).as_slice()[j] - 1.0)).collect();
            d_grads.zero();
            d_loss += discriminator.train(&Batch::from_samples(&real), BceWithLogits, 0.9, &mut d_memory, &mut d_grads);
            d_loss += discriminator.train(drawn, BceWithLogits, 0.0, &mut d_memory, &mut d_grads);
            d_adam.step(&mut discriminator, &d_grads);

            // The generator's turn: what it drew is to be taken for real.
            g_loss += discriminator.forward(Mode::Train, drawn, &mut d_memory).loss(BceWithLogits, 1.0);
            let gradient = discriminator.backward_input(&mut d_memory);
            g_grads.zero();
            generator.backward_from(gradient, &mut g_memory, &mut g_grads);
            g_adam.step(&mut generator, &g_grads);
            average(&mut mean, &generator);
        }
        if epoch.is_power_of_two() {
            let steps = (digits.len() / BATCH) as f32;
            println!("epoch {epoch}: losses {:.2} of the discriminator, {:.2} of the generator", d_loss / steps, g_loss / steps);
            rows.extend((0..shown.len()).map(|i| Picture::of(&draw(&mean, &shown.sample(i))).enlarged(4)));
        }
    }
    let generated: Vec<Image> = many.iter().map(|noise| draw(&mean, noise)).collect();
    judge.compare(&mut report, &untrained, &generated);
    report.picture("epochs.png", &Picture::grid(rows, 14))?;
    report.finish()
}

/// A digit of noise, as bright as the real ones.
fn draw(generator: &Generator, noise: &Tensor<shape![32]>) -> Image {
    let drawn = generator.predict(noise);
    Tensor::from_fn(|i| 0.5 + 0.5 * drawn.as_slice()[i])
}

fn main() -> Result {
    run(&Args::parse()).map(drop)
}

/// A generator that draws one digit only has one effective class; one that learns nothing gains nothing.
#[test]
fn draws_several_digits() {
    let report = run(&Args::quick()).expect("runs");
    assert!(report["effective number of classes"] > 2.5 && report["gain over the untrained generator"] > 0.2);
}
