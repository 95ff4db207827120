//! TensorBoard's files as what a trainer tells of itself.

use super::TensorBoard;
use crate::Result;
use crate::network::Network;
use crate::trainer::{Epoch, Listener, Run, Step};

/// Of each step its loss and rate (`step/loss`, `step/learning rate`); of each epoch its [numbers](TensorBoard::epoch), and histograms of the weights and of the gradients
/// of its last step: `trainer.listen(&mut board)`.
impl<N: Network> Listener<N> for TensorBoard {
    fn on_step(&mut self, step: &Step, _: &mut Run<'_, N>) -> Result<()> {
        self.scalar("step/loss", step.number, step.loss)?;
        self.scalar("step/learning rate", step.number, step.learning_rate)
    }

    fn on_epoch(&mut self, epoch: &Epoch, run: &mut Run<'_, N>) -> Result<()> {
        self.epoch(epoch, run.history().metric_names())?;
        self.weights(epoch.number, run.net())?;
        self.gradients(epoch.number, run.grads())
    }
}
