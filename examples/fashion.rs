//! LeNet on Fashion-MNIST.
//!
//! LeCun et al. 1998, "Gradient-based learning applied to document recognition"; Xiao, Rasul and Vollgraf 2017, "Fashion-MNIST: a novel image dataset for
//! benchmarking machine learning algorithms", arXiv 1708.07747. ReLU and max pooling are in place of the paper's activations and pooling.
//! It learns from 55,000 of the 60,000 images of the training set; 5,000 more choose the epoch, and the 10,000 of the test set test it, by which nothing is chosen.
//! The data are four IDX files, plain or .gz, of `--data`, or where Debian's package dataset-fashion-mnist puts them; where neither is there, the page has no figures
//! of this program. The figure is the accuracy on the test set; the picture has the 64 mistakes with the highest confidence.

use clap::Parser;
use fireclay::{data::FashionMnist, metrics::ConfusionMatrix, picture::Picture, prelude::*};
use fireclay_examples::{FASHION_MNIST, Report, Result};
use std::path::Path;

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
struct Options {
    #[command(flatten)]
    common: fireclay_examples::Args,
    /// How often the training data is gone through; 10 if not given. Bounds of figures apply to 10 only
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    epochs: Option<u16>,
    /// All, if not given; the result is the same
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    threads: Option<u16>,
}

/// To learn from and to test with; in the quick form the digits that ship with the crate, enlarged.
fn data(args: &fireclay_examples::Args) -> Result<(FashionMnist, FashionMnist)> {
    if !args.quick || args.data.is_some() {
        return Ok(FashionMnist::load(args.data.as_deref().unwrap_or(Path::new(FASHION_MNIST)))?);
    }
    let large = |digits: &Digits| -> FashionMnist {
        let pixel = |image: &Tensor<shape![1, 8, 8]>, i: usize| image[0][(i / 28 + 2) / 4][(i % 28 + 2) / 4];
        digits.iter().map(|(image, class)| (Tensor::from_fn(|i| pixel(image, i)), *class)).collect()
    };
    let (train, test) = Digits::split()?;
    Ok((large(&train), large(&test)))
}

/// Trains and tests it.
fn run(args: &Options) -> Result<Report> {
    let Options { common, epochs, threads } = args;
    // Fewer epochs than 10 need not reach the accuracy of 10.
    let mut report =
        Report::new("fashion", &fireclay_examples::Args { quick: common.quick || epochs.is_some(), ..common.clone() });
    let (train, test) = data(common)?;
    let (train, validation) = train.split_stratified(11.0 / 12.0, common.seed);
    println!("{}\n", LeNet::summary());

    let mut trainer = Trainer::new(CrossEntropy, AdamW::new(2e-3).weight_decay(0.02))
        .batch(64)
        .epochs(epochs.map_or(common.of(10, 4), usize::from))
        .seed(common.seed)
        .schedule(OneCycle::new(2e-3))
        .validate(&validation, Accuracy)
        .progress(common.progress());
    if let Some(threads) = threads {
        trainer = trainer.threads(usize::from(*threads));
    }
    let mut net = LeNet::init(&mut rng(common.seed));
    let history = trainer.fit(&mut net, &train)?; // ends with the weights of the best epoch
    history.plot(report.path("curves.svg"))?;
    net.save(report.path("weights.safetensors"))?;
    println!("\n{}\n", ConfusionMatrix::of(&*net, &test));
    report.at_least("test accuracy", net.evaluate(&test, Accuracy), 0.88);
    report.picture("mistakes.png", &mistakes(&net, &test))?;
    report.finish()
}

/// The 64 mistakes with the highest confidence, in a grid of 8×8.
fn mistakes(net: &LeNet, test: &FashionMnist) -> Picture {
    let mut mistakes: Vec<(f32, usize, usize)> = Vec::new();
    for (i, logits) in net.predict_all(test).iter().enumerate() {
        let taken_for = logits.argmax();
        if taken_for != test.target(i).get() {
            mistakes.push((logits.softmax(1.0).as_slice()[taken_for], i, taken_for));
        }
    }
    mistakes.sort_by(|a, b| b.0.total_cmp(&a.0));
    for (confidence, i, taken_for) in mistakes.iter().take(5) {
        let (is, taken_for) = (CLASSES[test.target(*i).get()], CLASSES[*taken_for]);
        println!("  {is} taken for {taken_for} (with a confidence of {:.1} %)", 100.0 * confidence);
    }
    let mut shown: Vec<Picture> = mistakes.iter().take(64).map(|(_, i, _)| Picture::of(test.input(*i))).collect();
    if shown.is_empty() {
        shown.push(Picture::new(28, 28, [0; 3]));
    }
    Picture::grid(shown, 8)
}

fn main() -> Result {
    run(&Options::parse()).map(drop)
}

/// Chance is right once in ten times.
#[test]
fn learns() {
    assert!(run(&Options::parse_from(["fashion", "--quick"])).expect("runs")["test accuracy"] > 0.85);
}
