//! The training loop held in three ways, and what may be done between its steps.

use fireclay::data::Samples;
use fireclay::loss;
use fireclay::prelude::*;
use fireclay::trainer::{Epoch, History, Listener, Run, Step};
use fireclay::{Error, Result};
use std::cell::RefCell;
use std::time::Duration;

network! { pub Small(image: [1, 8, 8]) -> [10] { image -> Flatten -> fc1: Dense(16) -> Tanh -> fc2: Dense(10) } }
network! { pub Line(x: [1]) -> [1] { x -> fc: Dense(1) } }

type Points = Samples<Tensor<shape![1]>, Tensor<shape![1]>>;

fn line(points: usize) -> Points {
    (0..points).map(|i| i as f32 / points as f32).map(|x| (Tensor::from([x]), Tensor::from([2.0 * x - 1.0]))).collect()
}

fn numbers(net: &impl AsNetwork) -> Vec<f32> {
    net.network().params().as_slice().to_vec()
}

/// Of an epoch: loss, validation loss, metrics, rate, samples.
type Numbers = (f32, Option<f32>, Vec<f32>, f32, usize);

/// All of a history but its times.
fn losses(history: &History) -> Vec<Numbers> {
    history.epochs().iter().map(|e| (e.loss, e.validation_loss, e.metrics().to_vec(), e.learning_rate, e.samples)).collect()
}

#[test]
fn stepping_by_hand_gives_the_bits_of_fit() -> Result<()> {
    let (train, validation) = Digits::split()?;
    let (train, validation) = (train.take(150), validation.take(60));
    let trainer = || {
        let trainer = Trainer::new(CrossEntropy, Adam::new(5e-3)).batch(40).epochs(4).seed(3).schedule(Cosine);
        trainer.clip_norm(1.0).validate(&validation, Accuracy).progress(ProgressBar::Off)
    };
    let (mut fit, mut stepped) = (Small::init(&mut rng(1)), Small::init(&mut rng(1)));
    let history = trainer().fit(&mut fit, &train)?;
    let mut run = trainer().start(&mut stepped, &train)?;
    let mut steps = Vec::new();
    while let Some(step) = run.step()? {
        assert_eq!(run.steps(), step.number);
        assert_eq!(run.history().epochs().len(), step.epoch - usize::from(!step.ends_epoch));
        steps.push(step);
    }
    assert!(run.step()?.is_none());
    assert_eq!(losses(run.history()), losses(&history));
    assert_eq!(losses(&run.finish()?), losses(&history));
    assert_eq!(numbers(&stepped), numbers(&fit));
    assert_eq!(steps.iter().map(|step| step.number).collect::<Vec<_>>(), (1..=16).collect::<Vec<_>>());
    assert_eq!(steps.iter().map(|step| step.samples).collect::<Vec<_>>(), [40, 40, 40, 30].repeat(4));
    assert_eq!(steps.iter().filter(|step| step.ends_epoch).map(|step| step.epoch).collect::<Vec<_>>(), [1, 2, 3, 4]);
    // The loss of an epoch is that of its samples.
    let of_steps: f32 = steps[..4].iter().map(|step| step.loss * step.samples as f32).sum::<f32>() / 150.0;
    assert!((of_steps - history.epochs()[0].loss).abs() < 1e-5);
    Ok(())
}

#[test]
fn callbacks_are_called_in_their_order() -> Result<()> {
    let data = line(10);
    let calls = RefCell::new(String::new());
    let say = |what: &str| calls.borrow_mut().push_str(what);
    let history = Trainer::new(Mse, Sgd::new(0.1))
        .batch(5)
        .epochs(2)
        .progress(ProgressBar::Off)
        .validate(&data, fireclay::metrics::Mae::new())
        .on_epoch(|epoch, run: &mut Run<Line>| {
            assert_eq!(run.history().epochs().last(), Some(epoch));
            say(&format!("epoch {}\n", epoch.number));
        })
        .on_validation(|epoch, _: &mut Run<Line>| say(&format!("validated: {} ", epoch.validation_loss.is_some())))
        .on_step(|step, run: &mut Run<Line>| {
            assert!(run.grads().as_slice().iter().any(|g| *g != 0.0));
            say(&format!("step {} ", step.number));
        })
        .on_gradients(|_: &mut Grads<Line>, _| say("gradients "))
        .fit(&mut Line::init(&mut rng(1)), &data)?;
    assert_eq!(history.epochs().len(), 2);
    let wanted =
        "gradients step 1 gradients step 2 validated: true epoch 1\ngradients step 3 gradients step 4 validated: true epoch 2\n";
    assert_eq!(calls.into_inner(), wanted);
    Ok(())
}

