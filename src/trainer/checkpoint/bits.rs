//! Epochs and their scores, number by number as bits: what JSON writes of a float need not come back as it was.

use super::super::validation::{Measured, Scores};
use super::super::{Epoch, History};
use serde::{Deserialize, Serialize};

/// An epoch by the bits of its numbers.
#[derive(Serialize, Deserialize)]
pub(super) struct EpochBits {
    loss: u32,
    penalty: u32,
    validation_loss: Option<u32>,
    metrics: Vec<u32>,
    learning_rate: u32,
    seconds: u64,
    waited: u64,
    samples: usize,
}

/// Of the best epoch.
#[derive(Serialize, Deserialize)]
pub(super) struct ScoresBits {
    loss: u32,
    higher_is_better: bool,
    metrics: Vec<u32>,
}

impl ScoresBits {
    pub fn of(scores: &Scores) -> Self {
        let metrics = scores.all.as_slice().iter().map(|x| x.to_bits()).collect();
        Self { loss: scores.loss.to_bits(), higher_is_better: scores.higher_is_better, metrics }
    }

    pub fn scores(&self) -> Scores {
        let all = Measured::of(&floats(&self.metrics));
        let metric = all.as_slice().first().copied().unwrap_or(f32::NAN);
        Scores { loss: f32::from_bits(self.loss), metric, higher_is_better: self.higher_is_better, all }
    }
}

fn floats(bits: &[u32]) -> Vec<f32> {
    bits.iter().map(|bits| f32::from_bits(*bits)).collect()
}

impl EpochBits {
    pub fn all(history: &History) -> Vec<Self> {
        history.epochs().iter().map(Self::of).collect()
    }

    pub fn tell(epochs: &[Self], best: usize, history: &mut History) {
        for (i, epoch) in epochs.iter().enumerate() {
            history.push(epoch.epoch(i + 1), i + 1 == best);
        }
    }

    fn of(epoch: &Epoch) -> Self {
        Self {
            loss: epoch.loss.to_bits(),
            penalty: epoch.penalty.to_bits(),
            validation_loss: epoch.validation_loss.map(f32::to_bits),
            metrics: epoch.metrics().iter().map(|x| x.to_bits()).collect(),
            learning_rate: epoch.learning_rate.to_bits(),
            seconds: epoch.seconds.to_bits(),
            waited: epoch.waited.to_bits(),
            samples: epoch.samples,
        }
    }

    fn epoch(&self, number: usize) -> Epoch {
        let metrics = floats(&self.metrics);
        Epoch {
            number,
            loss: f32::from_bits(self.loss),
            penalty: f32::from_bits(self.penalty),
            validation_loss: self.validation_loss.map(f32::from_bits),
            metric: metrics.first().copied(),
            measured: Measured::of(&metrics),
            learning_rate: f32::from_bits(self.learning_rate),
            seconds: f64::from_bits(self.seconds),
            waited: f64::from_bits(self.waited),
            samples: self.samples,
        }
    }
}
