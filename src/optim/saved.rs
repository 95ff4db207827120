//! An optimizer's state, for a checkpoint.

use super::parts::{Parts, Taken};
use super::{Algorithm, Optimizer};
use crate::network::Network;
use std::borrow::Cow;

/// All that an optimizer knows but its settings.
pub(crate) struct Saved<'a> {
    pub steps: u64,
    pub learning_rate: f32,
    /// That a schedule has set last.
    pub momentum: Option<f32>,
    pub moments: Cow<'a, [f32]>,
    /// What the algorithm counts beside moments ([`Algorithm::counted`]).
    pub counted: u64,
    /// For each trained tensor the steps that it was frozen for, and what the algorithm counts for it; empty where all are trained alike.
    pub taken: Vec<(u64, u64)>,
}

/// The gradients of trained tensors, by their first number.
fn gradients<N: Network>() -> impl Iterator<Item = usize> {
    N::INFO.tensors.iter().filter_map(|tensor| tensor.grad)
}

impl<A: Algorithm, N: Network> Optimizer<A, N> {
    pub(crate) fn save(&self) -> Saved<'_> {
        let of = |parts: &Parts<A>| {
            let taken = gradients::<N>().filter_map(|grad| parts.taken(grad));
            taken.map(|Taken { idle, counted }| (idle, counted)).collect()
        };
        Saved {
            steps: self.steps,
            learning_rate: self.learning_rate,
            momentum: self.momentum,
            moments: Cow::Borrowed(&self.state),
            counted: self.algorithm.counted(),
            taken: self.parts.as_deref().map(of).unwrap_or_default(),
        }
    }

    /// `false`, and nothing changes, if it is another optimizer's.
    #[must_use]
    pub(crate) fn restore_saved(&mut self, saved: &Saved<'_>) -> bool {
        let tensors = if self.parts.is_some() { gradients::<N>().count() } else { 0 };
        if saved.moments.len() != self.state.len() || saved.taken.len() != tensors {
            return false;
        }
        if let Some(parts) = &self.parts {
            let taken = |grad| {
                let at = gradients::<N>().position(|other| other == grad);
                let (idle, counted) = at.and_then(|at| saved.taken.get(at).copied()).unwrap_or_default();
                Taken { idle, counted }
            };
            // Its patterns have stood for something before.
            let Ok(parts) = Parts::new::<N>(&self.algorithm, parts.rules().clone(), saved.steps, &taken) else { return false };
            self.parts = Some(Box::new(parts));
        }
        (self.steps, self.learning_rate) = (saved.steps, saved.learning_rate);
        self.state.copy_from_slice(&saved.moments);
        self.algorithm.set_counted(saved.steps, saved.counted);
        if let Some(momentum) = saved.momentum {
            self.set_momentum(momentum);
        }
        true
    }
}
