//! A rate that goes up and down again and again.

use super::schedule::{Progress, Schedule, power, real};
use crate::{narrow, setting};

/// How high the cycles go.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Height {
    /// All alike.
    Same,
    /// Each half as high as the one before.
    Halving,
    /// Each step so much lower than the one before.
    Decaying(f32),
}

/// Goes along lines from the optimizer's rate up to another one and back, again and again (Smith 2017, arXiv 1506.01186; `CyclicLR`): η + (highest − η)·z·h, where z is
/// from 0 to 1 within a cycle, and h how high it goes. Counts steps.
///
/// ```
/// use fireclay::optim::{Cyclic, Progress, Schedule};
/// let at = |step| Cyclic::new(0.5, 4).learning_rate(0.1, Progress { step, steps: 100, epoch: 0, epochs: 4 });
/// assert_eq!([at(0), at(2), at(4), at(6), at(8), at(10)], [0.1, 0.3, 0.5, 0.3, 0.1, 0.3]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[must_use]
pub struct Cyclic {
    most: f32,
    up: usize,
    down: usize,
    height: Height,
    momentum: Option<(f32, f32)>,
}

impl Cyclic {
    /// Up to this rate in so many steps, and back in as many.
    ///
    /// # Panics
    /// If the rate is not a finite number of at least 0, or there are no steps.
    #[track_caller]
    pub const fn new(most: f32, up: usize) -> Self {
        setting::not_negative("Cyclic: learning rate", most);
        setting::at_least_one("Cyclic: steps up", up);
        Self { most, up, down: up, height: Height::Same, momentum: None }
    }

    /// Back in so many steps.
    ///
    /// # Panics
    /// If there are none.
    #[track_caller]
    pub const fn down(mut self, steps: usize) -> Self {
        setting::at_least_one("Cyclic: down", steps);
        self.down = steps;
        self
    }

    /// Each cycle goes half as high as the one before (`triangular2`).
    pub const fn halving(mut self) -> Self {
        self.height = Height::Halving;
        self
    }

    /// The height is multiplied by this number in each step (`exp_range`).
    ///
    /// # Panics
    /// If it is not from 0 to 1.
    #[track_caller]
    pub const fn decaying(mut self, gamma: f32) -> Self {
        setting::share("Cyclic: decaying", gamma);
        self.height = Height::Decaying(gamma);
        self
    }

    /// Moves the momentum against the rate, between these two (PyTorch's are 0.8 and 0.9). An algorithm made without momentum stays so.
    ///
    /// # Panics
    /// If one is not at least 0 and less than 1, or the first is the larger one.
    #[track_caller]
    pub const fn cycle_momentum(mut self, least: f32, most: f32) -> Self {
        setting::below_one("Cyclic: the lower momentum", least);
        setting::below_one("Cyclic: the higher momentum", most);
        assert!(least <= most, "Cyclic: `cycle_momentum(least, most)` takes the lower momentum first");
        self.momentum = Some((least, most));
        self
    }

    /// The way from the lower number to the higher that is gone.
    fn share(&self, at: Progress) -> f64 {
        let all = self.up.saturating_add(self.down);
        let (cycle, t) = (at.step / all, at.step % all);
        let share = if t <= self.up { real(t) / real(self.up) } else { real(all - t) / real(self.down) };
        share
            * match self.height {
                Height::Same => 1.0,
                Height::Halving => power(0.5, cycle),
                Height::Decaying(gamma) => power(gamma, at.step),
            }
    }
}

impl Schedule for Cyclic {
    fn learning_rate(&self, base: f32, at: Progress) -> f32 {
        let base = f64::from(base);
        narrow(base + (f64::from(self.most) - base) * self.share(at))
    }

    fn momentum(&self, at: Progress) -> Option<f32> {
        let (least, most) = self.momentum?;
        let (least, most) = (f64::from(least), f64::from(most));
        Some(narrow(most - (most - least) * self.share(at)))
    }
}
