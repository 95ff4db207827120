//! The training loop: what it promises, and what it says to those who ask for nonsense.

use fireclay::data::Samples;
use fireclay::loss::{Loss, MicroBatch};
use fireclay::metrics::Mae;
use fireclay::prelude::*;
use fireclay::trainer::Run;
use fireclay::{Error, LANES};

network! {
    /// With dropout and batch norm, which must not make training depend on threads.
    pub Net(image: [1, 8, 8]) -> [10] {
        image -> conv: Conv(8, 3) -> BatchNorm -> Relu -> MaxPool(2) -> Flatten -> Dropout(0.2) -> fc: Dense(10)
    }
}

network! {
    /// Several inputs and outputs.
    pub Pair(a: [2], b: [3]) -> (sum: [4], class: [2]) {
        let x = concat(a, b) -> hidden: Dense(8) -> Tanh;
        (sum: x -> out: Dense(4), class: x -> classes: Dense(2))
    }
}

network! { pub Line(x: [1]) -> [1] { x -> fc: Dense(1) } }

type Points = Samples<Tensor<shape![1]>, Tensor<shape![1]>>;

fn line(points: usize) -> Points {
    (0..points).map(|i| i as f32 / points as f32).map(|x| (Tensor::from([x]), Tensor::from([2.0 * x - 1.0]))).collect()
}

fn quiet<L>(loss: L) -> Trainer<L, Sgd> {
    Trainer::new(loss, Sgd::new(0.1)).progress(ProgressBar::Off)
}

#[test]
fn threads_change_no_bit_and_seeds_do() -> Result<(), Error> {
    let (train, validation) = Digits::split()?;
    let (train, validation) = (train.take(200), validation.take(50));
    let run = |threads, seed| {
        let mut net = Net::init(&mut rng(5));
        let trainer = Trainer::new(CrossEntropy, Adam::new(1e-3)).batch(48).epochs(3).seed(seed).threads(threads);
        let history = trainer.progress(ProgressBar::Off).validate(&validation, Accuracy).fit(&mut net, &train)?;
        let losses: Vec<_> = history.epochs().iter().map(|e| (e.loss, e.validation_loss)).collect();
        Ok::<_, Error>((net.params().as_slice().to_vec(), net.buffers().as_slice().to_vec(), losses))
    };
    let one = run(1, 7)?;
    assert!(one == run(2, 7)?);
    assert!(one == run(3, 7)?);
    assert!(one != run(1, 8)?);
    Ok(())
}

#[test]
fn the_best_epoch_stays_and_training_ends_early() -> Result<(), Error> {
    /// The smaller the bias the better, and training makes it larger.
    struct Falling;
    impl Metric<Tensor<shape![1]>, Tensor<shape![1]>> for Falling {
        fn name(&self) -> &'static str {
            "falling"
        }
        fn higher_is_better(&self) -> bool {
            false
        }
        fn score(&self, output: &Tensor<shape![1]>, _: &Tensor<shape![1]>) -> f32 {
            output[0]
        }
    }
    let data: Points = [(Tensor::from([0.0]), Tensor::from([5.0]))].into_iter().collect();
    let mut net = Line::zeros();
    let mut seen = Vec::new();
    let trainer = quiet(Mse).epochs(50).validate(&data, Falling).early_stop(3);
    let history =
        trainer.on_epoch(|epoch, run: &mut Run<Line>| seen.push((epoch.number, run.net().fc.bias[0]))).fit(&mut net, &data)?;
    assert_eq!(history.epochs().len(), 4);
    assert_eq!(history.best().map(|e| e.number), Some(1));
    assert_eq!(seen.len(), 4);
    assert_eq!(net.fc.bias[0], seen[0].1);
    assert!(seen[3].1 > seen[0].1);
    Ok(())
}

#[test]
fn several_inputs_and_outputs_learn() -> Result<(), Error> {
    fn samples(n: usize) -> Samples<<Pair as Network>::Input, (Tensor<shape![4]>, Index<2>)> {
        (0..n)
            .map(|i| {
                let a = [(i % 3) as f32, (i % 5) as f32 - 2.0];
                let b = [(i % 2) as f32, 0.5, (i % 7) as f32 / 7.0];
                let sum = [a[0] + b[0], a[1] + b[1], a[0] - a[1], b[2]];
                ((Tensor::from(a), Tensor::from(b)), (Tensor::from(sum), Index::new(i % 2).expect("0 or 1")))
            })
            .collect()
    }
    let mut net = Pair::init(&mut rng(1));
    let trainer = Trainer::new((Mse, CrossEntropy.weight(0.5)), Adam::new(1e-2)).epochs(40).batch(20).progress(ProgressBar::Off);
    let history = trainer.fit(&mut *net, &samples(130))?;
    let (first, last) = (history.epochs()[0].loss, history.epochs()[39].loss);
    assert!(last < 0.1 * first, "{first} → {last}");
    Ok(())
}

