//! The tree, as it was written: every node has the tokens that a message can point at.

pub use super::carried::Carried;
pub use super::term_ast::{Arg, Term, TermKind, TermOp, UnaryOp};
use proc_macro2::{Ident, Span, TokenStream};
use syn::{Attribute, Generics, Visibility};

/// Everything between the braces of one `network! { … }`.
#[derive(Debug, Default)]
pub struct File {
    /// The items in the order of the source.
    pub items: Vec<Item>,
    /// For each item what it was read from.
    pub sources: Vec<Source>,
    /// Something among the items could not be read: what it declares would be missed everywhere else.
    pub lost: bool,
    /// Blocks that could not be read: what is made of them is not known.
    pub unread: Vec<(Visibility, Ident)>,
    /// Networks of other `network!`s that were handed to this one (`crate::carrier`).
    pub carried: Vec<Carried>,
}

/// The source of an item.
#[derive(Debug)]
pub struct Source {
    /// All of it.
    pub tokens: TokenStream,
    /// The paths after `net` within.
    pub nets: Vec<syn::Path>,
}

/// An item of a `network!` or of a body.
#[derive(Debug, Clone)]
pub enum Item {
    /// `default Conv(pad = same);`
    Default(Default),
    /// `const WIDTH = 128;`
    Const(Const),
    /// `block Basic(x; channels) { … }`
    Block(Block),
    /// `use zoo::Basic;` (only at the top)
    Use(Use),
    /// `pub LeNet(image: [1, 28, 28]) -> [10] { … }` (only at the top)
    Network(Network),
}

/// `default Layer(args);`: arguments that hold lexically to the end of the enclosing braces.
#[derive(Debug, Clone)]
pub struct Default {
    /// The layer's name.
    pub layer: Ident,
    /// Its new default arguments.
    pub args: Vec<Arg>,
}

/// `const NAME = term;`
#[derive(Debug, Clone)]
pub struct Const {
    /// Its name.
    pub name: Ident,
    /// Its value, evaluated where it is written.
    pub value: Term,
}

/// A parametrised piece of flow, expanded where it is used.
#[derive(Debug, Clone)]
pub struct Block {
    /// Who else may `use` it.
    pub vis: Visibility,
    /// Its name.
    pub name: Ident,
    /// The values before `;`.
    pub values: Vec<Ident>,
    /// The numbers and words after `;`.
    pub params: Vec<BlockParam>,
    /// The body.
    pub body: Body,
}

/// A block of another `network!`.
#[derive(Debug, Clone)]
pub struct Use {
    /// Where it is.
    pub path: syn::Path,
    /// Its name here.
    pub name: Ident,
}

/// A number or word a block takes.
#[derive(Debug, Clone)]
pub struct BlockParam {
    /// Its name.
    pub name: Ident,
    /// The default.
    pub default: Option<Term>,
}

/// A network.
#[derive(Debug, Clone)]
pub struct Network {
    /// Documentation, `#[fireclay(…)]` and others.
    pub attrs: Vec<Attribute>,
    /// Its visibility.
    pub vis: Visibility,
    /// Its name.
    pub name: Ident,
    /// `<In: Dim, Out: Dim>`.
    pub generics: Generics,
    /// `= Window`: it is that network at the sizes of `inputs`, and has no outputs and no body of its own.
    pub like: Option<syn::Path>,
    /// The inputs.
    pub inputs: Vec<Input>,
    /// The outputs.
    pub outputs: Vec<Output>,
    /// The body; `None` when some of it could not be read (an error was reported).
    pub body: Option<Body>,
}

/// `image: [1, 28, 28]`
#[derive(Debug, Clone)]
pub struct Input {
    /// Its name.
    pub name: Ident,
    /// Its type.
    pub ty: ValueType,
}

/// `[10]`, `class: [10]`, `#[train] aux: [1000]`
#[derive(Debug, Clone)]
pub struct Output {
    /// Marked `#[train]`.
    pub train: bool,
    /// Its name, where outputs are named.
    pub name: Option<Ident>,
    /// Its type.
    pub ty: ValueType,
}

/// The type of a value at the border of a network.
#[derive(Debug, Clone)]
pub struct ValueType {
    /// The kind.
    pub kind: ValueKind,
    /// The brackets.
    pub span: Span,
}

/// The kind of a [`ValueType`].
#[derive(Debug, Clone)]
#[expect(clippy::large_enum_variant, reason = "a handful in a declaration")]
pub enum ValueKind {
    /// `[1, 28, 28]`
    Tensor(Vec<Term>),
    /// `[0..96; 64]` (`len` given) or `[0..10]`
    Indices {
        /// The lower bound, to be 0.
        low: Term,
        /// The exclusive upper bound.
        bound: Term,
        /// The number of indices; `None` for a single one.
        len: Option<Term>,
    },
}

/// A body between braces: items, bindings and a result.
#[derive(Debug, Clone)]
pub struct Body {
    /// `default`, `const`, `block`; lexical, so their place among the bindings does not matter but for `default` and `const`,
    /// which hold from where they stand.
    pub statements: Vec<Statement>,
    /// The final flow; `None` when missing (an error was reported).
    pub result: Option<Expr>,
    /// The braces.
    pub span: Span,
}

