//! Conditional GAN: a class is an input of both generator and discriminator.
//!
//! Mirza and Osindero 2014, "Conditional generative adversarial nets", arXiv 1411.1784: the class, embedded, stands beside the noise and beside the image.
//! They learn in turns, as in `gan`: in the discriminator's turn only its own gradients are computed; in the generator's turn the gradient goes through it
//! to its first input.
//! The figure is by a classifier that was trained on real digits: the share of generated digits that it classifies as the class they were generated for.
//! The picture has ten columns, one for each class.

use fireclay::data::Samples;
use fireclay::picture::Picture;
use fireclay::prelude::*;
use fireclay_examples::{Args, Image, Judge, Report, Result};

network! {
    /// From noise and a class to a digit.
    pub Generator(noise: [24], class: [0..10]) -> [64] {
        concat(noise, class -> embed: Embedding(16)) -> fc1: Dense(128) -> BatchNorm -> Relu
            -> fc2: Dense(128) -> BatchNorm -> Relu -> out: Dense(64) -> Sigmoid
    }
    /// The logit of being a real one of that class.
    pub Discriminator(image: [64], class: [0..10]) -> [1] {
        concat(image, class -> embed: Embedding(32)) -> fc1: Dense(128) -> LeakyRelu(0.2) -> Dropout(0.3)
            -> fc2: Dense(64) -> LeakyRelu(0.2) -> Dropout(0.3) -> out: Dense(1)
    }
}

type Pixels = Tensor<shape![64]>;
const BATCH: usize = 32;

/// Trains both.
fn run(args: &Args) -> Result<Report> {
    let mut report = Report::new("conditional_gan", args);
    let (digits, test) = args.digits()?;
    let judge = Judge::train((&digits, &test), &mut report, args)?;
    let digits: Samples<Pixels, Index<10>> =
        digits.iter().map(|(image, class)| (Tensor::from_fn(|i| image.as_slice()[i]), *class)).collect();

    let mut rng = rng(args.seed);
    let (mut generator, mut discriminator) = (Generator::init(&mut rng), Discriminator::init(&mut rng));
    let (mut g_memory, mut d_memory) = (Generator::memory(BATCH), Discriminator::memory(BATCH));
    d_memory.seed(args.seed);
    let (mut g_grads, mut d_grads) = (Generator::grads(), Discriminator::grads());
    let mut g_adam = Adam::new(2e-3).betas(0.5, 0.999).on(&generator);
    let mut d_adam = Adam::new(1e-3).betas(0.5, 0.999).on(&discriminator);
    let epochs = args.of(200, 24);
    for epoch in 1..=epochs {
        let mut order: Vec<usize> = (0..digits.len()).collect();
        rng.shuffle(&mut order);
        let (mut d_loss, mut g_loss) = (0.0, 0.0);
        for places in order.chunks_exact(BATCH) {
            let classes = IndexBatch::from_samples(places.iter().map(|i| *digits.target(*i)));
            // The discriminator's turn: real ones are to be 0.9, drawn ones 0.
            let noise = Batch::normal(BATCH, &mut rng);
            let drawn = generator.forward(Mode::Train, (&noise, &classes), &mut g_memory).output();
            let real = Batch::from_samples(places.iter().map(|i| digits.input(*i)));
            d_grads.zero();
            d_loss += discriminator.train((&real, &classes), BceWithLogits, 0.9, &mut d_memory, &mut d_grads);
            d_loss += discriminator.train((drawn, &classes), BceWithLogits, 0.0, &mut d_memory, &mut d_grads);
            d_adam.step(&mut discriminator, &d_grads);

            // The generator's turn: what it draws is to be taken for a real one of its class.
            let noise = Batch::normal(BATCH, &mut rng);
            let drawn = generator.forward(Mode::Train, (&noise, &classes), &mut g_memory).output();
            g_loss += discriminator.forward(Mode::Train, (drawn, &classes), &mut d_memory).loss(BceWithLogits, 1.0);
            let (gradient, _) = discriminator.backward_input(&mut d_memory);
            g_grads.zero();
            generator.backward_from(gradient, &mut g_memory, &mut g_grads);
            g_adam.step(&mut generator, &g_grads);
        }
        if epoch.is_multiple_of(args.of(20, 8)) {
            let steps = (digits.len() / BATCH) as f32;
            println!("epoch {epoch}: losses {:.2} of the discriminator, {:.2} of the generator", d_loss / steps, g_loss / steps);
        }
    }

    let mut draw = |class: usize| -> Image {
        let pixels = generator.predict(&(Tensor::from_fn(|_| rng.normal()), Index::new(class).expect("a digit")));
        Tensor::from_fn(|i| pixels[i])
    };
    let drawn: Vec<(usize, Image)> = (0..1000).map(|i| (i % 10, draw(i % 10))).collect();
    let right = drawn.iter().filter(|(class, image)| judge.class(image) == *class).count();
    report.at_least("generated digits that are classified as their class", right as f64 / 1000.0, 0.85);
    let shown = drawn.iter().take(80).map(|(_, image)| Picture::of(image).enlarged(5));
    report.picture("digits.png", &Picture::grid(shown, 10))?;
    report.finish()
}

fn main() -> Result {
    run(&Args::parse()).map(drop)
}

/// A generator that ignores the class is right once in ten times.
#[test]
fn draws_the_class() {
    assert!(run(&Args::quick()).expect("runs")["generated digits that are classified as their class"] > 0.5);
}
