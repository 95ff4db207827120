//! Two losses on one output.

use super::{Expects, Loss, MicroBatch, TERMS, Weighted, check_count, put_terms};
use crate::{Shape, Tensor};
use std::sync::{Mutex, PoisonError};

/// The sum of two losses on one output, against the same targets; made by [`plus`].
#[must_use]
pub struct Plus<A, B> {
    first: A,
    second: B,
    /// The gradients of the second loss, one for each thread that was here at once: nothing is allocated after the first steps.
    scratch: Mutex<Vec<Vec<f32>>>,
}

/// The sum of two losses on one output, against the same targets. `weight` weighs them; a sum is a loss like others, so that a third can be added. (Losses of several
/// outputs are a tuple: `(CrossEntropy, Mse.weight(0.5))`.)
///
/// ```
/// use fireclay::{loss::{evaluate, plus}, prelude::*};
/// let y = Batch::from_samples([&Tensor::from([1.0, 3.0])]);
/// let (loss, gradient) = evaluate(&plus(Mse, L1.weight(0.1)), &y, 0.0);
/// assert!((loss - (5.0 + 0.1 * 2.0)).abs() < 1e-6);
/// assert_eq!(gradient.to_vec(), [1.0 + 0.05, 3.0 + 0.05]);
/// ```
pub const fn plus<A, B>(first: A, second: B) -> Plus<A, B> {
    Plus { first, second, scratch: Mutex::new(Vec::new()) }
}

impl<A, B> Plus<A, B> {
    /// Counts this much beside other losses.
    ///
    /// # Panics
    /// If it is not a finite number.
    #[track_caller]
    pub const fn weight(self, weight: f32) -> Weighted<Self> {
        Weighted::new(self, weight)
    }
}

impl<A: Clone, B: Clone> Clone for Plus<A, B> {
    fn clone(&self) -> Self {
        plus(self.first.clone(), self.second.clone())
    }
}

impl<A: core::fmt::Debug, B: core::fmt::Debug> core::fmt::Debug for Plus<A, B> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{:?} + {:?}", self.first, self.second)
    }
}

impl<S: Shape, T: Copy, A: Loss<Tensor<S>, T>, B: Loss<Tensor<S>, T>> Loss<Tensor<S>, T> for Plus<A, B> {
    #[track_caller]
    fn targets(&self, targets: T) -> Option<usize> {
        check_count(self.count());
        self.first.targets(targets).or_else(|| self.second.targets(targets))
    }

    fn micro(&self, part: MicroBatch, outputs: &[f32], targets: T, gradient: &mut [f32]) -> f32 {
        self.terms(part, outputs, targets, gradient).iter().sum()
    }

    fn count(&self) -> usize {
        self.first.count() + self.second.count()
    }

    fn divisor(&self, term: usize, samples: usize, targets: T) -> Option<f64> {
        match term.checked_sub(self.first.count()) {
            None => self.first.divisor(term, samples, targets),
            Some(term) => self.second.divisor(term, samples, targets),
        }
    }

    fn terms(&self, part: MicroBatch, outputs: &[f32], targets: T, gradient: &mut [f32]) -> [f32; TERMS] {
        let mut own = self.scratch.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
        own.clear();
        own.resize(gradient.len(), 0.0);
        let (mut terms, mut at) = ([0.0; TERMS], 0);
        put_terms(&self.first.terms(part, outputs, targets, gradient), self.first.count(), &mut at, &mut terms);
        put_terms(&self.second.terms(part, outputs, targets, &mut own), self.second.count(), &mut at, &mut terms);
        for (sum, own) in gradient.iter_mut().zip(&own) {
            *sum += own;
        }
        self.scratch.lock().unwrap_or_else(PoisonError::into_inner).push(own);
        terms
    }

    fn domain(&self, loss: f32) -> Option<&'static str> {
        self.first.domain(loss).or_else(|| self.second.domain(loss))
    }

    /// As the first of the two that expects anything.
    fn expects(&self, targets: T) -> [Expects; TERMS] {
        match self.first.expects(targets) {
            [Expects::Anything, ..] => self.second.expects(targets),
            first => first,
        }
    }
}
