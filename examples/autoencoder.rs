//! Autoencoder: sixty-four pixels through a bottleneck of sixteen numbers and back.
//!
//! Hinton and Salakhutdinov 2006, "Reducing the dimensionality of data with neural networks".
//! Encoder and decoder are networks of their own, put into one that is trained to reconstruct its input.
//! A second one is to reconstruct clean digits from noisy ones (Vincent et al. 2008, "Extracting and composing robust features with
//! denoising autoencoders").
//! The figures are shares of the variance of held-out digits that the reconstructions explain; the picture has two pairs of rows: digits and their reconstructions,
//! noisy digits and theirs.

use fireclay::data::augment::Noise;
use fireclay::picture::Picture;
use fireclay::prelude::*;
use fireclay_examples::{Args, Report, Result};

network! {
    const CODE = 16;

    /// From a digit to its code.
    pub Encoder(image: [1, 8, 8]) -> [CODE] { image -> Flatten -> fc1: Dense(128) -> Relu -> fc2: Dense(64) -> Relu -> code: Dense(CODE) }
    /// From a code to a digit.
    pub Decoder(code: [CODE]) -> [1, 8, 8] {
        code -> fc1: Dense(64) -> Relu -> fc2: Dense(128) -> Relu -> out: Dense(64) -> Sigmoid -> Reshape([1, 8, 8])
    }
    /// Both.
    pub Autoencoder(image: [1, 8, 8]) -> [1, 8, 8] { image -> encoder: net Encoder -> decoder: net Decoder }
}

type Image = Tensor<shape![1, 8, 8]>;

/// Digits as inputs and targets.
fn pairs(digits: &Digits) -> impl Dataset<Image, Target = Image> + '_ {
    digits.map(|image: &Image, _, input: &mut Image, target: &mut Image| {
        (*input, *target) = (*image, *image);
        Ok(())
    })
}

/// Trains one to reconstruct its input.
fn train(data: &impl Dataset<Image, Target = Image>, args: &Args) -> Result<Box<Autoencoder>> {
    let mut net = Autoencoder::init(&mut rng(args.seed));
    Trainer::new(Mse, Adam::new(3e-3))
        .batch(32)
        .epochs(args.of(300, 12))
        .seed(args.seed)
        .schedule(OneCycle::new(3e-3))
        .progress(args.progress())
        .fit(&mut net, data)?;
    Ok(net)
}

/// Explained variance, 1 − squared error / variance: 0 for the mean digit, 1 for the digit itself.
fn share(net: &Autoencoder, inputs: &[Image], digits: &[Image]) -> f64 {
    let mean: Image = Tensor::from_fn(|j| digits.iter().map(|x| x.as_slice()[j]).sum::<f32>() / digits.len() as f32);
    let square = |a: &Image, b: &Image| a.as_slice().iter().zip(b.as_slice()).map(|(a, b)| f64::from(a - b).powi(2)).sum::<f64>();
    let error: f64 = inputs.iter().zip(digits).map(|(input, digit)| square(&net.predict(input), digit)).sum();
    1.0 - error / digits.iter().map(|x| square(x, &mean)).sum::<f64>()
}

/// Trains and tests both.
fn run(args: &Args) -> Result<Report> {
    let mut report = Report::new("autoencoder", args);
    println!("{}\n", Autoencoder::summary());
    let (digits, test) = args.digits()?;
    const DEVIATION: f32 = 0.25;
    let plain = train(&pairs(&digits), args)?;
    let denoising = train(&pairs(&digits).augment(Noise::new(DEVIATION)), args)?;

    let mut rng = rng(args.seed);
    let clean: Vec<Image> = test.iter().map(|(image, _)| *image).collect();
    let noisy: Vec<Image> =
        clean.iter().map(|image| Tensor::from_fn(|i| image.as_slice()[i] + DEVIATION * rng.normal())).collect();
    report.at_least("explained variance", share(&plain, &clean, &clean), 0.85);
    report.at_least("explained variance from noisy digits", share(&denoising, &noisy, &clean), 0.7);

    let back = |net: &Autoencoder, images: &[Image]| images[..12].iter().map(|image| *net.predict(image)).collect::<Vec<_>>();
    let rows = [clean[..12].to_vec(), back(&plain, &clean), noisy[..12].to_vec(), back(&denoising, &noisy)];
    report.picture("digits.png", &Picture::grid(rows.iter().flatten().map(|image| Picture::of(image).enlarged(5)), 12))?;
    report.finish()
}

fn main() -> Result {
    run(&Args::parse()).map(drop)
}

/// The mean digit, whatever is given, is a share of 0.
#[test]
fn reconstructs() {
    assert!(run(&Args::quick()).expect("runs")["explained variance"] > 0.4);
}