/// A statement of a body.
#[derive(Debug, Clone)]
#[expect(clippy::large_enum_variant, reason = "a handful in a declaration")]
pub enum Statement {
    /// `default`, `const` or `block`.
    Item(Item),
    /// `let pattern = flow;`
    Let(Let),
}

/// `let (y, at) = flow;`
#[derive(Debug, Clone)]
pub struct Let {
    /// The pattern.
    pub pattern: Pattern,
    /// To what.
    pub value: Expr,
}

/// The left side of a `let`.
#[derive(Debug, Clone)]
pub enum Pattern {
    /// A name; one that starts with `_` may stay unused.
    Name(Ident),
    /// `_`
    Wild(Span),
    /// `(a, b)`
    Tuple(Vec<Pattern>, Span),
}

/// A flow: an expression over values.
#[derive(Debug, Clone)]
pub struct Expr {
    /// The kind.
    pub kind: ExprKind,
    /// The first token, for messages that have none better.
    pub span: Span,
}

/// The kind of an [`Expr`].
#[derive(Debug, Clone)]
pub enum ExprKind {
    /// The name of a value.
    Value(Ident),
    /// A number beside an operator: `logvar * 0.5` (only literals and parenthesised terms).
    Number(Term),
    /// `source -> stage -> stage` (binds loosest).
    Flow(Box<Expr>, Vec<Stage>),
    /// `a + b`, `a - b`, `a * b`, `a / b`, `a < b`; the span is the operator's. `-a` is `-1 * a`.
    Binary(Box<Expr>, BinaryOp, Span, Box<Expr>),
    /// `(a, name: b, ..c)`; a parenthesised single flow without comma or name is that flow itself.
    Tuple(Vec<Element>),
    /// `if term { body } else { body }`
    If(Box<If>),
    /// `concat(a, b, axis = time)`, `split(x, 2)`, `mean(…)`, `zeros([3])`, `ones([3])`, `matmul(a, b)`.
    Call(Call),
}

/// An element of a tuple.
#[derive(Debug, Clone)]
pub struct Element {
    /// `name:` before it.
    pub name: Option<Ident>,
    /// `..` before it: the values of a tuple.
    pub splice: Option<Span>,
    /// The flow.
    pub value: Expr,
}

/// Operators between values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BinaryOp {
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/`
    Div,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
}

impl BinaryOp {
    /// As it is written.
    #[must_use]
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Sub => "-",
            Self::Mul => "*",
            Self::Div => "/",
            Self::Less => "<",
            Self::LessEqual => "<=",
            Self::Greater => ">",
            Self::GreaterEqual => ">=",
        }
    }
}

/// `if` between flows. A branch is a body of its own.
#[derive(Debug, Clone)]
pub struct If {
    /// Decided while compiling.
    pub condition: Term,
    /// Taken when true.
    pub then: Body,
    /// Taken when false: `else { … }` or `else if …` (a body whose result is an `If`).
    pub otherwise: Option<Body>,
}

/// A function over values.
#[derive(Debug, Clone)]
pub struct Call {
    /// `concat`, `split`, …
    pub name: Ident,
    /// The values, in order. For `split(x, 2)` the value `x` stands here and the number among `args`; for `zeros([3])` all stands in `args`.
    pub values: Vec<Element>,
    /// Numbers and `axis = time`.
    pub args: Vec<Arg>,
}

/// A stage, right of `->`.
#[derive(Debug, Clone)]
pub struct Stage {
    /// `#[frozen]` before it.
    pub frozen: Option<Span>,
    /// `conv1:` before it.
    pub label: Option<Ident>,
    /// The kind.
    pub kind: StageKind,
    /// `as [64, 8, 8]` after it.
    pub annotation: Option<ValueType>,
    /// The first token after the label (the layer's name, the bracket, `net`, `if`).
    pub span: Span,
}

/// The kind of a [`Stage`].
#[derive(Debug, Clone)]
pub enum StageKind {
    /// `Conv(6, 5)`, `Relu`, `Basic(64)`, a label used again (`conv1`), or `split(2)` / `concat` as a stage.
    Apply {
        /// Its name.
        name: Ident,
        /// The arguments; empty without parentheses.
        args: Vec<Arg>,
    },
    /// `[a, b -> c]`, `[a; 3]`, `[a(i); i in 0..3]`
    List {
        /// Each a chain of one or more stages.
        elements: Vec<Vec<Stage>>,
        /// The repetition after `;`.
        repeat: Option<Repeat>,
    },
    /// `net path::Name`
    Net {
        /// The network.
        path: syn::Path,
        /// `(3)` or `<Const<8>>` behind it: no network takes any.
        arguments: Option<Span>,
    },
    /// `if norm { BatchNorm -> Relu } else { … }`: chains of stages; an empty chain passes the value on.
    If {
        /// Decided while compiling.
        condition: Term,
        /// Taken when true.
        then: Vec<Stage>,
        /// Taken when false.
        otherwise: Vec<Stage>,
    },
    /// `each(chain)`: for every element of the leading axis.
    Each(Vec<Stage>),
    /// `scan(chain)`: step by step, handing a state on.
    Scan(Vec<Stage>),
}

/// The repetition of a list.
#[derive(Debug, Clone)]
pub enum Repeat {
    /// `; 3`
    Times(Term),
    /// `; i in 0..3`
    Over(Ident, Term, Term),
}
