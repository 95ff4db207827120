//! A training that goes on, as those see it who may interfere with it.

use super::History;
use super::ema::Ema;
use super::updates::Updates;
use super::validation::Scores;
use crate::init::Initialize;
use crate::network::{Grads, Network};
use crate::{Result, setting};

/// The network after its best epoch so far (without validation: after the last whole one).
pub(super) struct Best<N: Network> {
    pub net: Box<N>,
    pub scores: Option<Scores>,
    /// Epochs since then.
    pub since: usize,
}

impl<N: Network> Best<N> {
    /// Whether the epoch that was scored so is the best.
    pub fn see(&mut self, scores: Option<Scores>, net: &N) -> bool {
        let better = scores.is_none_or(|new| self.scores.is_none_or(|best| new.better_than(&best)));
        if better {
            (self.scores, self.since) = (scores, 0);
            self.net.copy_from(net);
        } else {
            self.since += 1;
        }
        better
    }
}

/// Where a training stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Position {
    /// Whole epochs.
    pub epoch: usize,
    /// Steps of the epoch in hand.
    pub step: usize,
    pub steps_per_epoch: usize,
    pub epochs: usize,
}

impl Position {
    /// Steps so far.
    pub fn steps(&self) -> usize {
        self.epoch * self.steps_per_epoch + self.step
    }

    /// Nothing is left.
    pub fn at_end(&self) -> bool {
        self.epoch >= self.epochs
    }
}

/// A training that goes on: what callbacks are given ([`Trainer::on_step`](super::Trainer::on_step), [`Listener`](super::Listener)), and what a [`Session`](super::Session)
/// dereferences to. It shows the network and the numbers, and can stop the training, save, change the rate, freeze and unfreeze.
///
/// ```
/// use fireclay::{prelude::*, trainer::Run};
/// network! { pub Small(image: [1, 8, 8]) -> [10] { image -> Flatten -> fc1: Dense(24) -> Relu -> fc2: Dense(10) } }
/// let (train, test) = Digits::split()?;
/// let mut net = Small::init(&mut rng(1));
/// let history = Trainer::new(CrossEntropy, Adam::new(5e-3))
///     .epochs(20)
///     .progress(ProgressBar::Off)
///     .on_epoch(|epoch, run: &mut Run<Small>| {
///         if run.net().evaluate(&test, Accuracy) > 0.9 {
///             run.stop();
///         } else if epoch.number == 10 {
///             run.set_learning_rate(1e-3);
///         }
///     })
///     .fit(&mut net, &train)?;
/// assert!(history.epochs().len() < 20);
/// # Ok::<(), fireclay::Error>(())
/// ```
pub struct Run<'n, N: Network> {
    pub(super) net: &'n mut N,
    pub(super) grads: Box<Grads<N>>,
    pub(super) optimizer: Box<dyn Updates<N>>,
    /// The rate that a schedule starts from.
    pub(super) base: f32,
    pub(super) at: Position,
    pub(super) best: Best<N>,
    pub(super) ema: Option<Ema<N>>,
    pub(super) history: History,
    /// What was frozen (`true`) and unfrozen since the start, in this order.
    pub(super) frozen: Vec<(bool, String)>,
    pub(super) stopping: bool,
    #[cfg(feature = "safetensors")]
    pub(super) saving: bool,
}

impl<N: Network> Run<'_, N> {
    /// The network as it now is.
    #[must_use]
    pub fn net(&self) -> &N {
        self.net
    }

    /// The network, to be changed: to clip its weights after a step, say. What is changed here is no part of what the optimizer knows.
    #[must_use]
    pub fn net_mut(&mut self) -> &mut N {
        self.net
    }

    /// The moving average of its weights, with [`Trainer::ema`](super::Trainer::ema).
    #[must_use]
    pub fn ema(&self) -> Option<&N> {
        self.ema.as_ref().map(|ema| &*ema.net)
    }

    /// The network as it was after its best epoch so far; at the start, before the first has ended.
    #[must_use]
    pub fn best(&self) -> &N {
        &self.best.net
    }

    /// The gradients of the last step, after [`clip_norm`](super::Trainer::clip_norm). (What groups of the optimizer clip and add is not in them.)
    #[must_use]
    pub fn grads(&self) -> &Grads<N> {
        &self.grads
    }

    /// The epochs so far.
    #[must_use]
    pub fn history(&self) -> &History {
        &self.history
    }

    /// Steps so far, over all epochs.
    #[must_use]
    pub fn steps(&self) -> usize {
        self.at.steps()
    }

    /// Steps of a whole epoch.
    #[must_use]
    pub fn steps_per_epoch(&self) -> usize {
        self.at.steps_per_epoch
    }

    /// That of the last update.
    #[must_use]
    pub fn learning_rate(&self) -> f32 {
        self.optimizer.learning_rate()
    }

    /// Changes the learning rate from the next step on. Where there is a [schedule](super::Trainer::schedule), this is the rate that it starts from, in place of the
    /// optimizer's own (a schedule with rates of its own, such as [`OneCycle`](crate::optim::OneCycle), does not mind it). Rates of [groups](crate::optim::Algorithm::group) change by the same factor.
    ///
    /// # Panics
    /// If it is not a finite number of at least 0.
    #[track_caller]
    pub fn set_learning_rate(&mut self, learning_rate: f32) {
        setting::not_negative("Run: learning rate", learning_rate);
        self.optimizer.set_learning_rate(learning_rate);
        self.base = learning_rate;
    }

    /// Leaves the parameters that a [pattern](crate::optim::Algorithm::group) stands for as they are, from the next step on.
    ///
    /// # Errors
    /// If it stands for no parameter.
    pub fn freeze(&mut self, pattern: &str) -> Result<()> {
        self.optimizer.freeze(pattern)?;
        self.frozen.push((true, pattern.to_owned()));
        Ok(())
    }

    /// Trains the parameters that a pattern stands for, from the next step on.
    ///
    /// # Errors
    /// If it stands for no parameter.
    pub fn unfreeze(&mut self, pattern: &str) -> Result<()> {
        self.optimizer.unfreeze(pattern)?;
        self.frozen.push((false, pattern.to_owned()));
        Ok(())
    }

    /// Ends the training: after this step (what there is of its epoch then is validated and counts as one), or after this epoch where that is over.
    pub fn stop(&mut self) {
        self.stopping = true;
    }

    /// Has a checkpoint written after this step, whatever [`Every`](super::Every) says. It goes to the folder of [`Trainer::checkpoint`](super::Trainer::checkpoint); without one
    /// nothing is written. (`run.net().save("net.safetensors")` writes the weights alone.)
    #[cfg(feature = "safetensors")]
    pub fn request_checkpoint(&mut self) {
        self.saving = true;
    }
}

impl<N: Network> core::fmt::Debug for Run<'_, N> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Training of {}: {} epochs and {} steps", N::INFO.name, self.at.epoch, self.at.step)
    }
}