#[test]
fn whoever_listens_may_stop_change_the_rate_freeze_and_fail() -> Result<()> {
    let data = line(20);
    let trainer = || Trainer::new(Mse, Sgd::new(0.1)).batch(5).epochs(10).progress(ProgressBar::Off);
    // In the middle of an epoch: what there is of it counts as one.
    let history = trainer()
        .on_step(|step, run: &mut Run<Line>| {
            if step.number == 6 {
                run.stop()
            }
        })
        .fit(&mut Line::init(&mut rng(1)), &data)?;
    assert_eq!(history.epochs().iter().map(|e| e.samples).collect::<Vec<_>>(), [20, 10]);
    // With a schedule the rate is what it starts from.
    let halved = |schedule: bool| {
        let trainer = trainer().on_epoch(|epoch, run: &mut Run<Line>| {
            if epoch.number == 1 {
                run.set_learning_rate(0.05)
            }
        });
        let trainer = if schedule { trainer.schedule(fireclay::optim::Step::new(2, 0.5)) } else { trainer };
        let history = trainer.fit(&mut Line::init(&mut rng(1)), &data)?;
        Ok::<_, Error>(history.epochs().iter().take(5).map(|e| e.learning_rate).collect::<Vec<_>>())
    };
    assert_eq!(halved(false)?, [0.1, 0.05, 0.05, 0.05, 0.05]);
    assert_eq!(halved(true)?, [0.1, 0.05, 0.025, 0.025, 0.0125]);
    // Frozen at run time, and trained again.
    let mut biases = Vec::new();
    trainer()
        .epochs(3)
        .on_epoch(|epoch, run: &mut Run<Line>| {
            biases.push(run.net().fc.bias[0]);
            if epoch.number == 1 { run.freeze("fc.bias") } else { run.unfreeze("fc.*") }
        })
        .fit(&mut Line::init(&mut rng(1)), &data)?;
    assert!(biases[0] == biases[1] && biases[1] != biases[2], "{biases:?}");
    // An error ends it, and the network is as after its best epoch.
    let mut after_first = Vec::new();
    let mut net = Line::init(&mut rng(1));
    let ended = trainer()
        .on_epoch(|epoch, run: &mut Run<Line>| {
            if epoch.number == 1 {
                after_first = run.net().params().as_slice().to_vec();
            }
            if epoch.number == 2 { run.freeze("no such") } else { Ok(()) }
        })
        .on_step(|step, _: &mut Run<Line>| if step.number == 7 { Err(Error::other("enough")) } else { Ok(()) })
        .fit(&mut net, &data);
    assert_eq!(ended.unwrap_err().to_string(), "enough");
    assert_eq!(numbers(&net), after_first);
    Ok(())
}

/// Counts, and is had back.
#[derive(Default)]
struct Count {
    steps: usize,
    epochs: usize,
}

impl<N: Network> Listener<N> for Count {
    fn on_step(&mut self, _: &Step, _: &mut Run<'_, N>) -> Result<()> {
        self.steps += 1;
        Ok(())
    }
    fn on_epoch(&mut self, _: &Epoch, _: &mut Run<'_, N>) -> Result<()> {
        self.epochs += 1;
        Ok(())
    }
}

#[test]
fn a_listener_is_had_back() -> Result<()> {
    let (mut first, mut second) = (Count::default(), Count::default());
    let trainer = Trainer::new(Mse, Sgd::new(0.1)).batch(3).epochs(2).progress(ProgressBar::Off);
    trainer.listen(&mut first).listen(&mut second).fit(&mut Line::init(&mut rng(1)), &line(10))?;
    assert_eq!([first.steps, first.epochs, second.steps, second.epochs], [8, 2, 8, 2]);
    Ok(())
}

