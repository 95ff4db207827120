//! Conditional GAN: the generator is told which digit to draw, the discriminator which one it is to see.
//!
//! Mirza and Osindero 2014, "Conditional generative adversarial nets", arXiv 1411.1784: the class, embedded, stands beside the noise and beside the image.
//! They learn in turns, as in `gan`: the discriminator's gradients are taken in its own turn only, and in the generator's turn the gradient goes through
//! it, to its first input.
//! The figure is by a classifier that was trained on real digits: of how many drawn digits it says what was asked for (≥ 85 %).
//! The picture has ten columns, one for each digit that was asked for.

use fireclay::data::Samples;
use fireclay::picture::Picture;
use fireclay::prelude::*;
use fireclay_examples::{Args, Report, Result};

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
    /// Trained on real digits: what judges.
    pub Classifier(image: [64]) -> [10] { image -> fc1: Dense(128) -> Relu -> Dropout(0.2) -> fc2: Dense(64) -> Relu -> out: Dense(10) }
}

type Image = Tensor<shape![64]>;
const BATCH: usize = 32;

/// Trains all three.
fn run(args: &Args) -> Result<Report> {
    let mut report = Report::new("conditional_gan", args);
    let flat = |digits: &Digits| digits.iter().map(|(x, class)| (Tensor::from_fn(|i| x.as_slice()[i]), *class)).collect();
    let (digits, test) = args.digits()?;
    let (digits, test): (Samples<Image, Index<10>>, Samples<Image, Index<10>>) = (flat(&digits), flat(&test));
    let mut classifier = Classifier::init(&mut rng(args.seed));
    let trainer = Trainer::new(CrossEntropy, AdamW::new(4e-3)).batch(32).epochs(args.of(20, 4)).schedule(Cosine);
    trainer.progress(ProgressBar::Off).fit(&mut classifier, &digits)?;
    report.figure("the classifier's accuracy", classifier.evaluate(&test, Accuracy));

    let mut rng = rng(args.seed);
    let (mut generator, mut discriminator) = (Generator::init(&mut rng), Discriminator::init(&mut rng));
    let (mut g_memory, mut d_memory) = (Generator::memory(BATCH), Discriminator::memory(BATCH));
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

    let mut draw = |class: usize| *generator.predict(&(Tensor::from_fn(|_| rng.normal()), Index::new(class).unwrap_or_default()));
    let drawn: Vec<(usize, Image)> = (0..1000).map(|i| (i % 10, draw(i % 10))).collect();
    let right = drawn.iter().filter(|(class, image)| classifier.predict(image).argmax() == *class).count();
    report.at_least("drawn digits that are classified as asked", right as f64 / 1000.0, 0.85);
    let shown = drawn.iter().take(80).map(|(_, image)| Picture::of_numbers(image.as_slice(), 8, 8).enlarged(5));
    report.picture("digits.png", &Picture::grid(shown, 10))?;
    report.finish()
}

fn main() -> Result {
    run(&Args::parse()).map(drop)
}

/// A generator that does not listen is right once in ten times.
#[test]
fn draws_what_is_asked() {
    assert!(run(&Args::quick()).expect("runs")["drawn digits that are classified as asked"] > 0.3);
}
