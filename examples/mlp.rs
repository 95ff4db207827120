//! Multilayer perceptron, on real handwritten digits.
//!
//! Rumelhart, Hinton and Williams 1986, "Learning representations by back-propagating errors".
//! Two hidden layers of ReLUs, cross-entropy on the logits, AdamW, one cycle of the learning rate.
//! It learns from 1,294 of the 1,797 digits that ship with the crate; 144 more choose the epoch, and the other 359 test it, by which nothing is chosen.
//! The picture has misclassified digits of the test set, each with its predicted and its true class.

use fireclay::{
    data::augment::{Rotate, Scale},
    picture::{COLORS, Picture},
    prelude::*,
};
use fireclay_examples::{Args, Report, Result};

network! {
    /// For 8×8 gray images of digits.
    pub Mlp(image: [1, 8, 8]) -> [10] {
        image -> Flatten
            -> fc1: Dense(256) -> Relu -> Dropout(0.3)
            -> fc2: Dense(128) -> Relu -> Dropout(0.3)
            -> out: Dense(10)
    }
}

/// Trains and tests it.
fn run(args: &Args) -> Result<Report> {
    let mut report = Report::new("mlp", args);
    println!("{}\n", Mlp::summary());
    let (train, test) = args.digits()?;
    let (train, validation) = train.split_stratified(0.9, args.seed);

    let mut net = Mlp::init(&mut rng(args.seed));
    Trainer::new(CrossEntropy.smoothing(0.1), AdamW::new(4e-3).weight_decay(0.02))
        .batch(32)
        .epochs(args.of(150, 8))
        .seed(args.seed)
        .schedule(OneCycle::new(4e-3))
        .validate(&validation, Accuracy)
        .progress(args.progress())
        .fit(&mut net, &train.augment((Rotate::new(10.0), Scale::new(0.9, 1.1))))?;

    report.at_least("test accuracy", net.evaluate(&test, Accuracy), 0.97);
    report.picture("mistakes.png", &mistakes(&net, &test))?;
    report.finish()
}

/// Digits that the network takes for others.
fn mistakes(net: &Mlp, test: &Digits) -> Picture {
    let wrong = net.predict_all(test).into_iter().zip(test.iter()).filter_map(|(logits, (image, class))| {
        let taken_for = logits.argmax();
        (taken_for != class.get())
            .then(|| Picture::of(image).enlarged(8).captioned(&format!("{} for {}", taken_for, class.get())))
    });
    let mut wrong: Vec<_> = wrong.take(16).collect();
    if wrong.is_empty() {
        wrong.push(Picture::new(64, 64, COLORS[2]).captioned("none"));
    }
    Picture::grid(wrong, 8)
}

fn main() -> Result {
    run(&Args::parse()).map(drop)
}

/// Chance is right once in ten times.
#[test]
fn learns() {
    assert!(run(&Args::quick()).expect("runs")["test accuracy"] > 0.85);
}