#[test]
fn accumulated_batches_are_one_large_batch() -> Result<()> {
    let (train, _) = Digits::split()?;
    let train = train.take(110); // 8 batches, the last of 5 samples: 3 + 3 + 2
    let trainer = |batch, accumulate| {
        Trainer::new(CrossEntropy, Sgd::new(0.5).momentum(0.9))
            .batch(batch)
            .accumulate(accumulate)
            .epochs(3)
            .progress(ProgressBar::Off)
    };
    let (mut small, mut large) = (Small::init(&mut rng(1)), Small::init(&mut rng(1)));
    let mut run = trainer(15, 3).start(&mut small, &train)?;
    assert_eq!(run.steps_per_epoch(), 3);
    let mut samples = Vec::new();
    while let Some(step) = run.step()? {
        samples.push(step.samples);
    }
    let history = run.finish()?;
    assert_eq!(samples, [45, 45, 20].repeat(3));
    let of_large = trainer(45, 1).fit(&mut large, &train)?;
    for (a, b) in small.params().as_slice().iter().zip(large.params().as_slice()) {
        assert!((a - b).abs() <= 1e-4 * b.abs().max(0.1), "{a} {b}");
    }
    for (a, b) in history.epochs().iter().zip(of_large.epochs()) {
        assert!((a.loss - b.loss).abs() < 1e-4, "{} {}", a.loss, b.loss);
    }
    // A loss that is a sum stays one.
    let sum = |batch, accumulate| {
        let mut net = Line::init(&mut rng(1));
        let trainer = Trainer::new(Mse.sum(), Sgd::new(0.01)).batch(batch).accumulate(accumulate).epochs(2);
        trainer.progress(ProgressBar::Off).fit(&mut net, &line(12))?;
        Ok::<_, Error>(numbers(&net))
    };
    for (a, b) in sum(4, 3)?.iter().zip(sum(12, 1)?) {
        assert!((a - b).abs() < 1e-5, "{a} {b}");
    }
    Ok(())
}

#[test]
fn the_moving_average_is_validated_and_kept() -> Result<()> {
    let data = line(12);
    let decay = 0.9_f32;
    let mut mean: Option<Vec<f32>> = None;
    let mut net = Line::init(&mut rng(1));
    let history = Trainer::new(Mse, Sgd::new(0.2))
        .batch(4)
        .epochs(3)
        .ema(decay)
        .progress(ProgressBar::Off)
        .validate(&data, fireclay::metrics::Mae::new())
        .on_step(|_, run: &mut Run<Line>| {
            // Of the steps before: this one's weights may still be changed here.
            let found = run.ema().expect("asked for").params().as_slice();
            if let Some(mean) = &mean {
                assert!(found.iter().zip(mean).all(|(a, b)| (a - b).abs() < 1e-6), "{found:?} {mean:?}");
            }
            run.net_mut().fc.bias[0] = run.net().fc.bias[0].min(-0.2);
            let now = run.net().params().as_slice();
            mean = Some(match &mean {
                None => now.to_vec(),
                Some(mean) => mean.iter().zip(now).map(|(mean, now)| decay * mean + (1.0 - decay) * now).collect(),
            });
        })
        .fit(&mut net, &data)?;
    let best = history.best().expect("epochs").number;
    assert_eq!(best, 3);
    assert!(numbers(&net).iter().zip(mean.expect("steps")).all(|(a, b)| (a - b).abs() < 1e-6));
    let mae = net.evaluate(&data, Distance);
    assert!((history.epochs()[2].metric.expect("validated") - mae).abs() < 1e-6);
    Ok(())
}

/// |y − t|
struct Distance;
impl Metric<Tensor<shape![1]>, Tensor<shape![1]>> for Distance {
    fn name(&self) -> &'static str {
        "distance"
    }
    fn higher_is_better(&self) -> bool {
        false
    }
    fn score(&self, output: &Tensor<shape![1]>, target: &Tensor<shape![1]>) -> f32 {
        (output[0] - target[0]).abs()
    }
}

