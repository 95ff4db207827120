//! The numbers of one step.

/// What a step of a training did.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Step {
    /// Counted from 1, over all epochs.
    pub number: usize,
    /// Counted from 1.
    pub epoch: usize,
    /// Of its samples, before the update.
    pub loss: f32,
    /// Of its update.
    pub learning_rate: f32,
    /// That it went through: those of a batch, or of all that were [accumulated](super::Trainer::accumulate).
    pub samples: usize,
    /// Whether it was the last of its epoch.
    pub ends_epoch: bool,
}
