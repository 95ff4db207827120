//! Regression beside outliers: a straight line by three losses.
//!
//! One point in five is an outlier. Outliers dominate the squared error (L2), in which large distances count with their square;
//! the absolute error (L1; Laplace 1774) and the ε-insensitive one, max(0, |e| − ε) (Vapnik 1995, "The nature of statistical learning
//! theory"), grow linearly, and are robust.
//! All three lines are a neuron with one weight and one bias, trained by Adam.
//! The figures are mean distances of the lines from the true one, y = 2x + 1.

use fireclay::data::Samples;
use fireclay::loss::{EpsilonInsensitive, LossOn};
use fireclay::picture::Plot;
use fireclay::prelude::*;
use fireclay_examples::{Args, Report, Result};

network! {
    /// y = w·x + b
    pub Line(x: [1]) -> [1] { x -> fc: Dense(1) }
}

type Number = Tensor<shape![1]>;

/// Points near y = 2x + 1; each fifth one is too high by four to twelve.
fn points(seed: u64) -> Samples<Number, Number> {
    let mut rng = rng(seed);
    let mut point = |i: usize| {
        let x = 2.0 * rng.uniform() - 1.0;
        let wrong = if i.is_multiple_of(5) { 4.0 + 8.0 * rng.uniform() * (x + 1.0) / 2.0 } else { 0.0 };
        (Tensor::from([x]), Tensor::from([2.0 * x + 1.0 + 0.2 * rng.normal() + wrong]))
    };
    (0..400).map(&mut point).collect()
}

/// Weight and bias that this loss leads to.
fn fit(loss: impl LossOn<Number, Number>, args: &Args) -> Result<[f32; 2]> {
    let mut net = Line::init(&mut rng(args.seed));
    Trainer::new(loss, Adam::new(0.05))
        .batch(50)
        .epochs(args.of(100, 40))
        .seed(args.seed)
        .schedule(Cosine)
        .progress(ProgressBar::Off)
        .fit(&mut net, &points(args.seed))?;
    Ok([net.fc.weight[0][0], net.fc.bias[0]])
}

/// The mean of |w·x + b − (2x + 1)| over x from −1 to 1.
fn distance([w, b]: [f32; 2]) -> f32 {
    (0..=200).map(|i| i as f32 / 100.0 - 1.0).map(|x| (w * x + b - 2.0 * x - 1.0).abs()).sum::<f32>() / 201.0
}

/// Fits all three.
fn run(args: &Args) -> Result<Report> {
    let mut report = Report::new("regression", args);
    const EPSILON: f32 = 0.2;
    let lines =
        [("L2", fit(Mse, args)?), ("L1", fit(L1, args)?), ("ε-insensitive", fit(EpsilonInsensitive.epsilon(EPSILON), args)?)];
    for (name, [w, b]) in lines {
        println!("{name}: y = {w:.2} x + {b:.2}");
    }
    let [l2, l1, hinge] = lines.map(|line| distance(line.1));
    report.figure("distance, L2", l2);
    report.figure("distance, L1", l1);
    report.figure("distance, ε-insensitive", hinge);
    report.at_least("ratio of the distance of L2 to that of L1", l2 / l1, 4.0);
    report.at_least("ratio of the distance of L2 to that of ε-insensitive", l2 / hinge, 4.0);

    let mut plot = Plot::new("One point in five is an outlier").axes("x", "y");
    for (name, [w, b]) in lines {
        plot = plot.line(name, [-1.0, 1.0].map(|x| (f64::from(x), f64::from(w * x + b))));
    }
    let points = points(args.seed);
    plot = plot.points("points", points.iter().map(|(x, y)| (f64::from(x[0]), f64::from(y[0]))));
    report.plots("lines.svg", &[plot])?;
    report.finish()
}

fn main() -> Result {
    run(&Args::parse().without_data()?).map(drop)
}

/// A line that has learned nothing is about one away from the true one, and so is that of L2 because of the outliers.
#[test]
fn robust_losses_ignore_outliers() {
    let report = run(&Args::quick()).expect("runs");
    assert!(report["distance, L1"] < 0.4 && report["distance, ε-insensitive"] < 0.4);
    assert!(report["distance, L2"] > 0.8);
}
