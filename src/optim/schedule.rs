//! Schedules: how the learning rate moves while training goes on.
//!
//! Each follows the scheduler of PyTorch that its documentation names, in closed form: the rate of a step depends on where the
//! training stands, not on what was asked before. [`Plateau`](super::Plateau) alone watches a number.

use crate::{narrow, setting};
use core::f64::consts::PI;

/// Where the training stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Steps made so far, over all epochs.
    pub step: usize,
    /// Steps of the whole training.
    pub steps: usize,
    /// Epochs finished so far.
    pub epoch: usize,
    /// Epochs of the whole training.
    pub epochs: usize,
}

/// How the learning rate moves.
///
/// A function is one too:
///
/// ```
/// use fireclay::optim::{Progress, Schedule};
/// let halves = |base: f32, at: Progress| base / (1.0 + at.epoch as f32);
/// assert_eq!(halves.learning_rate(0.1, Progress { step: 30, steps: 100, epoch: 1, epochs: 4 }), 0.05);
/// ```
/// What watches a number has a state, which checkpoints hold:
///
/// ```
/// use fireclay::optim::{Progress, Schedule};
///
/// /// Halves the rate after each epoch that was worse than the one before.
/// #[derive(Default)]
/// struct Cautious {
///     before: f32,
///     falls: u32,
/// }
///
/// impl Schedule for Cautious {
///     fn learning_rate(&self, base: f32, _: Progress) -> f32 {
///         base * 0.5_f32.powi(self.falls as i32)
///     }
///     fn observe(&mut self, loss: f32, at: Progress) {
///         self.falls += u32::from(at.epoch > 1 && loss > self.before);
///         self.before = loss;
///     }
///     fn state(&self) -> Vec<u64> {
///         vec![u64::from(self.before.to_bits()), u64::from(self.falls)]
///     }
///     fn restore(&mut self, state: &[u64]) -> bool {
///         let &[before, falls] = state else { return false };
///         (self.before, self.falls) = (f32::from_bits(before as u32), falls as u32);
///         true
///     }
/// }
///
/// let (mut cautious, mut other) = (Cautious::default(), Cautious::default());
/// let at = |epoch| Progress { step: epoch, steps: 9, epoch, epochs: 9 };
/// cautious.observe(1.0, at(1));
/// cautious.observe(2.0, at(2));
/// assert!(other.restore(&cautious.state()));
/// assert_eq!(other.learning_rate(0.1, at(2)), 0.05);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a schedule of the learning rate",
    note = "schedules are `Cosine`, `Step::new(10, 0.1)`, `LinearWarmup::new(100).then(Cosine)`, …, or a function of the base rate and `Progress`"
)]
pub trait Schedule {
    /// The rate of the next step, where `base` is the optimizer's own.
    fn learning_rate(&self, base: f32, at: Progress) -> f32;

    /// The momentum of the next step, where the schedule moves it.
    fn momentum(&self, at: Progress) -> Option<f32> {
        let _ = at;
        None
    }

    /// Whether it wants to hear the validation metric rather than the loss.
    fn watches_metric(&self) -> bool {
        false
    }

    /// Hears the validation loss (or the metric: [`Schedule::watches_metric`]) after each epoch; the training loss where nothing is validated.
    /// `at` is where the training stands then.
    fn observe(&mut self, metric: f32, at: Progress) {
        let _ = (metric, at);
    }

    /// What it has learned from [`observe`](Schedule::observe), as bits, for a checkpoint; empty where that is nothing.
    fn state(&self) -> Vec<u64> {
        Vec::new()
    }

    /// Goes on with what [`state`](Schedule::state) was; `false` if that is another schedule's.
    fn restore(&mut self, state: &[u64]) -> bool {
        state.is_empty()
    }
}

impl<F: Fn(f32, Progress) -> f32> Schedule for F {
    fn learning_rate(&self, base: f32, at: Progress) -> f32 {
        self(base, at)
    }
}

/// What a schedule that counts, counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Steps,
    Epochs,
}

