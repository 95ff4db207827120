//! Calls of kernels with named operands, which operations are made of. The emitter gives the operands their places in memory.

use super::kernels::accepts;
use super::op::Geometry;
use fireclay_ir::Dtype;
use fireclay_ir::kernels::{Kernel, Operand};
use proc_macro2::{Literal, TokenStream};
use quote::quote;

/// A call of a kernel of `fireclay-runtime` (`docs/kernels.md`).
#[derive(Debug, Clone)]
pub struct Call {
    /// The kernel.
    pub kernel: &'static Kernel,
    /// The operands, in order.
    pub args: Vec<Arg>,
    /// The mode it runs in.
    pub when: When,
}

/// The mode in which a call runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum When {
    /// Both modes.
    #[default]
    Always,
    /// Only in `Mode::Train`.
    Train,
    /// Only in `Mode::Eval`.
    Eval,
}

/// An operand of a [`Call`]. What stands in backward calls is saved in the forward pass.
#[derive(Debug, Clone)]
pub enum Arg {
    /// `&GEOMETRY`, the constant made of [`Op::geometry`](super::Op::geometry).
    Geometry,
    /// `&GEOMETRY[i]`, where the geometry is an array: the calls of one operation differ (`concat`, `split`).
    GeometryAt(usize),
    /// The i-th input value.
    Input(usize),
    /// The i-th output value.
    Output(usize),
    /// The i-th parameter or buffer (an index into the node's `params`); null when there are fewer.
    Param(usize),
    /// The gradient of the i-th output (read); zeros when nobody uses that output.
    GradOutput(usize),
    /// The gradient of the i-th output, overwritten for the calls after this one.
    GradOutputInPlace(usize),
    /// The gradient of the i-th input (written, or added to: see [`Arg::Accumulate`]).
    GradInput(usize),
    /// `bool`: whether the gradient of the i-th input already holds something to add to when this operation's backward pass
    /// begins. All of its calls for that input take the same value: they write different parts (`split`), or run in different modes.
    Accumulate(usize),
    /// The gradient of the i-th parameter (added to); null when there are fewer, or when it is not trained.
    GradParam(usize),
    /// Working memory of [`Workspace::scratch`](super::Workspace::scratch) floats, for this call only.
    Scratch,
    /// The i-th saved tensor of [`Op::workspace`](super::Op::workspace): written forward, read backward.
    Saved(usize),
    /// The i-th tensor between backward calls of this operation ([`Workspace::work`](super::Workspace::work)).
    Work(usize),
    /// The state between steps ([`Workspace::state`](super::Workspace::state)), from the given number on.
    State(super::Count),
    /// The state of the node that gives the i-th input, for its next step.
    StateOf(usize),
    /// The i-th of the packed weights ([`PackedCalls::panels`]).
    Panel(usize),
    /// The memory that weights are packed to.
    PackedOut,
    /// `u32`: the number of this node, for dropout.
    Node,
    /// The statistics ([`Workspace::stats`](super::Workspace::stats) floats) that a micro-batch hands to the barrier or the batch step of this operation;
    /// there those of the first micro-batch.
    Stats,
    /// In a barrier or a batch step: floats from the statistics of one micro-batch to the next.
    StatsStride,
    /// The results ([`Workspace::shared`](super::Workspace::shared) floats) that barriers of this operation hand to all micro-batches.
    Shared,
    /// Like [`Arg::Shared`], from the given float on.
    SharedFrom(super::Count),
    /// `usize`: real samples in this micro-batch.
    Count,
    /// `usize`: real samples in the whole batch.
    Samples,
    /// In a barrier: `usize`: the samples of a micro-batch, the last one's aside.
    Lanes,
    /// In a batch step, and across samples: the share that the thread takes.
    Share,
    /// Across samples: where they lie in their arenas.
    AllSamples,
    /// Across samples: where those of another operand lie, which may be an input or output of the network.
    SamplesOf(Box<Arg>),
    /// `u64`: the dropout key of this step.
    Key,
    /// `usize`: the number of this micro-batch's first sample.
    FirstSample,
    /// Any constant expression.
    Value(TokenStream),
    /// A null pointer.
    Null,
}

impl Call {
    /// A call of a kernel with its operands in order. (A struct of [`kernels`](super::kernels) names them.)
    ///
    /// # Panics
    /// If an operand may not be bound to its argument: a mistake of the compiler's own.
    #[must_use]
    #[track_caller]
    pub fn checked(kernel: &'static Kernel, args: Vec<Arg>) -> Self {
        assert!(
            args.len() == kernel.operands.len(),
            "{} takes {} operands, not {}",
            kernel.name,
            kernel.operands.len(),
            args.len()
        );
        for (operand, arg) in kernel.operands.iter().zip(&args) {
            let Operand { name, role, .. } = operand;
            assert!(accepts(*role, operand.nullable(), arg), "{}: `{name}` is a {role:?}, not {arg:?}", kernel.name);
        }
        Self { kernel, args, when: When::Always }
    }

    /// The first operand whose dtype is not that of the value bound to it, as a message: a mistake of the compiler's own. Gradients, parameters
    /// and memory of an operation's own are `f32`.
    #[must_use]
    pub fn wrong_dtype(&self, inputs: &[Dtype], outputs: &[Dtype]) -> Option<String> {
        self.kernel.operands.iter().zip(&self.args).find_map(|(operand, arg)| {
            let declared = operand.dtype?;
            let bound = match arg {
                Arg::Input(i) => *inputs.get(*i)?,
                Arg::Output(i) => *outputs.get(*i)?,
                Arg::Null => return None,
                _ => Dtype::F32,
            };
            let Operand { name, .. } = operand;
            (declared != bound).then(|| format!("{}: `{name}` is of {declared}, {arg:?} of {bound}", self.kernel.name))
        })
    }

