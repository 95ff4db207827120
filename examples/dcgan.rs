//! DCGAN: digits of 16×16 pixels drawn by transposed convolutions.
//!
//! Radford, Metz and Chintala 2016, "Unsupervised representation learning with deep convolutional generative adversarial networks", arXiv 1511.06434:
//! no pooling but strides, batch norm, ReLU in the generator and leaky ReLU in the discriminator, Adam with β₁ = 0.5.
//! The real ones are the digits that ship, enlarged twice. Generator and discriminator learn in turns, as in `gan`.
//! The figures are by a convolutional classifier that was trained on real digits: the share of drawn ones of which it is sure, and how evenly they are of all ten.
//! The picture has samples; below them, the way in noise from one to another.

use fireclay::data::Samples;
use fireclay::picture::Picture;
use fireclay::prelude::*;
use fireclay_examples::{Args, Report, Result};

network! {
    /// From noise to a digit.
    pub Generator(noise: [32]) -> [1, 16, 16] {
        noise -> fc: Dense(64 * 4 * 4) -> Reshape([64, 4, 4]) -> BatchNorm -> Relu
            -> up1: ConvTranspose(32, 4, stride = 2, pad = 1, bias = false) -> BatchNorm -> Relu
            -> up2: ConvTranspose(1, 4, stride = 2, pad = 1) -> Sigmoid
    }
    /// The logit of being real.
    pub Discriminator(image: [1, 16, 16]) -> [1] {
        image -> down1: Conv(32, 4, stride = 2, pad = 1) -> LeakyRelu(0.2) -> Dropout(0.3)
            -> down2: Conv(64, 4, stride = 2, pad = 1) -> LeakyRelu(0.2) -> Dropout(0.3) -> Flatten -> out: Dense(1)
    }
    /// Trained on real digits: what judges.
    pub Classifier(image: [1, 16, 16]) -> [10] {
        image -> c1: Conv(16, 3, pad = 1, stride = 2) -> BatchNorm -> Relu -> c2: Conv(32, 3, pad = 1, stride = 2) -> BatchNorm -> Relu
            -> Flatten -> Dropout(0.3) -> fc: Dense(10)
    }
}

type Image = Tensor<shape![1, 16, 16]>;
const BATCH: usize = 32;
const G_RATE: f32 = 2e-3;
const D_RATE: f32 = 1e-3;

/// Digits twice as large, smooth between their pixels.
fn enlarged(digits: &Digits) -> Samples<Image, Index<10>> {
    let large = |x: &Tensor<shape![1, 8, 8]>| {
        let at = |place: usize| ((place as f32 - 0.5) / 2.0).clamp(0.0, 7.0);
        Tensor::from_fn(|i| {
            let ([y, x0], digit) = ([i / 16, i % 16].map(at), &x[0]);
            let row = |y: usize| digit[y][x0 as usize] * (1.0 - x0.fract()) + digit[y][(x0 as usize + 1).min(7)] * x0.fract();
            row(y as usize) * (1.0 - y.fract()) + row((y as usize + 1).min(7)) * y.fract()
        })
    };
    digits.iter().map(|(image, class)| (large(image), *class)).collect()
}

/// The share of images that the classifier is sure of, and how many digits they are, evenly.
fn judge<'a>(classifier: &Classifier, images: impl ExactSizeIterator<Item = &'a Image>) -> (f32, f32) {
    let (count, mut sure, mut mean) = (images.len() as f32, 0.0, [0.0_f32; 10]);
    for image in images {
        let answer = classifier.predict(image).softmax(1.0);
        sure += f32::from(u8::from(answer.as_slice().iter().any(|p| *p > 0.9))) / count;
        mean.iter_mut().zip(answer.as_slice()).for_each(|(sum, p)| *sum += p / count);
    }
    (sure, mean.iter().filter(|p| **p > 0.0).map(|p| -p * p.ln()).sum::<f32>().exp())
}

