//! LeNet on Fashion-MNIST: a real data set from files, a plot, a picture of the worst mistakes, a checkpoint of the best epoch.

use clap::Parser;
use fireclay::{
    data::{FashionMnist, Samples},
    metrics::ConfusionMatrix,
    prelude::*,
};
use std::{fs::File, io::BufWriter, path::PathBuf};

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
    /// The folder with its four IDX files, plain or .gz
    folder: Option<PathBuf>,
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

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args = Args::parse();
    let Some(folder) = args.folder else {
        println!(
            "a folder with Fashion-MNIST's four files is needed: Debian's package dataset-fashion-mnist puts them into /usr/share/datasets/fashion-mnist"
        );
        return Ok(());
    };
    let (train, test) = FashionMnist::load(folder)?;
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

    println!("\n{}\n", ConfusionMatrix::of(&*net, &test));
    worst(&net, &test)?;
    println!("test accuracy: {:.1} %", 100.0 * net.evaluate(&test, Accuracy));
    Ok(())
}

/// The 64 mistakes that the network is surest of, as a picture of 8×8.
fn worst(net: &LeNet, test: &Samples<Tensor<shape![1, 28, 28]>, Index<10>>) -> Result<(), png::EncodingError> {
    const SIDE: usize = 28;
    const STEP: usize = SIDE + 2; // with a frame of one pixel
    let mut mistakes: Vec<(f32, usize, usize)> = Vec::new();
    for (i, logits) in net.predict_all(test).iter().enumerate() {
        let taken_for = logits.argmax();
        if taken_for != test.target(i).get() {
            mistakes.push((logits.softmax(1.0).as_slice()[taken_for], i, taken_for));
        }
    }
    mistakes.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut picture = vec![0; (8 * STEP) * (8 * STEP)];
    for (place, (_, i, _)) in mistakes.iter().take(64).enumerate() {
        for (y, row) in test.input(*i)[0].iter().enumerate() {
            let start = (place / 8 * STEP + 1 + y) * (8 * STEP) + place % 8 * STEP + 1;
            picture[start..start + SIDE].iter_mut().zip(row).for_each(|(pixel, p)| *pixel = (p * 255.0) as u8);
        }
    }
    let mut encoder =
        png::Encoder::new(BufWriter::new(File::create("target/fashion_worst.png")?), 8 * STEP as u32, 8 * STEP as u32);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.write_header()?.write_image_data(&picture)?;
    println!("target/fashion_worst.png: the surest mistakes, the first of them");
    for (sure, i, taken_for) in mistakes.iter().take(5) {
        println!("  {} taken for {} ({:.1} % sure)", CLASSES[test.target(*i).get()], CLASSES[*taken_for], 100.0 * sure);
    }
    println!();
    Ok(())
}
