//! The learning-rate finder: what it suggests, when it stops, and that it leaves no trace.

use fireclay::optim::{Point, RateFinder, Sweep};
use fireclay::prelude::*;

network! { pub Digit(image: [1, 8, 8]) -> [10] { image -> Flatten -> fc1: Dense(24) -> bn: BatchNorm -> Relu -> fc2: Dense(10) } }

/// A loss that is 2, falls around a rate of 0.01 to 1, and rises from 1 on.
fn valley(rate: f32) -> f32 {
    2.0 - 1.0 / (1.0 + (-3.0 * (rate.ln() - 0.01_f32.ln())).exp()) + rate * rate
}

#[test]
fn the_steepest_slope_is_found() -> fireclay::Result<()> {
    for steps in [40, 100, 400] {
        let sweep = RateFinder::new().steps(steps).smoothing(steps / 40).sweep(valley)?;
        let rate = sweep.suggestion().expect("it falls");
        assert!((0.008..0.0125).contains(&rate), "{steps} steps: {sweep}");
    }
    // Noise is smoothed out.
    let mut i = 0_u32;
    let noisy = RateFinder::new().steps(200).smoothing(15).sweep(|rate| {
        i += 1;
        valley(rate) + 0.1 * (i.wrapping_mul(2_654_435_769) >> 8) as f32 / (1 << 24) as f32
    })?;
    assert!(noisy.suggestion().is_some_and(|rate| (0.005..0.02).contains(&rate)), "{noisy}");
    Ok(())
}

#[test]
fn rates_grow_by_one_factor_until_the_loss_diverges() -> fireclay::Result<()> {
    let sweep = RateFinder::new().range(1e-4, 1e4).steps(81).sweep(valley)?;
    let points: &[Point] = sweep.points();
    assert_eq!(points[0].rate, 1e-4);
    assert!(points.windows(2).all(|pair| (pair[1].rate / pair[0].rate - 10.0_f32.powf(0.1)).abs() < 1e-4));
    let last = points.last().expect("there are some");
    assert!(last.rate > 1.0 && last.rate < 20.0, "{sweep}");
    // NaN ends it, too, and is no point.
    let sweep = RateFinder::new().sweep(|rate| if rate > 0.5 { f32::NAN } else { valley(rate) })?;
    assert!(sweep.points().iter().all(|point| point.loss.is_finite() && point.rate <= 0.5));
    let all = RateFinder::new().sweep(|_| 1.0)?;
    assert_eq!((all.points().len(), all.suggestion()), (100, None));
    assert!(all.to_string().ends_with("the loss does not fall"), "{all}");
    let error = RateFinder::new().sweep(|_| f32::NAN).expect_err("no loss").to_string();
    assert!(error.contains("infinite or NaN within the first steps, at a rate of 1e-7") && error.contains("help:"), "{error}");
    Ok(())
}

fn find<A: Algorithm>(net: &mut Digit, optimizer: &mut Optimizer<A, Digit>) -> fireclay::Result<Sweep> {
    let (train, _) = Digits::split()?;
    let (mut memory, mut grads, mut at) = (Digit::memory(32), Digit::grads(), 0);
    RateFinder::new().range(1e-5, 100.0).find(net, optimizer, |net, optimizer| {
        let batch = || (0..32).map(|i| (at + i) % train.len());
        let x = Batch::from_samples(&batch().map(|i| *train.input(i)).collect::<Vec<_>>());
        let y = IndexBatch::from_samples(batch().map(|i| *train.target(i)));
        at += 32;
        grads.zero();
        let loss = net.train(&x, CrossEntropy, &y, &mut memory, &mut grads);
        optimizer.step(net, &grads);
        loss
    })
}

#[test]
fn network_and_optimizer_are_left_as_they_were() -> fireclay::Result<()> {
    let mut net = Digit::init(&mut rng(1));
    let mut optimizer = Sgd::new(0.1).momentum(0.9).group("fc1", |g| g.learning_rate(0.3)).on(&net);
    optimizer.step(&mut net, &Digit::grads());
    let before = net.clone();
    let sweep = find(&mut net, &mut optimizer)?;
    assert_eq!(net.params().as_slice(), before.params().as_slice());
    assert_eq!(net.buffers().as_slice(), before.buffers().as_slice());
    assert_eq!((optimizer.steps(), optimizer.learning_rate(), optimizer.learning_rate_of("fc1.bias")), (1, 0.1, Some(0.3)));
    assert!(optimizer.state().iter().all(|moment| *moment == 0.0));
    // The same again, and a rate that trains.
    assert_eq!(find(&mut net, &mut optimizer)?, sweep);
    let rate = sweep.suggestion().expect("it falls");
    assert!((1e-3..1.0).contains(&rate), "{sweep}");
    let (train, test) = Digits::split()?;
    Trainer::new(CrossEntropy, Sgd::new(rate).momentum(0.9)).epochs(3).progress(ProgressBar::Off).fit(&mut net, &train)?;
    assert!(net.evaluate(&test, Accuracy) > 0.85, "{sweep}");
    Ok(())
}

#[cfg(feature = "plot")]
#[test]
fn a_picture() -> fireclay::Result<()> {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fireclay-rates-{}", std::process::id()));
    let sweep = RateFinder::new().sweep(valley)?;
    sweep.plot(folder.join("rates.svg"))?;
    let text = std::fs::read_to_string(folder.join("rates.svg")).expect("a picture");
    assert!(text.starts_with("<svg") && text.contains("learning rate") && text.contains("smoothed"));
    let error = sweep.plot(folder.join("rates.png")).expect_err("another format").to_string();
    assert!(error.contains("let its name end in `.svg`"), "{error}");
    std::fs::remove_dir_all(folder).expect("it is there");
    Ok(())
}
