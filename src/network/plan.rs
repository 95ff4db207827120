//! What `network!` hands to the library: functions over one micro-batch, and the sizes they need.

use crate::layout::Layout;
use crate::values::Pointers;
use fireclay_runtime::kernels::{Samples, Share};

/// One micro-batch (sixteen samples side by side, or a single one) while generated code runs over it.
#[doc(hidden)]
#[derive(Debug)]
pub struct Micro<'a> {
    pub(crate) params: *const f32,
    pub(crate) buffers: *const f32,
    pub(crate) grads: *mut f32,
    /// Weights that are made of parameters, and where their gradients would begin if all others stood before them.
    pub(crate) parametrized: *const f32,
    pub(crate) parametrized_grads: *mut f32,
    pub(crate) arena: *mut u8,
    pub(crate) stats: *mut f32,
    pub(crate) shared: *const f32,
    pub(crate) inputs: &'a Pointers,
    pub(crate) outputs: &'a Pointers,
    pub(crate) state: *mut f32,
    pub(crate) output_grads: &'a Pointers,
    pub(crate) input_grads: &'a Pointers,
    pub(crate) index: usize,
    /// Samples that lie side by side here.
    pub(crate) lanes: usize,
    /// Real samples here.
    pub count: usize,
    /// Real samples in the whole batch.
    pub samples: usize,
    /// The dropout key of this step.
    pub key: u64,
    /// `Mode::Train`.
    pub train: bool,
    /// Gradients of parameters are wanted.
    pub weights: bool,
    /// Gradients of the network's inputs are wanted.
    pub wants_inputs: bool,
    /// Who takes part in a single sample's inference.
    pub(crate) team: Option<&'a super::team::Team>,
}

impl Micro<'_> {
    /// Calls `work(scratch, share)` for each share of a kernel's results, of which there is one for each thread.
    ///
    /// # Safety
    /// Calls for different shares may run at the same time: they write nothing in common but what is in their own scratch.
    pub unsafe fn in_shares(&self, scratch: *mut f32, work: &dyn Fn(*mut f32, Share)) {
        match self.team {
            None => work(scratch, Share::ALL),
            // SAFETY: the caller's promise.
            Some(team) => unsafe { team.run(scratch, work) },
        }
    }

    /// A parameter, by its first number in the block.
    #[inline]
    #[must_use]
    pub fn param(&self, offset: usize) -> *const f32 {
        self.params.wrapping_add(offset)
    }

    /// A buffer.
    #[inline]
    #[must_use]
    pub fn buffer(&self, offset: usize) -> *const f32 {
        self.buffers.wrapping_add(offset)
    }

    /// Panels of packed weights, by their first byte. They stand where there are no buffers: packed, those lie among the parameters.
    #[inline]
    #[must_use]
    pub fn panel(&self, byte: usize) -> *const f32 {
        self.buffers.wrapping_byte_add(byte)
    }

    /// The gradient of a parameter.
    #[inline]
    #[must_use]
    pub fn grad(&self, offset: usize) -> *mut f32 {
        self.grads.wrapping_add(offset)
    }

    /// A weight that is made of parameters, by its first number among such.
    #[inline]
    #[must_use]
    pub fn parametrized(&self, offset: usize) -> *const f32 {
        self.parametrized.wrapping_add(offset)
    }

    /// The gradient of a weight that is made of parameters.
    #[inline]
    #[must_use]
    pub fn parametrized_grad(&self, offset: usize) -> *mut f32 {
        self.parametrized_grads.wrapping_add(offset)
    }

    /// A place in the arena, by its first byte.
    #[inline]
    #[must_use]
    pub fn at(&self, byte: usize) -> *mut f32 {
        self.arena.wrapping_add(byte).cast()
    }

    /// This micro-batch's part of what barriers read.
    #[inline]
    #[must_use]
    pub fn stats(&self, offset: usize) -> *mut f32 {
        self.stats.wrapping_add(offset)
    }

    /// What barriers wrote.
    #[inline]
    #[must_use]
    pub fn shared(&self, offset: usize) -> *const f32 {
        self.shared.wrapping_add(offset)
    }

    /// What is carried from one step of a sequence to the next.
    #[inline]
    #[must_use]
    pub fn state(&self, offset: usize) -> *mut f32 {
        self.state.wrapping_add(offset)
    }

    /// An input of the network.
    #[inline]
    #[must_use]
    pub fn input(&self, i: usize) -> *const f32 {
        self.inputs.get(i, self.index)
    }

    /// An output of the network.
    #[inline]
    #[must_use]
    pub fn output(&self, i: usize) -> *mut f32 {
        self.outputs.get(i, self.index)
    }

    /// The gradient of an output.
    #[inline]
    #[must_use]
    pub fn output_grad(&self, i: usize) -> *const f32 {
        self.output_grads.get(i, self.index)
    }

    /// The gradient of an input.
    #[inline]
    #[must_use]
    pub fn input_grad(&self, i: usize) -> *mut f32 {
        self.input_grads.get(i, self.index)
    }

    /// The number of this micro-batch's first sample.
    #[inline]
    #[must_use]
    pub fn first_sample(&self) -> usize {
        self.index * self.lanes
    }
}

