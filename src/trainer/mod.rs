//! The training loop, held in one of three ways: [`Trainer::fit`] runs all of it; callbacks ([`Trainer::on_step`] and its like, [`Listener`]) see each step and epoch of it and may
//! interfere; [`Trainer::start`] gives a [`Session`] that is stepped through by hand.

mod bar;
#[cfg(feature = "safetensors")]
mod checkpoint;
mod ema;
mod feed;
mod fit;
mod history;
mod listener;
#[cfg(feature = "plot")]
mod plot;
mod progress;
mod run;
mod session;
mod settings;
mod step;
#[cfg(feature = "safetensors")]
mod tables;
mod updates;
mod validation;

#[cfg(feature = "safetensors")]
pub use checkpoint::Every;
pub use fit::Teaches;
pub use history::{Epoch, History};
pub use listener::{Both, Listener, OnEpoch, OnGradients, OnStep, OnValidation, Outcome, Silent};
pub use progress::ProgressBar;
pub use run::Run;
pub use session::Session;
pub use step::Step;
pub(crate) use validation::ShownMetric;
pub use validation::{NoValidation, Validate, Validation};

use crate::optim::{Algorithm, Schedule};
use crate::setting;
use settings::Settings;
use std::time::Duration;

/// How a network is to be trained: a loss, an optimizer, and the numbers around them.
///
/// ```
/// use fireclay::prelude::*;
/// network! {
///     pub Small(image: [1, 8, 8]) -> [10] { image -> Flatten -> fc1: Dense(24) -> Relu -> fc2: Dense(10) }
/// }
/// let (train, test) = Digits::split()?;
/// let (train, validation) = train.split_stratified(0.9, 1);
/// let mut net = Small::init(&mut rng(1));
/// let history = Trainer::new(CrossEntropy, Adam::new(5e-3))
///     .batch(32)
///     .epochs(4)
///     .validate(&validation, Accuracy)
///     .progress(ProgressBar::Off)
///     .fit(&mut net, &train)?;
/// assert_eq!(history.epochs().len(), 4);
/// assert!(net.evaluate(&test, Accuracy) > 0.85);
/// # Ok::<(), fireclay::Error>(())
/// ```
#[must_use = "nothing is trained before `fit`"]
pub struct Trainer<L, A, V = NoValidation, C = Silent> {
    loss: L,
    algorithm: A,
    settings: Settings,
    schedule: Option<Box<dyn Schedule>>,
    validation: V,
    listeners: C,
}

impl<L, A: Algorithm> Trainer<L, A> {
    /// Batches of 64, 10 epochs, seed 0, all threads, a constant rate, no validation, a progress bar.
    pub fn new(loss: L, algorithm: A) -> Self {
        Self { loss, algorithm, settings: Settings::DEFAULT, schedule: None, validation: NoValidation, listeners: Silent }
    }
}

impl<L, A, V, C> Trainer<L, A, V, C> {
    /// Samples in a step. What is left over at the end of an epoch is a smaller step.
    ///
    /// # Panics
    /// If there are none.
    #[track_caller]
    pub fn batch(mut self, batch: usize) -> Self {
        setting::at_least_one("Trainer: batch", batch);
        self.settings.batch = batch;
        self
    }

    /// How often the data is gone through.
    ///
    /// # Panics
    /// If it is 0.
    #[track_caller]
    pub fn epochs(mut self, epochs: usize) -> Self {
        setting::at_least_one("Trainer: epochs", epochs);
        self.settings.epochs = epochs;
        self
    }

    /// The order of the samples and what dropout drops follow from this number: the same seed gives the same bits.
    pub fn seed(mut self, seed: u64) -> Self {
        self.settings.seed = seed;
        self
    }

    /// At most this many threads; the bits are the same for any number. Without it all are used.
    ///
    /// # Panics
    /// If there are none.
    #[track_caller]
    pub fn threads(mut self, threads: usize) -> Self {
        setting::at_least_one("Trainer: threads", threads);
        self.settings.threads = Some(threads);
        self
    }

    /// Prepares up to this many batches ahead, on a thread of its own, while a step trains; 0: each when its step asks for it. The bits are the
    /// same. Without it there are two for each of the [`workers`](Trainer::workers), and 0 for data that lies in memory ([`Dataset::lend`](crate::data::Dataset::lend)) and with
    /// `threads(1)`. Where a training waits for its data all the same, each line of the progress says for how long.
    pub fn prefetch(mut self, batches: usize) -> Self {
        self.settings.prefetch = Some(batches);
        self
    }

    /// Prepares batches on so many threads, each its own ones in turn: 1 if nothing is said, more where images are decoded for longer than a step
    /// trains. The bits are the same for any number.
    ///
    /// # Panics
    /// If there are none.
    #[track_caller]
    pub fn workers(mut self, threads: usize) -> Self {
        setting::at_least_one("Trainer: workers", threads);
        self.settings.workers = threads;
        self
    }