impl Unit {
    const fn of(self, at: Progress) -> usize {
        match self {
            Self::Steps => at.step,
            Self::Epochs => at.epoch,
        }
    }
}

macro_rules! unit {
    ($name:ident $(<$T:ident>)?) => {
        impl $(<$T>)? $name $(<$T>)? {
            /// Counts steps.
            pub fn per_step(mut self) -> Self {
                self.unit = Unit::Steps;
                self
            }

            /// Counts epochs.
            pub fn per_epoch(mut self) -> Self {
                self.unit = Unit::Epochs;
                self
            }
        }
    };
}

#[expect(clippy::cast_possible_truncation, reason = "rounded once, at the end")]
fn scaled(base: f32, factor: f64) -> f32 {
    (f64::from(base) * factor) as f32
}

#[expect(clippy::cast_precision_loss, reason = "counts of steps")]
pub(super) fn real(n: usize) -> f64 {
    n as f64
}

/// `gamma` to a whole power.
pub(super) fn power(gamma: f32, n: usize) -> f64 {
    f64::from(gamma).powi(i32::try_from(n).unwrap_or(i32::MAX))
}

/// Multiplies the rate by `gamma` every so many epochs: η·γ^⌊t / every⌋ (`StepLR`).
///
/// ```
/// use fireclay::optim::{Progress, Schedule, Step};
/// let step = Step::new(10, 0.5);
/// assert_eq!(step.learning_rate(0.1, Progress { step: 0, steps: 100, epoch: 25, epochs: 40 }), 0.025);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[must_use]
pub struct Step {
    every: usize,
    gamma: f32,
    unit: Unit,
}

impl Step {
    /// Times `gamma` every `every` epochs.
    ///
    /// # Panics
    /// If `every` is 0, or `gamma` not a finite number of at least 0.
    #[track_caller]
    pub const fn new(every: usize, gamma: f32) -> Self {
        setting::at_least_one("Step: every", every);
        setting::not_negative("Step: gamma", gamma);
        Self { every, gamma, unit: Unit::Epochs }
    }
}

unit!(Step);

impl Schedule for Step {
    fn learning_rate(&self, base: f32, at: Progress) -> f32 {
        scaled(base, power(self.gamma, self.unit.of(at) / self.every))
    }
}

/// Multiplies the rate by `gamma` at each of these epochs: η·γ^(milestones ≤ t) (`MultiStepLR`).
///
/// ```
/// use fireclay::optim::{MultiStep, Progress, Schedule};
/// let step = MultiStep::new([8, 20], 0.5);
/// assert_eq!(step.learning_rate(0.1, Progress { step: 0, steps: 100, epoch: 8, epochs: 40 }), 0.05);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub struct MultiStep {
    milestones: Vec<usize>,
    gamma: f32,
    unit: Unit,
}

impl MultiStep {
    /// Times `gamma` at each of these epochs.
    ///
    /// # Panics
    /// If `gamma` is not a finite number of at least 0.
    #[track_caller]
    pub fn new(milestones: impl Into<Vec<usize>>, gamma: f32) -> Self {
        setting::not_negative("MultiStep: gamma", gamma);
        Self { milestones: milestones.into(), gamma, unit: Unit::Epochs }
    }
}

unit!(MultiStep);

impl Schedule for MultiStep {
    fn learning_rate(&self, base: f32, at: Progress) -> f32 {
        let now = self.unit.of(at);
        scaled(base, power(self.gamma, self.milestones.iter().filter(|m| **m <= now).count()))
    }
}

/// Multiplies the rate by `gamma` each epoch: η·γᵗ (`ExponentialLR`).
///
/// ```
/// use fireclay::optim::{Exponential, Progress, Schedule};
/// assert_eq!(Exponential::new(0.5).learning_rate(0.1, Progress { step: 0, steps: 100, epoch: 2, epochs: 40 }), 0.025);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[must_use]
pub struct Exponential {
    gamma: f32,
    unit: Unit,
}

