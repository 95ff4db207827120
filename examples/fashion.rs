//! LeNet on Fashion-MNIST: a real data set from files, a plot, a picture of the worst mistakes, a checkpoint of the best epoch.

use clap::Parser;
use fireclay::{data::FashionMnist, metrics::ConfusionMatrix, picture::Picture, prelude::*};
use std::path::PathBuf;

network! {
    /// LeNet-5 for 28×28 gray images.
    pub LeNet(image: [1, 28, 28]) -> [10] {
        image
            -> conv1: Conv(6, 5, pad = 2) -> Relu -> MaxPool(2)
            -> conv2: Conv(16, 5)         -> Relu -> MaxPool(2)
            -> Flatten
            -> fc1: Dense(120) -> Relu
            -> fc2: Dense(84)  -> Relu
            -> fc3: Dense(10)
    }
}

const CLASSES: [&str; 10] =
    ["T-shirt", "trousers", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"];

/// Trains LeNet on Fashion-MNIST.
#[derive(Parser)]
struct Args {
    /// The folder with its four IDX files, plain or .gz; Debian's package dataset-fashion-mnist puts them there
    #[arg(default_value = "/usr/share/datasets/fashion-mnist")]
    folder: PathBuf,
    /// How often the training data is gone through, at most
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    epochs: u32,
    /// First weights and order of the samples follow from it
    #[arg(long, default_value_t = 42)]
    seed: u64,
    /// All, if not given; the result is the same
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    threads: Option<u32>,
}

/// Trains and tests it; its accuracy.
fn run(args: &Args, train: &FashionMnist, test: &FashionMnist) -> Result<f32, Box<dyn std::error::Error>> {
    let (train, validation) = train.split_stratified(11.0 / 12.0, args.seed);
    println!("{}\n", LeNet::summary());

    let mut trainer = Trainer::new(CrossEntropy, AdamW::new(2e-3).weight_decay(0.02))
        .batch(64)
        .epochs(args.epochs as usize)
        .seed(args.seed)
        .schedule(OneCycle::new(2e-3))
        .validate(&validation, Accuracy);
    if let Some(threads) = args.threads {
        trainer = trainer.threads(threads as usize);
    }
    let mut net = LeNet::init(&mut rng(args.seed));
    let history = trainer.fit(&mut net, &train)?; // ends with the weights of the best epoch
    history.plot("target/fashion.svg")?;
    net.save("target/fashion.safetensors")?;
    if let Some(best) = history.best() {
        println!("target/fashion.safetensors: epoch {}, the best; target/fashion.svg: the curves", best.number);
    }

    println!("\n{}\n", ConfusionMatrix::of(&*net, test));
    worst(&net, test)?;
    let accuracy = net.evaluate(test, Accuracy);
    println!("test accuracy: {:.1} %", 100.0 * accuracy);
    Ok(accuracy)
}

/// The 64 mistakes that the network is surest of, as a picture of 8×8.
fn worst(net: &LeNet, test: &FashionMnist) -> fireclay::Result<()> {
    let mut mistakes: Vec<(f32, usize, usize)> = Vec::new();
    for (i, logits) in net.predict_all(test).iter().enumerate() {
        let taken_for = logits.argmax();
        if taken_for != test.target(i).get() {
            mistakes.push((logits.softmax(1.0).as_slice()[taken_for], i, taken_for));
        }
    }
    if mistakes.is_empty() {
        return Ok(());
    }
    mistakes.sort_by(|a, b| b.0.total_cmp(&a.0));
    Picture::grid(mistakes.iter().take(64).map(|(_, i, _)| Picture::of(test.input(*i))), 8).save("target/fashion_worst.png")?;
    println!("target/fashion_worst.png: the surest mistakes, the first of them");
    for (sure, i, taken_for) in mistakes.iter().take(5) {
        println!("  {} taken for {} ({:.1} % sure)", CLASSES[test.target(*i).get()], CLASSES[*taken_for], 100.0 * sure);
    }
    println!();
    Ok(())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args = Args::parse();
    let (train, test) = FashionMnist::load(&args.folder)?;
    run(&args, &train, &test).map(drop)
}

/// On the digits that ship with the crate, enlarged. Chance is right once in ten times.
#[test]
fn learns() {
    let large = |digits: &Digits| -> FashionMnist {
        let pixel = |image: &Tensor<shape![1, 8, 8]>, i: usize| image[0][(i / 28 + 2) / 4][(i % 28 + 2) / 4];
        digits.iter().map(|(image, class)| (Tensor::from_fn(|i| pixel(image, i)), *class)).collect()
    };
    let (train, test) = Digits::split().expect("they ship");
    let args = Args::parse_from(["fashion", "--epochs", "4"]);
    assert!(run(&args, &large(&train), &large(&test)).expect("runs") > 0.85);
}