    /// The call with its geometry as an expression, in place of the constant of its node.
    #[must_use]
    pub fn with_geometry(mut self, geometry: &Geometry) -> Self {
        let value = &geometry.value;
        for arg in &mut self.args {
            match arg {
                Arg::Geometry => *arg = Arg::Value(quote!(&#value)),
                Arg::GeometryAt(i) => {
                    let i = Literal::usize_unsuffixed(*i);
                    *arg = Arg::Value(quote!(&(#value)[#i]));
                }
                _ => {}
            }
        }
        self
    }

    /// The call, only in this mode.
    #[must_use]
    pub fn only(mut self, when: When) -> Self {
        self.when = when;
        self
    }
}

/// A call, and how often it is made.
#[derive(Debug, Clone)]
pub enum Dispatch {
    /// Once per micro-batch.
    Micro(Call),
    /// Once per batch, when all micro-batches have come so far. The kernel takes plain numbers (`kernels::barrier`).
    Barrier(Call),
    /// Once per batch, when the backward pass is through, in shares for threads ([`Arg::Share`]): gradients of parameters from what
    /// micro-batches left in [`Arg::Stats`]. The kernel is one of `kernels::batch`; besides gradients it may take `Geometry`, `Param`, `Stats`,
    /// `StatsStride`, `Samples` and `Share`, for it belongs to no micro-batch. Only backward.
    Batch(Call),
    /// Once per batch, when all micro-batches have come so far, over the values of all samples, in shares for threads: a weight is packed for
    /// many of them at once, and several calls of a phase run one after the other without waiting for other shares. A micro-batch is one sample then. The kernel is one of `kernels::across`.
    Across(Call),
}

impl Dispatch {
    /// The call.
    #[must_use]
    pub fn call(&self) -> &Call {
        let (Self::Micro(call) | Self::Barrier(call) | Self::Batch(call) | Self::Across(call)) = self;
        call
    }
}

/// A step of a backward pass.
#[derive(Debug, Clone)]
pub struct BackwardStep {
    /// The purpose: the step is left out where no result of it is needed.
    pub for_: Purpose,
    /// The call.
    pub step: Dispatch,
}

/// The purpose of a backward step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The gradient of the i-th input.
    Input(usize),
    /// The gradients of parameters.
    Params,
    /// Both: a result that either needs.
    Any,
}

impl BackwardStep {
    /// The gradient of the i-th input.
    #[must_use]
    pub fn input(i: usize, call: Call) -> Self {
        Self { for_: Purpose::Input(i), step: Dispatch::Micro(call) }
    }

    /// The gradients of parameters.
    #[must_use]
    pub fn params(call: Call) -> Self {
        Self { for_: Purpose::Params, step: Dispatch::Micro(call) }
    }

    /// The gradients of parameters, once for the whole batch.
    #[must_use]
    pub fn batch(call: Call) -> Self {
        Self { for_: Purpose::Params, step: Dispatch::Batch(call) }
    }

    /// A step that both need.
    #[must_use]
    pub fn any(step: Dispatch) -> Self {
        Self { for_: Purpose::Any, step }
    }
}

/// The calls of an operation in inference.
#[derive(Debug, Clone)]
pub enum Inference {
    /// Those of the forward pass.
    Same,
    /// None: its output is its input (dropout).
    Identity,
    /// These calls (batch norm by its running statistics).
    Calls(Vec<Call>),
}

/// A panel: packed weights, for a single sample.
#[derive(Debug, Clone)]
pub struct Panel {
    /// The number of floats: a `const` expression; `GEOMETRY`, a reference, is in scope by that name.
    pub len: TokenStream,
    /// The call that packs them ([`Arg::PackedOut`]).
    pub pack: Call,
}

impl Panel {
    /// The panel of a weight and a bias: `pack(g, weight, bias, packed)`.
    #[must_use]
    pub fn new(len: TokenStream, pack: &'static Kernel) -> Self {
        Self { len, pack: Call::checked(pack, vec![Arg::Geometry, Arg::Param(0), Arg::Param(1), Arg::PackedOut]) }
    }
}

/// The calls of an operation with packed weights.
#[derive(Debug, Clone)]
pub struct PackedCalls {
    /// The packed weights.
    pub panels: Vec<Panel>,
    /// The calls.
    pub calls: Vec<Call>,
}

impl PackedCalls {
    /// One kernel with one panel: `forward(g, x, packed, y)`.
    #[must_use]
    pub fn new(panel: Panel, forward: &'static Kernel) -> Self {
        let call = Call::checked(forward, vec![Arg::Geometry, Arg::Input(0), Arg::Panel(0), Arg::Output(0)]);
        Self { panels: vec![panel], calls: vec![call] }
    }
}

/// The weight of an operation that a batch norm is folded into, as `[outer][channels][inner]`.
#[derive(Debug, Clone)]
pub struct Foldable {
    /// The product of the sizes before the output channels.
    pub outer: usize,
    /// The output channels.
    pub channels: usize,
    /// The product of the sizes after them.
    pub inner: usize,
}
