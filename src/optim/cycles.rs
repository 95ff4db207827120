//! Schedules that know where the training ends: one cycle, a polynomial; and restarts.

use super::schedule::{Progress, Schedule, cosine, real};
use crate::{narrow, setting};

/// Falls as a power of what is left: η·(1 − t / T)^power (`PolynomialLR`).
///
/// ```
/// use fireclay::optim::{Polynomial, Progress, Schedule};
/// let at = Progress { step: 75, steps: 100, epoch: 3, epochs: 4 };
/// assert_eq!(Polynomial::new(1.0).learning_rate(0.1, at), 0.025);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[must_use]
pub struct Polynomial {
    power: f32,
    over: Option<usize>,
}

impl Polynomial {
    /// With this power, over all steps of the training.
    ///
    /// # Panics
    /// If it is not a finite number of at least 0.
    #[track_caller]
    pub const fn new(power: f32) -> Self {
        setting::not_negative("Polynomial: power", power);
        Self { power, over: None }
    }

    /// Over so many steps; then the rate is zero.
    ///
    /// # Panics
    /// If there are none.
    #[track_caller]
    pub const fn over(mut self, steps: usize) -> Self {
        setting::at_least_one("Polynomial: over", steps);
        self.over = Some(steps);
        self
    }
}

impl Schedule for Polynomial {
    fn learning_rate(&self, base: f32, at: Progress) -> f32 {
        let over = self.over.unwrap_or(at.steps).max(1);
        let left = 1.0 - real(at.step.min(over)) / real(over);
        narrow(f64::from(base) * left.powf(f64::from(self.power)))
    }
}

/// Falls along a cosine and starts again, each time longer (Loshchilov and Hutter 2017, arXiv 1608.03983;
/// `CosineAnnealingWarmRestarts`). Counts epochs, or steps if told so.
///
/// ```
/// use fireclay::optim::{Progress, Schedule, WarmRestarts};
/// let restarts = WarmRestarts::new(5).times(2);
/// let at = |epoch| Progress { step: 0, steps: 1000, epoch, epochs: 40 };
/// assert_eq!(restarts.learning_rate(0.1, at(5)), 0.1); // the second fall takes epochs 5 to 14
/// assert_eq!(restarts.learning_rate(0.1, at(15)), 0.1);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[must_use]
pub struct WarmRestarts {
    first: usize,
    times: usize,
    least: f32,
    steps: bool,
}

impl WarmRestarts {
    /// Starts again after so many epochs.
    ///
    /// # Panics
    /// If there are none.
    #[track_caller]
    pub const fn new(first: usize) -> Self {
        setting::at_least_one("WarmRestarts: epochs before the first restart", first);
        Self { first, times: 1, least: 0.0, steps: false }
    }

    /// Each fall takes this many times as long as the one before.
    ///
    /// # Panics
    /// If it is 0.
    #[track_caller]
    pub const fn times(mut self, times: usize) -> Self {
        setting::at_least_one("WarmRestarts: times", times);
        self.times = times;
        self
    }

    /// Falls to this rate.
    ///
    /// # Panics
    /// If it is not a finite number of at least 0.
    #[track_caller]
    pub const fn down_to(mut self, least: f32) -> Self {
        setting::not_negative("WarmRestarts: down_to", least);
        self.least = least;
        self
    }

    /// Counts steps.
    pub const fn per_step(mut self) -> Self {
        self.steps = true;
        self
    }
}

impl Schedule for WarmRestarts {
    fn learning_rate(&self, base: f32, at: Progress) -> f32 {
        let (mut t, mut period) = (if self.steps { at.step } else { at.epoch }, self.first);
        if self.times == 1 {
            t %= period;
        }
        while t >= period {
            t -= period;
            period = period.saturating_mul(self.times);
        }
        narrow(cosine(f64::from(base), f64::from(self.least), real(t) / real(period)))
    }
}

/// Up to a high rate and down to a very low one, once over the training (Smith and Topin 2018, arXiv 1708.07120; `OneCycleLR`).
///
/// The optimizer's own rate plays no part: it starts at `most / 25`, is at `most` after 30 % of the steps, and ends at
/// `most / 25 / 10,000`.
///
/// ```
/// use fireclay::optim::{OneCycle, Progress, Schedule};
/// let cycle = OneCycle::new(0.5);
/// let at = |step| Progress { step, steps: 101, epoch: 0, epochs: 1 };
/// assert!((cycle.learning_rate(9.9, at(0)) - 0.02).abs() < 1e-7);
/// assert!((cycle.learning_rate(9.9, at(30)) - 0.5).abs() < 1e-3);
/// assert!(cycle.learning_rate(9.9, at(100)) < 1e-5);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[must_use]
pub struct OneCycle {
    most: f32,
    start: f32,
    end: f32,
    up: f32,
    three_phase: bool,
    linear: bool,
    momentum: Option<(f32, f32)>,
}