#[test]
fn nonsense_is_refused_by_name() {
    let data = line(10);
    let none = (&data).take(0);
    let mut net = Line::init(&mut rng(1));
    let before = net.params().as_slice().to_vec();
    let message = |result: Result<_, Error>| result.map(|_: fireclay::trainer::History| ()).expect_err("nonsense").to_string();
    assert_eq!(message(quiet(Mse).fit(&mut net, &none)), "the training data has no samples");
    assert!(message(quiet(Mse).early_stop(2).fit(&mut net, &data)).contains(".validate(&data, Accuracy)"));
    assert_eq!(net.params().as_slice(), before);
    let (digits, _) = Digits::split().expect("embedded");
    let empty = (&digits).take(0);
    let mut net = Net::init(&mut rng(1));
    assert_eq!(
        message(quiet(CrossEntropy).validate(&empty, Accuracy).fit(&mut net, &digits)),
        "the validation data has no samples"
    );
}

/// A line of so many samples, of which one has such an input and target.
fn line_with(len: usize, at: usize, input: f32, target: f32) -> Points {
    let of = |i: usize, (x, y)| if i == at { (Tensor::from([input]), Tensor::from([target])) } else { (x, y) };
    line(len).iter().map(|(x, y)| (*x, *y)).enumerate().map(|(i, sample)| of(i, sample)).collect()
}

#[test]
fn a_sample_that_is_not_finite_is_named() {
    let good = line(40);
    let message = |train: &Points, test: &Points, prefetch| {
        let mut net = Line::init(&mut rng(3));
        let before = net.params().as_slice().to_vec();
        let error = quiet(Mse).batch(8).prefetch(prefetch).validate(test, Mae::new()).fit(&mut net, train);
        assert_eq!(net.params().as_slice(), before);
        error.expect_err("not finite").to_string()
    };
    let of = |data: &str, sample: usize, part: &str| {
        format!(
            "sample {sample} of {data} has infinity or NaN in its {part}\n  help: look at how this sample is made (the first one is number 0), or leave it out"
        )
    };
    for prefetch in [0, 2] {
        assert_eq!(message(&line_with(40, 33, f32::NAN, 1.0), &good, prefetch), of("the training data", 33, "input"));
        assert_eq!(message(&line_with(40, 7, 1.0, f32::INFINITY), &good, prefetch), of("the training data", 7, "target"));
        assert_eq!(message(&good, &line_with(20, 19, f32::NAN, 1.0), prefetch), of("the validation data", 19, "input"));
    }
}

/// Mse until it has been asked often enough, then NaN.
struct Breaking(std::sync::atomic::AtomicUsize);

impl<T: Copy> Loss<Tensor<shape![1]>, T> for Breaking
where
    Mse: Loss<Tensor<shape![1]>, T>,
{
    fn targets(&self, targets: T) -> Option<usize> {
        Mse.targets(targets)
    }
    fn micro(&self, part: MicroBatch, outputs: &[f32], targets: T, gradient: &mut [f32]) -> f32 {
        let loss = Mse.micro(part, outputs, targets, gradient);
        if self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed) < 5 { loss } else { f32::NAN }
    }
}

#[test]
fn a_loss_that_is_no_number_leaves_the_last_good_epoch() {
    // Two steps an epoch, one micro-batch each: the sixth is in the third epoch.
    let data = line(2 * LANES);
    let run = |epochs, loss| {
        let mut net = Line::init(&mut rng(3));
        let result = quiet(loss).batch(LANES).epochs(epochs).fit(&mut net, &data);
        (net.params().as_slice().to_vec(), result)
    };
    let (two, _) = run(2, Breaking(0.into()));
    let (broken, result) = run(9, Breaking(0.into()));
    assert_eq!(broken, two);
    match result {
        Err(Error::Diverged { epoch: 3, step: 2, loss, of: "the loss", note: None }) => assert!(loss.is_nan()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn parameters_that_are_no_numbers_are_noticed_too() {
    let mut net = Line::init(&mut rng(3));
    let before = net.params().as_slice().to_vec();
    // A single step whose update overflows, after a loss that did not.
    let result = Trainer::new(Mse, Sgd::new(f32::MAX)).progress(ProgressBar::Off).epochs(1).fit(&mut net, &line(8));
    assert!(matches!(result, Err(Error::Diverged { epoch: 1, .. })), "{result:?}");
    assert_eq!(net.params().as_slice(), before);
}

#[test]
fn schedules_are_heard() -> Result<(), Error> {
    let mut net = Line::init(&mut rng(1));
    let history = quiet(Mse).epochs(4).batch(5).schedule(Step::new(2, 0.5)).fit(&mut net, &line(10))?;
    let rates: Vec<_> = history.epochs().iter().map(|e| e.learning_rate).collect();
    assert_eq!(rates, [0.1, 0.1, 0.05, 0.05]);
    Ok(())
}

#[test]
fn the_plot_is_a_picture_of_both_curves() -> Result<(), Box<dyn std::error::Error>> {
    let (train, validation) = Digits::split()?;
    let mut net = Net::init(&mut rng(1));
    let trainer = quiet(CrossEntropy).epochs(2).validate(&validation, Accuracy);
    let history = trainer.fit(&mut net, &train.take(64))?;
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join(format!("fireclay-{}", std::process::id()))
        .join("new folder/curves.svg");
    history.plot(&path)?;
    let svg = std::fs::read_to_string(&path)?;
    for word in ["<svg", "loss", "accuracy", "training", "validation", "epoch"] {
        assert!(svg.contains(word), "{word}");
    }
    assert!(history.to_string().contains("accuracy"));
    assert!(history.plot("/proc/none/curves.svg").is_err());
    Ok(())
}
