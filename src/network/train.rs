//! Training: forward, backward, and both at once.

use super::grads::Grads;
use super::inner::{self, InnerValue};
use super::memory::Memory;
use super::passes::PassContext;
use super::{Block, Mode, Network};
use crate::layout::Layout;
use crate::loss::{Loss, MicroBatch, TargetsOf};
use crate::values::{Pointers, Values};
use crate::{Batch, Shape};

/// What a forward pass left in the memory: its outputs, and where a loss puts its gradient.
pub struct Forward<'m, N: Network> {
    memory: &'m mut Memory<N>,
}

impl<N: Network> core::fmt::Debug for Forward<'_, N> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Forward pass of {}", N::INFO.name)
    }
}

impl<'m, N: Network> Forward<'m, N> {
    /// The outputs: `&Batch<S>`, or a tuple of such.
    #[must_use]
    pub fn output(self) -> <N::TrainOutput as Values>::Refs<'m> {
        N::TrainOutput::refs(&self.memory.output)
    }

    /// The loss over the batch. Its gradient now lies in the memory, for `backward`.
    ///
    /// # Panics
    /// If there are not as many targets as samples.
    #[track_caller]
    pub fn loss<L, T: TargetsOf<L, N::TrainOutput> + Send + Sync>(&mut self, loss: L, targets: T) -> f32 {
        let loss = T::loss(&loss);
        let memory = &mut *self.memory;
        check_targets(loss.targets(targets), memory.core.samples);
        let mut pass = pass_context(memory, core::ptr::null(), core::ptr::null_mut());
        let (outputs, grads) = (pass.outputs, pass.output_grads);
        let run = run_loss::<N, T, _>(memory.layout(), &loss, targets, &outputs, &grads);
        pass.loss = Some(&run);
        memory.core.loss(&pass)
    }
}

#[track_caller]
fn check_targets(targets: Option<usize>, samples: usize) {
    if let Some(targets) = targets {
        assert!(targets == samples, "{targets} targets for a batch of {samples} samples");
    }
}

/// The loss of one micro-batch, by addresses. What it leaves in padding lanes of the gradient is cleared before a kernel reads it.
fn run_loss<'a, N: Network, T: Copy + Send + Sync, L: Loss<N::TrainOutput, T>>(
    layout: Layout,
    loss: &'a L,
    targets: T,
    outputs: &'a Pointers,
    grads: &'a Pointers,
) -> impl Fn(usize, usize, usize) -> f32 + Sync + use<'a, N, T, L> {
    move |micro, count, samples| {
        // SAFETY: the addresses are the memory's output batches; this thread alone has this micro-batch.
        let (outputs, grads) =
            unsafe { (N::TrainOutput::lanes(outputs, &mut 0, micro), N::TrainOutput::lanes_mut(grads, &mut 0, micro)) };
        loss.micro(MicroBatch { first: micro * layout.lanes(), layout, count, samples }, outputs, targets, grads)
    }
}

/// Addresses of the memory's own batches.
fn pass_context<N: Network>(memory: &mut Memory<N>, params: *const f32, buffers: *mut f32) -> PassContext<'static> {
    let mut pass = PassContext {
        params,
        buffers,
        grads: core::ptr::null_mut(),
        inputs: Pointers::NONE,
        padded_inputs: Pointers::NONE,
        outputs: Pointers::NONE,
        output_grads: Pointers::NONE,
        input_grads: Pointers::NONE,
        weights: false,
        overwrite: false,
        wants_inputs: false,
        loss: None,
    };
    N::Input::batch_pointers_mut(&mut memory.input, &mut pass.inputs);
    pass.padded_inputs = pass.inputs;
    N::Input::batch_pointers_mut(&mut memory.input_grad, &mut pass.input_grads);
    N::TrainOutput::batch_pointers_mut(&mut memory.output, &mut pass.outputs);
    N::TrainOutput::batch_pointers_mut(&mut memory.output_grad, &mut pass.output_grads);
    pass
}

/// Training, for every network.
pub trait Train: Network {
    /// All that a step over up to `batch` samples works in.
    ///
    /// # Panics
    /// If `batch` is 0.
    #[must_use]
    #[track_caller]
    fn memory(batch: usize) -> Memory<Self> {
        Memory::new(batch)
    }

    /// As [`Train::memory`], and what layers give, and its gradient, stays to be read: [`Memory::inner_value`], [`Memory::inner_gradient`]. Each
    /// has memory of its own, so that this is larger, and passes are slower.
    ///
    /// # Panics
    /// If `batch` is 0, or the network is declared without `#[fireclay(inner_values)]`.
    #[must_use]
    #[track_caller]
    fn inner_memory(batch: usize) -> Memory<Self> {
        Memory::inner(batch)
    }

