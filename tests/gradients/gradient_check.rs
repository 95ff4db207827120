//! The gradient check: it finds nothing in what is right, and finds what is wrong, by name.

use fireclay::check::{self, GradientCheck, Of, WrongGradient};
use fireclay::loss::{self, Bce, BceWithLogits, Focal, Hinge, Huber, KlDiv, L1, Loss, MicroBatch, SmoothL1};
use fireclay::{Error, Layout, prelude::*};

network! {
    default Conv(pad = same);

    block Residual(x; channels) {
        let y = x -> conv1: Conv(channels, 3, bias = false) -> bn1: BatchNorm -> Relu -> conv2: Conv(channels, 3) -> bn2: BatchNorm;
        x + y -> Relu
    }

    /// Batch norm, residual blocks, both kinds of pools.
    pub Residuals(image: [3, 9, 8]) -> [5] {
        let x = image -> stem: Conv(6, 3) -> BatchNorm -> Relu -> r1: Residual(6) -> down: Conv(9, 3, stride = 2, pad = 1) -> Tanh;
        x -> MaxPool(3, stride = 2, pad = 1) -> r2: Residual(9) -> Flatten -> fc1: Dense(7) -> Relu -> fc2: Dense(5)
    }

    /// What drops and what is frozen.
    pub Others(image: [6, 5, 5]) -> [4] {
        let (a, b) = image -> c: Conv(8, 3) -> gn: GroupNorm(4) -> PRelu -> Dropout(0.3) -> split(2);
        a * b - (a -> e: Conv(4, 3)) -> #[frozen] bn: BatchNorm -> GlobalAvgPool -> fc: Dense(4) -> Dropout(0.2)
    }

    /// What drops channels, samples, and in a self-normalizing network; and what is scaled while evaluating.
    pub Dropping(image: [6, 5, 5]) -> [4] {
        let x = image -> c: Conv(8, 3) -> Selu -> AlphaDropout(0.3) -> d: Conv(8, 3) -> SpatialDropout(0.4);
        let y = x + (x -> e: Conv(8, 1) -> DropPath(0.3)) -> GlobalAvgPool -> fc: Dense(6) -> Dropout(0.3, inverted = false);
        y -> Reshape([2, 3]) -> SpatialDropout(0.2) -> Flatten -> DropPath(0.2, inverted = false) -> out: Dense(4)
    }

    /// An embedding, an LSTM over it, a state that comes in.
    pub Text(text: [0..20; 7], h: [1, 5], c: [1, 5]) -> (y: [7, 5], hn: [1, 5]) {
        let e = text -> e: Embedding(6);
        let (y, state) = (e, h, c) -> l: Lstm(5, state = out);
        let (hn, _) = state;
        (y, hn)
    }

    pub Line(x: [4]) -> [3] { x -> fc: Dense(3) }
    pub Unit(x: [4]) -> [3] { x -> fc: Dense(3) -> Sigmoid }
    pub Int8(x: [4]) -> [3] { x -> Quantize(scale = 0.05) -> Dequantize(scale = 0.05) -> fc: Dense(3) }
}

fn number(i: usize, j: usize) -> f32 {
    (((i * 7919 + j * 104_729 + 13) % 2003) as f32 / 1001.0) - 1.0
}

fn batch<S: Shape>(samples: usize) -> Batch<S> {
    Batch::from_fn(samples, number)
}

fn error(result: fireclay::Result<check::Report>) -> WrongGradient {
    match result {
        Err(Error::Gradient(wrong)) => *wrong,
        other => panic!("{other:?}"),
    }
}

#[test]
fn networks_in_both_layouts_and_modes() -> fireclay::Result<()> {
    for samples in [2, 5, 18] {
        for mode in [Mode::Train, Mode::Eval] {
            let check = GradientCheck::new().mode(mode).seed(samples as u64);
            let classes = IndexBatch::from_samples((0..samples).map(|i| Index::<5>::new(i % 5).expect("below 5")));
            let net = Residuals::init(&mut rng(1));
            let before = (net.params().as_slice().to_vec(), net.buffers().as_slice().to_vec());
            let report = check.run(&net, &batch(samples), CrossEntropy, &classes)?;
            assert_eq!(report.layouts, [Layout::Chwn16, Layout::Chw]);
            assert!(report.numbers > 300 && report.doubtful < report.numbers / 20, "{report:?}");
            assert_eq!(before, (net.params().as_slice().to_vec(), net.buffers().as_slice().to_vec()));
            check.run(&Others::init(&mut rng(2)), &batch(samples), Mse, &batch(samples))?;
            if samples == 5 {
                check.run(&Dropping::init(&mut rng(2)), &batch(samples), Mse, &batch(samples))?;
            }
        }
        let text = IndicesBatch::<20, 7>::from_sequences(
            (0..samples).map(|i| Indices::from_fn(|t| Index::new((i * 7 + t * t) % 20).expect("below 20"))),
        );
        let report = check::gradient(
            &Text::init(&mut rng(3)),
            (&text, &batch(samples), &batch(samples)),
            (Mse, L1.weight(0.5)),
            (&batch(samples), &batch(samples)),
        )?;
        assert_eq!(report.layouts, [Layout::Chwn16, Layout::Chw]);
    }
    Ok(())
}

