//! Optimizers: the paths of five of them over a bowl, a ravine and a saddle, and the same five on digits.
//!
//! SGD (Robbins and Monro 1951), momentum (Polyak 1964), Nesterov's (1983; Sutskever et al. 2013), RMSprop (Tieleman and Hinton 2012),
//! Adam (Kingma and Ba 2015, arXiv 1412.6980).
//! In a ravine the steep walls limit the learning rate of SGD; momentum adds up along the floor. Near a saddle the gradient is nearly 0:
//! RMSprop and Adam, which divide by its magnitude, leave at once.
//! A point on a surface is a network of two parameters, and the surface is a loss of the program's own: the optimizers are those that train networks.
//! The pictures are the paths (each ends at a dot), and the losses on digits.

use fireclay::data::Samples;
use fireclay::loss::per_sample;
use fireclay::optim::RmsProp;
use fireclay::picture::{COLORS, Picture, Plot, blend};
use fireclay::prelude::*;
use fireclay_examples::{Args, Report, Result};

network! {
    /// A place on a surface: two parameters.
    pub Place(one: [1]) -> [2] { one -> place: Dense(2, bias = false) }
    /// For 8×8 digits.
    pub Mlp(image: [1, 8, 8]) -> [10] { image -> Flatten -> fc1: Dense(64) -> Relu -> fc2: Dense(64) -> Relu -> out: Dense(10) }
}

/// Steps of a walk.
const STEPS: usize = 100;

/// Height and gradient at a place.
type Surface = fn(f32, f32) -> (f32, [f32; 2]);

fn bowl(x: f32, y: f32) -> (f32, [f32; 2]) {
    (x * x + y * y, [2.0 * x, 2.0 * y])
}

fn ravine(x: f32, y: f32) -> (f32, [f32; 2]) {
    (0.02 * x * x + 2.0 * y * y, [0.04 * x, 4.0 * y])
}

/// Down in y on both sides, to −1 at y = ±√2.
fn saddle(x: f32, y: f32) -> (f32, [f32; 2]) {
    (x * x - y * y + y.powi(4) / 4.0, [2.0 * x, y.powi(3) - 2.0 * y])
}

/// So many steps from a start.
fn walk<A: Algorithm>(algorithm: A, surface: Surface, start: [f32; 2], steps: usize) -> Vec<[f32; 2]> {
    let mut net = Place::zeros();
    net.place.weight.as_mut_slice().copy_from_slice(&start);
    let (mut memory, mut grads, mut optimizer) = (Place::memory(1), Place::grads(), algorithm.on(&net));
    let one = Batch::from_samples([&Tensor::from([1.0])]);
    let height = per_sample(|at: &Tensor<shape![2]>, _: &Tensor<shape![1]>, gradient| {
        let (height, slopes) = surface(at[0], at[1]);
        *gradient = Tensor::from(slopes);
        height
    });
    let mut path = vec![start];
    for _ in 0..steps {
        grads.zero();
        net.train(&one, &height, &one, &mut memory, &mut grads);
        optimizer.step(&mut net, &grads);
        path.push([net.place.weight[0][0], net.place.weight[1][0]]);
    }
    path
}

/// Losses of the epochs on digits, and the accuracy on others.
fn digits<A: Algorithm>(algorithm: A, args: &Args) -> Result<(Vec<f32>, f32)> {
    let (train, test) = args.digits()?;
    let train: Samples<_, _> = train.iter().map(|(image, class)| (*image, *class)).collect();
    let mut net = Mlp::init(&mut rng(args.seed));
    let trainer =
        Trainer::new(CrossEntropy, algorithm).batch(32).epochs(args.of(30, 8)).seed(args.seed).progress(ProgressBar::Off);
    let history = trainer.fit(&mut net, &train)?;
    Ok((history.epochs().iter().map(|epoch| epoch.loss).collect(), net.evaluate(&test, Accuracy)))
}

