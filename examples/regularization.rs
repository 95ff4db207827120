//! Regularization: one network and 300 digits, a fifth of them labeled wrongly, with nothing against overfitting and with each of seven remedies.
//!
//! Penalties on the weights: L1 (Tibshirani 1996), L2 (Krogh and Hertz 1992), Lp with p = 1.5, elastic net (Zou and Hastie 2005). Dropout (Srivastava et al. 2014).
//! Augmentation (Simard et al. 2003). Early stopping (Prechelt 1998). And an L2 penalty that is far too large.
//! The training loss falls to 0, although labels are wrong, while the loss on other digits (dev) rises: overfitting. Both stay high: underfitting.
//! The picture has both curves for each remedy. The figures are dev losses at the end, and accuracies on the test set.

use fireclay::data::Samples;
use fireclay::data::augment::{Noise, Rotate};
use fireclay::optim::{Group, Grouped};
use fireclay::picture::Plot;
use fireclay::prelude::*;
use fireclay::trainer::{History, Teaches};
use fireclay_examples::{Args, Report, Result};

network! {
    block Body(x; drop) {
        x -> Flatten -> fc1: Dense(128) -> Relu -> if drop { Dropout(0.5) } -> fc2: Dense(128) -> Relu -> if drop { Dropout(0.5) } -> out: Dense(10)
    }
    /// For 8×8 digits.
    pub Plain(image: [1, 8, 8]) -> [10] { image -> Body(false) }
    /// The same with dropout.
    pub Dropped(image: [1, 8, 8]) -> [10] { image -> Body(true) }
}

type Image = Tensor<shape![1, 8, 8]>;
type Set = Samples<Image, Index<10>>;

/// Trains a network on `train`, and says how it fares on `dev`.
fn learn<N, D>(algorithm: Grouped<Adam>, train: &D, dev: &Set, patience: Option<usize>, args: &Args) -> Result<(Box<N>, History)>
where
    N: Network<Input = Image, Output = Tensor<shape![10]>, TrainOutput = Tensor<shape![10]>>,
    D: Teaches<N, CrossEntropy>,
{
    let mut net = N::init(&mut rng(args.seed));
    let mut trainer = Trainer::new(CrossEntropy, algorithm)
        .batch(30)
        .epochs(args.of(120, 80))
        .seed(args.seed)
        .progress(ProgressBar::Off)
        .validate(dev, Accuracy);
    if let Some(patience) = patience {
        trainer = trainer.early_stop(patience);
    }
    let history = trainer.fit(&mut net, train)?;
    Ok((net, history))
}

/// Adam with a penalty on the weights.
fn penalty(group: impl FnOnce(Group) -> Group) -> Grouped<Adam> {
    Adam::new(2e-3).group("*.weight", group)
}

/// All remedies.
fn run(args: &Args) -> Result<Report> {
    let mut report = Report::new("regularization", args);
    let (digits, test) = args.digits()?;
    let (train, dev) = digits.split_stratified(300.0 / digits.len() as f64, args.seed);
    let dev: Set = dev.iter().map(|(image, class)| (*image, *class)).collect();
    let mut random = rng(args.seed);
    let mut label =
        |i: usize, class: Index<10>| if i.is_multiple_of(5) { Index::new(random.below(10)).expect("a class") } else { class };
    let train: Set = train.iter().enumerate().map(|(i, (image, class))| (*image, label(i, *class))).collect();
    let augmented = (&train).augment((Rotate::new(15.0), Noise::new(0.15)));
    let none = || penalty(|group| group);
    let mut found: Vec<(&str, f32, History)> = Vec::new();
    let penalties = [
        ("none", none()),
        ("L1", penalty(|g| g.l1(2e-3))),
        ("L2", penalty(|g| g.l2(3e-2))),
        ("Lp, p = 1.5", penalty(|g| g.lp(1.5, 1e-2))),
        ("elastic net", penalty(|g| g.elastic_net(1e-3, 1e-2))),
        ("far too much L2", penalty(|g| g.l2(1.0))),
    ];
    for (name, algorithm) in penalties {
        let (net, history) = learn::<Plain, _>(algorithm, &train, &dev, None, args)?;
        found.push((name, net.evaluate(&test, Accuracy), history));
    }
    let (net, history) = learn::<Dropped, _>(none(), &train, &dev, None, args)?;
    found.push(("dropout", net.evaluate(&test, Accuracy), history));
    let (net, history) = learn::<Plain, _>(none(), &augmented, &dev, None, args)?;
    found.push(("augmentation", net.evaluate(&test, Accuracy), history));
    let (net, history) = learn::<Plain, _>(none(), &train, &dev, Some(10), args)?;
    found.push(("early stopping", net.evaluate(&test, Accuracy), history));

    let mut plots = Vec::new();
    for (name, accuracy, history) in &found {
        let epochs = history.epochs();
        let last = epochs[epochs.len() - 1];
        report.figure(&format!("{name}: training loss"), last.loss);
        report.figure(&format!("{name}: dev loss"), last.validation_loss.unwrap_or(f32::NAN));
        report.figure(&format!("{name}: test accuracy"), *accuracy);
        let plot = Plot::new(*name).axes("epoch", "loss").logarithmic();
        let dev = epochs.iter().filter_map(|epoch| epoch.validation_loss);
        plots.push(plot.curve("training", epochs.iter().map(|epoch| epoch.loss)).curve("dev", dev));
    }
    let of = |name: &str| report[name];
    let overfitting = of("none: dev loss") / of("none: training loss");
    let underfitting = of("far too much L2: training loss");
    let best = [
        "L1: dev loss",
        "L2: dev loss",
        "Lp, p = 1.5: dev loss",
        "elastic net: dev loss",
        "dropout: dev loss",
        "augmentation: dev loss",
    ];
    let better = best.iter().filter(|name| of(name) < of("none: dev loss")).count() as f64;
    let gain = of("L2: test accuracy") - of("none: test accuracy");
    report.at_least("overfitting: ratio of dev loss to training loss without a remedy", overfitting, 10.0);
    report.at_least("underfitting: training loss under far too much L2", underfitting, 1.0);
    report.at_least("remedies of six that lower the dev loss", better, 5.0);
    report.at_least("gain in test accuracy by L2", gain, 0.03);
    report.plots("curves.svg", &plots)?;
    report.finish()
}

fn main() -> Result {
    run(&Args::parse()).map(drop)
}

/// A network that does not learn neither overfits nor gains: all its losses are 2.3.
#[test]
fn overfits_and_underfits() {
    let report = run(&Args::quick()).expect("runs");
    assert!(report["overfitting: ratio of dev loss to training loss without a remedy"] > 3.0);
    assert!(report["underfitting: training loss under far too much L2"] > 1.0);
    assert!(report["remedies of six that lower the dev loss"] >= 5.0 && report["gain in test accuracy by L2"] > 0.0);
}
