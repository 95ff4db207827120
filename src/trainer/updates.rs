//! The optimizer of a training, whatever its algorithm.

use crate::Result;
use crate::network::{Grads, Network};
use crate::optim::{Algorithm, Optimizer};

/// What a training asks of its [`Optimizer`]: so that neither [`Run`](super::Run) nor a callback names the algorithm.
pub(super) trait Updates<N: Network> {
    fn update(&mut self, net: &mut N, grads: &Grads<N>);
    /// Scales the gradients of all that is not frozen so that together they are at most this long.
    fn clip_norm(&mut self, grads: &mut Grads<N>, most: f32);
    fn penalty(&self, net: &N) -> f32;
    fn learning_rate(&self) -> f32;
    fn set_learning_rate(&mut self, learning_rate: f32);
    fn set_momentum(&mut self, momentum: f32);
    fn freeze(&mut self, pattern: &str) -> Result<()>;
    fn unfreeze(&mut self, pattern: &str) -> Result<()>;
    #[cfg(feature = "safetensors")]
    fn saved(&self) -> crate::optim::Saved<'_>;
    /// `false`, and nothing changes, if they are not those of such an optimizer.
    #[cfg(feature = "safetensors")]
    #[must_use]
    fn restore(&mut self, saved: &crate::optim::Saved<'_>) -> bool;
}

impl<A: Algorithm, N: Network> Updates<N> for Optimizer<A, N> {
    fn update(&mut self, net: &mut N, grads: &Grads<N>) {
        self.step(net, grads);
    }
    fn clip_norm(&mut self, grads: &mut Grads<N>, most: f32) {
        self.clip_trained(grads.as_mut_slice(), most);
    }
    fn penalty(&self, net: &N) -> f32 {
        Self::penalty(self, net)
    }
    fn learning_rate(&self) -> f32 {
        Self::learning_rate(self)
    }
    fn set_learning_rate(&mut self, learning_rate: f32) {
        Self::set_learning_rate(self, learning_rate);
    }
    fn set_momentum(&mut self, momentum: f32) {
        Self::set_momentum(self, momentum);
    }
    fn freeze(&mut self, pattern: &str) -> Result<()> {
        Self::freeze(self, pattern)
    }
    fn unfreeze(&mut self, pattern: &str) -> Result<()> {
        Self::unfreeze(self, pattern)
    }
    #[cfg(feature = "safetensors")]
    fn saved(&self) -> crate::optim::Saved<'_> {
        self.save()
    }
    #[cfg(feature = "safetensors")]
    fn restore(&mut self, saved: &crate::optim::Saved<'_>) -> bool {
        self.restore_saved(saved)
    }
}
