//! Schedules after a warm-up, against PyTorch's `SequentialLR`: its schedulers are written down here as PyTorch has them, step by step from the
//! rate before (`get_lr`), in f64. Ours are closed formulas of where the training stands.

use fireclay::Error;
use fireclay::data::Samples;
use fireclay::optim::{
    Cosine, Exponential, LinearWarmup, MultiStep, OneCycle, Plateau, Polynomial, Progress, Schedule, Step, Threshold,
    WarmRestarts,
};
use fireclay::prelude::*;
use std::f64::consts::PI;

const BASE: f32 = 0.4;
const EPOCHS: usize = 9;
const PER_EPOCH: usize = 10;
const STEPS: usize = EPOCHS * PER_EPOCH;

/// Where a training of `EPOCHS` times `PER_EPOCH` steps stands before step `s`.
fn at(s: usize) -> Progress {
    Progress { step: s, steps: STEPS, epoch: s / PER_EPOCH, epochs: EPOCHS }
}

/// A scheduler of PyTorch.
#[derive(Clone, Debug)]
enum Torch {
    Step { size: usize, gamma: f64 },
    MultiStep { milestones: Vec<usize>, gamma: f64 },
    Exponential { gamma: f64 },
    Cosine { period: usize, least: f64 },
    Restarts { first: usize, times: usize, least: f64 },
    Polynomial { total: usize, power: f64 },
    Linear { start: f64, end: f64, total: usize },
    OneCycle { most: f64, total: usize, three_phase: bool },
}

impl Torch {
    /// After `ticks` calls of `step()`.
    fn learning_rate(&self, base: f64, ticks: usize) -> f64 {
        let mut rate = match self {
            Self::Linear { start, .. } => base * start,
            Self::OneCycle { most, .. } => most / 25.0,
            _ => base,
        };
        let (mut current, mut period) = (0, if let Self::Restarts { first, .. } = self { *first } else { 0 });
        for t in 1..=ticks {
            let now = t as f64;
            rate = match self {
                Self::Step { size, gamma } => {
                    if t % size == 0 {
                        rate * gamma
                    } else {
                        rate
                    }
                }
                Self::MultiStep { milestones, gamma } => rate * gamma.powi(milestones.iter().filter(|m| **m == t).count() as i32),
                Self::Exponential { gamma } => rate * gamma,
                Self::Cosine { period, least } => {
                    let all = *period as f64;
                    if (t + 2 * period - 1 - period) % (2 * period) == 0 {
                        rate + (base - least) * (1.0 - (PI / all).cos()) / 2.0
                    } else {
                        (1.0 + (PI * now / all).cos()) / (1.0 + (PI * (now - 1.0) / all).cos()) * (rate - least) + least
                    }
                }
                Self::Restarts { times, least, .. } => {
                    current += 1;
                    if current >= period {
                        current -= period;
                        period *= times;
                    }
                    least + (base - least) * (1.0 + (PI * current as f64 / period as f64).cos()) / 2.0
                }
                Self::Polynomial { total, power } => {
                    let all = *total as f64;
                    if t > *total { rate } else { rate * ((1.0 - now / all) / (1.0 - (now - 1.0) / all)).powf(*power) }
                }
                Self::Linear { start, end, total } => {
                    let under = *total as f64 * start + (now - 1.0) * (end - start);
                    if t > *total { rate } else { rate * (1.0 + (end - start) / under) }
                }
                Self::OneCycle { most, total, three_phase } => one_cycle(*most, *total, *three_phase, now),
            };
        }
        rate
    }
}

/// `OneCycleLR.get_lr` with the numbers that PyTorch takes where none are given.
fn one_cycle(most: f64, total: usize, three_phase: bool, t: f64) -> f64 {
    let (start, all) = (most / 25.0, total as f64);
    let up = 0.3 * all - 1.0;
    let phases = if three_phase {
        vec![(up, start, most), (2.0 * 0.3 * all - 2.0, most, start), (all - 1.0, start, start / 1e4)]
    } else {
        vec![(up, start, most), (all - 1.0, most, start / 1e4)]
    };
    let mut from = 0.0;
    for (i, (end, a, b)) in phases.iter().enumerate() {
        if t <= *end || i == phases.len() - 1 {
            return b + (a - b) / 2.0 * (1.0 + (PI * (t - from) / (end - from)).cos());
        }
        from = *end;
    }
    unreachable!("the last phase takes what is left")
}

/// `SequentialLR`: each scheduler for so many steps of the training, stepped every so many of them.
fn sequential(parts: &[(Torch, usize, usize)], mut step: usize) -> f64 {
    for (torch, every, length) in parts {
        if step < *length {
            return torch.learning_rate(f64::from(BASE), step / every);
        }
        step -= length;
    }
    unreachable!("the last one takes what is left")
}

