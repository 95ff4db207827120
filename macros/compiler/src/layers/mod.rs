//! What the compiler knows of each layer kind, one file per kind, in families. `docs/adding-a-layer.md` walks through one.
//!
//! | folder | layers |
//! |---|---|
//! | `conv/` | convolutions |
//! | `pool/` | pooling, and upsampling |
//! | `linear/` | `Dense`, `Embedding` |
//! | `norm/` | normalization |
//! | `activation/` | activations, `Softmax` |
//! | `elementwise/` | operators, `Dropout`, quantization |
//! | `recurrent/` | recurrent layers |
//! | `shape/` | `Flatten`, `Reshape`, `concat`, `split` |
//! | `support/` | what they share: arguments, inputs, size formulas, windows, tokens |
//!
//! `page.rs` makes the table of layers in `docs/language.md`; `tests.rs` has what the layers' tests are written with, and a test of all layers.

mod activation;
mod conv;
mod elementwise;
mod linear;
mod norm;
#[cfg(test)]
pub(crate) mod page;
mod pool;
mod recurrent;
mod shape;
mod support;
#[cfg(test)]
pub(crate) mod tests;

pub use crate::graph::attributes::ArgValue;
pub(crate) use activation::ActivationOp;
pub(crate) use elementwise::BinaryOp;
pub(crate) use linear::EmbeddingOp;
pub(crate) use norm::BatchNormOp;
pub(crate) use pool::MaxPoolOp;
pub(crate) use recurrent::RecurrentOp;
pub use support::args::Args;
pub use support::param::{DefaultValue, Param};

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
    /// A buffer: saved with the network, not learned.
    pub buffer: bool,
}

impl ParamSpec {
    /// A parameter.
    #[must_use]
    pub fn learned(name: impl Into<String>, dims: impl IntoIterator<Item = usize>, init: Init) -> Self {
        Self { name: name.into(), dims: dims.into_iter().map(Size::Num).collect(), init, buffer: false }
    }

    /// A buffer: saved with the network, not learned.
    #[must_use]
    pub fn buffer(name: impl Into<String>, dims: impl IntoIterator<Item = usize>, init: Init) -> Self {
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
        activation::LAYERS,
    ];
    families.into_iter().flatten().copied().chain(ACTIVATIONS.iter().map(|layer| -> &dyn Layer { layer })).collect()
});

/// Those whose shapes are checked while nothing runs yet.
pub static WITHOUT_CODE: &[&str] = &["Conv1d", "MaxUnpool", "Lrn", "LayerNorm", "Upsample"];

/// The layer kind of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static dyn Layer> {
    LAYERS.iter().copied().find(|layer| layer.name() == name)
}
