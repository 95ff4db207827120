//! The interface of operations, by which passes ask.

use super::attributes::Attributes;
use super::call::{BackwardStep, Dispatch, Inference, PackedCalls};
use super::count::Count;
use super::layout::ChannelBlocks;
use super::linear::Linear;
use fireclay_ir::ValueRange;
use proc_macro2::TokenStream;
use std::any::Any;
use std::fmt::Debug;
use std::rc::Rc;

/// An operation, with all sizes. Passes ask it; they do not switch on its kind. What concerns two operations is a rewrite
/// (`passes/rewrite`), which kernel computes a product is a selection (`passes/select`).
pub trait Op: Any + Debug {
    /// The kind and the arguments of the layer, as typed data.
    fn attributes(&self) -> &Attributes;

    /// The multiply-accumulates of one sample.
    fn macs(&self) -> Count {
        Count::default()
    }

    /// The constant that its kernels take: an expression such as `__f::k::Pool { … }`, with its type; an array where calls
    /// differ ([`Arg::GeometryAt`](super::Arg::GeometryAt)). `NODE` is in scope by that name: the node's number, a `u32` (dropout).
    fn geometry(&self) -> Option<Geometry> {
        None
    }

    /// The properties that passes use.
    fn traits(&self) -> Traits {
        Traits::default()
    }

    /// What is known of the numbers of its first output, where those of its first input are like this.
    fn range(&self, input: ValueRange) -> ValueRange {
        if self.traits().view {
            input
        } else if self.linear().is_some() {
            ValueRange::Unbounded
        } else {
            ValueRange::Unknown
        }
    }

    /// The memory of its calls beside inputs and outputs. (Here and below: for an operation with [`Op::linear`] these are the direct sums,
    /// and selection may take other kernels.)
    fn workspace(&self) -> Workspace {
        Workspace::default()
    }

    /// The forward pass. A barrier cuts it into phases.
    fn forward(&self) -> Vec<Dispatch>;

    /// The backward pass.
    fn backward(&self) -> Vec<BackwardStep>;

    /// Inference.
    fn infer(&self) -> Inference {
        Inference::Same
    }

    /// The calls with packed weights, for a single sample in `chw`.
    fn packed(&self) -> Option<PackedCalls> {
        None
    }

    /// The product with weights that it computes: selection chooses the algorithm.
    fn linear(&self) -> Option<Linear> {
        None
    }

    /// The same over a single sample in `chw16c`, where it works channel by channel: an operation whose kernels of `chwn16` take channels for
    /// samples.
    fn over_channels(&self, _inputs: &[ChannelBlocks]) -> Option<Rc<dyn Op>> {
        None
    }

    /// The operation under `#[frozen]`; `None` where nothing changes.
    fn freeze(&self) -> Option<Rc<dyn Op>> {
        None
    }
}

impl dyn Op {
    /// The operation as this type, for the pattern of a rewrite.
    #[must_use]
    pub fn downcast<T: Op>(&self) -> Option<&T> {
        (self as &dyn Any).downcast_ref()
    }
}

/// The properties of an operation ([`Op::traits`]).
#[derive(Debug, Clone, Copy, Default)]
pub struct Traits {
    /// A view: the output is the memory of the input under another shape.
    pub view: bool,
    /// Whether its output may lie where its input lies.
    pub in_place: InPlace,
    /// Its result is its inputs one behind the other, along some axis.
    pub joins: bool,
    /// It needs several samples to train: with one, a statistic over the batch would be of a single value.
    pub several_samples: bool,
    /// The number of outputs in each value of the source, where some are tuples: `[1, 2]` for `let (y, state) = x -> Lstm(64, state = out)`,
    /// whose state is `(h, c)`. `None` where each is a value of its own.
    pub output_groups: Option<&'static [usize]>,
    /// Its role in the initialization of the layers before it.
    pub init: Family,
}

/// Whether output 0 may overwrite input 0, and the gradient of input 0 that of output 0, as far as nobody reads what is overwritten later.
/// Steps that yield other gradients come before the one that yields input 0's. Where one value is two of the inputs (`x * x`), its gradient
/// must not lie on that of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum InPlace {
    /// Never.
    #[default]
    Never,
    /// Always: element-wise kernels.
    Always,
    /// In inference (batch norm by its running statistics).
    Inference,
}

/// The role of an operation in the initialization of the layers before it ([`Traits::init`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Family {
    /// ReLU and its relatives.
    Relu,
    /// None: what comes after it counts (batch norm, pools, dropout, views).
    Transparent,
    /// Anything else.
    #[default]
    Other,
}

/// The memory of the calls of an operation ([`Op::workspace`]).
#[derive(Debug, Clone, Default)]
pub struct Workspace {
    /// Floats of scratch for one call in `chwn16`, already times 16 ([`Arg::Scratch`](super::Arg::Scratch)).
    pub scratch: Count,
    /// Saved tensors beside inputs and outputs: what forward calls write and backward calls read ([`Arg::Saved`](super::Arg::Saved)), in numbers of
    /// a sample.
    pub saved: Vec<Count>,
    /// Tensors between backward calls ([`Arg::Work`](super::Arg::Work)), in numbers of a sample.
    pub work: Vec<Count>,
    /// Numbers of the state between steps, where it runs step by step ([`Arg::State`](super::Arg::State)).
    pub state: Count,
    /// Floats that each micro-batch hands to the barrier or the batch step ([`Arg::Stats`](super::Arg::Stats)).
    pub stats: Count,
    /// Floats that barriers hand to all micro-batches ([`Arg::Shared`](super::Arg::Shared)).
    pub shared: Count,
}

/// The geometry of an operation ([`Op::geometry`]).
#[derive(Debug, Clone)]
pub struct Geometry {
    /// The type: `__f::k::Conv`.
    pub ty: TokenStream,
    /// The value: `__f::k::Conv { channels: 1, … }`.
    pub value: TokenStream,
    /// Whether the value refers to `NODE`, the number of the node (dropout).
    pub by_node: bool,
}

impl Geometry {
    /// A geometry that is the same for every node.
    #[must_use]
    pub fn new(ty: TokenStream, value: TokenStream) -> Self {
        Self { ty, value, by_node: false }
    }
}
