//! What the passes may ask of an operation.

use super::attributes::Attributes;
use super::call::{BackwardStep, Call, Infer, Packed, Step};
use super::layout::ChannelBlocks;
use super::linear::Linear;
use super::size::Count;
use proc_macro2::TokenStream;
use std::any::Any;
use std::fmt::Debug;
use std::rc::Rc;

/// A layer applied, with all its numbers. Passes ask; they do not switch on what it is. What concerns two operations is a rewrite
/// (`passes/rewrite`), which kernel computes a product is a selection (`passes/select`).
pub trait Op: Any + Debug {
    /// The layer's kind and arguments, as typed data.
    fn attributes(&self) -> &Attributes;

    /// Multiply-accumulates for one sample.
    fn macs(&self) -> Count {
        Count::default()
    }

    /// The constant that its kernels take: an expression such as `__f::k::Pool { … }`, with its type; an array where calls
    /// differ ([`Arg::GeometryAt`](super::Arg::GeometryAt)). `NODE` is in scope by that name: the node's number, a `u32` (dropout).
    fn geometry(&self) -> Option<Geometry> {
        None
    }

    /// What passes know of it without running it.
    fn traits(&self) -> Traits {
        Traits::default()
    }

    /// The memory that its calls work in.
    fn memory(&self) -> Memory {
        Memory::default()
    }

    /// What runs forward. A barrier cuts the pass into phases.
    fn forward(&self) -> Vec<Step>;

    /// What runs backward.
    fn backward(&self) -> Vec<BackwardStep>;

    /// What runs when not training.
    fn infer(&self) -> Infer {
        Infer::Same
    }

    /// How it runs with packed weights, for one sample in `chw`. (Of a [`Op::linear`] one the selection knows.)
    fn packed(&self) -> Option<Packed> {
        None
    }

    /// The product of weights that it computes: selection chooses the algorithm.
    fn linear(&self) -> Option<Linear> {
        None
    }

    /// How it runs over one sample in `chw16c`, channel by channel: kernels of `chwn16`, which take channels for samples.
    fn channelwise(&self, _inputs: &[ChannelBlocks]) -> Option<Vec<Call>> {
        None
    }

    /// The same operation under `#[frozen]`; `None` where nothing changes.
    fn freeze(&self) -> Option<Rc<dyn Op>> {
        None
    }
}

impl dyn Op {
    /// The operation as this type, for a rewrite's pattern.
    #[must_use]
    pub fn downcast<T: Op>(&self) -> Option<&T> {
        (self as &dyn Any).downcast_ref()
    }
}

/// See [`Op::traits`].
#[derive(Debug, Clone, Copy, Default)]
pub struct Traits {
    /// The output is the input's memory under another shape: nothing runs.
    pub view: bool,
    /// Whether its output may lie where its input lies.
    pub in_place: InPlace,
    /// One sample is no training batch for it: a statistic over the batch would be of a single value.
    pub several_samples: bool,
    /// Its shapes are checked, but nothing runs it yet: to be reported on the layer.
    pub unfinished: bool,
    /// How many outputs each value of the source takes, where some are tuples: `[1, 2]` for `let (y, state) = x -> Lstm(64, state = out)`,
    /// whose state is `(h, c)`. `None` where each is a value of its own.
    pub output_groups: Option<&'static [usize]>,
    /// What it means for the initialization of what stands before it.
    pub init: Family,
}

/// Whether output 0 may overwrite input 0, and the gradient of input 0 that of output 0, as far as nobody reads what is overwritten later.
/// Steps that yield other gradients come before the one that yields input 0's. Where one value is two of the inputs (`x * x`), its gradient
/// must not lie on that of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum InPlace {
    /// It may not.
    #[default]
    Never,
    /// It may: element-wise kernels.
    Always,
    /// It may in inference (batch norm by its running statistics).
    Inference,
}

/// See [`Traits::init`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Family {
    /// ReLU and its relatives.
    Relu,
    /// Look further (batch norm, pools, dropout, views).
    Transparent,
    /// Anything else.
    #[default]
    Other,
}

/// See [`Op::memory`].
#[derive(Debug, Clone, Default)]
pub struct Memory {
    /// Floats that [`Arg::Scratch`](super::Arg::Scratch) of one call needs in `chwn16` (already times 16).
    pub scratch: Count,
    /// Saved tensors beside inputs and outputs: what forward calls write and backward calls read ([`Arg::Saved`](super::Arg::Saved)), in numbers of
    /// a sample.
    pub saved: Vec<Count>,
    /// What backward calls hand each other ([`Arg::Work`](super::Arg::Work)), in numbers of a sample.
    pub work: Vec<Count>,
    /// Numbers that it carries from one step to the next, where it runs step by step ([`Arg::State`](super::Arg::State)).
    pub state: usize,
    /// Floats that each micro-batch tells the barrier or the batch step ([`Arg::Stats`](super::Arg::Stats)).
    pub stats: Count,
    /// Floats that barriers tell all micro-batches ([`Arg::Shared`](super::Arg::Shared)).
    pub shared: usize,
}

/// See [`Op::geometry`].
#[derive(Debug, Clone)]
pub struct Geometry {
    /// `__f::k::Conv`
    pub ty: TokenStream,
    /// `__f::k::Conv { channels: 1, … }`
    pub value: TokenStream,
    /// The value refers to `NODE`, the number of the node (dropout).
    pub by_node: bool,
}

impl Geometry {
    /// One that is the same for every node.
    #[must_use]
    pub fn new(ty: TokenStream, value: TokenStream) -> Self {
        Self { ty, value, by_node: false }
    }
}

/// The indices that an embedding looks up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Symbols {
    /// Each is below this.
    pub bound: usize,
    /// The row that is never learned.
    pub padding_index: Option<usize>,
}
