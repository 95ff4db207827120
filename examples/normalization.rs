//! Normalization: of inputs by five methods, of activations by batch norm, and the initialization of weights.
//!
//! LeCun et al. 1998, "Efficient backprop" (inputs); Ioffe and Szegedy 2015, arXiv 1502.03167 (batch norm); Glorot and Bengio 2010 and
//! He et al. 2015, arXiv 1502.01852 (initialization).
//! The inputs are digits as sensors might give them: some pixels a hundred times as large as others, and far from zero. SGD hardly learns until each has been
//! brought to about the same size: by z-score, min-max, logistic, log-normal, tanh.
//! Eight layers with an initialization that is too small give the same output for every image, and gradients of nearly 0; with one that is too large the training
//! diverges. Batch norm makes up for both, and so does the right initialization.
//! The picture has the convergence curves; the figures are training losses after the last epoch.

use fireclay::data::{Method, Normalization, Samples};
use fireclay::picture::Plot;
use fireclay::prelude::*;
use fireclay::trainer::Teaches;
use fireclay_examples::{Args, Report, Result};

network! {
    /// Two layers, for inputs of all kinds.
    pub Shallow(x: [64]) -> [10] { x -> fc1: Dense(64) -> Relu -> fc2: Dense(10) }

    block Deep(x; deviation, norm) {
        x -> body: [Dense(32, init = (normal, 0.0, deviation)) -> if norm { BatchNorm } -> Relu; 8] -> out: Dense(10)
    }
    /// The initialization of He: √(2 / 32).
    pub He(x: [64]) -> [10] { x -> Deep(0.25, false) }
    /// Much smaller weights.
    pub Small(x: [64]) -> [10] { x -> Deep(0.03, false) }
    /// Much smaller weights, with batch norm.
    pub SmallNormed(x: [64]) -> [10] { x -> Deep(0.03, true) }
    /// Much larger weights.
    pub Large(x: [64]) -> [10] { x -> Deep(1.0, false) }
    /// Much larger weights, with batch norm.
    pub LargeNormed(x: [64]) -> [10] { x -> Deep(1.0, true) }
}

type Row = Tensor<shape![64]>;

/// The losses of the epochs, and the epoch in which the training diverged, if it did.
fn learn<N, D>(data: &D, rate: f32, args: &Args) -> Result<(Vec<f32>, Option<usize>)>
where
    N: Network<Input = Row, TrainOutput = Tensor<shape![10]>>,
    D: Teaches<N, CrossEntropy>,
{
    let mut losses = Vec::new();
    let mut net = N::init(&mut rng(args.seed));
    let trained = Trainer::new(CrossEntropy, Sgd::new(rate).momentum(0.9))
        .batch(32)
        .epochs(args.of(30, 12))
        .seed(args.seed)
        .progress(ProgressBar::Off)
        .on_epoch(|epoch, _: &mut fireclay::trainer::Run<N>| losses.push(epoch.loss))
        .fit(&mut net, data);
    match trained {
        Ok(_) => Ok((losses, None)),
        // Its curve up to there is what is to be shown.
        Err(fireclay::Error::Diverged { epoch, .. }) => Ok((losses, Some(epoch))),
        Err(error) => Err(error.into()),
    }
}

/// The training loss after the last epoch.
fn last(losses: &[f32]) -> f32 {
    losses.last().copied().unwrap_or(f32::NAN)
}

/// Trains on all.
fn run(args: &Args) -> Result<Report> {
    let mut report = Report::new("normalization", args);
    let (digits, _) = args.digits()?;
    let spoiled = |image: &[f32]| Tensor::from_fn(|i| (image[i] + 1.0) * [1.0, 10.0, 100.0][i % 3]);
    let raw: Samples<Row, _> = digits.iter().map(|(image, class)| (spoiled(image.as_slice()), *class)).collect();
    let plain: Samples<Row, _> = digits.iter().map(|(image, class)| (Tensor::from_fn(|i| image.as_slice()[i]), *class)).collect();

    let mut inputs = Plot::new("Inputs").axes("epoch", "training loss").logarithmic();
    let (losses, _) = learn::<Shallow, _>(&raw, 0.01, args)?;
    report.figure("inputs as they are: training loss", last(&losses));
    inputs = inputs.curve("as they are", losses);
    for (name, method) in [
        ("z-score", Method::ZScore),
        ("min-max", Method::MinMax),
        ("logistic", Method::Logistic),
        ("log-normal", Method::LogNormal),
        ("tanh", Method::Tanh),
    ] {
        let data = (&raw).normalize(&Normalization::fit(method, &raw)?);
        let (losses, _) = learn::<Shallow, _>(&data, 0.01, args)?;
        report.at_most(&format!("{name}: training loss"), last(&losses), 0.3);
        inputs = inputs.curve(name, losses);
    }

    let curves = [
        ("He's initialization", learn::<He, _>(&plain, 0.02, args)?),
        ("too small", learn::<Small, _>(&plain, 0.02, args)?),
        ("too small, batch norm", learn::<SmallNormed, _>(&plain, 0.02, args)?),
        ("too large", learn::<Large, _>(&plain, 0.02, args)?),
        ("too large, batch norm", learn::<LargeNormed, _>(&plain, 0.02, args)?),
    ];
    let mut weights = Plot::new("Initialization of eight layers").axes("epoch", "training loss").logarithmic();
    for (name, (losses, diverged)) in curves {
        match (name, diverged) {
            (_, Some(epoch)) => report.figure(&format!("{name}: diverges in epoch"), epoch as f64),
            ("too small", None) => report.at_least("too small: training loss", last(&losses), 2.0),
            ("too large", None) => report.figure("too large: training loss", last(&losses)),
            _ => report.at_most(&format!("{name}: training loss"), last(&losses), 0.3),
        }
        weights = weights.curve(name, losses);
    }
    let gain = report["inputs as they are: training loss"] / report["z-score: training loss"];
    report.at_least("ratio of the training loss without normalization to that with z-score", gain, 5.0);
    report.plots("curves.svg", &[inputs, weights])?;
    report.finish()
}

fn main() -> Result {
    run(&Args::parse()).map(drop)
}

/// Uniform probabilities have a loss of 2.3.
#[test]
fn normalized_converges() {
    let report = run(&Args::quick()).expect("runs");
    assert!(report["z-score: training loss"] < 0.3 && report["too small, batch norm: training loss"] < 1.0);
    assert!(report["too small: training loss"] > 2.0);
}
