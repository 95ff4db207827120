//! How an operation says what runs: calls of kernels with named operands. The emitter gives the operands their places.

use super::kernels::accepts;
use fireclay_ir::Dtype;
use fireclay_ir::kernels::{Kernel, Operand};
use proc_macro2::TokenStream;

/// One call of a kernel of `fireclay-runtime` (`docs/kernels.md`).
#[derive(Debug, Clone)]
pub struct Call {
    /// The kernel.
    pub kernel: &'static Kernel,
    /// Its arguments, in order.
    pub args: Vec<Arg>,
    /// The mode it runs in.
    pub when: When,
}

/// In which mode a call runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum When {
    /// Always.
    #[default]
    Always,
    /// Only in `Mode::Train`.
    Train,
    /// Only in `Mode::Eval`.
    Eval,
}

/// An argument of a [`Call`]. Which of them stand in backward calls decides what is kept from the forward pass.
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
    /// The gradient of the i-th input (written, or added to: see [`Arg::Accumulate`]).
    GradInput(usize),
    /// `bool`: whether the gradient of the i-th input already holds something to add to when this operation's backward pass
    /// begins. All of its calls for that input take the same value: they write different parts (`split`), or run in different modes.
    Accumulate(usize),
    /// The gradient of the i-th parameter (added to); null when there are fewer, or when it is not trained.
    GradParam(usize),
    /// Working memory of [`Memory::scratch`](super::Memory::scratch) floats, for this call only.
    Scratch,
    /// The i-th saved tensor of [`Op::memory`](super::Op::memory): written forward, read backward.
    Saved(usize),
    /// The i-th of the memory that this operation's backward calls hand each other.
    Work(usize),
    /// What it carries from one step to the next ([`Memory::state`](super::Memory::state)), from the given number on.
    State(usize),
    /// The i-th of its packed weights ([`Packed::panels`]).
    Panel(usize),
    /// Where weights are packed to.
    PackedOut,
    /// `u32`: the number of this node, for dropout.
    Node,
    /// This operation's part ([`Memory::stats`](super::Memory::stats) floats) of what a micro-batch tells the barrier or the batch step; in those the
    /// first micro-batch's.
    Stats,
    /// In a barrier or a batch step: floats between the parts of two micro-batches.
    StatsStride,
    /// This operation's part ([`Memory::shared`](super::Memory::shared) floats) of what barriers tell all micro-batches.
    Shared,
    /// Like [`Arg::Shared`], from the given float on.
    SharedFrom(usize),
    /// `usize`: real samples in this micro-batch.
    Count,
    /// `usize`: real samples in the whole batch.
    Samples,
    /// In a batch step: the share of it that is to be done.
    Share,
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

    /// The same call, only in this mode.
    #[must_use]
    pub fn only(mut self, when: When) -> Self {
        self.when = when;
        self
    }
}

/// One step of a forward pass.
#[derive(Debug, Clone)]
pub enum Step {
    /// Once per micro-batch.
    Micro(Call),
    /// Once per batch, when all micro-batches have come so far. The kernel takes plain numbers (`kernels::barrier`).
    Barrier(Call),
    /// Once per batch, when the backward pass is through, in shares for threads ([`Arg::Share`]): gradients of parameters from what
    /// micro-batches left in [`Arg::Stats`]. The kernel is one of `kernels::batch`; besides gradients it may take `Geometry`, `Param`, `Stats`,
    /// `StatsStride`, `Samples` and `Share`, for it belongs to no micro-batch. Only backward.
    Batch(Call),
}

impl Step {
    /// What it calls.
    #[must_use]
    pub fn call(&self) -> &Call {
        let (Self::Micro(call) | Self::Barrier(call) | Self::Batch(call)) = self;
        call
    }
}

/// One step of a backward pass.
#[derive(Debug, Clone)]
pub struct BackwardStep {
    /// What it is for: left out where nobody wants that.
    pub for_: Purpose,
    /// What runs.
    pub step: Step,
}

/// What a backward step yields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The gradient of the i-th input.
    Input(usize),
    /// Gradients of parameters.
    Params,
    /// Both (sums that either needs).
    Any,
}

impl BackwardStep {
    /// The gradient of the i-th input.
    #[must_use]
    pub fn input(i: usize, call: Call) -> Self {
        Self { for_: Purpose::Input(i), step: Step::Micro(call) }
    }

    /// Gradients of parameters.
    #[must_use]
    pub fn params(call: Call) -> Self {
        Self { for_: Purpose::Params, step: Step::Micro(call) }
    }

    /// Gradients of parameters, of the whole batch.
    #[must_use]
    pub fn batch(call: Call) -> Self {
        Self { for_: Purpose::Params, step: Step::Batch(call) }
    }

    /// What both need.
    #[must_use]
    pub fn any(step: Step) -> Self {
        Self { for_: Purpose::Any, step }
    }
}

/// How an operation runs when it does not train.
#[derive(Debug, Clone)]
pub enum Infer {
    /// As in the forward pass.
    Same,
    /// Not at all: its output is its input (dropout).
    Identity,
    /// With these calls (batch norm by its running statistics).
    Calls(Vec<Call>),
}

/// Weights packed once, for one sample.
#[derive(Debug, Clone)]
pub struct Panel {
    /// How many floats: a `const` expression; `GEOMETRY`, a reference, is in scope by that name.
    pub len: TokenStream,
    /// The call that packs them ([`Arg::PackedOut`]).
    pub pack: Call,
}

impl Panel {
    /// Of a weight and a bias: `pack(g, weight, bias, packed)`.
    #[must_use]
    pub fn new(len: TokenStream, pack: &'static Kernel) -> Self {
        Self { len, pack: Call::checked(pack, vec![Arg::Geometry, Arg::Param(0), Arg::Param(1), Arg::PackedOut]) }
    }
}

/// How an operation runs with such weights.
#[derive(Debug, Clone)]
pub struct Packed {
    /// What they are.
    pub panels: Vec<Panel>,
    /// What runs.
    pub calls: Vec<Call>,
}

impl Packed {
    /// One kernel with one panel: `forward(g, x, packed, y)`.
    #[must_use]
    pub fn new(panel: Panel, forward: &'static Kernel) -> Self {
        let call = Call::checked(forward, vec![Arg::Geometry, Arg::Input(0), Arg::Panel(0), Arg::Output(0)]);
        Self { panels: vec![panel], calls: vec![call] }
    }
}

/// What folding a batch norm into this operation's weight takes: the weight seen as `[outer][channels][inner]`.
#[derive(Debug, Clone)]
pub struct Foldable {
    /// Before the output channels.
    pub outer: usize,
    /// Output channels.
    pub channels: usize,
    /// After them.
    pub inner: usize,
}
