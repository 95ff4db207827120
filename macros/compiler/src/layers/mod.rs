//! The layer kinds, one file per kind, in families. `docs/adding-a-layer.md` walks through one.
//!
//! | folder | layers |
//! |---|---|
//! | `conv/` | convolutions |
//! | `pool/` | pooling, and upsampling |
//! | `linear/` | `Dense`, `Embedding`, `matmul` |
//! | `norm/` | normalization |
//! | `activation/` | activations, `Softmax` |
//! | `elementwise/` | operators, `where`, `Pow`, `Dropout`, quantization |
//! | `reduce/` | `sum`, `mean`, `max`, `min`, `argmax` |
//! | `constant/` | `zeros`, `ones`, `Param`, `OneHot`, `stop_gradient` |
//! | `attention/` | `Attention` |
//! | `recurrent/` | recurrent layers |
//! | `shape/` | `Flatten`, `Reshape`, `concat`, `split`, slices, permutations |
//! | `support/` | what they share: arguments, inputs, size formulas, windows, tokens |
//!
//! `page.rs` makes the table of layers in `docs/language.md`; `tests.rs` has what the layers' tests are written with, and a test of all layers.

mod activation;
mod attention;
mod constant;
pub(crate) mod conv;
mod elementwise;
mod linear;
mod norm;
#[cfg(test)]
pub(crate) mod page;
mod pool;
mod recurrent;
mod reduce;
pub(crate) mod shape;
pub mod support;
#[cfg(test)]
pub(crate) mod tests;

pub use crate::graph::attributes::{ArgValue, Tie};
pub(crate) use activation::ActivationOp;
pub(crate) use elementwise::BinaryOp;
pub(crate) use linear::EmbeddingOp;
pub(crate) use norm::BatchNormOp;
pub(crate) use pool::MaxPoolOp;
pub(crate) use recurrent::{Across as RecurrentAcross, BLOCKS, RecurrentOp, carried};
pub(crate) use shape::elements;
pub use support::args::Args;
pub use support::param::{DefaultValue, Param};

use crate::graph::{Init, Op, Parametrization, Size, ValueType};
use crate::report::Report;
use proc_macro2::Span;
use std::rc::Rc;
use std::sync::LazyLock;

/// A layer kind: its name, its arguments, and how it is applied.
pub trait Layer: Sync {
    /// The name in declarations: `Conv`.
    fn name(&self) -> &'static str;

    /// The name of the module of an unlabeled layer with parameters: `conv`.
    fn short(&self) -> &'static str;

    /// The arguments, in order.
    fn params(&self) -> &[Param];

    /// The row of the table in `docs/language.md`: the shapes that it takes and gives, and its parameters.
    fn doc(&self) -> [&'static str; 2];

    /// Whether it can run on one step of a sequence at a time, given only that step and its own state.
    fn steps(&self) -> bool {
        false
    }

    /// Whether it draws once for all of a value while training: applied to several elements, each draws for itself.
    fn draws_once(&self) -> bool {
        false
    }

    /// How it puts several values together; `None` for a layer that takes them in a row.
    fn joins(&self) -> Option<Joins> {
        None
    }

    /// Its one parameter is a value by itself, and is called as that: no layer with parameters within.
    fn is_parameter(&self) -> bool {
        false
    }

    /// The argument with which it gives more values than one, and those: `("state", "state = out", "(y, h)")`.
    fn gives_more(&self) -> Option<[&'static str; 3]> {
        None
    }

    /// A block of the library's own, written in the language (`layers/recurrent/pixel.fireclay`), under its name and with its arguments: `build` checks those, and what it
    /// builds tells what comes out.
    fn is_block(&self) -> bool {
        false
    }

    /// What to do about an input of these sizes that is no image, where this layer wants another answer than most that take images.
    fn no_image(&self, _dims: &[usize]) -> Option<String> {
        None
    }

    /// The shape rule: checks inputs and arguments; reports mistakes and gives `None` then.
    fn build(&self, cx: &mut Build<'_>) -> Option<Built>;
}

/// How a layer puts several values together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joins {
    /// Number by number: an operator, which is not written by its name. The shapes are equal.
    Numbers,
    /// One behind the other, as channels or features.
    Channels,
}

/// The inputs and arguments of a layer that is to be built.
#[derive(Debug)]
pub struct Build<'a> {
    /// The types of the inputs.
    pub inputs: &'a [ValueType],
    /// For each input where it comes from, for messages: `from MaxPool(2) two stages before`, `the input image`.
    pub origins: &'a [String],
    /// For each input the token it came by, where it has one of its own (the parts of a concat).
    pub input_spans: &'a [Span],
    /// The arguments, evaluated, their names checked.
    pub args: &'a Args,
    /// The arguments that the layer takes.
    pub params: &'a [Param],
    /// The layer's name in the source.
    pub span: Span,
    /// The label, or else the name: messages begin with it.
    pub label: &'a str,
    /// `#[fireclay(step)]`: sequences are one step long.
    pub step: bool,
    /// `#[fireclay(exact)]`: direct sums, no Winograd.
    pub exact: bool,
    /// The report of errors.
    pub report: &'a mut Report,
}

