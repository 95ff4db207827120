//! A convolutional network that learns real handwritten digits in seconds.
//!
//! LeCun et al. 1998, "Gradient-based learning applied to document recognition"; batch norm (Ioffe and Szegedy 2015, arXiv 1502.03167) and dropout (Srivastava et
//! al. 2014) came later.
//! It learns from 1,294 of the 1,797 digits that ship with the crate; 144 more choose the epoch, and the other 359 test it, by which nothing is chosen.
//! The network is saved to a file, loaded again, and predicts the same. The figure is the accuracy on the test set; the picture has the curves.
//! `target/digits.safetensors` has the weights, `target/digits.svg` the curves as the library draws them.

use clap::Parser;
use fireclay::{metrics::ConfusionMatrix, picture::Plot, prelude::*};
use fireclay_examples::{Report, Result};

network! {
    /// For 8×8 gray images of digits.
    pub DigitNet(image: [1, 8, 8]) -> [10] {
        image
            -> conv1: Conv(16, 3, pad = 1) -> BatchNorm -> Relu
            -> conv2: Conv(32, 3, pad = 1) -> BatchNorm -> Relu -> MaxPool(2)
            -> conv3: Conv(64, 3, pad = 1) -> BatchNorm -> Relu -> MaxPool(2)
            -> Flatten
            -> Dropout(0.5) -> fc: Dense(10)
    }
}

/// Trains a small convolutional network on the UCI digits.
#[derive(Parser)]
struct Options {
    #[command(flatten)]
    common: fireclay_examples::Args,
    /// How often the training data is gone through; 60 if not given. Bounds of figures apply to 60 only
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    epochs: Option<u16>,
    /// All, if not given; the result is the same
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    threads: Option<u16>,
}

/// Trains and tests it.
fn run(args: &Options) -> Result<Report> {
    let Options { common, epochs, threads } = args;
    // Fewer epochs than 60 need not reach the accuracy of 60.
    let mut report =
        Report::new("digits", &fireclay_examples::Args { quick: common.quick || epochs.is_some(), ..common.clone() });
    let (train, test) = common.digits()?;
    let (train, validation) = train.split_stratified(0.9, common.seed);
    println!("{}\n", DigitNet::summary());

    let mut trainer = Trainer::new(CrossEntropy.smoothing(0.1), AdamW::new(4e-3).weight_decay(0.02))
        .batch(32)
        .epochs(epochs.map_or(common.of(60, 4), usize::from))
        .seed(common.seed)
        .schedule(OneCycle::new(4e-3))
        .validate(&validation, Accuracy)
        .progress(common.progress());
    if let Some(threads) = threads {
        trainer = trainer.threads(usize::from(*threads));
    }
    let mut net = DigitNet::init(&mut rng(common.seed));
    let history = trainer.fit(&mut net, &train)?;
    println!("\n{}\n", ConfusionMatrix::of(&*net, &test));
    show(&net, &test);

    history.plot("target/digits.svg")?;
    net.save("target/digits.safetensors")?;
    let mut again = DigitNet::zeros();
    again.load("target/digits.safetensors")?;
    let differ = net.predict_all(&test).iter().zip(again.predict_all(&test)).filter(|(a, b)| **a != *b).count();
    report.at_least("test accuracy", net.evaluate(&test, Accuracy), 0.97);
    report.at_most("outputs that differ after saving and loading", differ as f64, 0.0);
    let epochs = history.epochs();
    let losses = Plot::new("Loss").axes("epoch", "loss").logarithmic().curve("training", epochs.iter().map(|epoch| epoch.loss));
    let losses = losses.curve("validation", epochs.iter().filter_map(|epoch| epoch.validation_loss));
    let accuracies = epochs.iter().filter_map(|epoch| epoch.metric);
    let accuracies = Plot::new("Accuracy").axes("epoch", "accuracy").curve("validation", accuracies);
    report.plots("curves.svg", &[losses, accuracies])?;
    report.finish()
}

/// Three digits of the test set, in a terminal's grays, with what the network takes them for.
fn show(net: &DigitNet, test: &Digits) {
    const INK: [char; 5] = [' ', '░', '▒', '▓', '█'];
    let chosen = [0, test.len() / 2, test.len() - 1];
    for row in 0..8 {
        for i in chosen {
            for pixel in test.input(i)[0][row] {
                let ink = INK[(pixel * (INK.len() - 1) as f32).round() as usize];
                print!("{ink}{ink}");
            }
            print!("    ");
        }
        println!();
    }
    for i in chosen {
        let predicted = net.predict(test.input(i)).argmax();
        print!("{:<20}", format!("{predicted} (is {})", test.target(i).get()));
    }
    println!("\n");
}

fn main() -> Result {
    run(&Options::parse()).map(drop)
}

/// Chance is right once in ten times.
#[test]
fn learns() {
    let report = run(&Options::parse_from(["digits", "--quick"])).expect("runs");
    assert!(report["test accuracy"] > 0.85 && report["outputs that differ after saving and loading"] == 0.0);
}