impl Exponential {
    /// Times `gamma` each epoch.
    ///
    /// # Panics
    /// If `gamma` is not a finite number of at least 0.
    #[track_caller]
    pub const fn new(gamma: f32) -> Self {
        setting::not_negative("Exponential: gamma", gamma);
        Self { gamma, unit: Unit::Epochs }
    }
}

unit!(Exponential);

impl Schedule for Exponential {
    fn learning_rate(&self, base: f32, at: Progress) -> f32 {
        scaled(base, power(self.gamma, self.unit.of(at)))
    }
}

/// Falls along half a cosine: m + (η − m)·(1 + cos(π·t / T)) / 2 (Loshchilov and Hutter 2017, arXiv 1608.03983; `CosineAnnealingLR`).
///
/// `Cosine` alone takes all steps of the training down to zero; see [`Cosine::over`] and [`Cosine::down_to`].
///
/// ```
/// use fireclay::optim::{Cosine, Progress, Schedule};
/// let half = Progress { step: 50, steps: 100, epoch: 2, epochs: 4 };
/// assert!((Cosine.learning_rate(0.1, half) - 0.05).abs() < 1e-7);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[must_use]
pub struct Cosine {
    period: Option<usize>,
    least: f32,
    unit: Unit,
}

/// Down to zero over the whole training.
#[expect(non_upper_case_globals, reason = "the type's plain value, written as a unit struct would be")]
pub const Cosine: Cosine = Cosine { period: None, least: 0.0, unit: Unit::Epochs };

impl Cosine {
    /// Falls for so many epochs, then, as PyTorch's, rises as long again.
    ///
    /// # Panics
    /// If there are none.
    #[track_caller]
    pub const fn over(mut self, period: usize) -> Self {
        setting::at_least_one("Cosine: over", period);
        self.period = Some(period);
        self
    }

    /// Falls to this rate.
    ///
    /// # Panics
    /// If it is not a finite number of at least 0.
    #[track_caller]
    pub const fn down_to(mut self, least: f32) -> Self {
        setting::not_negative("Cosine: down_to", least);
        self.least = least;
        self
    }
}

unit!(Cosine);

/// Where a cosine from `high` to `low` stands after this share of its way.
pub(super) fn cosine(high: f64, low: f64, share: f64) -> f64 {
    low + (high - low) * (1.0 + (PI * share).cos()) / 2.0
}

impl Schedule for Cosine {
    fn learning_rate(&self, base: f32, at: Progress) -> f32 {
        let (t, period) = match self.period {
            Some(period) => (self.unit.of(at), period),
            None => (at.step.min(at.steps), at.steps),
        };
        narrow(cosine(f64::from(base), f64::from(self.least), real(t) / real(period.max(1))))
    }
}

/// Grows from a share of the rate to all of it over the first steps (`LinearLR`).
///
/// ```
/// use fireclay::optim::{Cosine, LinearWarmup, Progress, Schedule};
/// let schedule = LinearWarmup::new(10).from(0.0).then(Cosine);
/// let at = |step| Progress { step, steps: 110, epoch: 0, epochs: 4 };
/// assert!((schedule.learning_rate(0.1, at(5)) - 0.05).abs() < 1e-7); // half way up
/// assert!((schedule.learning_rate(0.1, at(60)) - 0.05).abs() < 1e-7); // half way down
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[must_use]
pub struct LinearWarmup {
    over: usize,
    from: f32,
    to: f32,
    unit: Unit,
}

impl LinearWarmup {
    /// From a third of the rate to all of it, over so many steps.
    pub const fn new(over: usize) -> Self {
        Self { over, from: 1.0 / 3.0, to: 1.0, unit: Unit::Steps }
    }

    /// Starts with this share of the rate.
    ///
    /// # Panics
    /// If it is not from 0 to 1.
    #[track_caller]
    pub const fn from(mut self, share: f32) -> Self {
        setting::share("LinearWarmup: from", share);
        self.from = share;
        self
    }

