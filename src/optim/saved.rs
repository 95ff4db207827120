//! An optimizer's state, for a checkpoint.

use super::{Algorithm, Optimizer};
use crate::network::Network;
use std::borrow::Cow;

/// All that an optimizer knows but its settings.
pub(crate) struct Saved<'a> {
    pub steps: u64,
    pub learning_rate: f32,
    pub moments: Cow<'a, [f32]>,
    /// For each part the steps that it was frozen for; empty where all parameters are trained alike.
    pub idle: Vec<u64>,
    /// What algorithms count beside moments ([`Algorithm::counted`]), of the whole and of each part.
    pub counted: Vec<u64>,
}

impl<A: Algorithm, N: Network> Optimizer<A, N> {
    pub(crate) fn save(&self) -> Saved<'_> {
        let parts = self.parts.as_deref();
        let counted = core::iter::once(self.algorithm.counted()).chain(parts.into_iter().flat_map(|parts| parts.counted()));
        Saved {
            steps: self.steps,
            learning_rate: self.learning_rate,
            moments: Cow::Borrowed(&self.state),
            idle: parts.map(|parts| parts.idle()).unwrap_or_default(),
            counted: counted.collect(),
        }
    }

    /// `false`, and nothing changes, if it is another optimizer's.
    #[must_use]
    pub(crate) fn restore_saved(&mut self, saved: &Saved<'_>) -> bool {
        let parts = self.parts.as_deref().map_or(0, |parts| parts.idle().len());
        if saved.moments.len() != self.state.len() || saved.idle.len() != parts || saved.counted.len() != 1 + parts {
            return false;
        }
        (self.steps, self.learning_rate) = (saved.steps, saved.learning_rate);
        self.state.copy_from_slice(&saved.moments);
        self.algorithm.set_counted(saved.steps, saved.counted[0]);
        if let Some(parts) = &mut self.parts {
            parts.restore(saved.steps, &saved.idle, &saved.counted[1..]);
        }
        true
    }
}
