//! What the compiler knows of each layer kind, one file per kind. `docs/adding-a-layer.md` walks through one.

mod activation;
mod args;
mod avg_pool;
mod batch_norm;
mod binary;
mod concat;
mod conv;
mod conv1d;
mod conv_geometry;
mod conv_op;
mod conv_training;
mod conv_transpose;
mod dense;
mod depthwise_conv;
mod dropout;
mod embedding;
mod flatten;
pub mod formula;
mod global_avg_pool;
mod init;
mod input;
mod layer_norm;
mod lrn;
mod max_pool;
mod max_unpool;
mod pad;
#[cfg(test)]
pub(crate) mod page;
mod prelu;
mod quantize;
mod recurrent;
mod recurrent_cell;
mod recurrent_op;
mod reshape;
mod shape_only;
mod softmax;
mod split;
#[cfg(test)]
pub(crate) mod tests;
mod tokens;
mod upsample;
mod window;

pub use crate::graph::attributes::ArgValue;
pub(crate) use activation::ActivationOp;
pub use args::Args;
pub(crate) use batch_norm::BatchNormOp;
pub(crate) use binary::BinaryOp;
pub(crate) use embedding::EmbeddingOp;
use input::tensor;
pub(crate) use max_pool::MaxPoolOp;
pub(crate) use recurrent_op::RecurrentOp;

use crate::graph::{Init, Op, Size, ValueType};
use crate::report::Report;
use proc_macro2::Span;
use std::rc::Rc;
use std::sync::LazyLock;

/// A layer kind: its name, its arguments, and how it is applied.
pub trait Layer: Sync {
    /// `Conv`
    fn name(&self) -> &'static str;

    /// The name of an unlabelled one with parameters: `conv`.
    fn short(&self) -> &'static str;

    /// Its arguments, in order.
    fn params(&self) -> &[Param];

    /// For the table in `docs/language.md`: which shapes it takes and gives, and its parameters.
    fn doc(&self) -> [&'static str; 2];

    /// Whether it can run on one step of a sequence at a time, given only that step (and what state it keeps).
    fn steps(&self) -> bool {
        false
    }

    /// Checks inputs and arguments; reports what is wrong and gives `None` then.
    fn build(&self, cx: &mut Build<'_>) -> Option<Built>;
}

/// An argument that a layer takes.
#[derive(Debug, Clone, Copy)]
pub struct Param {
    /// Its name.
    pub name: &'static str,
    /// May be given without its name, in order.
    pub positional: bool,
    /// What it is where it is not given.
    pub default: Default,
    /// Words it understands beside numbers: `same`, `valid`.
    pub words: &'static [&'static str],
}

/// What an argument is where it is not given.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Default {
    /// It must be given.
    Required,
    /// It is not there; the layer says what that means.
    Absent,
    /// `1`
    Int(usize),
    /// `0.1`
    Float(f32),
    /// `true`
    Bool(bool),
    /// `tanh`
    Word(&'static str),
    /// What another argument is: a pool moves by its kernel.
    SameAs(&'static str),
}

impl Param {
    /// Must be given, in order or by name.
    #[must_use]
    pub const fn required(name: &'static str) -> Self {
        Self { name, positional: true, default: Default::Required, words: &[] }
    }

    /// May be given, in order or by name.
    #[must_use]
    pub const fn positional(name: &'static str) -> Self {
        Self { name, positional: true, default: Default::Absent, words: &[] }
    }

    /// May be given by name.
    #[must_use]
    pub const fn named(name: &'static str) -> Self {
        Self { positional: false, ..Self::positional(name) }
    }

    /// With words.
    #[must_use]
    pub const fn words(mut self, words: &'static [&'static str]) -> Self {
        self.words = words;
        self
    }

    /// Whether it must be given.
    #[must_use]
    pub fn is_required(&self) -> bool {
        self.default == Default::Required
    }

    const fn by_default(mut self, default: Default) -> Self {
        self.default = default;
        self
    }

    /// This number by default.
    #[must_use]
    pub const fn int(self, n: usize) -> Self {
        self.by_default(Default::Int(n))
    }

    /// This number by default.
    #[must_use]
    pub const fn float(self, x: f32) -> Self {
        self.by_default(Default::Float(x))
    }

    /// True or false by default.
    #[must_use]
    pub const fn flag(self, value: bool) -> Self {
        self.by_default(Default::Bool(value))
    }

    /// This word by default.
    #[must_use]
    pub const fn word(self, word: &'static str) -> Self {
        self.by_default(Default::Word(word))
    }

    /// What another argument is, by default.
    #[must_use]
    pub const fn same_as(self, other: &'static str) -> Self {
        self.by_default(Default::SameAs(other))
    }
}

/// What a layer is applied to.
#[derive(Debug)]
pub struct Build<'a> {
    /// The types of its inputs.
    pub inputs: &'a [ValueType],
    /// For each input where it comes from, for messages: `from MaxPool(2) two stages before`, `the input image`.
    pub origins: &'a [String],
    /// For each input the token it came by, where it has one of its own (the parts of a concat).
    pub input_spans: &'a [Span],
    /// Its arguments, evaluated, names checked.
    pub args: &'a Args,
    /// Which arguments the layer takes.
    pub params: &'a [Param],
    /// The layer's name in the source.
    pub span: Span,
    /// Its label, or else its name: messages begin with it.
    pub label: &'a str,
    /// One step of a sequence is to be taken at a time (`#[fireclay(step)]`): sequences are one step long.
    pub step: bool,
    /// Sums are to be computed as they stand (`#[fireclay(exact)]`).
    pub exact: bool,
    /// Where messages go.
    pub report: &'a mut Report,
}

