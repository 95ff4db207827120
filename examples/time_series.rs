//! Time series: the next value at every step, and the next eight values after the last.
//!
//! Many to many and many to one (Karpathy 2015, "The unreasonable effectiveness of recurrent neural networks"), with LSTM (Hochreiter and Schmidhuber 1997)
//! and GRU (Cho et al. 2014, arXiv 1406.1078).
//! Each series is a sum of two sine waves with random periods, amplitudes and phases, a trend, and noise.
//! A forecast has to beat the naive one, which repeats the last value.
//! The figures are mean absolute errors on series that were not learned from, and their ratios; the picture has forecasts.

use fireclay::data::Samples;
use fireclay::picture::Plot;
use fireclay::prelude::*;
use fireclay_examples::{Args, Report, Result};

network! {
    /// Many to many: what comes next, at every step.
    pub Next(series: [64, 1]) -> [64, 1] { series -> lstm: Lstm(48) -> out: Dense(1) }
    /// Many to one: the next eight values.
    pub Forecast(series: [64, 1]) -> [8] { series -> gru: Gru(48, last = true) -> fc: Dense(48) -> Relu -> out: Dense(8) }
}

type Series = Tensor<shape![64, 1]>;
type Ahead = Tensor<shape![8]>;

/// A series of 72 values.
fn series(seed: u64) -> Vec<f32> {
    let mut rng = rng(seed);
    let waves: [[f32; 3]; 2] = core::array::from_fn(|i| {
        let length = if i == 0 { 12.0 + 12.0 * rng.uniform() } else { 5.0 + 5.0 * rng.uniform() };
        [(0.5 + 0.5 * rng.uniform()) / (i + 1) as f32, std::f32::consts::TAU / length, 6.3 * rng.uniform()]
    });
    let trend = 0.01 * rng.normal();
    let mut value = |t: f32| trend * t + waves.iter().map(|[a, w, p]| a * (w * t + p).sin()).sum::<f32>() + 0.03 * rng.normal();
    (0..72).map(|t| value(t as f32)).collect()
}

/// Series with what comes next at every step, and with what comes after the last.
fn data(count: usize, first: u64) -> (Samples<Series, Series>, Samples<Series, Ahead>) {
    let all: Vec<Vec<f32>> = (first..).take(count).map(series).collect();
    let input = |s: &[f32]| Tensor::from_fn(|t| s[t]);
    let next = all.iter().map(|s| (input(s), Tensor::from_fn(|t| s[t + 1]))).collect();
    (next, all.iter().map(|s| (input(s), Tensor::from_fn(|t| s[64 + t]))).collect())
}

/// The mean of |a − b|.
fn distance<'a>(pairs: impl Iterator<Item = (&'a f32, &'a f32)>) -> f32 {
    let (sum, count) = pairs.fold((0.0, 0), |(sum, count), (a, b)| (sum + (a - b).abs(), count + 1));
    sum / count as f32
}

/// Trains and tests both.
fn run(args: &Args) -> Result<Report> {
    let mut report = Report::new("time_series", args);
    let (next, ahead) = data(args.of(2000, 500), 1000 * args.seed);
    let (next_test, ahead_test) = data(300, 1000 * args.seed + 100_000);

    let mut many = Next::init(&mut rng(args.seed));
    let epochs = args.of(40, 10);
    let trainer =
        Trainer::new(Mse, Adam::new(5e-3)).batch(32).epochs(epochs).seed(args.seed).clip_norm(1.0).schedule(OneCycle::new(5e-3));
    trainer.progress(args.progress()).fit(&mut many, &next)?;
    let mut one = Forecast::init(&mut rng(args.seed));
    let trainer =
        Trainer::new(Mse, Adam::new(5e-3)).batch(32).epochs(epochs).seed(args.seed).clip_norm(1.0).schedule(OneCycle::new(5e-3));
    trainer.progress(args.progress()).fit(&mut one, &ahead)?;

    // A series is not known before some of it was seen: of the steps the second half counts.
    let found = many.predict_all(&next_test);
    let half = |y: &Series| -> Vec<f32> { y.as_slice()[32..].to_vec() };
    let (there, naive): (Vec<f32>, Vec<f32>) =
        (next_test.iter().flat_map(|(_, y)| half(y)).collect(), next_test.iter().flat_map(|(x, _)| half(x)).collect());
    let own = distance(found.iter().flat_map(half).collect::<Vec<_>>().iter().zip(&there));
    let naive = distance(naive.iter().zip(&there));
    report.figure("next value: mean absolute error", own);
    report.figure("next value: error of the naive forecast", naive);
    report.at_least("next value: ratio of the naive error to the network's", naive / own, 3.5);

    let ahead_found = one.predict_all(&ahead_test);
    let own = distance(ahead_found.iter().zip(ahead_test.iter()).flat_map(|(y, (_, t))| y.as_slice().iter().zip(t.as_slice())));
    let naive = distance(ahead_test.iter().flat_map(|(x, t)| t.as_slice().iter().map(|t| (&x.as_slice()[63], t))));
    report.figure("eight values: mean absolute error", own);
    report.figure("eight values: error of the naive forecast", naive);
    let zero = ahead_test.iter().flat_map(|(_, t)| t.as_slice());
    report.figure("eight values: error of a forecast of 0", distance(zero.map(|t| (&0.0, t))));
    report.at_least("eight values: ratio of the naive error to the network's", naive / own, 3.5);

    let line = |numbers: &[f32], from: usize| {
        numbers.iter().enumerate().map(|(t, y)| ((from + t) as f64, f64::from(*y))).collect::<Vec<_>>()
    };
    let plots: Vec<Plot> = (0..3)
        .map(|i| {
            let (x, t) = (ahead_test.input(i), ahead_test.target(i));
            Plot::new(format!("Series {}", i + 1))
                .axes("step", "value")
                .line("series", line(&[x.as_slice(), t.as_slice()].concat(), 0))
                .line("eight values ahead", line(ahead_found[i].as_slice(), 64))
                .points("next value", line(found[i].as_slice(), 1))
        })
        .collect();
    report.plots("forecasts.svg", &plots)?;
    report.finish()
}

fn main() -> Result {
    run(&Args::parse().without_data()?).map(drop)
}

/// The naive forecast has a ratio of 1, and a forecast of 0 is a little worse, as its figure says.
#[test]
fn beats_the_naive_forecast() {
    let report = run(&Args::quick()).expect("runs");
    assert!(report["next value: ratio of the naive error to the network's"] > 1.6);
    assert!(report["eight values: ratio of the naive error to the network's"] > 1.6);
}
