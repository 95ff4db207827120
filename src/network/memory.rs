//! All that a training step works in, allocated once.

use super::exec::most_slots;
use super::passes::Core;
use super::plan::{SampleTraining, TrainFunctions};
use super::{Block, Network};
use crate::batch::bytes_of;
use crate::layout::Layout;
use crate::values::{Pointers, Values};

/// All that a training step of `N` works in: made once by `LeNet::memory(batch)`, for batches up to that size.
///
/// Nothing is allocated after that. Pages that a step never touches take no memory.
pub struct Memory<N: Network> {
    pub(crate) core: Core,
    pub(crate) input: <N::Input as Values>::Batch,
    pub(crate) input_grad: <N::Input as Values>::Batch,
    pub(crate) output: <N::TrainOutput as Values>::Batch,
    pub(crate) output_grad: <N::TrainOutput as Values>::Batch,
}

impl<N: Network> Memory<N> {
    #[track_caller]
    pub(crate) fn new(batch: usize) -> Self {
        crate::setting::at_least_one("Memory: batch", batch);
        // By what a step is expected to take; where that is close, weights are better read once for sixteen. It depends on the declaration and the
        // batch alone, and so do the bits.
        let side_by_side = N::TRAIN.layout.micros(batch).saturating_mul(900);
        let one_by_one = |sample: &SampleTraining| batch.saturating_mul(sample.cost).saturating_add(sample.once);
        match N::TRAIN_SAMPLE {
            Some(sample) if one_by_one(sample) < side_by_side => Self::planned(&sample.functions, batch),
            _ => Self::planned(N::TRAIN, batch),
        }
    }

    /// For steps of this plan.
    pub(crate) fn planned(plan: &'static TrainFunctions, batch: usize) -> Self {
        Self {
            core: Core::new(plan, [N::GradFields::LEN, most_slots(plan, N::INFO.macs), batch], N::PARAMETRIZED),
            input: N::Input::in_layout(batch, plan.layout),
            input_grad: N::Input::in_layout(batch, plan.layout),
            output: N::TrainOutput::in_layout(batch, plan.layout),
            output_grad: N::TrainOutput::in_layout(batch, plan.layout),
        }
    }

    /// How the samples of its batches lie: batches that a program makes in this layout are read where they are.
    #[must_use]
    pub fn layout(&self) -> Layout {
        self.core.plan.layout
    }

    /// Repeats what dropout drops: the same seed and the same steps drop the same.
    pub fn seed(&mut self, seed: u64) -> &mut Self {
        self.core.seed = seed;
        self.core.step = 0;
        self
    }

    /// How many steps drew from the seed.
    #[cfg(feature = "safetensors")]
    pub(crate) fn steps(&self) -> u64 {
        self.core.step
    }

    /// Goes on after so many steps.
    #[cfg(feature = "safetensors")]
    pub(crate) fn set_steps(&mut self, steps: u64) {
        self.core.step = steps;
    }

    /// At most this many threads; the bits are the same for any number. At first those of rayon's pool. (An optimizer has its own
    /// [`threads`](crate::optim::Optimizer::threads).)
    ///
    /// A program that trains in its main thread does well to make that one of rayon's, with
    /// `rayon::ThreadPoolBuilder::new().use_current_thread().build_global()`: else each step wakes another thread and waits for it.
    ///
    /// # Panics
    /// If there are none.
    #[track_caller]
    pub fn threads(&mut self, threads: usize) -> &mut Self {
        crate::setting::at_least_one("Memory: threads", threads);
        self.core.threads = threads;
        self
    }

    /// The largest batch it was made for.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.core.capacity
    }

    /// Bytes that a step of [`train`](super::Train::train) over the largest batch works in: values that the backward pass reads, the working set, gradients
    /// of each slot that micro-batches are dealt into, a copy of the inputs, outputs and their gradients. Parameters, gradients and the optimizer's state are not among them.
    ///
    /// ```
    /// use fireclay::prelude::*;
    /// network! { pub Net(image: [1, 28, 28]) -> [10] { image -> c: Conv(16, 3) -> Relu -> MaxPool(2) -> Flatten -> fc: Dense(10) } }
    /// assert!(Net::memory(1).bytes() < Net::memory(16).bytes());
    /// println!("{}", Net::summary().batch(16)); // says it too
    /// ```
    #[must_use]
    pub fn bytes(&self) -> usize {
        let mut pointers = [Pointers::NONE; 3];
        N::Input::batch_pointers(N::Input::refs(&self.input), &mut pointers[0]);
        N::TrainOutput::batch_pointers(N::TrainOutput::refs(&self.output), &mut pointers[1]);
        N::TrainOutput::batch_pointers(N::TrainOutput::refs(&self.output_grad), &mut pointers[2]);
        let floats = pointers.iter().flat_map(|batch| (0..batch.len()).map(|i| batch.floats(i)));
        let values = bytes_of(floats.sum()).saturating_mul(self.core.plan.layout.micros(self.core.capacity));
        values.saturating_add(self.core.bytes())
    }
}

impl<N: Network> core::fmt::Debug for Memory<N> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Memory of {} for batches up to {}", N::INFO.name, self.core.capacity)
    }
}