#[test]
fn what_cannot_be_accumulated_is_refused() -> Result<()> {
    let data = line(12);
    let trainer = Trainer::new(loss::plus(Mse.sum(), L1), Sgd::new(0.01)).batch(3).progress(ProgressBar::Off);
    let error = trainer.accumulate(2).fit(&mut Line::init(&mut rng(1)), &data).unwrap_err().to_string();
    assert!(error.contains("one term is a sum and another a mean"), "{error}");
    // Of means alone, and the loss of an epoch does not depend on how samples are dealt.
    let run = |batch, accumulate| {
        let mut net = Line::init(&mut rng(1));
        let three = loss::plus(loss::plus(Mse, L1.weight(0.3)), Huber);
        let trainer =
            Trainer::new(three, Sgd::new(0.01)).batch(batch).accumulate(accumulate).epochs(2).progress(ProgressBar::Off);
        let history = trainer.fit(&mut net, &data)?;
        Ok::<_, Error>((numbers(&net), history.epochs()[1].loss))
    };
    let ((a, loss_a), (b, loss_b)) = (run(3, 4)?, run(12, 1)?);
    assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-5) && (loss_a - loss_b).abs() < 1e-5, "{a:?} {b:?}");
    Ok(())
}

#[test]
fn the_loss_of_an_epoch_counts_each_term_by_its_own_divisor() -> Result<()> {
    // Nothing is learned: the loss of an epoch is that of all samples, whatever the batches are.
    let data = line(20);
    let of = |batch| {
        let all = loss::plus(loss::plus(Mse, L1.sum()).weight(0.5), loss::plus(Huber.sum(), Mse.weight(2.0)));
        let trainer = Trainer::new(all, Sgd::new(0.0)).batch(batch).epochs(1).progress(ProgressBar::Off);
        Ok::<_, Error>(trainer.fit(&mut Line::init(&mut rng(1)), &data)?.epochs()[0].loss)
    };
    let whole = of(20)?;
    for batch in [1, 7, 16] {
        assert!((of(batch)? - whole).abs() < 1e-5 * whole, "{batch}: {} {whole}", of(batch)?);
    }
    Ok(())
}

#[test]
fn what_was_frozen_begins_with_its_own_first_step() -> Result<()> {
    // As an optimizer that never knew of the other parameters: Adam's first step is as long as the rate.
    let data: Points = [(Tensor::from([1.0]), Tensor::from([50.0]))].into_iter().collect();
    for (frozen, other) in [("fc.bias", "fc.weight"), ("fc.weight", "fc.bias")] {
        let mut net = Line::zeros();
        let before = |net: &Line| net.tensor(frozen).expect("there")[0];
        let steps = std::cell::RefCell::new(Vec::new());
        Trainer::new(Mse, Adam::new(0.01))
            .epochs(25)
            .progress(ProgressBar::Off)
            .on_step(|step, run: &mut Run<Line>| {
                steps.borrow_mut().push([before(run.net()), run.net().tensor(other).expect("there")[0]]);
                match step.number {
                    1 => run.freeze(frozen),
                    21 => run.unfreeze("*"),
                    _ => Ok(()),
                }
            })
            .fit(&mut net, &data)?;
        let steps = steps.into_inner();
        assert_eq!(steps[0][0], steps[20][0]);
        // Gradients hardly change: all steps of both are as long as the rate.
        for pair in steps[20..].windows(2).map(|w| [w[1][0] - w[0][0], w[1][1] - w[0][1]]) {
            assert!(pair.iter().all(|length| (length - 0.01).abs() < 2e-4), "{frozen}: {pair:?}");
        }
    }
    Ok(())
}

#[test]
fn a_budget_of_time_ends_a_training() -> Result<()> {
    let data = line(100);
    let trainer = Trainer::new(Mse, Sgd::new(1e-3)).batch(1).epochs(usize::MAX).for_at_most(Duration::from_millis(30));
    let history = trainer.progress(ProgressBar::Off).fit(&mut Line::init(&mut rng(1)), &data)?;
    assert!(history.seconds() < 20.0 && !history.epochs().is_empty());
    // No time at all is one step.
    let trainer = Trainer::new(Mse, Sgd::new(1e-3)).batch(10).for_at_most(Duration::ZERO).progress(ProgressBar::Off);
    let history = trainer.fit(&mut Line::init(&mut rng(1)), &data)?;
    assert_eq!(history.epochs().iter().map(|e| e.samples).collect::<Vec<_>>(), [10]);
    Ok(())
}