/// A layer applied.
#[derive(Debug)]
pub struct Built {
    /// What it does.
    pub op: Rc<dyn Op>,
    /// What it yields.
    pub outputs: Vec<ValueType>,
    /// Its parameters and buffers.
    pub params: Vec<ParamSpec>,
}

impl Built {
    /// An operation with what it yields.
    pub fn new(op: impl Op + 'static, outputs: impl IntoIterator<Item = ValueType>, params: Vec<ParamSpec>) -> Self {
        Self { op: Rc::new(op), outputs: outputs.into_iter().collect(), params }
    }
}

/// A parameter or buffer of a layer.
#[derive(Debug, Clone)]
pub struct ParamSpec {
    /// `weight`
    pub name: String,
    /// Its shape.
    pub dims: Vec<Size>,
    /// What it starts as.
    pub init: Init,
    /// Kept, not learnt.
    pub buffer: bool,
}

impl ParamSpec {
    /// What is learnt.
    #[must_use]
    pub fn learnt(name: impl Into<String>, dims: impl IntoIterator<Item = usize>, init: Init) -> Self {
        Self { name: name.into(), dims: dims.into_iter().map(Size::Num).collect(), init, buffer: false }
    }

    /// What is only kept.
    #[must_use]
    pub fn kept(name: impl Into<String>, dims: impl IntoIterator<Item = usize>, init: Init) -> Self {
        Self { buffer: true, ..Self::learnt(name, dims, init) }
    }
}

/// Every layer kind.
pub static LAYERS: LazyLock<Vec<&'static dyn Layer>> = LazyLock::new(|| {
    static ACTIVATIONS: LazyLock<Vec<activation::Activation>> = LazyLock::new(|| activation::all().collect());
    OTHERS.iter().copied().chain(ACTIVATIONS.iter().map(|layer| -> &dyn Layer { layer })).collect()
});

/// Every layer kind but the activations.
static OTHERS: &[&dyn Layer] = &[
    &conv::Conv,
    &depthwise_conv::DepthwiseConv,
    &conv_transpose::ConvTranspose,
    &max_pool::MaxPool,
    &avg_pool::AvgPool,
    &global_avg_pool::GlobalAvgPool,
    &dense::Dense,
    &flatten::Flatten,
    &reshape::Reshape,
    &prelu::PRelu,
    &softmax::Softmax,
    &batch_norm::BatchNorm,
    &dropout::Dropout,
    &quantize::Quantization::Quantize,
    &quantize::Quantization::Dequantize,
    // Between values; flows use them by these names.
    &binary::Binary::Add,
    &binary::Binary::Sub,
    &binary::Binary::Mul,
    &concat::Concat,
    &split::Split,
    &embedding::Embedding,
    &recurrent::Recurrent::Lstm,
    &recurrent::Recurrent::Gru,
    &recurrent::Recurrent::Rnn,
    // Shapes are checked, nothing runs yet.
    &conv1d::Conv1d,
    &max_unpool::MaxUnpool,
    &lrn::Lrn,
    &layer_norm::LayerNorm,
    &upsample::Upsample,
];

/// Those whose shapes are checked while nothing runs yet.
pub static WITHOUT_CODE: &[&str] = &["Conv1d", "MaxUnpool", "Lrn", "LayerNorm", "Upsample"];

/// The layer kind of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static dyn Layer> {
    LAYERS.iter().copied().find(|layer| layer.name() == name)
}
