//! Variational autoencoder: a plane of digits from which new ones are drawn.
//!
//! Kingma and Welling 2014, "Auto-encoding variational Bayes", arXiv 1312.6114.
//! The encoder gives mean and logarithm of the variance of a code of two numbers; noise is an input of the network, z = μ + σ·ε, so that
//! gradients go through μ and σ (the reparametrization). The loss is the negative evidence lower bound: cross-entropy of the pixels plus the
//! divergence of the code's distribution from the normal one.
//! The picture is the decoder alone, over a grid of codes; the figure is the bound in nats on held-out digits, beside that of
//! independent pixels.

use fireclay::data::Samples;
use fireclay::loss::per_sample;
use fireclay::picture::Picture;
use fireclay::prelude::*;
use fireclay_examples::{Args, Report, Result};

network! {
    const CODE = 2;

    /// From a digit to a distribution of codes.
    pub Encoder(x: [64]) -> (mean: [CODE], logvar: [CODE]) {
        let h = x -> fc1: Dense(128) -> Relu -> fc2: Dense(64) -> Relu;
        (mean: h -> mean: Dense(CODE), logvar: h -> logvar: Dense(CODE))
    }
    /// From a code to the logits of pixels.
    pub Decoder(z: [CODE]) -> [64] { z -> fc1: Dense(64) -> Relu -> fc2: Dense(128) -> Relu -> out: Dense(64) }
    /// Both, and the noise between them.
    pub Vae(x: [64], noise: [CODE]) -> (pixels: [64], mean: [CODE], logvar: [CODE]) {
        let (mean, logvar) = x -> encoder: net Encoder;
        let z = mean + (0.5 * logvar -> Exp) * noise;
        (pixels: z -> decoder: net Decoder, mean, logvar)
    }
}

type Image = Tensor<shape![64]>;
type Code = Tensor<shape![2]>;

/// Digits with noise that is drawn anew in each epoch.
struct Noisy(Samples<Image, Image>);

impl Dataset<(Image, Code)> for Noisy {
    type Target = Image;
    fn len(&self) -> usize {
        self.0.len()
    }
    fn fill(&self, i: usize, seed: u64, (x, noise): &mut (Image, Code), target: &mut Image) -> fireclay::Result<()> {
        let mut rng = rng(seed);
        (*x, *noise, *target) = (*self.0.input(i), Tensor::from_fn(|_| rng.normal()), *self.0.target(i));
        Ok(())
    }
}

/// Cross-entropy of the pixels and divergence of the code, in nats, with their gradients.
fn negative_bound(y: &(Image, Code, Code), x: &Image, dy: &mut (Image, Code, Code)) -> f32 {
    let mut nats = 0.0;
    for (i, x) in x.as_slice().iter().enumerate() {
        let logit = y.0[i];
        nats += logit.max(0.0) - logit * x + (-logit.abs()).exp().ln_1p();
        dy.0[i] = 1.0 / (1.0 + (-logit).exp()) - x;
    }
    for i in 0..2 {
        let (mean, logvar) = (y.1[i], y.2[i]);
        nats += 0.5 * (mean * mean + logvar.exp() - logvar - 1.0);
        (dy.1[i], dy.2[i]) = (mean, 0.5 * (logvar.exp() - 1.0));
    }
    nats
}

/// Trains, measures, draws.
fn run(args: &Args) -> Result<Report> {
    let mut report = Report::new("vae", args);
    println!("{}\n", Vae::summary());
    let (digits, test) = args.digits()?;
    let flat = |digits: &Digits| {
        let pixels = digits.iter().map(|(image, _)| Tensor::from_fn(|i| image.as_slice()[i]));
        Noisy(pixels.map(|x| (x, x)).collect())
    };
    let (train, test) = (flat(&digits), flat(&test));

    let mut net = Vae::init(&mut rng(args.seed));
    Trainer::new(per_sample(negative_bound), Adam::new(3e-3))
        .batch(32)
        .epochs(args.of(150, 10))
        .seed(args.seed)
        .schedule(OneCycle::new(3e-3))
        .progress(args.progress())
        .fit(&mut net, &train)?;

    let outputs = net.predict_all(&test);
    let count = outputs.len() as f32;
    let mut gradient = (Tensor::zeros(), Tensor::zeros(), Tensor::zeros());
    let bound: f32 =
        outputs.iter().zip(test.0.iter()).map(|(y, (x, _))| negative_bound(y, x, &mut gradient)).sum::<f32>() / count;
    let base = pixel_by_pixel(&train.0, &test.0);
    report.figure("nats: independent pixels", base);
    report.figure("nats: negative evidence lower bound", bound);
    report.at_least("nats: gain of the code", base - bound, 2.0);

    // The decoder alone, over the plane of codes.
    const SIDE: usize = 14;
    let mut alone = Decoder::zeros();
    alone.params_mut().copy_from(&net.decoder);
    let place = |at: usize| 4.4 * (at as f32 / (SIDE - 1) as f32 - 0.5);
    let drawn = (0..SIDE * SIDE).map(|i| {
        let logits = alone.predict(&Tensor::from([place(i % SIDE), place(i / SIDE)]));
        let pixels: Vec<f32> = logits.as_slice().iter().map(|x| 1.0 / (1.0 + (-x).exp())).collect();
        Picture::of_numbers(&pixels, 8, 8).enlarged(3)
    });
    report.picture("plane.png", &Picture::grid(drawn, SIDE))?;
    report.finish()
}

/// Nats of test digits where each pixel has its mean over the training digits as its probability.
fn pixel_by_pixel(train: &Samples<Image, Image>, test: &Samples<Image, Image>) -> f32 {
    let mean = |i: usize| (train.iter().map(|(x, _)| x[i]).sum::<f32>() / train.len() as f32).clamp(1e-3, 1.0 - 1e-3);
    let means: Vec<f32> = (0..64).map(mean).collect();
    let nats = |x: &Image| means.iter().zip(x.as_slice()).map(|(p, x)| -x * p.ln() - (1.0 - x) * (1.0 - p).ln()).sum::<f32>();
    test.iter().map(|(x, _)| nats(x)).sum::<f32>() / test.len() as f32
}

fn main() -> Result {
    run(&Args::parse()).map(drop)
}

/// A code that says nothing saves nothing.
#[test]
fn the_code_says_something() {
    assert!(run(&Args::quick()).expect("runs")["nats: gain of the code"] > 0.8);
}
