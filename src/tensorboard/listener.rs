//! TensorBoard's files as what a trainer tells of itself.

use super::TensorBoard;
use crate::network::Network;
use crate::trainer::{Epoch, Listener, Run, Step};
use crate::{Error, Result};

/// Of each step its loss and rate (`step/loss`, `step/learning rate`); of each epoch its [numbers](TensorBoard::epoch), and histograms of the weights and of the gradients
/// of its last step: `trainer.listen(&mut board)`.
impl<N: Network> Listener<N> for TensorBoard {
    fn on_step(&mut self, step: &Step, _: &mut Run<'_, N>) -> Result<()> {
        self.scalar("step/loss", step.number, step.loss)?;
        self.scalar("step/learning rate", step.number, step.learning_rate)
    }

    fn on_epoch(&mut self, epoch: &Epoch, run: &mut Run<'_, N>) -> Result<()> {
        self.epoch(epoch, run.history().metric_names())?;
        drawn(self.weights(epoch.number, run.net()))?;
        drawn(self.gradients(epoch.number, run.grads()))
    }
}

/// Numbers of which no histogram can be drawn do not end a training.
fn drawn(histograms: Result<()>) -> Result<()> {
    match histograms {
        Err(Error::Setting(_)) => Ok(()),
        others => others,
    }
}
