//! Generative adversarial network: one network draws digits, another one says which are real, and each learns from the other.
//!
//! Goodfellow et al. 2014, "Generative adversarial nets", arXiv 1406.2661. Both are multilayer perceptrons.
//! They learn in turns. In the discriminator's turn the generator is frozen: only `discriminator.backward` is called. In the generator's turn the
//! discriminator is: the gradient goes through it to its input (`backward_input`), and on into the generator (`backward_from`).
//! The generator maximizes log D(G(z)), as the paper advises, with targets a little below 1 (Salimans et al. 2016, arXiv 1606.03498).
//! The figures are by a classifier that was trained on real digits: the share of drawn ones of which it is sure (as it is of real ones), and how evenly they
//! are of all ten (the entropy of its mean answer, in digits). The picture has samples of the same noise after 1, 2, 4, … epochs.

use fireclay::picture::Picture;
use fireclay::prelude::*;
use fireclay_examples::{Args, Report, Result};

network! {
    /// From noise to a digit.
    pub Generator(noise: [24]) -> [64] {
        noise -> fc1: Dense(128) -> BatchNorm -> Relu -> fc2: Dense(128) -> BatchNorm -> Relu -> out: Dense(64) -> Sigmoid
    }
    /// The logit of being real.
    pub Discriminator(image: [64]) -> [1] {
        image -> fc1: Dense(128) -> LeakyRelu(0.2) -> Dropout(0.3) -> fc2: Dense(64) -> LeakyRelu(0.2) -> Dropout(0.3) -> out: Dense(1)
    }
    /// Trained on real digits: what judges.
    pub Classifier(image: [64]) -> [10] { image -> fc1: Dense(128) -> Relu -> Dropout(0.2) -> fc2: Dense(64) -> Relu -> out: Dense(10) }
}

type Image = Tensor<shape![64]>;
const BATCH: usize = 32;

/// The shares of drawn digits that the classifier is sure of, and how many digits they are, evenly.
fn judge(classifier: &Classifier, images: &Batch<shape![64]>) -> (f32, f32) {
    let (mut sure, mut mean) = (0.0, [0.0_f32; 10]);
    for i in 0..images.len() {
        let answer = classifier.predict(&images.sample(i)).softmax(1.0);
        sure += f32::from(u8::from(answer.as_slice().iter().any(|p| *p > 0.9))) / images.len() as f32;
        mean.iter_mut().zip(answer.as_slice()).for_each(|(sum, p)| *sum += p / images.len() as f32);
    }
    (sure, mean.iter().filter(|p| **p > 0.0).map(|p| -p * p.ln()).sum::<f32>().exp())
}

/// Trains all three.
fn run(args: &Args) -> Result<Report> {
    let mut report = Report::new("gan", args);
    let flat = |digits: &Digits| digits.iter().map(|(x, class)| (Tensor::from_fn(|i| x.as_slice()[i]), *class)).collect();
    let (digits, test) = args.digits()?;
    let (digits, test): (fireclay::data::Samples<Image, Index<10>>, fireclay::data::Samples<Image, _>) =
        (flat(&digits), flat(&test));
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
    let (shown, mut rows) = (Batch::normal(12, &mut rng), Vec::new());
    let epochs = args.of(256, 24);
    for epoch in 1..=epochs {
        let mut order: Vec<usize> = (0..digits.len()).collect();
        rng.shuffle(&mut order);
        for places in order.chunks_exact(BATCH) {
            // The discriminator's turn: real ones are to be 0.9, drawn ones 0.
            let noise = Batch::normal(BATCH, &mut rng);
            let drawn = generator.forward(Mode::Train, &noise, &mut g_memory).output();
            let real = Batch::from_samples(places.iter().map(|i| digits.input(*i)));
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
            let drawn: Vec<Image> = (0..shown.len()).map(|i| *generator.predict(&shown.sample(i))).collect();
            let (sure, kinds) = judge(&classifier, &Batch::from_samples(&drawn));
            println!("epoch {epoch}: of {:.0} % of twelve the classifier is sure, {kinds:.1} digits", 100.0 * sure);
            rows.extend(drawn.iter().map(|image| Picture::of_numbers(image.as_slice(), 8, 8).enlarged(4)));
        }
    }
    let drawn: Vec<Image> = (0..1000).map(|_| *generator.predict(&Tensor::from_fn(|_| rng.normal()))).collect();
    let real = judge(&classifier, &Batch::from_samples(test.iter().map(|(x, _)| x)));
    let (sure, kinds) = judge(&classifier, &Batch::from_samples(&drawn));
    report.figure("real digits that the classifier is sure of", real.0);
    report.at_least("drawn digits that the classifier is sure of", sure, 0.7);
    report.at_least("digits among them, evenly", kinds, 7.0);
    report.picture("epochs.png", &Picture::grid(rows, 12))?;
    report.finish()
}

fn main() -> Result {
    run(&Args::parse()).map(drop)
}

/// One digit over and over is 1, and noise is little more.
#[test]
fn draws_several_digits() {
    let report = run(&Args::quick()).expect("runs");
    assert!(report["digits among them, evenly"] > 2.5 && report["drawn digits that the classifier is sure of"] > 0.2);
}