/// A layer that was built.
#[derive(Debug)]
pub struct Built {
    /// The operation.
    pub op: Rc<dyn Op>,
    /// The types of the outputs.
    pub outputs: Vec<ValueType>,
    /// The parameters and buffers.
    pub params: Vec<ParamSpec>,
    /// Operations that run before it in a row, the first on the inputs: a layer that is several.
    pub before: Vec<Part>,
}

/// An operation before the last one of a layer that is several.
#[derive(Debug)]
pub struct Part {
    /// What it is called behind the layer's own path.
    pub name: &'static str,
    /// The operation.
    pub op: Rc<dyn Op>,
    /// The type of its output.
    pub output: ValueType,
    /// How many of the layer's parameters are its own: those that come first and are of no part before it.
    pub params: usize,
}

impl Built {
    /// An operation with the types of its outputs.
    pub fn new(op: impl Op + 'static, outputs: impl IntoIterator<Item = ValueType>, params: Vec<ParamSpec>) -> Self {
        Self { op: Rc::new(op), outputs: outputs.into_iter().collect(), params, before: Vec::new() }
    }

    /// The same, behind these operations.
    #[must_use]
    pub fn behind(self, before: Vec<Part>) -> Self {
        Self { before, ..self }
    }
}

/// A parameter or buffer of a layer.
#[derive(Debug, Clone)]
pub struct ParamSpec {
    /// The name: `weight`; `depthwise.weight` of a module within.
    pub name: String,
    /// The shape.
    pub dims: Vec<Size>,
    /// The initialization.
    pub init: Init,
    /// A buffer: saved with the network, not learned.
    pub buffer: bool,
    /// It is made of parameters: those of [`Parametrization::parts`].
    pub parametrization: Option<Parametrization>,
}

impl ParamSpec {
    /// A parameter.
    #[must_use]
    pub fn learned(name: impl Into<String>, dims: impl IntoIterator<Item = impl Into<Size>>, init: Init) -> Self {
        Self { name: name.into(), dims: dims.into_iter().map(Into::into).collect(), init, buffer: false, parametrization: None }
    }

    /// A buffer: saved with the network, not learned.
    #[must_use]
    pub fn buffer(name: impl Into<String>, dims: impl IntoIterator<Item = impl Into<Size>>, init: Init) -> Self {
        Self { buffer: true, ..Self::learned(name, dims, init) }
    }
}

/// Every layer kind.
pub static LAYERS: LazyLock<Vec<&'static dyn Layer>> = LazyLock::new(|| {
    static ACTIVATIONS: LazyLock<Vec<activation::Activation>> = LazyLock::new(|| activation::declared().collect());
    let families = [
        conv::LAYERS,
        pool::LAYERS,
        linear::LAYERS,
        shape::LAYERS,
        norm::LAYERS,
        elementwise::LAYERS,
        recurrent::LAYERS,
        attention::LAYERS,
        reduce::LAYERS,
        constant::LAYERS,
        activation::LAYERS,
    ];
    families.into_iter().flatten().copied().chain(ACTIVATIONS.iter().map(|layer| -> &dyn Layer { layer })).collect()
});

/// The layer kind of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static dyn Layer> {
    LAYERS.iter().copied().find(|layer| layer.name() == name)
}
