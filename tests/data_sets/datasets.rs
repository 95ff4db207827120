//! Data sets: what is written in place, what is lent, what is made of others, and how a training gets its batches.

use fireclay::data::{Samples, sample_seed};
use fireclay::prelude::*;
use fireclay::{Error, Result, trainer::History};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

network! {
    pub Small(image: [1, 8, 8]) -> [10] { image -> Flatten -> fc1: Dense(16) -> Relu -> fc2: Dense(10) }
}

type Image = Tensor<shape![1, 8, 8]>;
type Class = Index<10>;

/// The digits with noise, none of them lent, and how often one was asked for.
struct Noisy(Digits, AtomicUsize);

impl Dataset<Image> for Noisy {
    type Target = Class;
    fn len(&self) -> usize {
        self.0.len()
    }
    fn fill(&self, i: usize, seed: u64, image: &mut Image, class: &mut Class) -> Result<()> {
        self.1.fetch_add(1, Ordering::Relaxed);
        let mut rng = rng(seed);
        for (to, from) in image.as_mut_slice().iter_mut().zip(self.0.input(i).as_slice()) {
            *to = from + 0.1 * rng.uniform();
        }
        *class = *self.0.target(i);
        Ok(())
    }
}

fn noisy() -> Noisy {
    Noisy(Digits::split().expect("embedded").0, AtomicUsize::new(0))
}

/// Losses and parameters, as bits.
fn bits<D: Dataset<Image, Target = Class>>(data: &D, set: impl Fn(Plain) -> Plain) -> (Vec<u32>, Vec<u32>) {
    let mut net = Small::init(&mut rng(7));
    let trainer = set(Trainer::new(CrossEntropy, Adam::new(3e-3)).batch(50).epochs(3).seed(5).progress(ProgressBar::Off));
    let history: History = trainer.fit(&mut net, data).expect("trained");
    let losses = history.epochs().iter().map(|epoch| epoch.loss.to_bits()).collect();
    (losses, net.params().as_slice().iter().map(|p| p.to_bits()).collect())
}

type Plain = Trainer<CrossEntropy, Adam>;

#[test]
fn the_same_bits_with_and_without_a_background_thread_and_on_any_number_of_threads() {
    let data = noisy();
    let one = bits(&data, |t| t.prefetch(0).threads(1));
    for ahead in [1, 2, 7] {
        assert!(bits(&data, |t| t.prefetch(ahead).threads(1)) == one, "{ahead} ahead");
        assert!(bits(&data, |t| t.prefetch(ahead)) == one, "{ahead} ahead, all threads");
        assert!(bits(&data, |t| t.prefetch(ahead).workers(3)) == one, "{ahead} ahead by three threads");
    }
    assert!(bits(&data, |t| t) == one, "as usual");
    assert!(bits(&data, |t| t.seed(6)) != one, "another seed is other noise");
    let lent = &data.0;
    assert!(bits(lent, |t| t) == bits(lent, |t| t.prefetch(3)), "data in memory");
}

#[test]
fn each_epoch_has_its_own_noise_and_each_sample_is_asked_for_once() {
    let data = noisy();
    bits(&data, |t| t);
    assert_eq!(data.1.load(Ordering::Relaxed), 3 * data.len());
    let (mut a, mut b, mut class) = (Image::zeros(), Image::zeros(), Class::default());
    data.fill(3, sample_seed(1, 0, 3), &mut a, &mut class).expect("made");
    data.fill(3, sample_seed(1, 1, 3), &mut b, &mut class).expect("made");
    assert_ne!(a, b);
}

/// A data set one of whose samples fails or panics.
struct Broken(fn() -> Result<()>);

impl Dataset<Image> for Broken {
    type Target = Class;
    fn len(&self) -> usize {
        100
    }
    fn fill(&self, i: usize, _: u64, image: &mut Image, class: &mut Class) -> Result<()> {
        image.as_mut_slice().fill(0.5);
        *class = Class::default();
        if i == 42 { (self.0)() } else { Ok(()) }
    }
}

fn missing() -> Result<()> {
    Err(Error::Data { path: PathBuf::from("pictures/42.png"), reason: "is no picture".to_owned() })
}

#[test]
fn a_sample_that_cannot_be_had_ends_the_training_with_its_error() {
    for (ahead, workers) in [(0, 1), (2, 1), (4, 3)] {
        let mut net = Small::init(&mut rng(1));
        let before = net.to_bytes().expect("small");
        let trainer =
            || Trainer::new(CrossEntropy, Sgd::new(0.1)).batch(8).prefetch(ahead).workers(workers).progress(ProgressBar::Off);
        let error = trainer().fit(&mut net, &Broken(missing)).expect_err("broken").to_string();
        assert_eq!(error, "pictures/42.png: is no picture");
        assert!(net.to_bytes().expect("small") == before, "as before the training");
        let (train, _) = Digits::split().expect("embedded");
        let error = trainer().validate(&Broken(missing), Accuracy).fit(&mut net, &train).expect_err("broken").to_string();
        assert_eq!(error, "pictures/42.png: is no picture");
    }
    let net = Small::init(&mut rng(1));
    assert!(net.try_evaluate(&Broken(missing), Accuracy).is_err());
    assert!(net.try_predict_all(&Broken(missing)).is_err());
    assert!(net.try_evaluate(&Broken(|| Ok(())), Accuracy).is_ok());
}

#[test]
fn a_panic_of_the_data_is_the_panic_of_the_training() {
    for ahead in [0, 2] {
        let result = std::panic::catch_unwind(|| {
            let trainer = Trainer::new(CrossEntropy, Sgd::new(0.1)).batch(8).prefetch(ahead).progress(ProgressBar::Off);
            trainer.fit(&mut Small::init(&mut rng(1)), &Broken(|| panic!("forty-two"))).is_ok()
        });
        let panic = result.expect_err("a panic");
        assert_eq!(panic.downcast_ref::<&str>().copied(), Some("forty-two"));
    }
}

