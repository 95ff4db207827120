//! Losses that a program writes itself, as functions: beside the library's own, in both layouts, in the trainer, over several outputs.

use fireclay::loss::{self, evaluate};
use fireclay::{__private::memory_in, Layout, check, prelude::*};

network! {
    /// Trains in both layouts.
    pub Images(image: [2, 6, 5]) -> [3] { image -> conv: Conv(4, 3) -> Tanh -> Flatten -> fc: Dense(3) }

    pub Two(image: [2, 6, 5]) -> (map: [4, 4, 3], scores: [3]) {
        let map = image -> conv: Conv(4, 3) -> Tanh;
        (map, scores: map -> Flatten -> fc: Dense(3))
    }
}

fn images(samples: usize) -> Batch<shape![2, 6, 5]> {
    Batch::from_fn(samples, |i, j| ((i * 31 + j * 17) % 23) as f32 / 11.0 - 1.0)
}

fn numbers(samples: usize) -> Batch<shape![3]> {
    Batch::from_fn(samples, |i, j| ((i * 5 + j * 3) % 7) as f32 / 3.0 - 1.0)
}

fn classes(samples: usize) -> IndexBatch<3> {
    IndexBatch::from_samples((0..samples).map(|i| Index::new(i * 5 % 3).expect("below 3")))
}

/// The same targets, lying one after another.
fn apart<S: Shape>(batch: &Batch<S>) -> Batch<S> {
    let mut apart = Batch::in_layout(batch.len(), Layout::Chw);
    apart.set_len(batch.len());
    for i in 0..batch.len() {
        apart.set(i, &batch.sample(i));
    }
    apart
}

/// Loss and gradient of a step in a layout.
fn step<L, T: loss::TargetsOf<L, Tensor<shape![3]>> + Send + Sync>(
    layout: Layout,
    samples: usize,
    loss: L,
    y: T,
) -> (f32, Vec<f32>) {
    let mut net = Images::init(&mut rng(1));
    let mut grads = Images::grads();
    let mut memory = memory_in::<Images>(layout, samples).expect("it trains in both");
    let value = net.train(&images(samples), loss, y, &mut memory, &mut grads);
    (value, grads.as_slice().to_vec())
}

#[track_caller]
fn close(found: &(f32, Vec<f32>), wanted: &(f32, Vec<f32>)) {
    assert!((found.0 - wanted.0).abs() <= 1e-6 * wanted.0.abs(), "{} instead of {}", found.0, wanted.0);
    let most = wanted.1.iter().fold(0.0_f32, |most, g| most.max(g.abs()));
    for (f, w) in found.1.iter().zip(&wanted.1) {
        assert!((f - w).abs() <= 1e-5 * most, "{f} instead of {w}");
    }
}

fn square(y: f32, t: f32) -> (f32, f32) {
    ((y - t) * (y - t), 2.0 * (y - t))
}

fn squares(y: &Tensor<shape![3]>, t: &Tensor<shape![3]>, dy: &mut Tensor<shape![3]>) -> f32 {
    let mut sum = 0.0;
    for j in 0..3 {
        dy[j] = 2.0 / 3.0 * (y[j] - t[j]);
        sum += (y[j] - t[j]).powi(2) / 3.0;
    }
    sum
}

fn softmax(y: &Tensor<shape![3]>, t: &Index<3>, dy: &mut Tensor<shape![3]>) -> f32 {
    let sum: f32 = y.as_slice().iter().map(|y| y.exp()).sum();
    for j in 0..3 {
        dy[j] = y[j].exp() / sum - if j == t.get() { 1.0 } else { 0.0 };
    }
    sum.ln() - y[t.get()]
}

