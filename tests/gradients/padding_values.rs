//! Batches that do not fill sixteen lanes, with the right values: against sums in f64, for every loss, and in a whole training.

use fireclay::LANES;
use fireclay::data::Samples;
use fireclay::loss::{
    Bce, BceWithLogits, CrossEntropy, Dice, EpsilonInsensitive, Focal, Hinge, HingeEmbedding, Huber, KlDiv, L1, Loss, Mse,
    MultiLabelSoftMargin, MultiMargin, Nll, PoissonNll, SmoothL1, SoftmaxFocal, SvmHinge, evaluate,
};
use fireclay::prelude::*;
use std::collections::BTreeSet;

network! {
    pub Steep(x: [1]) -> [1] { x -> fc: Dense(1) -> Exp }
    pub Normed(x: [1]) -> [1] { x -> bn: BatchNorm -> Exp }
    pub Scores(x: [1]) -> [3] { x -> fc: Dense(3) -> Exp }
    pub Both(x: [1]) -> (class: [3], size: [1]) { (class: x -> fc: Dense(3) -> Exp, size: x -> fc1: Dense(1) -> Exp) }
}

type One = shape![1];

fn sizes() -> impl Iterator<Item = usize> {
    (1..2 * LANES).filter(|n| n % LANES != 0)
}

fn steep() -> Box<Steep> {
    let mut net = Steep::zeros();
    net.params_mut().as_mut_slice().copy_from_slice(&[-0.05, 100.0]);
    net
}

/// e^(100 − 0.05·x), which is infinite at x = 0, against 0: the gradients of weight and bias, and those of x, in f64.
fn wanted(xs: &[f32]) -> ([f64; 2], Vec<f64>) {
    let weight = f64::from(-0.05_f32);
    let (mut grads, mut dx) = ([0.0; 2], Vec::new());
    for x in xs.iter().map(|x| f64::from(*x)) {
        let y = (weight * x + 100.0).exp();
        let d = 2.0 * y * y / xs.len() as f64;
        (grads[0], grads[1]) = (grads[0] + d * x, grads[1] + d);
        dx.push(d * weight);
    }
    (grads, dx)
}

#[track_caller]
fn close(found: f32, wanted: f64, what: &str) {
    assert!((f64::from(found) - wanted).abs() <= 1e-4 * wanted.abs(), "{what}: {found}, not {wanted}");
}

#[test]
fn gradients_where_zero_is_infinite() {
    for n in sizes().chain([LANES]) {
        let xs: Vec<f32> = (0..n).map(|i| 2000.0 + i as f32).collect();
        let x = Batch::<One>::from_fn(n, |i, _| xs[i]);
        let (wanted, dx) = wanted(&xs);
        let (mut net, mut memory) = (steep(), Steep::memory(n));
        for threads in [1, 2] {
            let (mut fused, mut grads) = (Steep::grads(), Steep::grads());
            net.train(&x, Mse, 0.0, memory.threads(threads), &mut fused);
            net.forward(Mode::Train, &x, &mut memory).loss(Mse, 0.0);
            net.backward(&mut memory, &mut grads);
            assert_eq!(fused.as_slice(), grads.as_slice());
            (0..2).for_each(|i| close(grads.as_slice()[i], wanted[i], &format!("{n} samples, gradient {i}")));
            let found = net.backward_input(&mut memory).to_vec();
            (0..n).for_each(|i| close(found[i], dx[i], &format!("{n} samples, dx {i}")));
        }
    }
    // The reference itself: by the sum of e^(−0.1·i), times 2 / n and x.
    let grads = |n: usize| wanted(&(0..n).map(|i| 2000.0 + i as f32).collect::<Vec<_>>()).0;
    assert!((grads(16)[0] - 2102.4).abs() < 0.1 && (grads(16)[1] - 1.048).abs() < 1e-3);
    assert!((grads(15)[0] - 2182.6).abs() < 0.1 && (grads(15)[1] - 1.0885).abs() < 1e-3, "{:?}", grads(15));
}

