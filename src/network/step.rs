//! Step by step: the same network over a sequence that has no end yet.

use super::infer::micro;
use super::plan::StepFunctions;
use super::{Block, Network, Store};
use crate::values::{Pointers, Values};

/// A network declared with `#[fireclay(step)]`, which can take one step of a sequence at a time.
///
/// # Safety
/// The plan reaches only memory that the types and sizes here give it.
///
/// ```
/// use fireclay::prelude::*;
/// network! {
///     #[fireclay(step)]
///     pub Follow(x: [16, 2]) -> [16, 1] { x -> lstm: Lstm(4) -> out: Dense(1) }
/// }
/// let net = Follow::init(&mut rng(1));
/// let mut state = Follow::state();
/// let whole = net.predict(&Tensor::from([[0.5, -1.0]; 16]));
/// for t in 0..16 {
///     let y: Tensor<shape![1]> = net.step(Tensor::from([0.5, -1.0]), &mut state);
///     assert!((y[0] - whole[t][0]).abs() < 1e-6);
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not take a sequence step by step",
    note = "`#[fireclay(step)]` before its declaration makes it"
)]
pub unsafe trait Stepping: Network {
    /// One step of what it takes.
    type StepInput: Values;
    /// One step of what it yields.
    type StepOutput: Values;
    /// State and working memory.
    #[doc(hidden)]
    type StepStore: Store;
    /// How.
    #[doc(hidden)]
    const STEP: &'static StepFunctions;
    /// How with packed weights.
    #[cfg(feature = "std")]
    #[doc(hidden)]
    const PANELS: &'static super::plan::StepPanels = &super::plan::StepPanels { panels: 0, pack: nothing };
}

/// Has `state` and `step` for every network, so that rustc says of one that does not step what it lacks. (Those that do have them as
/// methods of their own.)
#[doc(hidden)]
pub trait StepByStep: Network {
    fn state() -> State<Self>
    where
        Self: Stepping,
    {
        State::new()
    }

    fn step(&self, input: impl core::borrow::Borrow<Self::StepInput>, state: &mut State<Self>) -> Self::StepOutput
    where
        Self: Stepping,
    {
        run_step(self, input.borrow(), state)
    }
}

impl<N: Network> StepByStep for N {}

/// What a network carries from one step to the next, and the memory that a step works in.
#[repr(transparent)]
pub struct State<N: Stepping>(N::StepStore);

impl<N: Stepping> State<N> {
    /// All zero, as before the first step.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "generated code calls it by this name")]
    pub fn new() -> Self {
        let mut store = core::mem::MaybeUninit::<N::StepStore>::zeroed();
        // SAFETY: zeroed as `set_up` asks, which makes it valid.
        unsafe {
            N::StepStore::set_up(store.as_mut_ptr(), state_bytes(N::STEP.state).saturating_add(N::STEP.arena));
            Self(store.assume_init())
        }
    }

    /// Begins a new sequence.
    pub fn reset(&mut self) {
        self.as_mut_slice().fill(0.0);
    }

    /// The numbers that are carried, layer by layer (of an LSTM first all h, then all c).
    #[must_use]
    pub fn as_slice(&self) -> &[f32] {
        // SAFETY: the store begins with so many numbers.
        unsafe { core::slice::from_raw_parts(self.0.at_ref(), N::STEP.state) }
    }

    /// The same, to be changed: to go on elsewhere, or from a state that was learned.
    pub fn as_mut_slice(&mut self) -> &mut [f32] {
        // SAFETY: as above; the borrow is exclusive.
        unsafe { core::slice::from_raw_parts_mut(self.0.at(), N::STEP.state) }
    }
}

impl<N: Stepping> core::fmt::Debug for State<N> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "State of {}: {} numbers", N::INFO.name, N::STEP.state)
    }
}

/// Bytes that so many numbers of state take, with what aligns the arena behind them.
#[doc(hidden)]
#[must_use]
pub const fn state_bytes(state: usize) -> usize {
    fireclay_runtime::aligned(state.saturating_mul(size_of::<f32>()))
}

/// Where a step has no packed form there is nothing to pack.
#[cfg(feature = "std")]
unsafe fn nothing(_: *const f32, _: *mut f32) {}

#[doc(hidden)]
pub fn run_step<N: Stepping>(net: &N, input: &N::StepInput, state: &mut State<N>) -> N::StepOutput {
    #[cfg(feature = "std")]
    if let Some(run) = N::STEP.packed_sample {
        // SAFETY: it is the plan's function with packed weights.
        return unsafe { net.parts().packed(net).step_by(run, input, state) };
    }
    step_plain(net, input, state)
}

/// The same, with weights as they are.
#[doc(hidden)]
pub fn step_plain<N: Stepping>(net: &N, input: &N::StepInput, state: &mut State<N>) -> N::StepOutput {
    let (params, buffers) = (net.params().as_slice().as_ptr(), net.buffers().as_slice().as_ptr());
    // SAFETY: weights are the network's own.
    unsafe { step(N::STEP.one, params, buffers, input, state) }
}

/// # Safety
/// `run` is one of the plan's, and weights are what it reads.
pub(super) unsafe fn step<N: Stepping>(
    run: unsafe fn(&super::Micro<'_>),
    params: *const f32,
    buffers: *const f32,
    input: &N::StepInput,
    state: &mut State<N>,
) -> N::StepOutput {
    let (mut inputs, mut outputs) = (Pointers::NONE, Pointers::NONE);
    let mut output = core::mem::MaybeUninit::<N::StepOutput>::zeroed();
    // SAFETY: outputs are tensors and indices, valid with all bits zero.
    let output_ref = unsafe { output.assume_init_mut() };
    input.pointers(&mut inputs);
    output_ref.pointers_mut(&mut outputs);
    let store = state.0.at();
    let arena = store.wrapping_byte_add(state_bytes(N::STEP.state)).cast();
    let mut micro = micro(params, buffers, arena, &inputs, &outputs, [0, 1, 1, 1]);
    micro.state = store;
    // SAFETY: the caller's promise; the store is as large as the plan asks for, inputs and outputs are of its types.
    unsafe {
        run(&micro);
        output.assume_init()
    }
}