#[test]
fn own_losses_are_those_of_the_library() {
    for layout in [Layout::Chw, Layout::Chwn16] {
        for samples in [1, 5, 16, 37] {
            let (x, own) = (numbers(samples), apart(&numbers(samples)));
            for y in [&x, &own] {
                let wanted = step(layout, samples, Mse, y);
                close(&step(layout, samples, loss::elementwise(square), y), &wanted);
                close(&step(layout, samples, loss::per_sample(squares), y), &wanted);
                let wanted = step(layout, samples, Mse.sum().weight(0.25), y);
                close(&step(layout, samples, loss::elementwise(square).sum().weight(0.25), y), &wanted);
                let wanted = step(layout, samples, Mse.batch_mean(), y);
                close(&step(layout, samples, loss::elementwise(square).batch_mean(), y), &wanted);
                close(&step(layout, samples, loss::per_sample(squares).sum().weight(3.0 / samples as f32), y), &wanted);
            }
            close(&step(layout, samples, loss::elementwise(square), 0.5), &step(layout, samples, Mse, 0.5));
            let wanted = step(layout, samples, CrossEntropy, &classes(samples));
            close(&step(layout, samples, loss::per_sample(softmax), &classes(samples)), &wanted);
        }
    }
}

/// Whatever a function makes of them.
#[test]
fn what_is_no_number_shows() {
    let cut = loss::elementwise(|y, t| if y > t { (y - t, 1.0) } else { (0.0, 0.0) });
    let y = Batch::<shape![3]>::from_fn(3, |i, j| if (i, j) == (1, 2) { f32::NAN } else { 1.0 });
    let (value, gradient) = evaluate(&cut, &y, 0.0);
    assert!(value.is_nan() && gradient.sample(1)[2].is_nan() && gradient.sample(1)[1] == 1.0 / 9.0);
}

#[test]
fn padding_lanes_count_for_nothing() {
    let count = loss::elementwise(|_, _| (1.0, 1.0));
    for samples in [1, 15, 17] {
        let (value, gradient) = evaluate(&count.sum(), &numbers(samples), 0.0);
        assert_eq!(value, 3.0 * samples as f32);
        assert_eq!(gradient.as_slice().iter().sum::<f32>(), value);
        let each = loss::per_sample(|_: &Tensor<shape![3]>, _: &Tensor<shape![3]>, dy| {
            dy[1] = 2.0;
            1.0
        });
        let (value, gradient) = evaluate(&each, &numbers(samples), &numbers(samples));
        assert!((value - 1.0).abs() < 1e-6);
        assert!((gradient.as_slice().iter().sum::<f32>() - 2.0).abs() < 1e-6);
    }
}

type Outputs = (Tensor<shape![4, 4, 3]>, Tensor<shape![3]>);

/// Loss and gradient of a step that looks at both outputs at once, and of one with a loss for each.
#[test]
fn several_outputs() -> fireclay::Result<()> {
    let both = |(map, scores): &Outputs, (t, class): &(Tensor<shape![4, 4, 3]>, Index<3>), (dm, ds): &mut Outputs| {
        let mut sum = softmax(scores, class, ds);
        for (((y, t), d), _) in map.as_slice().iter().zip(t.as_slice()).zip(dm.as_mut_slice()).zip(0..) {
            sum += 0.5 * (y - t).powi(2) / 48.0;
            *d = (y - t) / 48.0;
        }
        sum
    };
    for samples in [3, 18] {
        let t = Batch::from_fn(samples, |i, j| ((i + j) % 5) as f32 / 2.0 - 1.0);
        let (x, classes) = (images(samples), classes(samples));
        let mut net = Two::init(&mut rng(2));
        for layout in [Layout::Chw, Layout::Chwn16] {
            let mut memory = memory_in::<Two>(layout, samples).expect("it trains in both");
            let (mut grads, mut wanted) = (Two::grads(), Two::grads());
            let found = net.train(&x, loss::per_sample(both), (&t, &classes), &mut memory, &mut grads);
            let value = net.train(&x, (Mse.weight(0.5), CrossEntropy), (&t, &classes), &mut memory, &mut wanted);
            close(&(found, grads.as_slice().to_vec()), &(value, wanted.as_slice().to_vec()));
            let tuple = (loss::elementwise(square).weight(0.5), loss::per_sample(softmax));
            grads.zero();
            let found = net.train(&x, tuple, (&t, &classes), &mut memory, &mut grads);
            close(&(found, grads.as_slice().to_vec()), &(value, wanted.as_slice().to_vec()));
        }
        check::gradient(&net, &x, loss::per_sample(both), (&t, &classes))?;
    }
    Ok(())
}

