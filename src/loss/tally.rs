//! The loss of several batches: what they divide by is added as what they sum is, so that the number is that of one batch of all samples.

use super::{Expects, Loss, MicroBatch, TERMS};
use crate::Values;
use crate::layout::Layout;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// A term over several batches.
#[derive(Debug, Clone, Copy, Default)]
struct Term {
    /// Of what the batches had before they divided.
    sum: f64,
    /// Of what they divided by; `None` where by nothing.
    divisor: Option<f64>,
}

impl Term {
    fn value(self) -> f64 {
        match self.divisor {
            None => self.sum,
            Some(divisor) if divisor > 0.0 => self.sum / divisor,
            // Nothing counted: no loss, as in one batch.
            Some(_) => 0.0,
        }
    }
}

/// Counts batches up. Nothing is allocated after it was made.
#[derive(Debug)]
pub(crate) struct Tally {
    /// The terms of each micro-batch of the batch in hand, as bits: threads write them, each its own.
    heard: Vec<[AtomicU32; TERMS]>,
    /// Of the outputs.
    layout: Layout,
    terms: [Term; TERMS],
}

impl Tally {
    /// For batches up to this size, of outputs in this layout.
    pub fn new(batch: usize, layout: Layout) -> Self {
        Self { heard: (0..layout.micros(batch)).map(|_| Default::default()).collect(), layout, terms: Default::default() }
    }

    /// The loss, for one batch, with its terms heard.
    pub const fn hear<L>(&self, loss: L) -> Heard<'_, L> {
        Heard { loss, heard: self.heard.as_slice() }
    }

    /// Adds the batch that was heard, against these targets.
    pub fn add<O: Values, T: Copy>(&mut self, loss: &impl Loss<O, T>, samples: usize, targets: T) {
        for (i, term) in self.terms.iter_mut().enumerate() {
            let heard = self.heard[..self.layout.micros(samples)].iter();
            let value: f64 = heard.map(|terms| f64::from(f32::from_bits(terms[i].load(Relaxed)))).sum();
            match loss.divisor(i, samples, targets) {
                None => term.sum += value,
                Some(divisor) => {
                    term.sum += value * divisor;
                    term.divisor = Some(term.divisor.unwrap_or(0.0) + divisor);
                }
            }
        }
    }

    /// Of all batches since the start or the last `clear`.
    pub fn loss(&self) -> f32 {
        crate::narrow(self.terms.iter().map(|term| term.value()).sum())
    }

    /// What was counted since then, as bits, for a checkpoint.
    #[cfg(feature = "safetensors")]
    pub fn bits(&self) -> Vec<(u64, Option<u64>)> {
        self.terms.iter().map(|term| (term.sum.to_bits(), term.divisor.map(f64::to_bits))).collect()
    }

    /// Goes on from there; `false`, and nothing changes, if there are not as many terms.
    #[cfg(feature = "safetensors")]
    #[must_use]
    pub fn restore(&mut self, bits: &[(u64, Option<u64>)]) -> bool {
        let Ok(bits) = <[_; TERMS]>::try_from(bits) else { return false };
        self.terms = bits.map(|(sum, divisor)| Term { sum: f64::from_bits(sum), divisor: divisor.map(f64::from_bits) });
        true
    }

    /// Begins again.
    pub fn clear(&mut self) {
        self.terms = Default::default();
    }
}

/// A loss that a [`Tally`] hears.
pub(crate) struct Heard<'a, L> {
    loss: L,
    heard: &'a [[AtomicU32; TERMS]],
}

impl<O: Values, T: Copy, L: Loss<O, T>> Loss<O, T> for Heard<'_, L> {
    #[track_caller]
    fn targets(&self, targets: T) -> Option<usize> {
        self.loss.targets(targets)
    }

    fn micro(&self, part: MicroBatch, outputs: O::Lanes<'_>, targets: T, gradient: O::LanesMut<'_>) -> f32 {
        let terms = self.loss.terms(part, outputs, targets, gradient);
        for (heard, term) in self.heard[part.first / part.lanes()].iter().zip(terms) {
            heard.store(term.to_bits(), Relaxed);
        }
        terms.iter().sum()
    }

    fn count(&self) -> usize {
        self.loss.count()
    }

    fn domain(&self, loss: f32) -> Option<&'static str> {
        self.loss.domain(loss)
    }

    fn expects(&self, targets: T) -> [Expects; TERMS] {
        self.loss.expects(targets)
    }
}
