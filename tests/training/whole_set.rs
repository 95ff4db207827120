//! What is told of a data set is that of all its samples as one batch, whatever batches they were dealt into.

use fireclay::Error;
use fireclay::data::Samples;
use fireclay::loss::{Loss, LossOn, MicroBatch, Nll, evaluate};
use fireclay::prelude::*;
use fireclay::trainer::Epoch;

network! {
    pub Scores(x: [4]) -> [3] { x -> fc: Dense(3) }
    pub Both(x: [4]) -> (class: [3], place: [2]) { (class: x -> fc: Dense(3), place: x -> at: Dense(2)) }
}

const SAMPLES: usize = 12;
const BATCHES: [usize; 5] = [12, 8, 5, 3, 1];

fn input(i: usize) -> Tensor<shape![4]> {
    Tensor::from_fn(|j| ((i * 7 + j * 5) % 11) as f32 / 4.0 - 1.0)
}

/// Seven of class 0, three of class 1, two of class 2: no batch is like another.
fn class(i: usize) -> usize {
    [0, 2, 0, 1, 0, 0, 1, 0, 2, 0, 1, 0][i]
}

fn place(i: usize) -> Tensor<shape![2]> {
    Tensor::from([i as f32 / 6.0, 1.0])
}

fn classes<const K: usize>() -> IndexBatch<K> {
    IndexBatch::from_samples((0..SAMPLES).map(|i| Index::new(class(i)).expect("a class")))
}

fn scores(net: &Scores) -> Batch<shape![3]> {
    let samples: Vec<_> = (0..SAMPLES).map(|i| net.predict(&input(i))).collect();
    Batch::from_samples(samples.iter().map(|sample| &**sample))
}

/// One epoch with rate 0 in batches of each size: the loss that is shown, the one of the same data as validation data, and a metric.
fn epochs<N, T, L, M>(net: &mut N, loss: impl Fn() -> L, metric: M, target: impl Fn(usize) -> T) -> Result<Vec<Epoch>, Error>
where
    N: Network<Input = Tensor<shape![4]>> + AsNetwork<Network = N>,
    T: Values,
    L: LossOn<N::TrainOutput, T>,
    M: Metric<N::Output, T> + Copy,
{
    let data: Samples<Tensor<shape![4]>, T> = (0..SAMPLES).map(|i| (input(i), target(i))).collect();
    let trainer = |batch| Trainer::new(loss(), Sgd::new(0.0)).batch(batch).epochs(1).progress(ProgressBar::Off);
    BATCHES.iter().map(|batch| Ok(trainer(*batch).validate(&data, metric).fit(net, &data)?.epochs()[0])).collect()
}

#[track_caller]
fn all_near(epochs: &[Epoch], right: f64) {
    for (epoch, batch) in epochs.iter().zip(BATCHES) {
        for loss in [epoch.loss, epoch.validation_loss.expect("validated")] {
            assert!((f64::from(loss) - right).abs() <= 2e-6 * right.abs(), "batches of {batch}: {loss}, right is {right}");
        }
    }
}

/// −ln softmax(x)ᵧ of each sample, in f64.
fn singles(scores: &Batch<shape![3]>) -> Vec<f64> {
    let single = |i| {
        let x = scores.sample(i).as_slice().to_vec();
        let sum: f64 = x.iter().map(|x| f64::from(*x).exp()).sum();
        sum.ln() - f64::from(x[class(i)])
    };
    (0..SAMPLES).map(single).collect()
}

#[test]
fn classes_that_weigh_and_classes_that_do_not_count() -> Result<(), Error> {
    let net = &mut *Scores::init(&mut rng(3));
    let singles = singles(&scores(net));
    let weighted = |weights: [f64; 3]| {
        let terms = singles.iter().enumerate().map(|(i, loss)| (weights[class(i)] * loss, weights[class(i)]));
        let (sum, all) = terms.fold((0.0, 0.0), |a, b| (a.0 + b.0, a.1 + b.1));
        (sum, sum / all)
    };
    let index = |i| Index::<3>::new(class(i)).expect("a class");
    let weights = [1.0, 5.0, 20.0];
    let heavy = || CrossEntropy.class_weights(weights.map(|w| w as f32));
    all_near(&epochs(net, heavy, Accuracy, index)?, weighted(weights).1);
    all_near(&epochs(net, || heavy().sum(), Accuracy, index)?, weighted(weights).0);
    all_near(&epochs(net, || heavy().batch_mean(), Accuracy, index)?, weighted(weights).0 / 12.0);
    all_near(&epochs(net, || heavy().weight(0.25), Accuracy, index)?, weighted(weights).1 / 4.0);
    all_near(&epochs(net, || CrossEntropy.ignore(0), Accuracy, index)?, weighted([0.0, 1.0, 1.0]).1);
    all_near(&epochs(net, || CrossEntropy.sum(), Accuracy, index)?, singles.iter().sum());
    all_near(&epochs(net, || CrossEntropy, Accuracy, index)?, singles.iter().sum::<f64>() / 12.0);

    // The log-likelihood of numbers that are no log-probabilities is as good a loss.
    let scores = scores(net);
    let nll: f64 = (0..SAMPLES).map(|i| -f64::from(scores.sample(i)[class(i)]) * weights[class(i)]).sum();
    let all: f64 = (0..SAMPLES).map(|i| weights[class(i)]).sum();
    all_near(&epochs(net, || Nll.class_weights(weights.map(|w| w as f32)), Accuracy, index)?, nll / all);
    Ok(())
}