    /// Ends with this share of the rate.
    ///
    /// # Panics
    /// If it is not from 0 to 1.
    #[track_caller]
    pub const fn to(mut self, share: f32) -> Self {
        setting::share("LinearWarmup: to", share);
        self.to = share;
        self
    }

    /// Goes on with another schedule, which sees the training as if it began after the warm-up (`SequentialLR`): its steps and its epochs count
    /// from there, also where a warm-up in steps ends within an epoch, and it hears of no epoch that ended before. (If it is another warm-up, one
    /// counted in epochs, this one should end with an epoch: what is left has no whole number of epochs otherwise, of which their length follows.)
    ///
    /// ```
    /// use fireclay::optim::{LinearWarmup, Progress, Schedule, Step};
    /// // Ten steps an epoch: two epochs of warm-up, then two of the whole rate.
    /// let schedule = LinearWarmup::new(20).from(0.1).then(Step::new(2, 0.1));
    /// let at = |epoch| schedule.learning_rate(1.0, Progress { step: 10 * epoch, steps: 50, epoch, epochs: 5 });
    /// assert_eq!([at(0), at(1), at(2), at(3), at(4)], [0.1, 0.55, 1.0, 1.0, 0.1]);
    /// ```
    pub const fn then<S: Schedule>(self, next: S) -> Then<S> {
        Then { warmup: self, next }
    }
}

unit!(LinearWarmup);

impl Schedule for LinearWarmup {
    fn learning_rate(&self, base: f32, at: Progress) -> f32 {
        let share = real(self.unit.of(at).min(self.over)) / real(self.over.max(1));
        let (from, to) = (f64::from(self.from), f64::from(self.to));
        scaled(base, if self.over == 0 { to } else { from + (to - from) * share })
    }
}

/// A warm-up and what follows; made by [`LinearWarmup::then`].
#[derive(Debug, Clone, Copy, PartialEq)]
#[must_use]
pub struct Then<S> {
    warmup: LinearWarmup,
    next: S,
}

/// `n` of `from` as `to` of them have it, rounded down: steps as epochs, epochs as steps.
fn part(n: usize, to: usize, from: usize) -> usize {
    let product = n as u128 * to as u128;
    usize::try_from(product / (from as u128).max(1)).unwrap_or(usize::MAX)
}

impl<S> Then<S> {
    /// The training as the second schedule sees it; `None` during the warm-up.
    fn later(&self, at: Progress) -> Option<Progress> {
        let over = self.warmup.over;
        (self.warmup.unit.of(at) >= over).then(|| match self.warmup.unit {
            Unit::Steps => {
                let (step, steps) = (at.step - over, at.steps.saturating_sub(over));
                let epoch = |step| part(step, at.epochs, at.steps);
                Progress { step, steps, epoch: epoch(step), epochs: epoch(steps.saturating_sub(1)) + 1 }
            }
            Unit::Epochs => {
                let skipped = part(over, at.steps, at.epochs);
                Progress {
                    step: at.step.saturating_sub(skipped),
                    steps: at.steps.saturating_sub(skipped),
                    epoch: at.epoch - over,
                    epochs: at.epochs.saturating_sub(over),
                }
            }
        })
    }
}

impl<S: Schedule> Schedule for Then<S> {
    fn learning_rate(&self, base: f32, at: Progress) -> f32 {
        match self.later(at) {
            Some(later) => self.next.learning_rate(base, later),
            None => self.warmup.learning_rate(base, at),
        }
    }

    fn momentum(&self, at: Progress) -> Option<f32> {
        self.later(at).and_then(|later| self.next.momentum(later))
    }

    fn watches_metric(&self) -> bool {
        self.next.watches_metric()
    }

    fn observe(&mut self, metric: f32, at: Progress) {
        // An epoch of which the second schedule made no step was none of its own.
        if let Some(later) = self.later(at).filter(|later| later.step > 0) {
            self.next.observe(metric, later);
        }
    }

    fn state(&self) -> Vec<u64> {
        self.next.state()
    }

    fn restore(&mut self, state: &[u64]) -> bool {
        self.next.restore(state)
    }
}