#[track_caller]
fn same(name: &str, ours: &dyn Schedule, parts: &[(Torch, usize, usize)]) {
    for s in 0..STEPS {
        let (rate, right) = (f64::from(ours.learning_rate(BASE, at(s))), sequential(parts, s));
        assert!((rate - right).abs() <= 1e-6 * right.abs() + 1e-8, "{name}, step {s}: {rate}, SequentialLR {right}");
    }
}

/// What may follow over `left` steps: our schedule, PyTorch's, and every how many steps that one is stepped.
type Follower = (&'static str, Box<dyn Schedule>, Torch, usize);

fn followers(left: usize) -> Vec<Follower> {
    let epoch = PER_EPOCH;
    let g = 0.3_f32;
    let gamma = f64::from(g);
    let least = f64::from(0.01_f32);
    let steps = |size| Torch::Step { size, gamma };
    let restarts = |first, times| Torch::Restarts { first, times, least };
    let milestones = |m: &[usize]| Torch::MultiStep { milestones: m.to_vec(), gamma };
    let linear = |total| Torch::Linear { start: 1.0, end: 0.25, total };
    vec![
        ("Step", Box::new(Step::new(2, g)), steps(2), epoch),
        ("Step in steps", Box::new(Step::new(7, g).per_step()), steps(7), 1),
        ("MultiStep", Box::new(MultiStep::new([1, 4, 5], g)), milestones(&[1, 4, 5]), epoch),
        ("MultiStep in steps", Box::new(MultiStep::new([3, 29], g).per_step()), milestones(&[3, 29]), 1),
        ("Exponential", Box::new(Exponential::new(g)), Torch::Exponential { gamma }, epoch),
        ("Exponential in steps", Box::new(Exponential::new(0.9).per_step()), Torch::Exponential { gamma: f64::from(0.9_f32) }, 1),
        ("Cosine", Box::new(Cosine), Torch::Cosine { period: left, least: 0.0 }, 1),
        ("Cosine over epochs", Box::new(Cosine.over(3).down_to(0.01)), Torch::Cosine { period: 3, least }, epoch),
        ("Cosine over steps", Box::new(Cosine.over(17).down_to(0.01).per_step()), Torch::Cosine { period: 17, least }, 1),
        ("WarmRestarts", Box::new(WarmRestarts::new(2).down_to(0.01)), restarts(2, 1), epoch),
        ("WarmRestarts, longer", Box::new(WarmRestarts::new(1).times(2).down_to(0.01)), restarts(1, 2), epoch),
        ("WarmRestarts in steps", Box::new(WarmRestarts::new(8).times(2).down_to(0.01).per_step()), restarts(8, 2), 1),
        ("Polynomial", Box::new(Polynomial::new(2.0)), Torch::Polynomial { total: left, power: 2.0 }, 1),
        (
            "Polynomial over",
            Box::new(Polynomial::new(0.9).over(25)),
            Torch::Polynomial { total: 25, power: f64::from(0.9_f32) },
            1,
        ),
        ("LinearWarmup", Box::new(LinearWarmup::new(13).from(1.0).to(0.25)), linear(13), 1),
        ("LinearWarmup in epochs", Box::new(LinearWarmup::new(3).from(1.0).to(0.25).per_epoch()), linear(3), epoch),
        (
            "OneCycle",
            Box::new(OneCycle::new(0.7)),
            Torch::OneCycle { most: f64::from(0.7_f32), total: left, three_phase: false },
            1,
        ),
        (
            "OneCycle, three phases",
            Box::new(OneCycle::new(0.7).three_phase()),
            Torch::OneCycle { most: f64::from(0.7_f32), total: left, three_phase: true },
            1,
        ),
    ]
}

/// A box is no schedule of its own.
struct Boxed(Box<dyn Schedule>);

impl Schedule for Boxed {
    fn learning_rate(&self, base: f32, at: Progress) -> f32 {
        self.0.learning_rate(base, at)
    }
}

fn third(total: usize) -> Torch {
    Torch::Linear { start: 1.0 / 3.0, end: 1.0, total }
}

#[test]
fn alone() {
    for (name, ours, torch, every) in followers(STEPS) {
        same(name, &*ours, &[(torch, every, STEPS)]);
    }
}

#[test]
fn after_a_warm_up_in_steps() {
    // Whole epochs, less than one, and some and a part.
    for over in [20, 4, 25] {
        for (name, ours, torch, every) in followers(STEPS - over) {
            let both = [(third(over), 1, over), (torch, every, STEPS)];
            same(&format!("{over} steps, then {name}"), &LinearWarmup::new(over).then(Boxed(ours)), &both);
        }
    }
}

#[test]
fn after_a_warm_up_in_epochs() {
    for (name, ours, torch, every) in followers(STEPS - 3 * PER_EPOCH) {
        let both = [(third(3), PER_EPOCH, 3 * PER_EPOCH), (torch, every, STEPS)];
        same(&format!("3 epochs, then {name}"), &LinearWarmup::new(3).per_epoch().then(Boxed(ours)), &both);
    }
}

#[test]
fn after_two_warm_ups() {
    let down = |total| Torch::Linear { start: 1.0, end: 0.5, total };
    let second = |n| LinearWarmup::new(n).from(1.0).to(0.5);
    for (name, ours, torch, every) in followers(STEPS - 4 * PER_EPOCH) {
        let ours = LinearWarmup::new(20).then(second(2).per_epoch().then(Boxed(ours)));
        same(name, &ours, &[(third(20), 1, 20), (down(2), PER_EPOCH, 2 * PER_EPOCH), (torch, every, STEPS)]);
    }
    for (name, ours, torch, every) in followers(STEPS - 2 * PER_EPOCH - 25) {
        let ours = LinearWarmup::new(2).per_epoch().then(second(25).then(Boxed(ours)));
        same(name, &ours, &[(third(2), PER_EPOCH, 2 * PER_EPOCH), (down(25), 1, 25), (torch, every, STEPS)]);
    }
}

#[test]
fn a_function_sees_the_training_that_is_left() {
    let seen = |at: Progress| [at.step, at.steps, at.epoch, at.epochs];
    let watched = std::cell::Cell::new([0; 4]);
    let listen = |base: f32, at: Progress| {
        watched.set(seen(at));
        base
    };
    let steps = LinearWarmup::new(25).then(listen);
    // Of 90 steps 65 are left, which begin 7 epochs; step 46 of the training is the 21st after the warm-up.
    steps.learning_rate(BASE, at(46));
    assert_eq!(watched.get(), [21, 65, 2, 7]);
    let epochs = LinearWarmup::new(2).per_epoch().then(listen);
    epochs.learning_rate(BASE, at(46));
    assert_eq!(watched.get(), [26, 70, 2, 7]);
}

#[test]
fn momentum_moves_after_the_warm_up() {
    let cycle = LinearWarmup::new(20).then(OneCycle::new(0.7).cycle_momentum(0.85, 0.95));
    assert_eq!(cycle.momentum(at(19)), None);
    assert_eq!(cycle.momentum(at(20)), Some(0.95));
    // 70 steps: the top is after 0.3 · 70 − 1 of them.
    assert!(cycle.momentum(at(40)).is_some_and(|m| (m - 0.85).abs() < 1e-6));
}

#[test]
fn a_plateau_after_a_warm_up_hears_of_its_own_epochs() {
    // Nothing ever gets better. By itself: falls after the second bad epoch, the third of all.
    let falls = |schedule: &mut dyn Schedule| -> Vec<f32> {
        let epoch = |e| {
            let rate = schedule.learning_rate(BASE, at(PER_EPOCH * e + PER_EPOCH - 1));
            schedule.observe(1.0, at(PER_EPOCH * (e + 1)));
            rate / BASE
        };
        (0..EPOCHS).map(epoch).collect()
    };
    let plateau = Plateau::new(0.5, 1);
    assert_eq!(falls(&mut plateau.clone()), [1.0, 1.0, 1.0, 0.5, 0.5, 0.25, 0.25, 0.125, 0.125]);
    // Two epochs of warm-up are not its own.
    let whole = falls(&mut LinearWarmup::new(20).from(1.0).then(plateau));
    assert_eq!(whole, [1.0, 1.0, 1.0, 1.0, 1.0, 0.5, 0.5, 0.25, 0.25]);
    assert_eq!(falls(&mut LinearWarmup::new(2).per_epoch().from(1.0).then(plateau)), whole);
    // Of an epoch that the warm-up leaves in its midst it made some steps.
    let within = falls(&mut LinearWarmup::new(15).from(1.0).then(plateau));
    assert_eq!(within, [1.0, 1.0, 1.0, 1.0, 0.5, 0.5, 0.25, 0.25, 0.125]);
}

#[test]
fn what_is_watched_is_the_same_after_a_warm_up() {
    assert!(LinearWarmup::new(1).then(Plateau::new(0.5, 0).larger_is_better()).watches_metric());
    let twice = LinearWarmup::new(1).then(LinearWarmup::new(1).then(Plateau::new(0.5, 0).larger_is_better()));
    assert!(twice.watches_metric());
    assert!(!LinearWarmup::new(1).then(Plateau::new(0.5, 0)).watches_metric());
    assert!(!LinearWarmup::new(1).then(Cosine).watches_metric());
}

/// How often a plateau without patience fell over these numbers.
fn fallen(mut plateau: Plateau, numbers: &[f32]) -> i32 {
    numbers.iter().for_each(|x| plateau.observe(*x, at(0)));
    -plateau.learning_rate(1.0, at(0)).log2().round() as i32
}

#[test]
fn a_plateau_below_zero_is_one() {
    let smaller = Plateau::new(0.5, 0);
    let larger = smaller.larger_is_better();
    // The default threshold is 1e-4 of the best.
    assert_eq!(fallen(smaller, &[-1.0, -0.999_95, -0.99, -1.0, -1.000_05]), 4);
    assert_eq!(fallen(smaller, &[-1.0, -1.000_2, -1.1, -2.0]), 0);
    assert_eq!(fallen(larger, &[-1.0, -1.000_05, -2.0, -1.0, -0.999_95]), 4);
    assert_eq!(fallen(larger, &[-1.0, -0.999_8, -0.9, -0.1]), 0);
    // Above zero as ever.
    assert_eq!(fallen(smaller, &[1.0, 0.999_95, 0.999_8, 0.9]), 1);
    assert_eq!(fallen(larger, &[1.0, 1.000_05, 1.000_2, 1.1]), 1);
    // Through zero, from infinity, and what is no number is never better.
    assert_eq!(fallen(smaller, &[f32::INFINITY, 1.0, 0.0, -1e-6, -1.0]), 0);
    assert_eq!(fallen(larger, &[f32::NEG_INFINITY, -1.0, 0.0, 1e-6, 1.0]), 0);
    assert_eq!(fallen(smaller, &[f32::NAN, 1.0, f32::NAN, 0.5]), 2);
    let by = Plateau::new(0.5, 0).threshold(Threshold::Absolute(0.5));
    assert_eq!(fallen(by, &[-1.0, -1.25, -1.75]), 1);
}

network! { pub Line(x: [1]) -> [1] { x -> fc: Dense(1) } }

type Points = Samples<Tensor<shape![1]>, Tensor<shape![1]>>;

fn points(n: usize) -> Points {
    (0..n).map(|i| i as f32 / n as f32).map(|x| (Tensor::from([x]), Tensor::from([1.0 + x]))).collect()
}

/// The rate of each epoch's last step.
fn rates(trainer: Trainer<Mse, Sgd>) -> Result<Vec<f32>, Error> {
    let history = trainer.batch(1).progress(ProgressBar::Off).fit(&mut Line::zeros(), &points(PER_EPOCH))?;
    Ok(history.epochs().iter().map(|e| e.learning_rate).collect())
}

#[test]
fn the_trainer_counts_as_the_schedules_do() -> Result<(), Error> {
    let trainer = Trainer::new(Mse, Sgd::new(0.1)).epochs(5).schedule(LinearWarmup::new(20).then(Step::new(2, 0.1)));
    let found = rates(trainer)?;
    let warm = |step: f32| 0.1 * (1.0 / 3.0 + 2.0 / 3.0 * step / 20.0);
    for (rate, right) in found.iter().zip([warm(9.0), warm(19.0), 0.1, 0.1, 0.01]) {
        assert!((rate - right).abs() < 1e-7, "{found:?}");
    }
    Ok(())
}

/// More from one call to the next.
struct Rising(std::sync::atomic::AtomicU32);

impl Metric<Tensor<shape![1]>, Tensor<shape![1]>> for Rising {
    fn name(&self) -> &'static str {
        "rising"
    }
    fn higher_is_better(&self) -> bool {
        true
    }
    fn score(&self, _: &Tensor<shape![1]>, _: &Tensor<shape![1]>) -> f32 {
        self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed) as f32
    }
}

#[test]
fn a_plateau_of_the_metric_hears_it_after_a_warm_up_and_asks_for_it() -> Result<(), Error> {
    let data = points(8);
    let schedule = || LinearWarmup::new(1).from(1.0).then(Plateau::new(0.5, 0).larger_is_better());
    let trainer = || Trainer::new(Mse, Sgd::new(0.01)).epochs(6).progress(ProgressBar::Off).schedule(schedule());
    // The loss falls, which is no better where larger is; the metric rises.
    let history = trainer().validate(&data, Rising(0.into())).fit(&mut Line::zeros(), &data)?;
    assert!(history.epochs().iter().all(|e| e.learning_rate == 0.01), "{history}");
    let refused = trainer().fit(&mut Line::zeros(), &data).expect_err("no metric to hear");
    assert!(refused.to_string().contains(".validate(&data, Accuracy)"), "{refused}");
    Ok(())
}