/// What a program leaves beside the last sample, of inputs and of a gradient of its own, is not read.
#[test]
fn padding_lanes_of_a_program_s_own_batches() {
    for n in sizes() {
        let batch = |value: fn(usize) -> f32| {
            let mut batch = Batch::<One>::from_fn(n, |i, _| value(i));
            batch.as_mut_slice().iter_mut().skip(n).for_each(|x| *x = f32::NAN);
            batch
        };
        let (x, dy) = (batch(|i| 2000.0 + i as f32), batch(|i| 0.5 - i as f32 / 8.0));
        let (mut net, mut memory, mut grads, mut fused) = (steep(), Steep::memory(n), Steep::grads(), Steep::grads());
        let y = net.forward(Mode::Train, &x, &mut memory).output().to_vec();
        net.backward_from(&dy, &mut memory, &mut grads);
        let products = (0..n).map(|i| f64::from(y[i]) * f64::from(dy.as_slice()[i]));
        close(grads.as_slice()[1], products.sum(), "bias");
        close(net.backward_input_from(&dy, &mut memory).as_slice()[0], f64::from(y[0]) * 0.5 * f64::from(-0.05_f32), "dx");
        net.train(&x, Mse, 0.0, &mut memory, &mut fused);
        let xs: Vec<f32> = (0..n).map(|i| 2000.0 + i as f32).collect();
        close(fused.as_slice()[0], wanted(&xs).0[0], "weight");
    }
}

/// Statistics, outputs and gradients of a batch norm before an `Exp`, in f64: zeros beside these inputs would be infinite.
#[test]
fn batch_norm_counts_real_samples() {
    for n in sizes().filter(|n| *n > 1) {
        let xs: Vec<f64> = (0..n).map(|i| -2000.0 - (i * 5 % 17) as f64).collect();
        let x = Batch::<One>::from_fn(n, |i, _| xs[i] as f32);
        let (mut net, mut memory, mut grads) = (Normed::init(&mut rng(1)), Normed::memory(n), Normed::grads());
        let y = net.forward(Mode::Train, &x, &mut memory).output().to_vec();
        let count = n as f64;
        let mean = xs.iter().sum::<f64>() / count;
        let squares: f64 = xs.iter().map(|x| (x - mean).powi(2)).sum();
        let centered: Vec<f64> = xs.iter().map(|x| (x - mean) / (squares / count + 1e-5).sqrt()).collect();
        (0..n).for_each(|i| close(y[i], centered[i].exp(), "y"));
        let [running_mean, running_var] = [net.buffers().as_slice()[0], net.buffers().as_slice()[1]];
        close(running_mean, 0.1 * mean, "running mean");
        close(running_var, 0.9 + 0.1 * squares / (count - 1.0), "running variance");
        let mut net = Normed::init(&mut rng(1));
        net.forward(Mode::Train, &x, &mut memory).loss(Mse, 0.0);
        net.backward(&mut memory, &mut grads);
        let d: Vec<f64> = centered.iter().map(|x| 2.0 * (2.0 * x).exp() / count).collect();
        close(grads.as_slice()[0], d.iter().zip(&centered).map(|(d, x)| d * x).sum(), "weight");
        close(grads.as_slice()[1], d.iter().sum(), "bias");
        assert!(net.backward_input(&mut memory).to_vec().iter().all(|d| d.is_finite()));
    }
}

#[test]
fn training_with_a_rest_does_not_diverge() -> Result<(), fireclay::Error> {
    let data: Samples<Tensor<One>, Tensor<One>> =
        (0..20).map(|i| (Tensor::from([-2000.0 - i as f32]), Tensor::from([i as f32 / 20.0]))).collect();
    let mut net = Normed::init(&mut rng(1));
    let trainer = Trainer::new(Mse, Sgd::new(0.05)).batch(16).epochs(20).progress(ProgressBar::Off);
    let history = trainer.fit(&mut net, &data)?;
    let losses: Vec<f32> = history.epochs().iter().map(|epoch| epoch.loss).collect();
    assert!(losses.iter().all(|loss| loss.is_finite()) && losses[19] < losses[0], "{losses:?}");
    Ok(())
}