#[test]
fn losses_of_the_library() -> fireclay::Result<()> {
    let (x, t) = (batch(5), batch::<shape![3]>(5));
    let shares = Batch::from_fn(5, |i, j| 0.5 + 0.4 * number(i, j));
    let signs = Batch::from_fn(5, |i, j| number(i, j).signum());
    let (line, unit) = (Line::init(&mut rng(1)), Unit::init(&mut rng(1)));
    let all = GradientCheck::new().numbers(usize::MAX);
    all.run(&line, &x, Mse, &t)?;
    all.run(&line, &x, L1, &t)?;
    all.run(&line, &x, Huber.delta(0.5), &t)?;
    all.run(&line, &x, SmoothL1.beta(0.3), &t)?;
    all.run(&line, &x, BceWithLogits.pos_weight([2.0]), &shares)?;
    all.run(&line, &x, Focal, &shares)?;
    all.run(&line, &x, Hinge, &signs)?;
    all.run(&unit, &x, Bce, &shares)?;
    all.run(&line, &x, KlDiv, &shares)?;
    let classes = IndexBatch::from_samples((0..5).map(|i| Index::<3>::new(i % 3).expect("below 3")));
    all.run(&line, &x, CrossEntropy.smoothing(0.1), &classes)?;
    // What is not smooth, where it is not: zeros against zeros.
    all.run(&Line::zeros(), &Batch::zeros(5), L1, 0.0)?;
    Ok(())
}

#[test]
fn a_loss_that_is_wrong_is_named() {
    let (net, x, t) = (Line::init(&mut rng(1)), batch(5), batch::<shape![3]>(5));
    let half = loss::elementwise(|y, t| ((y - t).powi(2), y - t));
    let wrong = error(check::gradient(&net, &x, half, &t));
    assert_eq!((wrong.network, wrong.of, wrong.layout), ("Line", Of::Output(0), Layout::Chwn16));
    assert!((wrong.difference / wrong.found - 2.0).abs() < 1e-2, "{wrong}");

    // One number of one sample, by a hundredth.
    let one = loss::per_sample(|y: &Tensor<shape![3]>, t: &Tensor<shape![3]>, dy| {
        for j in 0..3 {
            dy[j] = y[j] - t[j];
        }
        dy[1] *= 1.01;
        y.as_slice().iter().zip(t.as_slice()).map(|(y, t)| 0.5 * (y - t).powi(2)).sum()
    });
    let wrong = error(check::gradient(&net, &x, one, &t));
    assert_eq!(wrong.place, [1]);
    let text = wrong.to_string();
    assert!(text.starts_with("Line: the loss's gradient by output 0 is wrong at [1] of sample "), "{text}");
    assert!(
        text.contains("sixteen samples side by side") && text.contains("help: the derivative that the loss computes"),
        "{text}"
    );

    // One that knows nothing of lanes.
    struct Careless;
    impl<S: Shape> Loss<Tensor<S>, ()> for Careless {
        fn targets(&self, (): ()) -> Option<usize> {
            None
        }
        fn micro(&self, part: MicroBatch, outputs: &[f32], (): (), gradient: &mut [f32]) -> f32 {
            gradient.copy_from_slice(outputs);
            outputs.chunks(part.lanes()).flat_map(|lanes| &lanes[..part.count]).map(|y| y * y).sum()
        }
    }
    assert_eq!(error(check::gradient(&net, &x, Careless, ())).of, Of::Output(0));
}

/// A network's own gradient can hardly be made wrong here; but a straight-through one is no derivative.
#[test]
fn what_has_no_derivative_is_named() {
    let net = Int8::init(&mut rng(1));
    let wrong = error(check::gradient(&net, &batch(3), Mse, &batch::<shape![3]>(3)));
    assert!(matches!(wrong.of, Of::Input(0)) && wrong.sample.is_some(), "{wrong}");
    assert!(wrong.to_string().contains("Quantize"), "{wrong}");
}

#[test]
fn what_cannot_be_checked() {
    let net = Line::init(&mut rng(1));
    let empty: Batch<shape![4]> = Batch::zeros(0);
    let error = check::gradient(&net, &empty, Mse, 0.0).expect_err("nothing there").to_string();
    assert_eq!(error, "the batch of a gradient check has no samples");
    let error = check::gradient(&net, &batch(2), Mse, f32::NAN).expect_err("no number").to_string();
    assert!(error.contains("a loss that is NaN"), "{error}");
}