    /// How the learning rate moves: `Cosine`, `Step::new(10, 0.1)`, a function, ….
    pub fn schedule(mut self, schedule: impl Schedule + 'static) -> Self {
        #[cfg(feature = "safetensors")]
        {
            self.settings.schedule = std::any::type_name_of_val(&schedule);
        }
        self.schedule = Some(Box::new(schedule));
        self
    }

    /// Scales each step's gradients so that together they are at most this long: [`clip_norm`](crate::optim::clip_norm).
    ///
    /// # Panics
    /// If it is not greater than 0.
    #[track_caller]
    pub fn clip_norm(mut self, most: f32) -> Self {
        setting::limit("Trainer: clip_norm", most);
        self.settings.clip_norm = Some(most);
        self
    }

    /// Measures loss and metric on other data after each epoch. The network then ends as it was after its best epoch: the one with the
    /// best metric and, among equals, the smallest loss. (Data that chooses the epoch is no test of it: test on a third set.)
    ///
    /// The metric is a [`Metric`](crate::metrics::Metric), an accumulator whose value is a number ([`Score`](crate::metrics::Score)), or a tuple of up
    /// to eight of both; the first of a tuple is the one that is watched. The network runs once for the loss and all of them, and they see the
    /// outputs of [`Mode::Eval`](crate::Mode::Eval).
    ///
    /// ```
    /// use fireclay::{metrics::{F1, TopK}, prelude::*};
    /// network! { pub Small(image: [1, 8, 8]) -> [10] { image -> Flatten -> fc: Dense(10) } }
    /// let (train, validation) = Digits::split()?;
    /// let trainer = Trainer::new(CrossEntropy, Adam::new(5e-3)).epochs(2).progress(ProgressBar::Off);
    /// let trainer = trainer.validate(&validation, (F1::<10>::new(), Accuracy, TopK::new(3)));
    /// let history = trainer.fit(&mut Small::init(&mut rng(1)), &train)?;
    /// assert_eq!(history.metric_names().collect::<Vec<_>>(), ["macro F1", "accuracy", "top-3 accuracy"]);
    /// assert_eq!(history.epochs()[1].metrics().len(), 3);
    /// # Ok::<(), fireclay::Error>(())
    /// ```
    pub fn validate<D, M>(self, data: &D, metric: M) -> Trainer<L, A, Validation<'_, D, M>, C> {
        let Self { loss, algorithm, settings, schedule, listeners, .. } = self;
        Trainer { loss, algorithm, settings, schedule, validation: Validation { data, metric }, listeners }
    }

    /// Ends the training after this many epochs without a better one. Asks for [`Trainer::validate`].
    ///
    /// # Panics
    /// If it is 0.
    #[track_caller]
    pub fn early_stop(mut self, patience: usize) -> Self {
        setting::at_least_one("Trainer: early_stop", patience);
        self.settings.patience = Some(patience);
        self
    }

    /// Whether and how to show what goes on.
    pub fn progress(mut self, progress: ProgressBar) -> Self {
        self.settings.progress = progress;
        self
    }

    /// Whether each epoch has an order of its own, as it has if nothing is said; `false`: the order of the data.
    pub fn shuffle(mut self, shuffle: bool) -> Self {
        self.settings.shuffle = shuffle;
        self
    }

    /// Makes one update of so many batches: the gradient is that of all their samples as one batch, in the memory of a single one. (Norms still see each batch by itself.) A step is
    /// all of them, also for schedules; the last of an epoch is what is left.
    ///
    /// # Panics
    /// If there are none.
    #[track_caller]
    pub fn accumulate(mut self, batches: usize) -> Self {
        setting::at_least_one("Trainer: accumulate", batches);
        self.settings.accumulate = batches;
        self
    }

    /// Keeps an exponential moving average of the weights, which is what is validated and what the network ends as: θ̄ ← decay·θ̄ + (1 − decay)·θ after each update, as
    /// `torch.optim.swa_utils.AveragedModel` with `get_ema_multi_avg_fn(decay)` (Polyak and Juditsky 1992, "Acceleration of stochastic approximation by averaging"). Running
    /// statistics of norms are those of the network.
    ///
    /// # Panics
    /// If it is not at least 0 and less than 1.
    #[track_caller]
    pub fn ema(mut self, decay: f32) -> Self {
        setting::below_one("Trainer: ema", decay);
        self.settings.ema = Some(decay);
        self
    }

    /// Ends the training after the step with which this time has gone by, validation included. What there is of an epoch then counts as one.
    pub fn for_at_most(mut self, time: Duration) -> Self {
        self.settings.budget = Some(time);
        self
    }
}

impl<L, A, V, C> core::fmt::Debug for Trainer<L, A, V, C> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Settings { batch, epochs, seed, .. } = self.settings;
        write!(f, "Trainer: batches of {batch}, {epochs} epochs, seed {seed}")
    }
}