/// Scores below one that are infinite at zero: gradients of a batch as those of one in which every sample stands sixteen times.
fn check<B>(name: &str, loss: &impl for<'a> LossOf<'a, B>, targets: impl Fn(&[usize]) -> B) {
    let run = |samples: &[usize]| {
        let x = Batch::<One>::from_fn(samples.len(), |i, _| 2001.0 + (samples[i] * 7 % 13) as f32);
        let (mut net, mut memory, mut grads) = (Scores::zeros(), Scores::memory(samples.len()), Scores::grads());
        net.params_mut().as_mut_slice().copy_from_slice(&[-0.05, -0.0501, -0.0499, 100.0, 100.1, 99.7]);
        let targets = targets(samples);
        let total = loss.train(&mut net, &x, &targets, &mut memory, &mut grads);
        let y = net.forward(Mode::Train, &x, &mut memory).output();
        let (alone, gradient) = loss.evaluate(y, &targets);
        assert!((alone - total).abs() <= 1e-6 * total.abs(), "{name}: {alone}, not {total}");
        let padding =
            gradient.as_slice().iter().enumerate().filter(|(at, _)| at / (3 * LANES) * LANES + at % LANES >= samples.len());
        assert!(padding.into_iter().all(|(_, g)| *g == 0.0), "{name}");
        (total, grads.as_slice().to_vec())
    };
    for n in sizes() {
        let (loss, grads) = run(&(0..n).collect::<Vec<_>>());
        let (wanted_loss, wanted) = run(&(0..n * LANES).map(|i| i / LANES).collect::<Vec<_>>());
        let most = wanted.iter().fold(0.0_f32, |most, w| most.max(w.abs()));
        assert!(most > 0.0 && most.is_finite(), "{name}: {wanted:?}");
        assert!((loss - wanted_loss).abs() <= 1e-4 * wanted_loss.abs(), "{name}, {n} samples: {loss}, not {wanted_loss}");
        for (f, w) in grads.iter().zip(&wanted) {
            assert!((f - w).abs() <= 1e-4 * most, "{name}, {n} samples: {grads:?}, not {wanted:?}");
        }
    }
}