#[test]
fn finishing_early_counts_what_there_is() -> Result<()> {
    let data = line(20);
    let mut net = Line::init(&mut rng(1));
    let trainer = || Trainer::new(Mse, Sgd::new(0.1)).batch(5).epochs(3).progress(ProgressBar::Off);
    let mut run = trainer().start(&mut net, &data)?;
    for _ in 0..6 {
        run.step()?;
    }
    let now = numbers(run.net());
    let history = run.finish()?;
    assert_eq!(history.epochs().iter().map(|e| e.samples).collect::<Vec<_>>(), [20, 10]);
    assert_eq!(numbers(&net), now);
    // Without a step there is nothing.
    let before = numbers(&net);
    assert!(trainer().start(&mut net, &data)?.finish()?.epochs().is_empty());
    assert_eq!(numbers(&net), before);
    // Stopped between two steps.
    let mut run = trainer().start(&mut net, &data)?;
    run.step()?;
    run.stop();
    assert!(run.step()?.is_none());
    assert_eq!(run.history().epochs().len(), 1);
    Ok(())
}

#[test]
fn without_shuffling_samples_come_in_order() -> Result<()> {
    let data: Points = (0..7).map(|i| (Tensor::from([i as f32]), Tensor::from([0.0]))).collect();
    let seen = |shuffle: bool| {
        let mut net = Line::zeros();
        net.fc.weight[0][0] = 1.0;
        let mut seen = Vec::new();
        let trainer = Trainer::new(Mse, Sgd::new(0.0)).batch(1).epochs(2).shuffle(shuffle).progress(ProgressBar::Off);
        trainer.on_step(|step, _: &mut Run<Line>| seen.push(step.loss.sqrt().round())).fit(&mut net, &data)?;
        Ok::<_, Error>(seen)
    };
    let in_order = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0].repeat(2);
    assert_eq!(seen(false)?, in_order);
    let mut shuffled = seen(true)?;
    assert_ne!(shuffled[..7], shuffled[7..]);
    shuffled[..7].sort_by(f32::total_cmp);
    assert_eq!(shuffled[..7], in_order[..7]);
    Ok(())
}

#[test]
fn frozen_gradients_do_not_count_when_gradients_are_clipped() -> Result<()> {
    let data: Points = [(Tensor::from([0.01]), Tensor::from([100.0]))].into_iter().collect();
    let mut net = Line::zeros();
    // The bias's gradient is a hundred times the weight's.
    let trainer = Trainer::new(Mse, Sgd::new(1.0).freeze("fc.bias")).epochs(1).clip_norm(1.0).progress(ProgressBar::Off);
    trainer.fit(&mut net, &data)?;
    assert!((net.fc.weight[0][0] - 1.0).abs() < 1e-3, "{}", net.fc.weight[0][0]);
    assert_eq!(net.fc.bias[0], 0.0);
    Ok(())
}

#[test]
fn wrong_patterns_are_errors_and_penalties_are_told() -> Result<()> {
    let data = line(8);
    let mut net = Line::init(&mut rng(1));
    let trainer = |sgd: fireclay::optim::Grouped<Sgd>| Trainer::new(Mse, sgd).epochs(1).progress(ProgressBar::Off);
    let error = trainer(Sgd::new(0.1).freeze("fcc")).fit(&mut net, &data).unwrap_err().to_string();
    assert!(error.contains("no trained parameter is named `fcc`"), "{error}");
    let history = trainer(Sgd::new(0.0).group("fc.weight", |g| g.l1(0.5))).fit(&mut net, &data)?;
    assert!((history.epochs()[0].penalty - 0.5 * net.fc.weight[0][0].abs()).abs() < 1e-6);
    Ok(())
}
