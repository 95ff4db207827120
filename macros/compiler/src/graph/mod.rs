//! A network as plain data: values, and nodes in topological order, each an operation with sizes, inputs, a label, a span.

pub mod attributes;
pub mod call;
pub mod count;
pub mod kernels;
pub mod layout;
pub mod linear;
pub mod op;
pub mod parametrized;
pub mod size;

pub use attributes::Attributes;
pub use call::{Arg, BackwardStep, Call, Dispatch, Foldable, Inference, PackedCalls, Panel, Purpose, When};
pub use count::Count;
pub use fireclay_ir::geometry::Symbols;
pub use fireclay_ir::kernels::Epilogue;
pub use layout::{ChannelBlocks, Layout};
pub use linear::Linear;
pub use op::{Family, Geometry, InPlace, Op, Traits, Workspace};
pub use parametrized::{Parametrization, Parametrized};
pub use size::{Size, show};

use fireclay_ir::Dtype;
use proc_macro2::{Ident, Span};
use std::fmt;
use std::rc::Rc;

/// The index of a value in [`Graph::values`].
pub type ValueId = usize;
/// The index of a tensor in [`Graph::tensors`].
pub type TensorId = usize;

/// A network, all sizes checked.
#[derive(Debug, Clone)]
pub struct Graph {
    /// The inputs, in order.
    pub inputs: Vec<GraphInput>,
    /// The outputs, in order.
    pub outputs: Vec<GraphOutput>,
    /// All values.
    pub values: Vec<Value>,
    /// The operations, in topological order.
    pub nodes: Vec<Node>,
    /// All parameters and buffers, and the weights that are made of them ([`TensorInfo::parametrized`]).
    pub tensors: Vec<TensorInfo>,
    /// The names and the nesting of parameters and buffers. The order of fields is the order in memory.
    pub modules: Module,
    /// What must be so where the network is built: formulas of types that give what the declaration says.
    pub equal: Vec<EqualSizes>,
}

impl Graph {
    /// The node that gives a value; `None` for an input.
    #[must_use]
    pub fn source(&self, value: ValueId) -> Option<usize> {
        self.nodes.iter().position(|node| node.outputs.contains(&value))
    }
}

/// The sizes of a value, which are formulas, and the types that the declaration says they are.
#[derive(Debug, Clone)]
pub struct EqualSizes {
    /// The value, for the message.
    pub what: String,
    /// Its sizes.
    pub got: Vec<Size>,
    /// Those of the declaration.
    pub wanted: Vec<Size>,
}

/// An input of a network.
#[derive(Debug, Clone)]
pub struct GraphInput {
    /// Its name.
    pub name: Ident,
    /// Its value.
    pub value: ValueId,
}

/// An output of a network.
#[derive(Debug, Clone)]
pub struct GraphOutput {
    /// Its name, where outputs are named.
    pub name: Option<Ident>,
    /// It exists only while training.
    pub train: bool,
    /// Its value.
    pub value: ValueId,
}

/// The type of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ValueType {
    /// `[1, 28, 28]`, numbers of `f32`
    Tensor(Vec<Size>),
    /// `[16, 5, 5] i8`: a tensor of another dtype
    Typed(Dtype, Vec<Size>),
    /// `[0..96; 64]`
    Indices {
        /// Each is below this.
        bound: usize,
        /// The number of indices.
        len: usize,
    },
    /// `[0..10]`
    Index {
        /// It is below this.
        bound: usize,
    },
}

impl ValueType {
    /// A tensor of this dtype.
    #[must_use]
    pub fn tensor(dtype: Dtype, dims: Vec<Size>) -> Self {
        match dtype {
            Dtype::F32 => Self::Tensor(dims),
            dtype => Self::Typed(dtype, dims),
        }
    }

    /// The sizes of a tensor, of any dtype.
    #[must_use]
    pub fn dims(&self) -> Option<&[Size]> {
        match self {
            Self::Tensor(dims) | Self::Typed(_, dims) => Some(dims),
            Self::Indices { .. } | Self::Index { .. } => None,
        }
    }