    /// What a layer gives for these inputs, in [`Mode::Eval`]. It has memory of its own; [`Memory::inner_value`] reads several from one pass.
    ///
    /// # Panics
    /// If the batch is empty.
    #[must_use]
    #[track_caller]
    fn inner_values<S: Shape>(&self, of: InnerValue<Self, S>, inputs: <Self::Input as Values>::Refs<'_>) -> Batch<S> {
        inner::inner_values(self, of, inputs)
    }

    /// Gradients, all zero.
    #[must_use]
    fn grads() -> Box<Grads<Self>> {
        Grads::zeros()
    }

    /// Computes the outputs of a batch, keeping what a backward pass needs. In [`Mode::Train`] running statistics move on.
    ///
    /// # Panics
    /// If the batch is empty or larger than the memory was made for; in [`Mode::Train`] also if it is one sample and a batch norm sees a
    /// single value per channel in it, which has no variance.
    #[track_caller]
    fn forward<'m>(
        &mut self,
        mode: Mode,
        inputs: <Self::Input as Values>::Refs<'_>,
        memory: &'m mut Memory<Self>,
    ) -> Forward<'m, Self> {
        let (params, buffers) = self.parts_mut().training(mode);
        run_forward(mode, params, buffers, inputs, memory)
    }

    /// As [`Train::forward`] in [`Mode::Eval`], which changes nothing of the network: for gradients of what it has learned
    /// ([`explain`](crate::explain)).
    ///
    /// # Panics
    /// If the batch is empty or larger than the memory was made for.
    #[track_caller]
    fn forward_eval<'m>(&self, inputs: <Self::Input as Values>::Refs<'_>, memory: &'m mut Memory<Self>) -> Forward<'m, Self> {
        // The pass writes buffers in `Mode::Train` alone.
        let buffers = self.buffers().as_slice().as_ptr().cast_mut();
        run_forward(Mode::Eval, self.params().as_slice().as_ptr(), buffers, inputs, memory)
    }

    /// Adds the gradients of the parameters, from the gradient that the last loss left in the memory.
    ///
    /// # Panics
    /// If there was no forward pass since the memory was made or since `train`, or no loss after it.
    #[track_caller]
    fn backward(&self, memory: &mut Memory<Self>, grads: &mut Grads<Self>) {
        run_backward(self, memory, Some(grads), false);
    }

    /// The gradient of the inputs, from the gradient that the last loss left in the memory. No gradient of a parameter is computed.
    ///
    /// # Panics
    /// As [`Train::backward`].
    #[track_caller]
    fn backward_input<'m>(&self, memory: &'m mut Memory<Self>) -> <Self::Input as Values>::Refs<'m> {
        run_backward(self, memory, None, true);
        Self::Input::refs(&memory.input_grad)
    }

    /// Adds the gradients of the parameters, from a gradient of the outputs that comes from elsewhere (another network's inputs).
    ///
    /// # Panics
    /// As [`Train::backward`], and if the gradient is not of as many samples as the forward pass.
    #[track_caller]
    fn backward_from(
        &self,
        output_grad: <Self::TrainOutput as Values>::Refs<'_>,
        memory: &mut Memory<Self>,
        grads: &mut Grads<Self>,
    ) {
        take_output_grad(output_grad, memory);
        run_backward(self, memory, Some(grads), false);
    }

    /// The gradient of the inputs, from a gradient of the outputs that comes from elsewhere.
    ///
    /// # Panics
    /// As [`Train::backward_from`].
    #[track_caller]
    fn backward_input_from<'m>(
        &self,
        output_grad: <Self::TrainOutput as Values>::Refs<'_>,
        memory: &'m mut Memory<Self>,
    ) -> <Self::Input as Values>::Refs<'m> {
        take_output_grad(output_grad, memory);
        run_backward(self, memory, None, true);
        Self::Input::refs(&memory.input_grad)
    }

    /// The gradient of the inputs, from a gradient of what a layer gave: of anything that is computed from an inner value. That of the outputs is taken
    /// for zero.
    ///
    /// # Panics
    /// If the memory is not one of [`Train::inner_memory`], if there was no forward pass since it was made, or the gradient is not of as many samples.
    #[track_caller]
    fn backward_input_from_inner<'m, S: Shape>(
        &self,
        from: InnerValue<Self, S>,
        gradient: &Batch<S>,
        memory: &'m mut Memory<Self>,
    ) -> <Self::Input as Values>::Refs<'m> {
        inner::backward_input_from_inner(self, from, gradient, memory)
    }

    /// Forward, loss and backward in one go: the loss, and its gradients added to `grads`. The same bits as
    /// `forward(Mode::Train, …).loss(…)` and `backward`, faster: each micro-batch goes forward and backward while it is in cache.
    ///
    /// # Panics
    /// If the batch is empty or larger than the memory was made for, or there are not as many targets as samples; if it is one sample and a
    /// batch norm sees a single value per channel in it, which has no variance; if the memory is one of [`Train::inner_memory`].
    #[track_caller]
    fn train<L, T: TargetsOf<L, Self::TrainOutput> + Send + Sync>(
        &mut self,
        inputs: <Self::Input as Values>::Refs<'_>,
        loss: L,
        targets: T,
        memory: &mut Memory<Self>,
        grads: &mut Grads<Self>,
    ) -> f32 {
        assert!(
            memory.core.inner.is_empty(),
            "`train` leaves no inner values: `forward` and `backward` one after the other do, and `memory(…)` is for `train`"
        );
        let loss = T::loss(&loss);
        let samples = Self::Input::samples(inputs);
        check_targets(loss.targets(targets), samples);
        memory.core.begin(samples, true);
        // Full micro-batches are read where they are.
        let layout = memory.layout();
        let in_place = Self::Input::lie(inputs, layout);
        Self::Input::copy_padded(&mut memory.input, inputs, if in_place { samples / layout.lanes() } else { 0 });
        Self::TrainOutput::set_samples(&mut memory.output, samples);
        Self::TrainOutput::set_samples(&mut memory.output_grad, samples);
        let (params, buffers) = self.parts_mut().training(Mode::Train);
        let mut pass = pass_context(memory, params, buffers);
        if in_place {
            pass.inputs = Pointers::NONE;
            Self::Input::batch_pointers(inputs, &mut pass.inputs);
        }
        grads.wanted_by(&mut pass);
        let (outputs, output_grads) = (pass.outputs, pass.output_grads);
        let run = run_loss::<Self, T, _>(layout, &loss, targets, &outputs, &output_grads);
        pass.loss = Some(&run);
        let loss = memory.core.fused(&pass);
        grads.made();
        memory.core.samples = 0;
        loss
    }
}

