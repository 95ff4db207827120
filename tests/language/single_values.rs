//! A batch norm that sees one value per channel has nothing to take a variance of.

use fireclay::Error;
use fireclay::data::Samples;
use fireclay::prelude::*;

network! {
    /// One value per channel in a sample.
    pub Features(x: [3]) -> [2] { x -> fc: Dense(4) -> bn: BatchNorm -> Relu -> out: Dense(2) }
    /// Four.
    pub Maps(x: [1, 2, 2]) -> [2] { x -> conv: Conv(2, 1) -> BatchNorm -> Flatten -> out: Dense(2) }
    /// One again, without a label.
    pub Shrunk(x: [1, 2, 2]) -> [2] { x -> conv: Conv(2, 2) -> BatchNorm -> Flatten -> out: Dense(2) }
    /// Its statistics stand still.
    pub Frozen(x: [3]) -> [2] { x -> fc: Dense(4) -> #[frozen] bn: BatchNorm -> out: Dense(2) }
}

type Points = Samples<Tensor<shape![3]>, Tensor<shape![2]>>;

fn points(n: usize) -> Points {
    (0..n).map(|i| (Tensor::from_fn(|j| ((i * 5 + j * 3) % 7) as f32), Tensor::from([i as f32, 1.0]))).collect()
}

fn step<N>(samples: usize) -> f32
where
    N: Network<Input = Tensor<shape![3]>, TrainOutput = Tensor<shape![2]>>,
{
    let mut net = N::init(&mut rng(1));
    net.train(&Batch::from_fn(samples, |i, j| (i + j) as f32), Mse, 1.0, &mut N::memory(samples), &mut N::grads())
}

#[test]
#[should_panic(
    expected = "a batch of 1 sample has one value per channel for `bn`, of which there is no variance: train with at least 2"
)]
fn a_step_with_one_sample() {
    step::<Features>(1);
}

#[test]
#[should_panic(expected = "one value per channel for `bn`")]
fn a_forward_pass_with_one_sample() {
    Features::init(&mut rng(1)).forward(Mode::Train, &Batch::zeros(1), &mut Features::memory(1));
}

#[test]
#[should_panic(expected = "one value per channel for `conv_bn`")]
fn a_map_of_one_place() {
    Shrunk::init(&mut rng(1)).forward(Mode::Train, &Batch::zeros(1), &mut Shrunk::memory(1));
}

#[test]
fn what_is_enough() {
    assert!(step::<Features>(2).is_finite() && step::<Frozen>(1).is_finite());
    let (mut net, mut memory) = (Maps::init(&mut rng(1)), Maps::memory(1));
    net.forward(Mode::Train, &Batch::from_fn(1, |_, j| j as f32), &mut memory);
    assert!(net.params().as_slice().iter().all(|x| x.is_finite()));
    // By running statistics one sample is as good as many.
    let mut net = Features::init(&mut rng(1));
    let y = net.forward(Mode::Eval, &Batch::zeros(1), &mut Features::memory(1)).output().to_vec();
    assert!(y.iter().all(|y| y.is_finite()));
}

fn trainer() -> Trainer<Mse, Sgd> {
    Trainer::new(Mse, Sgd::new(0.01)).epochs(2).progress(ProgressBar::Off)
}

#[test]
fn the_trainer_leaves_a_last_batch_of_one_out() -> Result<(), Error> {
    let seen = |n, batch| -> Result<_, Error> {
        let mut net = Features::init(&mut rng(1));
        let history = trainer().batch(batch).fit(&mut net, &points(n))?;
        Ok(history.epochs().iter().map(|e| e.samples).collect::<Vec<_>>())
    };
    assert_eq!(seen(9, 4)?, [8, 8]);
    assert_eq!(seen(10, 4)?, [10, 10]);
    assert_eq!(seen(9, 64)?, [9, 9]);
    assert_eq!(seen(17, 16)?, [16, 16]);
    let mut frozen = Frozen::init(&mut rng(1));
    assert_eq!(trainer().batch(4).fit(&mut frozen, &points(9))?.epochs()[0].samples, 9);
    Ok(())
}

#[test]
fn the_trainer_refuses_batches_of_one() {
    for (n, batch) in [(8, 1), (1, 64)] {
        let mut net = Features::init(&mut rng(1));
        let text = trainer().batch(batch).fit(&mut net, &points(n)).expect_err("no variance").to_string();
        assert!(text.contains("one value per channel for `bn`") && text.contains("`.batch(2)` or more"), "{text}");
    }
    assert!(trainer().batch(1).fit(&mut Frozen::init(&mut rng(1)), &points(3)).is_ok());
}