    /// The dtype of its numbers.
    #[must_use]
    pub fn dtype(&self) -> Dtype {
        match self {
            Self::Tensor(_) => Dtype::F32,
            Self::Typed(dtype, _) => *dtype,
            Self::Indices { .. } | Self::Index { .. } => Dtype::U32,
        }
    }

    /// The number of numbers in a sample.
    #[must_use]
    pub fn len(&self) -> Count {
        match self {
            Self::Tensor(dims) | Self::Typed(_, dims) => Count::product(dims),
            Self::Indices { len, .. } => (*len).into(),
            Self::Index { .. } => 1.into(),
        }
    }

    /// Bytes of one sample.
    #[must_use]
    pub fn bytes(&self) -> Count {
        self.len().times(&self.dtype().size().into())
    }

    /// Never: every size is at least 1.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        false
    }
}

impl fmt::Display for ValueType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tensor(dims) => f.write_str(&show(dims)),
            Self::Typed(dtype, dims) => write!(f, "{} {dtype}", show(dims)),
            Self::Indices { bound, len } => write!(f, "[0..{bound}; {len}]"),
            Self::Index { bound } => write!(f, "[0..{bound}]"),
        }
    }
}

/// The axis of the channels (or features) of values with so many sizes: `[features]`, `[time, features]`, `[channels, height, width]`,
/// `[regions, channels, height, width]`.
#[must_use]
pub fn channel_axis(rank: usize) -> usize {
    match rank {
        3 => 0,
        4 => 1,
        rank => rank.saturating_sub(1),
    }
}

/// A value of the graph.
#[derive(Debug, Clone)]
pub struct Value {
    /// Its type.
    pub ty: ValueType,
    /// The name in messages and in emitted code: `image`, `conv1`, `layer1.0.conv1`.
    pub name: String,
}

/// An operation applied to values.
#[derive(Debug, Clone)]
pub struct Node {
    /// The operation.
    pub op: Rc<dyn Op>,
    /// The inputs.
    pub inputs: Vec<ValueId>,
    /// The outputs.
    pub outputs: Vec<ValueId>,
    /// Its parameters and buffers, in the order of [`Built::params`](crate::layers::Built).
    pub params: Vec<TensorId>,
    /// The dotted path of its label, or of the label before it and its kind: unique enough for the summary and for names of constants.
    pub path: String,
    /// The layer's name in the source.
    pub span: Span,
    /// `#[frozen]`: its parameters and statistics do not change.
    pub frozen: bool,
}

/// The first call of an operation that takes an operand of another dtype than the value that is bound to it, as a message: a mistake of the
/// compiler's own.
#[must_use]
pub fn wrong_dtype<'a>(
    op: &dyn Op,
    inputs: impl IntoIterator<Item = &'a ValueType>,
    outputs: impl IntoIterator<Item = &'a ValueType>,
) -> Option<String> {
    let dtypes = |types: &mut dyn Iterator<Item = &'a ValueType>| types.map(ValueType::dtype).collect::<Vec<_>>();
    let (inputs, outputs) = (dtypes(&mut inputs.into_iter()), dtypes(&mut outputs.into_iter()));
    let (forward, backward) = (op.forward(), op.backward());
    let infer = if let Inference::Calls(calls) = op.infer() { calls } else { Vec::new() };
    let packed = op.packed().map(|packed| packed.calls).unwrap_or_default();
    let trained = forward.iter().map(Dispatch::call).chain(backward.iter().map(|step| step.step.call()));
    trained.chain(&infer).chain(&packed).find_map(|call| call.wrong_dtype(&inputs, &outputs))
}

