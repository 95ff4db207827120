//! Generative adversarial network: a generator draws digits, and a discriminator tells them from real ones.
//!
//! Goodfellow et al. 2014, "Generative adversarial nets", arXiv 1406.2661. Both are multilayer perceptrons.
//! They learn in turns. In the discriminator's turn only its own gradients are computed (`discriminator.train`): real digits are to give 0.9 (one-sided label
//! smoothing, Salimans et al. 2016, arXiv 1606.03498), generated ones 0. In the generator's turn the gradient goes through the discriminator to its input
//! (`backward_input`) and on into the generator (`backward_from`), which maximizes log D(G(z)), as the paper advises.
//! The figures are by a classifier that was trained on real digits: the share of generated ones that it classifies with a confidence above 0.9, before and after
//! training, and the effective number of classes among them (exp of the entropy of the mean probabilities). The picture has samples of the same noise after
//! 1, 2, 4, … epochs.

use fireclay::picture::Picture;
use fireclay::prelude::*;
use fireclay_examples::{Args, Image, Judge, Report, Result};

network! {
    /// From noise to a digit.
    pub Generator(noise: [24]) -> [64] {
        noise -> fc1: Dense(128) -> BatchNorm -> Relu -> fc2: Dense(128) -> BatchNorm -> Relu -> out: Dense(64) -> Sigmoid
    }
    /// The logit of being real.
    pub Discriminator(image: [64]) -> [1] {
        image -> fc1: Dense(128) -> LeakyRelu(0.2) -> Dropout(0.3) -> fc2: Dense(64) -> LeakyRelu(0.2) -> Dropout(0.3) -> out: Dense(1)
    }
}

type Noise = Tensor<shape![24]>;
type Pixels = Tensor<shape![64]>;
const BATCH: usize = 32;

/// So many digits of noise.
fn draw(generator: &Generator, noise: impl Iterator<Item = Noise>) -> Vec<Image> {
    let pixels = noise.map(|noise| generator.predict(&noise));
    pixels.map(|pixels| Tensor::from_fn(|i| pixels[i])).collect()
}

/// Trains both.
fn run(args: &Args) -> Result<Report> {
    let mut report = Report::new("gan", args);
    let (digits, test) = args.digits()?;
    let judge = Judge::train((&digits, &test), &mut report, args)?;
    let digits: Vec<Pixels> = digits.iter().map(|(image, _)| Tensor::from_fn(|i| image.as_slice()[i])).collect();

    let mut rng = rng(args.seed);
    let (mut generator, mut discriminator) = (Generator::init(&mut rng), Discriminator::init(&mut rng));
    let (mut g_memory, mut d_memory) = (Generator::memory(BATCH), Discriminator::memory(BATCH));
    d_memory.seed(args.seed);
    let (mut g_grads, mut d_grads) = (Generator::grads(), Discriminator::grads());
    let mut g_adam = Adam::new(2e-3).betas(0.5, 0.999).on(&generator);
    let mut d_adam = Adam::new(1e-3).betas(0.5, 0.999).on(&discriminator);
    let mut noise = rng.clone();
    let mut noise = move || Tensor::from_fn(|_| noise.normal());
    let (shown, mut rows): ([Noise; 12], _) = (std::array::from_fn(|_| noise()), Vec::new());
    let many: Vec<Noise> = (0..1000).map(|_| noise()).collect();
    let untrained = draw(&generator, many.iter().copied());
    let epochs = args.of(256, 24);
    for epoch in 1..=epochs {
        let mut order: Vec<usize> = (0..digits.len()).collect();
        rng.shuffle(&mut order);
        for places in order.chunks_exact(BATCH) {
            // The discriminator's turn: real ones are to be 0.9, drawn ones 0.
            let noise = Batch::normal(BATCH, &mut rng);
            let drawn = generator.forward(Mode::Train, &noise, &mut g_memory).output();
            let real = Batch::from_samples(places.iter().map(|i| &digits[*i]));
            d_grads.zero();
            discriminator.train(&real, BceWithLogits, 0.9, &mut d_memory, &mut d_grads);
            discriminator.train(drawn, BceWithLogits, 0.0, &mut d_memory, &mut d_grads);
            d_adam.step(&mut discriminator, &d_grads);

            // The generator's turn: what it draws is to be taken for real.
            let noise = Batch::normal(BATCH, &mut rng);
            let drawn = generator.forward(Mode::Train, &noise, &mut g_memory).output();
            discriminator.forward(Mode::Train, drawn, &mut d_memory).loss(BceWithLogits, 1.0);
            let gradient = discriminator.backward_input(&mut d_memory);
            g_grads.zero();
            generator.backward_from(gradient, &mut g_memory, &mut g_grads);
            g_adam.step(&mut generator, &g_grads);
        }
        if epoch.is_power_of_two() {
            let drawn = draw(&generator, shown.into_iter());
            let (sure, classes) = judge.confidence(&drawn);
            println!("epoch {epoch}: {:.0} % of twelve classified with confidence, {classes:.1} effective classes", 100.0 * sure);
            rows.extend(drawn.iter().map(|image| Picture::of(image).enlarged(4)));
        }
    }
    judge.compare(&mut report, &untrained, &draw(&generator, many.into_iter()));
    report.picture("epochs.png", &Picture::grid(rows, 12))?;
    report.finish()
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