/// A batch between two phases, when every micro-batch has come so far.
#[doc(hidden)]
#[derive(Debug)]
pub struct Barrier<'a> {
    pub(crate) inputs: &'a Pointers,
    pub(crate) outputs: &'a Pointers,
    pub(crate) output_grads: &'a Pointers,
    pub(crate) input_grads: &'a Pointers,
    pub(crate) params: *const f32,
    pub(crate) buffers: *mut f32,
    pub(crate) grads: *mut f32,
    pub(crate) parametrized: *const f32,
    pub(crate) parametrized_grads: *mut f32,
    pub(crate) stats: *mut f32,
    pub(crate) shared: *mut f32,
    pub(crate) arena: *mut u8,
    /// Bytes between the arenas of two micro-batches.
    pub(crate) arena_stride: usize,
    pub(crate) scratch: *mut u8,
    /// Bytes between the scratch of two shares.
    pub(crate) scratch_stride: usize,
    /// Floats between the statistics of two micro-batches.
    pub stride: usize,
    /// Real samples in the batch.
    pub samples: usize,
    /// The samples of a micro-batch, the last one's aside.
    pub lanes: usize,
    /// `Mode::Train`.
    pub train: bool,
    /// Gradients of parameters are wanted.
    pub weights: bool,
    /// Gradients of inputs are wanted.
    pub wants_inputs: bool,
}

impl Barrier<'_> {
    /// A parameter.
    #[must_use]
    pub fn param(&self, offset: usize) -> *const f32 {
        self.params.wrapping_add(offset)
    }

    /// A buffer, to be changed.
    #[must_use]
    pub fn buffer(&self, offset: usize) -> *mut f32 {
        self.buffers.wrapping_add(offset)
    }

    /// The gradient of a parameter; null when none is wanted.
    #[must_use]
    pub fn grad(&self, offset: usize) -> *mut f32 {
        if self.weights { self.grads.wrapping_add(offset) } else { core::ptr::null_mut() }
    }

    /// A weight that is made of parameters.
    #[must_use]
    pub fn parametrized(&self, offset: usize) -> *const f32 {
        self.parametrized.wrapping_add(offset)
    }

    /// The gradient of a weight that is made of parameters; null when none is wanted.
    #[must_use]
    pub fn parametrized_grad(&self, offset: usize) -> *mut f32 {
        if self.weights { self.parametrized_grads.wrapping_add(offset) } else { core::ptr::null_mut() }
    }

    /// The first micro-batch's statistics.
    #[must_use]
    pub fn stats(&self, offset: usize) -> *mut f32 {
        self.stats.wrapping_add(offset)
    }

    /// What this barrier tells all micro-batches.
    #[must_use]
    pub fn shared(&self, offset: usize) -> *mut f32 {
        self.shared.wrapping_add(offset)
    }

    /// A place in the first micro-batch's arena, by its first byte.
    #[must_use]
    pub fn at(&self, byte: usize) -> *mut f32 {
        self.arena.wrapping_add(byte).cast()
    }

    /// The working memory of a share.
    #[must_use]
    pub fn scratch(&self, share: Share) -> *mut f32 {
        self.scratch.wrapping_add(share.index * self.scratch_stride).cast()
    }

    /// Where the samples lie in their arenas, where each is a micro-batch.
    #[must_use]
    pub fn all_samples(&self) -> Samples {
        Samples { count: self.samples, step: self.arena_stride / size_of::<f32>() }
    }
}

/// The first sample of each input and output and of their gradients, and where all samples lie, where each is a micro-batch.
macro_rules! border {
    ($($at:ident, $samples:ident, $pointers:ident, $to:ty;)*) => {
        impl Barrier<'_> {
            $(
                /// The first sample.
                #[must_use]
                pub fn $at(&self, i: usize) -> $to {
                    self.$pointers.get(i, 0)
                }

                /// Where all samples lie.
                #[must_use]
                pub fn $samples(&self, i: usize) -> Samples {
                    Samples { count: self.samples, step: self.$pointers.floats(i) }
                }
            )*
        }
    };
}

border! {
    input, input_samples, inputs, *const f32;
    output, output_samples, outputs, *mut f32;
    output_grad, output_grad_samples, output_grads, *const f32;
    input_grad, input_grad_samples, input_grads, *mut f32;
}

