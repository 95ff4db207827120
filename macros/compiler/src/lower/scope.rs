//! Scopes of names: numbers, defaults and blocks in an environment that never changes (only grows at its head),
//! values and labels in the frame of the block that is being expanded.

use super::elements::Elements;
use super::names::ModulePlace;
use super::value::Flow;
use crate::graph::{Size, TensorId, ValueType};
use crate::layers::{ArgValue, Args, Layer};
use crate::syntax::ast;
use proc_macro2::Span;
use std::rc::Rc;

/// The index of a block in `Lower::blocks`.
pub type BlockId = usize;
/// The index of a constant in `Lower::consts`.
pub type ConstId = usize;

/// A block with its environment.
#[derive(Debug)]
pub struct BlockDef<'a> {
    pub ast: &'a ast::Block,
    /// The file that it is of.
    pub scope: usize,
    /// The constants, defaults and blocks of where it is written.
    pub env: Env,
}

/// A constant with what it sees: those declared beside it, wherever they stand.
pub struct ConstDef<'a> {
    pub ast: &'a ast::Const,
    pub env: Env,
    /// The values of the braces' beginning.
    pub values: Vec<(String, Flow)>,
    pub state: ConstState,
}

/// The state of a constant.
pub enum ConstState {
    Waiting,
    /// It is being computed: who asks for it now asks in a circle.
    Running,
    /// `None` when it failed.
    Done(Option<ArgValue>),
}

/// A number by its name.
pub enum Number<'e> {
    /// A block's parameter or the index of a repetition; `None` when it failed.
    Local(&'e Option<ArgValue>),
    /// A constant.
    Const(ConstId),
}

/// A chain of bindings, the innermost first. Cloning shares it.
#[derive(Debug, Clone, Default)]
pub struct Env(Option<Rc<Link>>);

#[derive(Debug)]
struct Link {
    entry: Entry,
    next: Env,
}

/// A binding.
#[derive(Debug, Clone)]
pub enum Entry {
    /// The constants declared between one pair of braces; they hold in all of it, before their place too.
    Consts(Rc<[(String, ConstId)]>),
    /// A block's parameter or the index of a repetition: blocks declared within do not see it.
    Local(String, Option<ArgValue>),
    /// `default Conv(…)`, evaluated where it stands.
    Default(&'static str, Option<Rc<Args>>),
    /// The blocks declared between one pair of braces; they see each other wherever they stand.
    Blocks(Rc<[(String, BlockId)]>),
}

impl Drop for Link {
    // A long declaration must not end in a deep recursion.
    fn drop(&mut self) {
        let mut next = self.next.0.take();
        while let Some(mut link) = next.and_then(Rc::into_inner) {
            next = link.next.0.take();
        }
    }
}

impl Env {
    /// The environment with one more binding.
    #[must_use]
    pub fn with(&self, entry: Entry) -> Self {
        Self(Some(Rc::new(Link { entry, next: self.clone() })))
    }

    /// The bindings, from the innermost outwards.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        let mut at = self.0.as_deref();
        std::iter::from_fn(move || {
            let link = at?;
            at = link.next.0.as_deref();
            Some(&link.entry)
        })
    }

    /// The number of this name.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<Number<'_>> {
        self.entries().find_map(|entry| match entry {
            Entry::Local(n, value) if n == name => Some(Number::Local(value)),
            Entry::Consts(consts) => consts.iter().find(|(n, _)| n == name).map(|(_, id)| Number::Const(*id)),
            _ => None,
        })
    }

    /// The block of this name.
    #[must_use]
    pub fn block(&self, name: &str) -> Option<BlockId> {
        self.entries().find_map(|entry| match entry {
            Entry::Blocks(blocks) => blocks.iter().find(|(n, _)| n == name).map(|(_, id)| *id),
            _ => None,
        })
    }

    /// The names of all numbers, for suggestions.
    pub fn number_names(&self) -> impl Iterator<Item = &str> {
        self.entries().flat_map(|entry| {
            let local = if let Entry::Local(name, _) = entry { Some(name.as_str()) } else { None };
            let consts = if let Entry::Consts(consts) = entry { &consts[..] } else { &[] };
            local.into_iter().chain(consts.iter().map(|(name, _)| name.as_str()))
        })
    }

    /// The names of all blocks, for suggestions.
    pub fn block_names(&self) -> impl Iterator<Item = &str> {
        self.entries()
            .filter_map(|entry| match entry {
                Entry::Blocks(blocks) => Some(blocks),
                _ => None,
            })
            .flat_map(|blocks| blocks.iter().map(|(name, _)| name.as_str()))
    }

    /// The environment of a block written here: everything but the parameters of the block around it.
    #[must_use]
    pub fn without_locals(&self) -> Self {
        let seen: Vec<&Entry> = self.entries().filter(|entry| !matches!(entry, Entry::Local(..))).collect();
        seen.into_iter().rev().fold(Self::default(), |env, entry| env.with(entry.clone()))
    }
}

/// Names within one expansion of a body.
#[derive(Clone, Default)]
pub struct Frame<'a> {
    /// Numbers, defaults, blocks.
    pub env: Env,
    /// Inputs and `let`s; the last of a name counts.
    pub values: Vec<(String, Flow)>,
    /// Labels, in the order of the text.
    pub labels: Vec<Rc<Label<'a>>>,
    /// Labels from here on stand between the same brackets.
    pub label_base: usize,
    /// The module that parameters go to.
    pub place: ModulePlace,
}

impl<'a> Frame<'a> {
    /// The value of this name.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&Flow> {
        self.values.iter().rev().find(|(n, _)| n == name).map(|(_, flow)| flow)
    }

    /// The label of this name.
    #[must_use]
    pub fn label(&self, name: &str) -> Option<Rc<Label<'a>>> {
        self.labels.iter().rev().find(|label| label.name == name).cloned()
    }
}

/// A label, with all that its use again needs.
pub struct Label<'a> {
    pub name: String,
    /// The token of its declaration.
    pub span: Span,
    /// The types that it was applied to.
    pub input: Vec<ValueType>,
    /// `#[frozen]` there, or around it.
    pub frozen: bool,
    /// The kind; `None` when it failed.
    pub kind: Option<LabelKind<'a>>,
}

/// The kind of a [`Label`].
pub enum LabelKind<'a> {
    Layer {
        layer: &'static dyn Layer,
        args: Args,
        tensors: Vec<TensorId>,
        dims: Vec<Vec<Size>>,
        path: String,
    },
    Block {
        block: BlockId,
        args: Vec<(String, Option<ArgValue>)>,
        place: ModulePlace,
    },
    /// With all that its elements saw.
    List {
        elements: &'a [Vec<ast::Stage>],
        repeat: Option<&'a ast::Repeat>,
        frame: Box<Frame<'a>>,
    },
    /// `each(…)`, `scan(…)`
    Elements {
        what: Elements,
        stages: &'a [ast::Stage],
        frame: Box<Frame<'a>>,
    },
    Net {
        index: usize,
        place: ModulePlace,
    },
}
