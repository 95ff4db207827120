//! Adversarial examples: small changes that make a network misclassify, and a network that was trained on them.
//!
//! FGSM, one step of ε·sign(∂loss/∂x): Goodfellow, Shlens and Szegedy 2015, arXiv 1412.6572; PGD, several small ones, each brought back to within ε:
//! Madry et al. 2018, arXiv 1706.06083, which also trains on what PGD finds in each step (adversarial training).
//! The attack needs nothing but the gradient of the loss with respect to the input, ten lines of the library (`fireclay::explain`).
//! The figures are accuracies on held-out digits, each pixel changed by at most ε = 0.15 (of 0 to 1), before and after adversarial training.
//! The pictures are digits, their adversarial examples by PGD for the first network with what it takes them for, and the changes alone; and accuracies over ε.

use fireclay::explain::{Pgd, fgsm};
use fireclay::picture::{Picture, Plot, signed};
use fireclay::prelude::*;
use fireclay_examples::{Args, Report, Result};

network! {
    /// A small convolutional network for 8×8 digits.
    pub DigitNet(image: [1, 8, 8]) -> [10] {
        image -> conv1: Conv(16, 3, pad = 1) -> Relu -> conv2: Conv(32, 3, pad = 1) -> Relu -> MaxPool(2)
            -> conv3: Conv(64, 3, pad = 1) -> Relu -> MaxPool(2) -> Flatten -> fc: Dense(10)
    }
}

type Images = Batch<shape![1, 8, 8]>;
const EPSILON: f32 = 0.15;

/// All of a set as one batch.
fn batch(digits: &Digits, places: impl ExactSizeIterator<Item = usize> + Clone) -> (Images, IndexBatch<10>) {
    let images = Batch::from_samples(places.clone().map(|i| digits.input(i)));
    (images, IndexBatch::from_samples(places.map(|i| *digits.target(i))))
}

/// The accuracy on a batch.
fn accuracy(net: &DigitNet, (x, y): (&Images, &IndexBatch<10>)) -> f32 {
    let right = |i: &usize| net.predict(&x.sample(*i)).argmax() == y.sample(*i).get();
    (0..x.len()).filter(right).count() as f32 / x.len() as f32
}

/// Trains a network; on what PGD makes of each batch, if `epsilon` is above 0.
fn train(digits: &Digits, epsilon: f32, args: &Args) -> Box<DigitNet> {
    const BATCH: usize = 32;
    let (mut net, mut rng) = (DigitNet::init(&mut rng(args.seed)), rng(args.seed));
    let (mut memory, mut grads, mut adam) = (DigitNet::memory(BATCH), DigitNet::grads(), AdamW::new(2e-3).on(&net));
    let epochs = args.of(30, 4);
    for epoch in 0..epochs {
        adam.set_learning_rate(2e-3 * (1.0 - epoch as f32 / epochs as f32));
        let mut order: Vec<usize> = (0..digits.len()).collect();
        rng.shuffle(&mut order);
        for places in order.chunks_exact(BATCH) {
            let (mut x, y) = batch(digits, places.iter().copied());
            if epsilon > 0.0 {
                let pgd = Pgd::new(epsilon).steps(5).range(0.0, 1.0).random_start(rng.below(1 << 30) as u64);
                x = pgd.attack(&net, &x, CrossEntropy, &y);
            }
            grads.zero();
            net.train(&x, CrossEntropy, &y, &mut memory, &mut grads);
            adam.step(&mut net, &grads);
        }
    }
    net
}

/// Trains both and attacks them.
fn run(args: &Args) -> Result<Report> {
    let mut report = Report::new("adversarial", args);
    let (digits, test) = args.digits()?;
    let nets = [("plain", train(&digits, 0.0, args)), ("adversarially trained", train(&digits, EPSILON, args))];
    let (x, y) = batch(&test, 0..args.of(test.len(), 100));
    let pgd = |net: &DigitNet, epsilon| Pgd::new(epsilon).steps(20).range(0.0, 1.0).attack(net, &x, CrossEntropy, &y);
    let by_fgsm = |net: &DigitNet, epsilon| fgsm(net, &x, CrossEntropy, &y, epsilon);
    let mut plots = Vec::new();
    for (name, net) in &nets {
        report.figure(&format!("{name}: accuracy"), accuracy(net, (&x, &y)));
        report.figure(&format!("{name}: accuracy under FGSM"), accuracy(net, (&by_fgsm(net, EPSILON), &y)));
        let under_pgd = accuracy(net, (&pgd(net, EPSILON), &y));
        if *name == "plain" {
            report.at_most("plain: accuracy under PGD", under_pgd, 0.6);
        } else {
            report.figure(&format!("{name}: accuracy under PGD"), under_pgd);
        }
        let over_epsilon = |attack: &dyn Fn(f32) -> Images| -> Vec<(f64, f64)> {
            let of = |e: f32| (f64::from(e), f64::from(accuracy(net, (&attack(e), &y))));
            (0..=5).map(|i| of(i as f32 * 0.05)).collect()
        };
        let plot = Plot::new(*name).axes("ε", "accuracy");
        plots.push(plot.line("FGSM", over_epsilon(&|e| by_fgsm(net, e))).line("PGD", over_epsilon(&|e| pgd(net, e))));
    }
    let gain = report["adversarially trained: accuracy under PGD"] - report["plain: accuracy under PGD"];
    report.at_least("gain in accuracy under PGD by adversarial training", gain, 0.2);

    let (net, shown) = (&nets[0].1, 10);
    let attacked = pgd(net, EPSILON);
    let of = |images: &Images, i| Picture::of(&images.sample(i)).enlarged(6);
    let change = |i: usize| {
        let (a, b) = (x.sample(i), attacked.sample(i));
        Picture::from_fn(8, 8, |column, row| signed((b[0][row][column] - a[0][row][column]) / EPSILON)).enlarged(6)
    };
    let mut pictures: Vec<Picture> = (0..shown).map(|i| of(&x, i).captioned(&y.sample(i).get().to_string())).collect();
    let taken_for = |i| net.predict(&attacked.sample(i)).argmax().to_string();
    pictures.extend((0..shown).map(|i| of(&attacked, i).captioned(&taken_for(i))));
    pictures.extend((0..shown).map(change));
    report.picture("digits.png", &Picture::grid(pictures, shown))?;
    report.plots("accuracy.svg", &plots)?;
    report.finish()
}

fn main() -> Result {
    run(&Args::parse()).map(drop)
}

/// Networks that have learned nothing are right once in ten times, with and without an attack.
#[test]
fn adversarial_training_helps() {
    let report = run(&Args::quick()).expect("runs");
    assert!(report["plain: accuracy"] > 0.85 && report["gain in accuracy under PGD by adversarial training"] > 0.05);
}