/// Heights as shades, with lines of equal height, and the paths over them.
fn picture(surface: Surface, paths: &[Vec<[f32; 2]>]) -> Picture {
    const SIDE: usize = 200;
    const REACH: f32 = 2.2;
    let place = |at: usize| REACH * (2.0 * at as f32 / SIDE as f32 - 1.0);
    let heights: Vec<f32> = (0..SIDE * SIDE).map(|i| surface(place(i % SIDE), place(i / SIDE)).0).collect();
    let (low, high) = heights.iter().fold((f32::INFINITY, f32::NEG_INFINITY), |(l, h), x| (l.min(*x), h.max(*x)));
    let mut picture = Picture::from_fn(SIDE, SIDE, |x, y| {
        let share = ((heights[y * SIDE + x] - low) / (high - low)).sqrt();
        blend([250, 250, 250], [120, 125, 135], if (share * 14.0).fract() < 0.12 { share + 0.15 } else { share })
    });
    let at = |p: [f32; 2]| p.map(|x| (x / REACH + 1.0) / 2.0 * SIDE as f32);
    for (path, color) in paths.iter().zip(COLORS) {
        path.windows(2).for_each(|pair| picture.line(at(pair[0]), at(pair[1]), color));
        path.last().into_iter().for_each(|end| picture.dot(at(*end), 6, color));
    }
    picture
}

/// Walks, trains, draws.
fn run(args: &Args) -> Result<Report> {
    const NAMES: [&str; 5] = ["SGD", "momentum", "Nesterov", "RMSprop", "Adam"];
    let mut report = Report::new("optimizers", args);
    let mut pictures = Vec::new();
    for (name, surface, start) in
        [("bowl", bowl as Surface, [-1.9, 1.4]), ("ravine", ravine, [-2.0, 0.9]), ("saddle", saddle, [-1.8, 1e-5])]
    {
        let paths = [
            walk(Sgd::new(0.05), surface, start, STEPS),
            walk(Sgd::new(0.05).momentum(0.9), surface, start, STEPS),
            walk(Sgd::new(0.05).momentum(0.9).nesterov(true), surface, start, STEPS),
            walk(RmsProp::new(0.05), surface, start, STEPS),
            walk(Adam::new(0.1), surface, start, STEPS),
        ];
        for (optimizer, path) in NAMES.iter().zip(&paths) {
            let [x, y] = path[path.len() - 1];
            report.figure(&format!("{name}, {optimizer}: height after 100 steps"), surface(x, y).0);
        }
        pictures.push(picture(surface, &paths).captioned(name));
    }
    let height = |surface: &str, optimizer: &str| report[&*format!("{surface}, {optimizer}: height after 100 steps")];
    let gain = height("ravine", "SGD") / height("ravine", "momentum").max(1e-12);
    let left = height("saddle", "SGD") - height("saddle", "Adam");
    report.at_least("ravine: ratio of the height of SGD to that of momentum", gain, 10.0);
    report.at_least("saddle: height of SGD less that of Adam", left, 0.5);

    let found = [
        digits(Sgd::new(0.05), args)?,
        digits(Sgd::new(0.05).momentum(0.9), args)?,
        digits(Sgd::new(0.05).momentum(0.9).nesterov(true), args)?,
        digits(RmsProp::new(1e-3), args)?,
        digits(Adam::new(2e-3), args)?,
    ];
    let mut plot = Plot::new("Loss on digits").axes("epoch", "training loss").logarithmic();
    for (name, (losses, accuracy)) in NAMES.iter().zip(found) {
        report.at_least(&format!("digits, {name}: test accuracy"), accuracy, 0.94);
        plot = plot.curve(*name, losses);
    }
    let mut legend = Picture::new(80, 90, [255; 3]);
    for (i, name) in NAMES.iter().enumerate() {
        legend.text([6, 8 + 14 * i], name, COLORS[i]);
    }
    report.picture("paths.png", &Picture::grid(pictures.into_iter().chain([legend]), 4))?;
    report.plots("digits.svg", &[plot])?;
    report.finish()
}

fn main() -> Result {
    run(&Args::parse()).map(drop)
}

/// The walks are exact; on digits chance is right once in ten times.
#[test]
fn walks_and_learns() {
    let report = run(&Args::quick()).expect("runs");
    assert!(report["ravine: ratio of the height of SGD to that of momentum"] > 10.0);
    assert!(report["digits, Adam: test accuracy"] > 0.8);
}