impl<N: Network> Train for N {}

#[track_caller]
fn run_forward<'m, N: Network>(
    mode: Mode,
    params: *const f32,
    buffers: *mut f32,
    inputs: <N::Input as Values>::Refs<'_>,
    memory: &'m mut Memory<N>,
) -> Forward<'m, N> {
    let samples = N::Input::samples(inputs);
    memory.core.begin(samples, mode == Mode::Train);
    N::Input::copy_padded(&mut memory.input, inputs, 0);
    N::Input::set_samples(&mut memory.input_grad, samples);
    N::TrainOutput::set_samples(&mut memory.output, samples);
    N::TrainOutput::set_samples(&mut memory.output_grad, samples);
    let pass = pass_context(memory, params, buffers);
    memory.core.forward(&pass);
    Forward { memory }
}

#[track_caller]
fn take_output_grad<N: Network>(output_grad: <N::TrainOutput as Values>::Refs<'_>, memory: &mut Memory<N>) {
    let (given, samples) = (N::TrainOutput::samples(output_grad), memory.core.samples);
    assert!(given == samples, "a gradient of {given} samples for a forward pass of {samples}");
    N::TrainOutput::copy_from(&mut memory.output_grad, output_grad);
    memory.core.has_gradient = true;
}

#[track_caller]
fn run_backward<N: Network>(net: &N, memory: &mut Memory<N>, grads: Option<&mut Grads<N>>, wants_inputs: bool) {
    assert!(memory.core.samples > 0, "backward without a forward pass before it (`train` does both by itself)");
    assert!(
        memory.core.has_gradient,
        "backward without a loss: call `.loss(…)` on what `forward` gives, or `backward_from` with a gradient of the outputs"
    );
    memory.clear_inner_gradients();
    run_cleared_backward(net, memory, grads, wants_inputs);
}

/// As `run_backward`; inner gradients already hold zeros, or what the pass starts from.
pub(super) fn run_cleared_backward<N: Network>(
    net: &N,
    memory: &mut Memory<N>,
    grads: Option<&mut Grads<N>>,
    wants_inputs: bool,
) {
    // Backward reads the buffers and never writes them.
    let buffers = net.buffers().as_slice().as_ptr().cast_mut();
    let mut pass = pass_context(memory, net.params().as_slice().as_ptr(), buffers);
    pass.wants_inputs = wants_inputs;
    match grads {
        Some(grads) => {
            grads.wanted_by(&mut pass);
            memory.core.backward(&pass);
            grads.made();
        }
        None => memory.core.backward(&pass),
    }
    memory.core.has_inner_gradients = wants_inputs;
}