impl OneCycle {
    /// With this highest rate.
    ///
    /// # Panics
    /// If it is not a finite number of at least 0.
    #[track_caller]
    pub const fn new(most: f32) -> Self {
        setting::not_negative("OneCycle: learning rate", most);
        Self { most, start: 25.0, end: 1e4, up: 0.3, three_phase: false, linear: false, momentum: None }
    }

    /// Starts at the highest rate divided by this (`div_factor`, 25 at first).
    ///
    /// # Panics
    /// If it is not a finite number greater than 0.
    #[track_caller]
    pub const fn start(mut self, divisor: f32) -> Self {
        setting::positive("OneCycle: start", divisor);
        self.start = divisor;
        self
    }

    /// Ends at the first rate divided by this (`final_div_factor`, 10,000 at first).
    ///
    /// # Panics
    /// If it is not a finite number greater than 0.
    #[track_caller]
    pub const fn end(mut self, divisor: f32) -> Self {
        setting::positive("OneCycle: end", divisor);
        self.end = divisor;
        self
    }

    /// The share of the steps that goes up (`pct_start`, 0.3 at first).
    ///
    /// # Panics
    /// If it is not from 0 to 1, or more than half where three phases are asked for.
    #[track_caller]
    pub const fn up(mut self, share: f32) -> Self {
        setting::share("OneCycle: up", share);
        self.up = share;
        self.check()
    }

    /// Comes down as long as it went up, then falls on to the end (`three_phase`).
    ///
    /// # Panics
    /// If more than half of the steps go up.
    #[track_caller]
    pub const fn three_phase(mut self) -> Self {
        self.three_phase = true;
        self.check()
    }

    #[track_caller]
    const fn check(self) -> Self {
        assert!(
            !self.three_phase || self.up <= 0.5,
            "OneCycle: three phases come down as long as they go up: `up` is at most 0.5"
        );
        self
    }

    /// Along lines instead of cosines.
    pub const fn linear(mut self) -> Self {
        self.linear = true;
        self
    }

    /// Moves the momentum against the rate, between these two (PyTorch's are 0.85 and 0.95). An algorithm made without momentum stays so.
    ///
    /// # Panics
    /// If one is not at least 0 and less than 1, or the first is the larger one.
    #[track_caller]
    pub const fn cycle_momentum(mut self, least: f32, most: f32) -> Self {
        setting::below_one("OneCycle: the lower momentum", least);
        setting::below_one("OneCycle: the higher momentum", most);
        assert!(least <= most, "OneCycle: `cycle_momentum(least, most)` takes the lower momentum first");
        self.momentum = Some((least, most));
        self
    }

    /// Where it stands, between what holds at the start, at the top, (at the end of the second phase) and at the end.
    fn at(&self, at: Progress, [start, top, middle, end]: [f64; 4]) -> f32 {
        let last = real(at.steps.max(2)) - 1.0;
        let t = real(at.step).min(last);
        let up = f64::from(self.up) * real(at.steps) - 1.0;
        let phases: &[(f64, f64, f64)] = if self.three_phase {
            &[(up, start, top), (2.0 * up, top, middle), (last, middle, end)]
        } else {
            &[(up, start, top), (last, top, end)]
        };
        let mut from = 0.0;
        for (i, &(to, a, b)) in phases.iter().enumerate() {
            if t <= to || i + 1 == phases.len() {
                let share = if to > from { (t - from) / (to - from) } else { 1.0 };
                return narrow(if self.linear { a + (b - a) * share } else { cosine(a, b, share) });
            }
            from = to;
        }
        narrow(end)
    }
}

impl Schedule for OneCycle {
    fn learning_rate(&self, _: f32, at: Progress) -> f32 {
        let top = f64::from(self.most);
        let start = top / f64::from(self.start);
        self.at(at, [start, top, start, start / f64::from(self.end)])
    }

    fn momentum(&self, at: Progress) -> Option<f32> {
        let (least, most) = self.momentum?;
        let (least, most) = (f64::from(least), f64::from(most));
        Some(self.at(at, [most, least, most, most]))
    }
}
