//! The networks that classified ImageNet, from AlexNet to MobileNetV2.
//!
//! One file a family, each with its paper. All are declared in full, and the compiler asserts their numbers of parameters: eight are those of torchvision (ResNet,
//! DenseNet, VGG, SqueezeNet, MobileNetV2), AlexNet with two groups, GoogLeNet without batch norm and NiN those of their files for Caffe, and FractalNet, for which
//! there is none, what its declaration gives. Trained are networks of the same blocks with fewer channels, on the 8×8 digits that ship with the crate,
//! which their first layer scales up to 24×24 … 99×99.
//! The table has parameters and multiply-accumulates (in millions) of both, accuracies of the small ones on held-out digits, and the seconds they learned for.
//! The picture shows the accuracy of the small ones over their multiply-accumulates.

mod alexnet;
mod densenet;
mod fractalnet;
mod googlenet;
mod mobilenet;
mod nin;
mod resnet;
mod squeezenet;
mod vgg;

use fireclay::data::Samples;
use fireclay::data::augment::{Rotate, Scale};
use fireclay::picture::Plot;
use fireclay::prelude::*;
use fireclay_examples::{Args, Report, Result};
use std::time::Instant;

/// A network in full, and what the small one took and learned.
struct Row {
    name: &'static str,
    full: &'static fireclay::Info,
    small: &'static fireclay::Info,
    accuracy: f32,
    seconds: f32,
}

/// Trains a small network for so many epochs (so many in the quick form), with this loss and optimizer, at this highest rate.
macro_rules! learn {
    ($name:literal, $full:ty, $small:ty, $epochs:expr, $optimizer:expr, $loss:expr, $args:expr, $train:expr, $test:expr) => {{
        let (start, mut net) = (Instant::now(), <$small>::init(&mut rng($args.seed)));
        let (epochs, quick_epochs) = $epochs;
        let (optimizer, rate) = $optimizer;
        Trainer::new($loss, optimizer)
            .batch(32)
            .epochs($args.of(epochs, quick_epochs))
            .seed($args.seed)
            .schedule(OneCycle::new(rate))
            .progress($args.progress())
            .fit(&mut net, $train)?;
        let (accuracy, seconds) = (net.evaluate($test, Accuracy), start.elapsed().as_secs_f32());
        println!("{}: {accuracy:.3}, {seconds:.0} s", $name);
        Row { name: $name, full: <$full>::INFO, small: <$small>::INFO, accuracy, seconds }
    }};
}

/// Trains them all; in the quick form four of them.
fn run(args: &Args) -> Result<Report> {
    let mut report = Report::new("imagenet_nets", args);
    let (train, test) = args.digits()?;
    let changes = (Rotate::new(10.0), Scale::new(0.9, 1.1));
    let thrice: Samples<_, _> = train.iter().map(|(image, class)| (*image, (*class, *class, *class))).collect();
    let (train, thrice) = (train.augment(changes), thrice.augment(changes));
    // The paper's weights of GoogLeNet's auxiliary classifiers.
    let with_auxiliary = (CrossEntropy, CrossEntropy.weight(0.3), CrossEntropy.weight(0.3));
    let adam = |rate| (AdamW::new(rate), rate);
    let sgd = |rate| (Sgd::new(rate).momentum(0.9).nesterov(true).weight_decay(5e-4), rate);
    macro_rules! row {
        ($name:literal, $full:ty, $small:ty, $epochs:expr, $optimizer:expr) => {
            learn!($name, $full, $small, $epochs, $optimizer, CrossEntropy, args, &train, &test)
        };
    }
    let mut rows = vec![
        row!("ResNet-18", resnet::ResNet18, resnet::SmallResNet18, (16, 4), sgd(0.05)),
        row!("DenseNet-121", densenet::DenseNet121, densenet::SmallDenseNet121, (10, 2), adam(4e-3)),
    ];
    rows.push(row!("MobileNetV2", mobilenet::MobileNetV2, mobilenet::SmallMobileNetV2, (30, 6), adam(4e-3)));
    rows.push(learn!(
        "GoogLeNet",
        googlenet::GoogLeNet,
        googlenet::SmallGoogLeNet,
        (8, 3),
        adam(2e-3),
        with_auxiliary,
        args,
        &thrice,
        &test
    ));
    if !args.quick {
        rows.extend([
            row!("AlexNet", alexnet::AlexNet, alexnet::SmallAlexNet, (14, 0), adam(2e-3)),
            row!("VGG-16", vgg::Vgg16, vgg::SmallVgg16, (14, 0), adam(2e-3)),
            row!("VGG-19", vgg::Vgg19, vgg::SmallVgg19, (14, 0), adam(2e-3)),
            row!("NiN", nin::Nin, nin::SmallNin, (24, 0), adam(2e-3)),
            row!("ResNet-50", resnet::ResNet50, resnet::SmallResNet50, (24, 0), sgd(0.05)),
            row!("ResNet-152", resnet::ResNet152, resnet::SmallResNet152, (24, 0), sgd(0.05)),
            row!("FractalNet", fractalnet::FractalNet, fractalnet::SmallFractalNet, (6, 0), adam(4e-3)),
            row!("SqueezeNet", squeezenet::SqueezeNet, squeezenet::SmallSqueezeNet, (14, 0), adam(2e-3)),
        ]);
    }
    let macs = |info: &fireclay::Info| format!("{:.1}", info.macs as f64 / 1e6);
    let cells = rows.iter().map(|Row { name, full, small, accuracy, seconds }| {
        let numbers = [full.parameters.to_string(), macs(full), small.parameters.to_string(), macs(small)];
        let learned = [format!("{:.1} %", 100.0 * accuracy), format!("{seconds:.0}")];
        [(*name).to_owned()].into_iter().chain(numbers).chain(learned).collect()
    });
    report.table(&["network", "parameters", "million MACs", "small: parameters", "million MACs", "accuracy", "seconds"], cells);
    let least = rows.iter().map(|row| row.accuracy).fold(1.0, f32::min);
    report.at_least("lowest accuracy", least, 0.95);
    report.figure("networks", rows.len() as f64);
    report.plots("costs.svg", &costs(&rows))?;
    report.finish()
}

/// Accuracy against multiply-accumulates: of networks whose layers form a chain, and of those with skip connections or parallel paths.
fn costs(rows: &[Row]) -> [Plot; 2] {
    let plot = |title: &str, names: &[&str]| {
        let plot = Plot::new(title).axes("million multiply-accumulates", "accuracy");
        let rows = rows.iter().filter(|row| names.contains(&row.name));
        rows.fold(plot, |plot, row| plot.points(row.name, [(row.small.macs as f64 / 1e6, f64::from(row.accuracy))]))
    };
    [
        plot("Chains of layers", &["AlexNet", "VGG-16", "VGG-19", "NiN"]),
        plot(
            "With skip connections or parallel paths",
            &["ResNet-18", "ResNet-50", "ResNet-152", "FractalNet", "DenseNet-121", "MobileNetV2", "GoogLeNet", "SqueezeNet"],
        ),
    ]
}

fn main() -> Result {
    run(&Args::parse()).map(drop)
}

/// Chance is right once in ten times.
#[test]
fn learns() {
    assert!(run(&Args::quick()).expect("runs")["lowest accuracy"] > 0.6);
}