#[test]
fn a_training_that_stops_early_ends_its_thread() {
    let data = noisy();
    let (_, test) = Digits::split().expect("embedded");
    let trainer = Trainer::new(CrossEntropy, Sgd::new(0.0)).epochs(50).batch(100).early_stop(2);
    let history = trainer.validate(&test, Accuracy).progress(ProgressBar::Off).fit(&mut Small::init(&mut rng(1)), &data);
    assert_eq!(history.expect("trained").epochs().len(), 3);
    assert!(data.1.load(Ordering::Relaxed) < 5 * data.len());
}

#[test]
fn waiting_for_data_is_measured() {
    let slow = noisy().map(|from: &Image, class: &Class, image: &mut Image, to: &mut Class| {
        std::thread::sleep(std::time::Duration::from_micros(50));
        (*image, *to) = (*from, *class);
        Ok(())
    });
    let mut net = Small::init(&mut rng(1));
    let fit = Trainer::new(CrossEntropy, Sgd::new(0.1)).epochs(1).progress(ProgressBar::Off).fit(&mut net, &slow);
    let epoch = fit.expect("trained").epochs()[0];
    assert!(epoch.waited > 0.0 && epoch.waited <= epoch.seconds, "{} of {}", epoch.waited, epoch.seconds);
}

fn numbers(len: usize) -> Samples<Tensor<shape![1]>, Index<3>> {
    (0..len).map(|i| (Tensor::from([i as f32]), Index::new(i % 3).expect("below 3"))).collect()
}

/// What a data set of single numbers gives.
fn list(data: &impl Dataset<Tensor<shape![1]>, Target = Index<3>>) -> Vec<(f32, usize)> {
    let (mut x, mut class) = (Tensor::zeros(), Index::default());
    let list = (0..data.len()).map(|i| {
        data.fill(i, 1, &mut x, &mut class).expect("in memory");
        if let Some((lent, target)) = data.lend(i) {
            assert_eq!((lent, target.get()), (&x, class.get()));
        }
        let mut again = Index::default();
        data.fill_target(i, &mut again).expect("in memory");
        assert_eq!(again.get(), class.get());
        (x[0], class.get())
    });
    list.collect()
}

#[test]
fn data_sets_are_made_of_data_sets() {
    let data = numbers(5);
    assert_eq!(list(&(&data).take(2)), [(0.0, 0), (1.0, 1)]);
    assert_eq!(list(&(&data).take(9)).len(), 5);
    assert_eq!(list(&(&data).subset([4, 0, 0])), [(4.0, 1), (0.0, 0), (0.0, 0)]);
    assert_eq!(list(&(&data).concat((&data).subset([3]))), [(0.0, 0), (1.0, 1), (2.0, 2), (3.0, 0), (4.0, 1), (3.0, 0)]);
    let mut shuffled = list(&numbers(50).shuffle(3));
    assert_ne!(shuffled, list(&numbers(50)));
    shuffled.sort_by(|a, b| a.0.total_cmp(&b.0));
    assert_eq!(shuffled, list(&numbers(50)));
    let twice = |x: &Tensor<shape![1]>, class: &Index<3>, to: &mut Tensor<shape![1]>, to_class: &mut Index<3>| {
        (to[0], *to_class) = (2.0 * x[0], *class);
        Ok(())
    };
    assert_eq!(list(&(&data).map(twice).map(twice).take(3)), [(0.0, 0), (4.0, 1), (8.0, 2)]);
    assert_eq!(list(&std::sync::Arc::new(data).take(1)), [(0.0, 0)]);
}

#[test]
fn parts_are_whole_and_stratified() {
    let data = numbers(300);
    let (train, test) = Dataset::split_stratified(&data, 0.8, 7).expect("in memory");
    assert_eq!((train.len(), test.len()), (240, 60));
    for class in 0..3 {
        assert_eq!(list(&test).iter().filter(|(_, c)| *c == class).count(), 20);
    }
    let mut all = [list(&train), list(&test)].concat();
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    assert_eq!(all, list(&data));
    let (copied, _) = data.split_stratified(0.8, 7);
    assert_eq!(list(&copied), list(&train), "copies are the same samples as views");
    let (views, _) = Dataset::split(&data, 0.3, 7);
    assert_eq!(list(&views), list(&data.split(0.3, 7).0));
    assert_eq!(views.len(), 90);
}

#[test]
fn a_cache_makes_each_sample_once() {
    let data = noisy().cache();
    let (mut x, mut y, mut class) = (Image::zeros(), Image::zeros(), Class::default());
    data.fill(3, 1, &mut x, &mut class).expect("made");
    data.fill(3, 2, &mut y, &mut class).expect("made");
    assert_eq!(x, y);
    assert_eq!(data.lend(3).map(|(x, _)| x), Some(&x));
    assert!(data.lend(4).is_none());
    let made = std::sync::Arc::new(noisy());
    let cached = std::sync::Arc::clone(&made).cache();
    let one = bits(&cached, |t| t.prefetch(0));
    assert_eq!(made.1.load(Ordering::Relaxed), made.len());
    assert!(bits(&cached, |t| t) == one);
    let broken = Broken(missing).cache();
    assert!(broken.fill(42, 0, &mut x, &mut class).is_err());
}

#[test]
#[should_panic(expected = "sample 5 of a data set of 5")]
fn a_place_that_is_not_there_is_named() {
    let _ = numbers(5).subset([5]);
}
