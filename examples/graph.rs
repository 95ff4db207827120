//! A computational graph, node by node: f(x) = (x − 1)².
//!
//! Forward each node computes its value from those before it; backward it hands on ∂f/∂node by the chain rule
//! (Linnainmaa 1970; Goodfellow, Bengio and Courville 2016, "Deep learning", section 6.5).
//! Here x is the parameter: gradient descent, x ← x − η·∂f/∂x, goes to the minimum at 1, a factor of 1 − 2η nearer in each step.
//! The program prints value and gradient of every node in the first steps, and compares them with those by hand, f = (x − 1)² and ∂f/∂x = 2(x − 1).
//! The picture shows the path of x down the parabola.

use fireclay::picture::Plot;
use fireclay::prelude::*;
use fireclay_examples::{Args, Report, Result};

network! {
    /// The nodes are a = x − 1 and f = a·a.
    pub Square(x: [1]) -> (a: [1], f: [1]) {
        let a = x - 1;
        let f = a * a;
        (a, f)
    }
}

/// Goes down.
fn run(args: &Args) -> Result<Report> {
    let mut report = Report::new("graph", args);
    let (mut net, mut memory) = (Square::init(&mut rng(args.seed)), Square::memory(1));
    let (mut x, rate, steps) = (-2.0_f32, 0.15, args.of(40, 30));
    let (mut path, mut off) = (Vec::new(), 0.0_f32);
    println!("step      x         a = x − 1   f = a·a     ∂f/∂f   ∂f/∂a = 2a   ∂f/∂x = ∂f/∂a · 1");
    for step in 0..steps {
        let (a, f) = net.forward(Mode::Train, &Batch::from_samples([&Tensor::from([x])]), &mut memory).output();
        let (a, f) = (a.sample(0)[0], f.sample(0)[0]);
        // Backward begins with 1 at f; nothing else depends on a.
        let (none, one) = (Batch::zeros(1), Batch::from_samples([&Tensor::from([1.0])]));
        let gradient = net.backward_input_from((&none, &one), &mut memory).sample(0)[0];
        if step < 8 {
            println!("{step:>4}  {x:>9.5}  {a:>9.5}   {f:>9.5}     {:>5.2}   {:>9.5}     {gradient:>9.5}", 1.0, 2.0 * a);
        }
        // By hand: f = (x − 1)², ∂f/∂x = 2(x − 1).
        off = off.max((f - (x - 1.0).powi(2)).abs()).max((gradient - 2.0 * (x - 1.0)).abs());
        path.push((f64::from(x), f64::from(f)));
        x -= rate * gradient;
    }
    println!(" …\n{steps:>4}  {x:>9.5}");
    report.at_most("largest difference from values by hand", off, 1e-6);
    report.at_most("distance of x from the minimum", (x - 1.0).abs(), 1e-4);
    let curve = (0..=120).map(|i| -2.2 + f64::from(i) * 0.05).map(|x| (x, (x - 1.0).powi(2)));
    let plot = Plot::new("f(x) = (x − 1)²").axes("x", "f").line("f", curve).points("gradient descent", path);
    report.plots("descent.svg", &[plot])?;
    report.finish()
}

fn main() -> Result {
    run(&Args::parse().without_data()?).map(drop)
}

/// x begins 3 away from the minimum.
#[test]
fn converges() {
    let report = run(&Args::quick()).expect("runs");
    assert!(report["distance of x from the minimum"] < 1e-3 && report["largest difference from values by hand"] < 1e-6);
}