/// Trains all three.
fn run(args: &Args) -> Result<Report> {
    let mut report = Report::new("dcgan", args);
    println!("{}\n", Generator::summary());
    let (digits, test) = Digits::split()?;
    let (digits, test) = (enlarged(&digits), enlarged(&test));
    let mut classifier = Classifier::init(&mut rng(args.seed));
    let trainer = Trainer::new(CrossEntropy, AdamW::new(4e-3)).batch(32).epochs(args.of(15, 2)).schedule(Cosine);
    trainer.progress(ProgressBar::Off).fit(&mut classifier, &digits)?;
    report.figure("the classifier's accuracy", classifier.evaluate(&test, Accuracy));

    let mut rng = rng(args.seed);
    let (mut generator, mut discriminator) = (Generator::init(&mut rng), Discriminator::init(&mut rng));
    let (mut g_memory, mut d_memory) = (Generator::memory(BATCH), Discriminator::memory(BATCH));
    let (mut g_grads, mut d_grads) = (Generator::grads(), Discriminator::grads());
    let mut g_adam = Adam::new(G_RATE).betas(0.5, 0.999).on(&generator);
    let mut d_adam = Adam::new(D_RATE).betas(0.5, 0.999).on(&discriminator);
    let epochs = args.of(160, 5);
    for epoch in 1..=epochs {
        // Both rates fall to 0, so that the two come to rest.
        let left = 1.0 - (epoch - 1) as f32 / epochs as f32;
        g_adam.set_learning_rate(G_RATE * left);
        d_adam.set_learning_rate(D_RATE * left);
        let mut order: Vec<usize> = (0..digits.len()).collect();
        rng.shuffle(&mut order);
        let (mut d_loss, mut g_loss) = (0.0, 0.0);
        for places in order.chunks_exact(BATCH) {
            // The discriminator's turn: real ones are to be 0.9, drawn ones 0.
            let noise = Batch::normal(BATCH, &mut rng);
            let drawn = generator.forward(Mode::Train, &noise, &mut g_memory).output();
            let real = Batch::from_samples(places.iter().map(|i| digits.input(*i)));
            d_grads.zero();
            d_loss += discriminator.train(&real, BceWithLogits, 0.9, &mut d_memory, &mut d_grads);
            d_loss += discriminator.train(drawn, BceWithLogits, 0.0, &mut d_memory, &mut d_grads);
            d_adam.step(&mut discriminator, &d_grads);

            // The generator's turn: what it drew is to be taken for real.
            g_loss += discriminator.forward(Mode::Train, drawn, &mut d_memory).loss(BceWithLogits, 1.0);
            let gradient = discriminator.backward_input(&mut d_memory);
            g_grads.zero();
            generator.backward_from(gradient, &mut g_memory, &mut g_grads);
            g_adam.step(&mut generator, &g_grads);
        }
        if epoch.is_multiple_of(args.of(10, 2)) {
            let steps = (digits.len() / BATCH) as f32;
            println!("epoch {epoch}: losses {:.2} of the discriminator, {:.2} of the generator", d_loss / steps, g_loss / steps);
        }
    }
    let drawn: Vec<Image> = (0..1000).map(|_| *generator.predict(&Tensor::from_fn(|_| rng.normal()))).collect();
    let (sure, kinds) = judge(&classifier, drawn.iter());
    report.figure("real digits that the classifier is sure of", judge(&classifier, test.iter().map(|(x, _)| x)).0);
    report.at_least("drawn digits that the classifier is sure of", sure, 0.7);
    report.at_least("digits among them, evenly", kinds, 7.0);

    let [from, to]: [Tensor<shape![32]>; 2] = [(); 2].map(|()| Tensor::from_fn(|_| rng.normal()));
    let between = |i: usize| *generator.predict(&Tensor::from_fn(|j| from[j] + (to[j] - from[j]) * i as f32 / 13.0));
    let shown = drawn.into_iter().take(5 * 14).chain((0..14).map(between));
    report.picture("digits.png", &Picture::grid(shown.map(|image| Picture::of(&image).enlarged(2)), 14))?;
    report.finish()
}

fn main() -> Result {
    run(&Args::parse()).map(drop)
}

/// One digit over and over is 1, and noise is little more.
#[test]
fn draws_several_digits() {
    assert!(run(&Args::quick()).expect("runs")["digits among them, evenly"] > 1.5);
}
