//! The main job: a small convolutional network learns real handwritten digits in seconds.

use clap::Parser;
use fireclay::{data::Samples, metrics::ConfusionMatrix, prelude::*};
use std::time::Instant;

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

/// Trains a small convolutional network on 80 % of the UCI digits and tests it on the rest.
#[derive(Parser)]
struct Args {
    /// How often the training data is gone through
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..))]
    epochs: u32,
    /// First weights, order of the samples and dropout follow from it
    #[arg(long, default_value_t = 42)]
    seed: u64,
    /// All, if not given; the result is the same
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    threads: Option<u32>,
}

/// Trains and tests it; its accuracy.
fn run(args: &Args) -> Result<f32, Box<dyn std::error::Error>> {
    let (train, test) = Digits::split()?; // the test set is always the same, and nothing below chooses by it
    let (train, validation) = train.split_stratified(0.9, args.seed);
    println!("{}\n", DigitNet::summary());

    let mut trainer = Trainer::new(CrossEntropy.smoothing(0.1), AdamW::new(4e-3).weight_decay(0.02))
        .batch(32)
        .epochs(args.epochs as usize)
        .seed(args.seed)
        .schedule(OneCycle::new(4e-3))
        .validate(&validation, Accuracy);
    if let Some(threads) = args.threads {
        trainer = trainer.threads(threads as usize);
    }
    let mut net = DigitNet::init(&mut rng(args.seed));
    let start = Instant::now();
    let history = trainer.fit(&mut net, &train)?;
    println!("trained in {:.1} s\n", start.elapsed().as_secs_f64());

    println!("{}\n", ConfusionMatrix::of(&*net, &test));
    show(&net, &test);

    history.plot("target/digits.svg")?;
    net.save("target/digits.safetensors")?;
    let mut again = DigitNet::zeros();
    again.load("target/digits.safetensors")?;
    let same = net.predict_all(&test).iter().zip(again.predict_all(&test)).all(|(a, b)| *a == b);
    if !same {
        return Err("the network from target/digits.safetensors predicts something else".into());
    }
    println!("target/digits.svg shows the training; target/digits.safetensors, loaded again, predicts the same");
    let accuracy = net.evaluate(&test, Accuracy);
    println!("test accuracy: {:.1} %", 100.0 * accuracy);
    Ok(accuracy)
}

/// Three digits of the test set, in a terminal's grays, with what the network takes them for.
fn show(net: &DigitNet, test: &Samples<Tensor<shape![1, 8, 8]>, Index<10>>) {
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

fn main() -> Result<(), Box<dyn std::error::Error>> {
    run(&Args::parse()).map(drop)
}

/// Chance is right once in ten times.
#[test]
fn learns() {
    assert!(run(&Args::parse_from(["digits", "--epochs", "4"])).expect("runs") > 0.85);
}