/// A loss against batches of these targets.
trait LossOf<'a, B: 'a> {
    fn train(
        &self,
        net: &mut Scores,
        x: &Batch<One>,
        targets: &'a B,
        memory: &mut Memory<Scores>,
        grads: &mut Grads<Scores>,
    ) -> f32;
    fn evaluate(&self, y: &Batch<shape![3]>, targets: &'a B) -> (f32, Batch<shape![3]>);
}

impl<'a, B: Sync + 'a, L: Loss<Tensor<shape![3]>, &'a B>> LossOf<'a, B> for L {
    fn train(
        &self,
        net: &mut Scores,
        x: &Batch<One>,
        targets: &'a B,
        memory: &mut Memory<Scores>,
        grads: &mut Grads<Scores>,
    ) -> f32 {
        net.train(x, self, targets, memory, grads)
    }
    fn evaluate(&self, y: &Batch<shape![3]>, targets: &'a B) -> (f32, Batch<shape![3]>) {
        evaluate(self, y, targets)
    }
}

#[test]
fn every_loss() {
    let mut tested = BTreeSet::new();
    macro_rules! check {
        ($targets:ident: $($Loss:ident $(($($with:tt)*))?),*) => {
            $(
                check(stringify!($Loss $($($with)*)?), &$Loss $($($with)*)?, $targets);
                tested.insert(stringify!($Loss));
            )*
        };
    }
    fn classes(samples: &[usize]) -> IndexBatch<3> {
        IndexBatch::from_samples(samples.iter().map(|j| Index::new(j * 2 % 3).expect("below 3")))
    }
    fn known(samples: &[usize]) -> IndexBatch<4> {
        IndexBatch::from_samples(samples.iter().map(|j| Index::new(j * 2 % 4).expect("below 4")))
    }
    fn shares(samples: &[usize]) -> Batch<shape![3]> {
        Batch::from_fn(samples.len(), |i, k| ((samples[i] * 5 + k) % 3) as f32 / 3.0)
    }
    fn signs(samples: &[usize]) -> Batch<shape![3]> {
        Batch::from_fn(samples.len(), |i, k| if (samples[i] * 5 + k).is_multiple_of(3) { 1.0 } else { -1.0 })
    }
    check!(classes: CrossEntropy, CrossEntropy(.smoothing(0.1)), CrossEntropy(.class_weights([1.0, 2.0, 0.5])), CrossEntropy(.ignore(1)));
    check!(classes: Nll, Nll(.class_weights([1.0, 2.0, 0.5])), Nll(.ignore(2)), MultiMargin, MultiMargin(.squared()), SvmHinge);
    check!(classes: SoftmaxFocal, SoftmaxFocal(.gamma(0.5)));
    check!(known: CrossEntropy(.unlabeled()));
    check!(shares: EpsilonInsensitive(.epsilon(0.2)), MultiLabelSoftMargin, PoissonNll, Dice);
    check!(shares: CrossEntropy, Mse, L1, Huber, SmoothL1, Bce, BceWithLogits, Focal, KlDiv, Mse(.weight(0.5)), Mse(.batch_mean()));
    check!(signs: Hinge, HingeEmbedding);
    let squares = fireclay::loss::elementwise(|y: f32, t: f32| ((y - t) * (y - t), 2.0 * (y - t)));
    check("elementwise", &squares, shares);
    tested.insert("Elementwise");
    let apart = fireclay::loss::per_sample(|y: &Tensor<shape![3]>, t: &Tensor<shape![3]>, dy: &mut Tensor<shape![3]>| {
        (0..3).fold(0.0, |sum, k| {
            dy[k] = 2.0 * (y[k] - t[k]);
            sum + (y[k] - t[k]) * (y[k] - t[k])
        })
    });
    check("per_sample", &apart, shares);
    tested.insert("PerSample");
    check("plus", &fireclay::loss::plus(Mse, fireclay::loss::plus(L1.weight(0.5), Huber)), shares);
    tested.insert("Plus");
    // A loss that is exported and not named above would not be tested. (`Unlabeled` and `Weighted` are what `unlabeled` and `weight` make; those of several outputs and of
    // sequences are held against difference quotients in both layouts, `losses.rs`.)
    let exported = include_str!("../../src/loss/mod.rs").lines().filter_map(|line| line.strip_prefix("pub use "));
    for name in exported.flat_map(|line| line.split(['{', '}', ',', ':', ';'])).map(str::trim) {
        let is_loss = name.starts_with(char::is_uppercase)
            && ![
                "Classes",
                "CosineEmbedding",
                "Ctc",
                "Expects",
                "GaussianNll",
                "OutputBatch",
                "Outputs",
                "Reduction",
                "TripletMargin",
                "Unlabeled",
                "Weighted",
            ]
            .contains(&name);
        assert!(!is_loss || tested.contains(name), "no test of the loss {name}");
    }
}

#[test]
fn several_losses() {
    let run = |samples: &[usize]| {
        let x = Batch::<One>::from_fn(samples.len(), |i, _| 2001.0 + (samples[i] * 7 % 13) as f32);
        let classes = IndexBatch::from_samples(samples.iter().map(|j| Index::<3>::new(j * 2 % 3).expect("below 3")));
        let (mut net, mut memory, mut grads) = (Both::zeros(), Both::memory(samples.len()), Both::grads());
        net.params_mut().as_mut_slice().copy_from_slice(&[-0.05, -0.0501, -0.0499, 100.0, 100.1, 99.7, -0.05, 100.0]);
        net.train(&x, (CrossEntropy, Mse.weight(0.5)), (&classes, 0.0), &mut memory, &mut grads);
        grads.as_slice().to_vec()
    };
    for n in sizes() {
        let grads = run(&(0..n).collect::<Vec<_>>());
        let wanted = run(&(0..n * LANES).map(|i| i / LANES).collect::<Vec<_>>());
        for (f, w) in grads.iter().zip(&wanted) {
            assert!((f - w).abs() <= 1e-3 * w.abs() + 1e-6, "{n} samples: {grads:?}, not {wanted:?}");
        }
    }
}
