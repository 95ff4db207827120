//! What the passes may ask of an operation.

use super::attributes::Attributes;
use super::blocked::{Blocked, Fuse, Vectors};
use super::call::{BackwardStep, Foldable, Infer, Packed, Step};
use super::size::Count;
use proc_macro2::TokenStream;
use std::fmt::Debug;
use std::rc::Rc;

/// A layer applied, with all its numbers. Passes ask; they do not switch on what it is.
pub trait Op: Debug {
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

    /// The output is the input's memory under another shape: nothing runs.
    fn is_view(&self) -> bool {
        false
    }

    /// Output 0 may overwrite input 0, and the gradient of input 0 that of output 0 (element-wise kernels), as far as nobody reads
    /// what is overwritten later. Steps that yield other gradients come before the one that yields input 0's. Where one value
    /// is two of the inputs (`x * x`), its gradient must not lie on that of the output.
    fn in_place(&self) -> bool {
        false
    }

    /// What runs forward. A barrier cuts the pass into phases.
    fn forward(&self) -> Vec<Step>;

    /// What runs backward.
    fn backward(&self) -> Vec<BackwardStep>;

    /// What runs when not training.
    fn infer(&self) -> Infer {
        Infer::Same
    }

    /// Floats that [`Arg::Scratch`](super::Arg::Scratch) of one call needs in the lanes form (already times 16).
    fn scratch(&self) -> Count {
        Count::default()
    }

    /// Positions of memory of its own that forward calls write and backward calls read ([`Arg::Kept`](super::Arg::Kept)).
    fn kept(&self) -> Vec<Count> {
        Vec::new()
    }

    /// Positions of memory that backward calls hand each other ([`Arg::Work`](super::Arg::Work)).
    fn work(&self) -> Vec<Count> {
        Vec::new()
    }

    /// Numbers that it carries from one step to the next, where it runs step by step ([`Arg::State`](super::Arg::State)).
    fn state(&self) -> usize {
        0
    }

    /// Floats that each micro-batch tells the barrier or the batch step.
    fn stats(&self) -> Count {
        Count::default()
    }

    /// Whether one sample is no training batch for it: a statistic over the batch would be of a single value.
    fn needs_several_samples(&self) -> bool {
        false
    }

    /// Floats that barriers tell all micro-batches.
    fn shared(&self) -> usize {
        0
    }

    /// How it runs with packed weights, for one sample.
    fn packed(&self) -> Option<Packed> {
        None
    }

    /// How it runs with packed weights over one sample whose channels lie in vectors of sixteen, its inputs being these; `None` where it
    /// does not.
    fn blocked(&self, _inputs: &[Vectors]) -> Option<Blocked> {
        None
    }

    /// What a product before it could do in its place.
    fn fuses(&self) -> Option<Fuse> {
        None
    }

    /// The same operation with a ReLU after it, for training; `None` where it gains nothing by that.
    fn with_relu(&self) -> Option<Rc<dyn Op>> {
        None
    }

    /// A batch norm after it can go into its weights (weight is param 0, bias param 1 or absent).
    fn foldable(&self) -> Option<Foldable> {
        None
    }

    /// This is a batch norm with this eps, to be folded into what stands before it (params: weight, bias, running_mean, running_var; the first two may be absent).
    fn folds(&self) -> Option<f32> {
        None
    }

    /// This and the operation before it, which yields its first input to nobody else, as one that trains in less time. It reads what the
    /// one before reads and then what else this one does; its parameters are this one's, then those of the one before.
    fn joined(&self, _before: &dyn Op) -> Option<Rc<dyn Op>> {
        None
    }

    /// This looks up a row of its parameter for each of these.
    fn symbols(&self) -> Option<Symbols> {
        None
    }

    /// The same operation under `#[frozen]`; `None` where nothing changes.
    fn freeze(&self) -> Option<Rc<dyn Op>> {
        None
    }

    /// Its shapes are checked, but nothing runs it yet: to be reported on the layer.
    fn not_yet(&self) -> bool {
        false
    }

    /// How many outputs each value of the source takes, where some are tuples: `[1, 2]` for `let (y, state) = x -> Lstm(64, state = out)`,
    /// whose state is `(h, c)`. `None` where each is a value of its own.
    fn output_groups(&self) -> Option<&'static [usize]> {
        None
    }

    /// What it means for the initialisation of what stands before it.
    fn family(&self) -> Family {
        Family::Other
    }
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

/// See [`Op::symbols`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Symbols {
    /// Each is below this.
    pub bound: usize,
    /// The row that is never learnt.
    pub padding_index: Option<usize>,
}

/// See [`Op::family`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// ReLU and its relatives.
    Relu,
    /// Look further (batch norm, pools, dropout, views).
    Transparent,
    /// Anything else.
    Other,
}