/// A stretch of work that micro-batches do on their own, and what happens when all are through.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Phase {
    /// Over one micro-batch.
    pub run: unsafe fn(&Micro<'_>),
    /// After all.
    pub barrier: Option<unsafe fn(&Barrier<'_>)>,
    /// After all, over the values of all samples.
    pub across: Option<Across>,
}

/// What is done once per batch over the values of all samples, in shares.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Across {
    /// A share of it.
    pub run: unsafe fn(&Barrier<'_>, Share),
    /// Multiply-accumulates of a sample.
    pub macs: usize,
    /// Gradients that nothing before it adds to.
    pub first: &'static [core::ops::Range<usize>],
}

/// What is done once per batch when the backward pass is through: gradients of parameters that are better made for all samples at once.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct BatchWork {
    /// A share of it.
    pub run: unsafe fn(&Barrier<'_>, Share),
    /// How many gradients these are.
    pub numbers: usize,
}

/// How a network trains.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct TrainFunctions {
    /// How inputs and outputs lie, and their gradients; a micro-batch is the samples that lie side by side.
    pub layout: Layout,
    /// Bytes a micro-batch works in.
    pub arena: usize,
    /// Floats a micro-batch tells barriers.
    pub stats: usize,
    /// Floats barriers tell micro-batches.
    pub shared: usize,
    /// Bytes of working memory that each share of what runs over all samples takes.
    pub scratch: usize,
    /// Forward.
    pub forward: &'static [Phase],
    /// Backward.
    pub backward: &'static [Phase],
    /// After both.
    pub batch: Option<BatchWork>,
    /// Gradients that micro-batches add to, each slot its own.
    pub slots: &'static [core::ops::Range<usize>],
    /// All gradients but those that are in [`Across::first`].
    pub added: &'static [core::ops::Range<usize>],
    /// Which parameters are trained, and where their gradients stand.
    pub trained: &'static [Trained],
    /// A batch norm that sees one value per channel in a sample: a batch of one sample has no variance for it.
    pub several: Option<&'static str>,
}

/// How a network trains one sample at a time.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct SampleTraining {
    /// The functions.
    pub functions: TrainFunctions,
    /// What one sample takes, in thousandths of sixteen side by side.
    pub cost: usize,
    /// What a step takes however many samples there are, in the same measure.
    pub once: usize,
}

/// A run of trained parameters: the constant map between parameters and gradients.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trained {
    /// First number among the parameters.
    pub param: usize,
    /// First number among the gradients.
    pub grad: usize,
    /// How many.
    pub len: usize,
}

/// How a network takes one step of a sequence.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct StepFunctions {
    /// Floats carried from step to step.
    pub state: usize,
    /// Bytes a step works in.
    pub arena: usize,
    /// One step, weights as they are.
    pub one: unsafe fn(&Micro<'_>),
    /// With packed weights, where a step finds them where the whole sequence has them.
    pub packed_sample: Option<unsafe fn(&Micro<'_>)>,
}

/// The panels of a step.
#[cfg(feature = "std")]
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct StepPanels {
    /// Their bytes.
    pub panels: usize,
    /// `(packed, panels)`
    pub pack: unsafe fn(*const f32, *mut f32),
}

/// How a network infers one sample.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct InferFunctions {
    /// Bytes a sample works in.
    pub arena: usize,
    /// With weights as they are.
    pub one: unsafe fn(&Micro<'_>),
    /// Floats of packed weights, without panels.
    pub packed: usize,
    /// Bytes a sample works in with packed weights, where all values are in `chw`.
    pub packed_arena: usize,
    /// With packed weights; with `std` values are in `chw16c` where that pays, and it works in `BatchFunctions::sample_arena`.
    pub packed_sample: unsafe fn(&Micro<'_>),
}

#[cfg(feature = "std")]
impl BatchFunctions {
    /// Whether so many samples of sixteen take less time one by one: side by side they take as long as sixteen.
    #[must_use]
    pub const fn one_by_one(&self, count: usize) -> bool {
        count.saturating_mul(self.sample_cost) < 16_000
    }
}

/// How a network infers sixteen samples, and how its weights are packed. (Where there is `std`, nothing infers with weights as they are.)
#[cfg(feature = "std")]
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct BatchFunctions {
    /// With packed weights.
    pub packed_chwn16: unsafe fn(&Micro<'_>),
    /// Bytes that sixteen samples side by side work in.
    pub arena: usize,
    /// What sixteen samples take one by one with packed weights, in thousandths of what they take side by side.
    pub sample_cost: usize,
    /// Bytes a single sample works in with packed weights.
    pub sample_arena: usize,
    /// Bytes of scratch that each thread but the first takes for its shares of a single sample.
    pub share_scratch: usize,
    /// `(params, buffers, packed)`
    pub pack: unsafe fn(*const f32, *const f32, *mut f32),
    /// Bytes of the panels.
    pub panels: usize,
    /// `(packed, panels)`
    pub pack_panels: unsafe fn(*const f32, *mut f32),
}