/// A parameter or buffer.
#[derive(Debug, Clone)]
pub struct TensorInfo {
    /// The dotted path, as in PyTorch: `layer1.0.conv1.weight`.
    pub path: String,
    /// The shape.
    pub dims: Vec<Size>,
    /// The initialization.
    pub init: Init,
    /// A buffer, not learned: running statistics.
    pub buffer: bool,
    /// `#[frozen]`: it gets no gradient.
    pub frozen: bool,
    /// It is no parameter, but made of some: it stands in no module.
    pub parametrized: Option<Parametrized>,
}

/// The initialization of a tensor.
#[derive(Debug, Clone, PartialEq)]
pub enum Init {
    /// As the layers after it demand: [`Init::he_normal`] before the ReLU family, [`Init::xavier_uniform`] otherwise. Settled by `passes::rewrite::initialization`.
    Auto {
        /// Inputs of one output.
        fan_in: Count,
        /// Outputs of one input.
        fan_out: Count,
    },
    /// All equal.
    Constant(f64),
    /// Mean 0 and variance `variance / fan`, normal or uniform: 2 / fan_in (He et al. 2015, arXiv 1502.01852), 2 / (fan_in + fan_out) (Glorot and Bengio 2010),
    /// 1 / fan_in (LeCun et al. 1998).
    Scaled {
        /// Uniform, else normal.
        uniform: bool,
        /// What the fan divides.
        variance: f64,
        /// Inputs of one output, outputs of one input, or both together.
        fan: Count,
    },
    /// Orthogonal rows or columns, whichever are fewer, times this (Saxe et al. 2014, arXiv 1312.6120).
    Orthogonal(f64),
    /// Normal, drawn again where beyond two bounds.
    TruncatedNormal {
        /// Its mean before it is cut,
        mean: f64,
        /// its standard deviation before,
        deviation: f64,
        /// from here
        from: f64,
        /// to here.
        to: f64,
    },
    /// Normal with this mean and standard deviation.
    Normal(f64, f64),
    /// Like this, but some numbers are zero: from the first given, so many.
    ButZeros(Box<Self>, Count, Count),
    /// Uniform between.
    Uniform(f64, f64),
}

impl Init {
    /// Normal with variance 2 / fan_in.
    #[must_use]
    pub const fn he_normal(fan_in: Count) -> Self {
        Self::Scaled { uniform: false, variance: 2.0, fan: fan_in }
    }

    /// Uniform within ±sqrt(6 / (fan_in + fan_out)).
    #[must_use]
    pub fn xavier_uniform(fan_in: Count, fan_out: &Count) -> Self {
        Self::Scaled { uniform: true, variance: 2.0, fan: fan_in.plus(fan_out) }
    }
}

/// A struct of parameters: a network, block, list or labeled layer.
#[derive(Debug, Clone, Default)]
pub struct Module {
    /// The fields, in the order of memory. Names are identifiers, or `0`, `1`, … in a list.
    pub fields: Vec<Field>,
    /// The path of the network whose own parameter type this is (`trunk: net zoo::Trunk`).
    pub network: Option<syn::Path>,
}

impl Module {
    /// All tensors, in the order of memory.
    #[must_use]
    pub fn tensors(&self) -> Vec<TensorId> {
        let mut order = Vec::new();
        self.collect(&mut order);
        order
    }

    fn collect(&self, order: &mut Vec<TensorId>) {
        for field in &self.fields {
            match &field.kind {
                FieldKind::Module(module) => module.collect(order),
                FieldKind::Tensor(tensor) => order.push(*tensor),
            }
        }
    }
}

/// A field of a module.
#[derive(Debug, Clone)]
pub struct Field {
    /// The name: `conv1`, `weight`, or `0` in a list (without `r#`).
    pub name: String,
    /// The token it comes from, for hovering.
    pub span: Span,
    /// A module or a tensor.
    pub kind: FieldKind,
}

/// The kind of a [`Field`].
#[derive(Debug, Clone)]
pub enum FieldKind {
    /// A nested module.
    Module(Module),
    /// A parameter or buffer.
    Tensor(TensorId),
}