/// Largest output equal to the class, where it is known.
#[derive(Clone, Copy)]
struct Known;

impl Metric<Tensor<shape![3]>, Index<4>> for Known {
    fn name(&self) -> &'static str {
        "known"
    }
    fn higher_is_better(&self) -> bool {
        true
    }
    fn score(&self, output: &Tensor<shape![3]>, target: &Index<4>) -> f32 {
        f32::from(u8::from(output.argmax() == target.get()))
    }
}

#[test]
fn targets_of_which_some_are_unknown_and_metrics() -> Result<(), Error> {
    let net = &mut *Scores::init(&mut rng(4));
    let unknown = |i: usize| i < 4 || i == 11;
    let target = |i| Index::<4>::new(if unknown(i) { 3 } else { class(i) }).expect("a class");
    let singles = singles(&scores(net));
    let known: Vec<f64> = (0..SAMPLES).filter(|i| !unknown(*i)).map(|i| singles[i]).collect();
    let epochs = epochs(net, || CrossEntropy.unlabeled(), Known, target)?;
    all_near(&epochs, known.iter().sum::<f64>() / known.len() as f64);
    let right = (0..SAMPLES).filter(|i| scores(net).sample(*i).argmax() == target(*i).get()).count();
    assert!(epochs.iter().all(|epoch| epoch.metric == Some(right as f32 / 12.0)), "{epochs:?}");
    Ok(())
}

/// The mean of the distances along both axes.
#[derive(Clone, Copy)]
struct Away;

impl<T: Values> Metric<<Both as Network>::Output, T> for Away {
    fn name(&self) -> &'static str {
        "away"
    }
    fn higher_is_better(&self) -> bool {
        false
    }
    fn score(&self, output: &<Both as Network>::Output, _: &T) -> f32 {
        output.1.as_slice().iter().sum()
    }
}

#[test]
fn each_of_several_losses_divides_by_its_own() -> Result<(), Error> {
    let net = &mut *Both::init(&mut rng(5));
    let outputs: Vec<_> = (0..SAMPLES).map(|i| net.predict(&input(i))).collect();
    let scores = Batch::from_samples(outputs.iter().map(|o| &o.0));
    let places: Vec<f64> = (0..SAMPLES)
        .map(|i| outputs[i].1.as_slice().iter().zip(place(i).as_slice()).map(|(x, t)| f64::from(x - t).powi(2)).sum())
        .collect();
    let singles = singles(&scores);
    let counted: Vec<f64> = (0..SAMPLES).filter(|i| class(*i) != 0).map(|i| singles[i]).collect();
    let (class_mean, place_sum) = (counted.iter().sum::<f64>() / counted.len() as f64, places.iter().sum::<f64>());
    let target = |i| (Index::<3>::new(class(i)).expect("a class"), place(i));
    let means = || (CrossEntropy.ignore(0), Mse.weight(0.5));
    all_near(&epochs(net, means, Away, target)?, class_mean + 0.5 * place_sum / 24.0);
    all_near(&epochs(net, || (CrossEntropy.ignore(0), Mse.sum().weight(0.5)), Away, target)?, class_mean + 0.5 * place_sum);
    Ok(())
}

/// A loss of a user: it knows the mean of a batch and nothing else.
struct Own;

impl<T: Copy> Loss<Tensor<shape![3]>, T> for Own
where
    CrossEntropy: Loss<Tensor<shape![3]>, T>,
{
    fn targets(&self, targets: T) -> Option<usize> {
        CrossEntropy.targets(targets)
    }
    fn micro(&self, part: MicroBatch, outputs: &[f32], targets: T, gradient: &mut [f32]) -> f32 {
        CrossEntropy.micro(part, outputs, targets, gradient)
    }
}

#[test]
fn a_loss_that_says_nothing_counts_by_samples() -> Result<(), Error> {
    let net = &mut *Scores::init(&mut rng(6));
    let index = |i| Index::<3>::new(class(i)).expect("a class");
    let right = evaluate(&CrossEntropy, &scores(net), &classes()).0;
    all_near(&epochs(net, || Own, Accuracy, index)?, right.into());
    Ok(())
}

#[test]
fn where_nothing_counts_there_is_no_loss() -> Result<(), Error> {
    let net = &mut *Scores::init(&mut rng(7));
    let one = |_| Index::<3>::new(1).expect("a class");
    all_near(&epochs(net, || CrossEntropy.ignore(1), Accuracy, one)?, 0.0);
    Ok(())
}
