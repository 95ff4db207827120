//! A rate that falls when nothing gets better.

use super::{Progress, Schedule};
use crate::setting;

/// What counts as better.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Threshold {
    /// By this share of the best (of its size, if it is below zero).
    Relative(f32),
    /// By this much.
    Absolute(f32),
}

/// Multiplies the rate by a factor when the watched number has not become better for some epochs (`ReduceLROnPlateau`).
///
/// One thing differs from PyTorch: a threshold that is a share of the best is a share of its size. PyTorch multiplies the best by 1 − share
/// (1 + share where larger is better), which for numbers below zero is on the wrong side: with the best −1 even −0.99995 counts as better
/// there, and the rate never falls.
///
/// ```
/// use fireclay::optim::{Plateau, Progress, Schedule};
/// let mut plateau = Plateau::new(0.5, 2);
/// let at = Progress { step: 0, steps: 1, epoch: 0, epochs: 1 };
/// for loss in [1.0, 0.9, 0.9, 0.9] {
///     plateau.observe(loss, at);
///     assert_eq!(plateau.learning_rate(0.1, at), 0.1);
/// }
/// plateau.observe(0.9, at); // the third time without progress
/// assert_eq!(plateau.learning_rate(0.1, at), 0.05);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[must_use]
pub struct Plateau {
    factor: f32,
    patience: usize,
    cooldown: usize,
    threshold: Threshold,
    least: f32,
    largest: bool,
    best: Option<f32>,
    bad: usize,
    cooling: usize,
    falls: usize,
}

impl Plateau {
    /// Times `factor` after more than `patience` epochs without a smaller number.
    ///
    /// # Panics
    /// If `factor` is not at least 0 and less than 1.
    #[track_caller]
    pub const fn new(factor: f32, patience: usize) -> Self {
        setting::below_one("Plateau: factor", factor);
        Self {
            factor,
            patience,
            cooldown: 0,
            threshold: Threshold::Relative(1e-4),
            least: 0.0,
            largest: false,
            best: None,
            bad: 0,
            cooling: 0,
            falls: 0,
        }
    }

    /// Larger is better (accuracy).
    pub const fn larger_is_better(mut self) -> Self {
        self.largest = true;
        self
    }

    /// What counts as better: 0.01 % at first.
    ///
    /// # Panics
    /// If a share is not at least 0 and less than 1, or a number not finite and at least 0.
    #[track_caller]
    pub const fn threshold(mut self, threshold: Threshold) -> Self {
        match threshold {
            Threshold::Relative(share) => setting::below_one("Plateau: the relative threshold", share),
            Threshold::Absolute(by) => setting::not_negative("Plateau: the absolute threshold", by),
        }
        self.threshold = threshold;
        self
    }

    /// Waits so many epochs after each fall before it counts again.
    pub const fn cooldown(mut self, cooldown: usize) -> Self {
        self.cooldown = cooldown;
        self
    }

    /// Falls no further than this rate.
    ///
    /// # Panics
    /// If it is not a finite number of at least 0.
    #[track_caller]
    pub const fn down_to(mut self, least: f32) -> Self {
        setting::not_negative("Plateau: down_to", least);
        self.least = least;
        self
    }

    fn is_better(&self, metric: f32, best: f32) -> bool {
        // A share of the best's size, whatever its sign. As a factor: an infinite best stays one.
        let share = |share: f32| share.copysign(best);
        match (self.threshold, self.largest) {
            (Threshold::Relative(by), false) => metric < best * (1.0 - share(by)),
            (Threshold::Relative(by), true) => metric > best * (1.0 + share(by)),
            (Threshold::Absolute(by), false) => metric < best - by,
            (Threshold::Absolute(by), true) => metric > best + by,
        }
    }
}

impl Schedule for Plateau {
    fn learning_rate(&self, base: f32, _: Progress) -> f32 {
        let mut learning_rate = base;
        for _ in 0..self.falls {
            let next = (learning_rate * self.factor).max(self.least);
            // As PyTorch: a fall that is too small to matter does not happen.
            if learning_rate - next <= 1e-8 {
                break;
            }
            learning_rate = next;
        }
        learning_rate
    }

    fn watches_metric(&self) -> bool {
        self.largest
    }

    fn observe(&mut self, metric: f32, _: Progress) {
        if self.best.is_none_or(|best| self.is_better(metric, best)) && !metric.is_nan() {
            self.best = Some(metric);
            self.bad = 0;
        } else {
            self.bad += 1;
        }
        if self.cooling > 0 {
            self.cooling -= 1;
            self.bad = 0;
        }
        if self.bad > self.patience {
            self.falls += 1;
            self.cooling = self.cooldown;
            self.bad = 0;
        }
    }

    fn state(&self) -> Vec<u64> {
        let best = self.best.map_or([0, 0], |best| [1, u64::from(best.to_bits())]);
        best.into_iter().chain([self.bad, self.cooling, self.falls].map(|n| n as u64)).collect()
    }

    fn restore(&mut self, state: &[u64]) -> bool {
        let [seen, best, counts @ ..] = state else { return false };
        let (Ok(best), Ok(counts)) =
            (u32::try_from(*best), counts.iter().map(|n| usize::try_from(*n)).collect::<Result<Vec<_>, _>>())
        else {
            return false;
        };
        let [bad, cooling, falls] = counts[..] else { return false };
        self.best = (*seen == 1).then(|| f32::from_bits(best));
        (self.bad, self.cooling, self.falls) = (bad, cooling, falls);
        true
    }
}
