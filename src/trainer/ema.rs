//! The exponential moving average of the weights.

use crate::init::Initialize;
use crate::network::{Block, Network};

/// The average so far: θ̄ ← d·θ̄ + (1 − d)·θ after each update, θ itself after the first (as `torch.optim.swa_utils.AveragedModel` with
/// `get_ema_multi_avg_fn`). Buffers, the running statistics of norms, are those of the network.
pub(super) struct Ema<N: Network> {
    pub net: Box<N>,
    pub updates: u64,
    decay: f32,
}

impl<N: Network> Ema<N> {
    pub fn new(decay: f32, net: &N) -> Self {
        Self { net: net.boxed_clone(), updates: 0, decay }
    }

    pub fn update(&mut self, net: &N) {
        self.updates += 1;
        if self.updates == 1 {
            self.net.copy_from(net);
            return;
        }
        let rest = 1.0 - self.decay;
        for (mean, new) in self.net.params_mut().as_mut_slice().iter_mut().zip(net.params().as_slice()) {
            *mean += rest * (new - *mean);
        }
        self.net.buffers_mut().copy_from(net.buffers());
    }
}