/// The same bits on any number of threads.
#[test]
fn threads_change_no_bit() {
    let run = |threads| {
        let mut net = Images::init(&mut rng(1));
        let (mut memory, mut grads) = (Images::memory(100), Images::grads());
        memory.threads(threads);
        let losses = [
            net.train(&images(100), loss::per_sample(softmax), &classes(100), &mut memory, &mut grads),
            net.train(&images(100), loss::elementwise(square), &numbers(100), &mut memory, &mut grads),
        ];
        (losses, grads.as_slice().to_vec())
    };
    assert_eq!(run(1), run(2));
    assert_eq!(run(1), run(7));
}

#[test]
fn the_trainer_takes_them() -> fireclay::Result<()> {
    network! { pub Small(image: [1, 8, 8]) -> [10] { image -> Flatten -> fc1: Dense(24) -> Relu -> fc2: Dense(10) } }
    let (train, test) = Digits::split()?;
    let own = loss::per_sample(|y: &Tensor<shape![10]>, t: &Index<10>, dy| {
        let most = y.as_slice()[y.argmax()];
        let sum: f32 = y.as_slice().iter().map(|y| (y - most).exp()).sum();
        for (j, (d, y)) in dy.as_mut_slice().iter_mut().zip(y.as_slice()).enumerate() {
            *d = (y - most).exp() / sum - if j == t.get() { 1.0 } else { 0.0 };
        }
        sum.ln() + most - y[t.get()]
    });
    let mut net = Small::init(&mut rng(1));
    let history = Trainer::new(own, Adam::new(5e-3)).batch(32).epochs(4).progress(ProgressBar::Off).fit(&mut net, &train)?;
    let mut wanted = Small::init(&mut rng(1));
    let other =
        Trainer::new(CrossEntropy, Adam::new(5e-3)).batch(32).epochs(4).progress(ProgressBar::Off).fit(&mut wanted, &train)?;
    assert!(net.evaluate(&test, Accuracy) > 0.85);
    assert!((history.epochs()[0].loss - other.epochs()[0].loss).abs() < 1e-4);
    Ok(())
}

#[test]
fn a_sum_of_losses_is_their_sum() -> Result<(), fireclay::Error> {
    network! { pub Scores(x: [4]) -> [3] { x -> fc: Dense(3) } }
    let net = Scores::init(&mut rng(1));
    let x = Batch::from_fn(37, |i, j| ((i * 7 + j * 3) % 11) as f32 / 5.0 - 1.0);
    let y = Batch::from_fn(37, |i, j| ((i + j) % 5) as f32 / 4.0);
    let three = || loss::plus(loss::plus(Mse, Huber.weight(0.5)), L1.sum().weight(0.01));
    check::gradient(&net, &x, three(), &y)?;
    let mut net = net;
    let mut of = |loss: &dyn Fn(&mut Scores, &mut Memory<Scores>) -> f32| loss(&mut net, &mut Scores::memory(37));
    let sum = of(&|net, memory| net.forward(Mode::Eval, &x, memory).loss(three(), &y));
    let parts = [
        of(&|net, memory| net.forward(Mode::Eval, &x, memory).loss(Mse, &y)),
        of(&|net, memory| net.forward(Mode::Eval, &x, memory).loss(Huber.weight(0.5), &y)),
        of(&|net, memory| net.forward(Mode::Eval, &x, memory).loss(L1.sum().weight(0.01), &y)),
    ];
    assert!((sum - parts.iter().sum::<f32>()).abs() < 1e-5 * sum, "{sum} {parts:?}");
    Ok(())
}
