//! The tree of arguments and of numbers.

use proc_macro2::{Ident, Span};

/// An argument of a layer, block or function.
#[derive(Debug, Clone)]
pub struct Arg {
    /// `name =` before it.
    pub name: Option<Ident>,
    /// Its value.
    pub value: Term,
}

/// An expression over numbers and words, evaluated while compiling.
#[derive(Debug, Clone)]
pub struct Term {
    /// The kind.
    pub kind: TermKind,
    /// Its first token, or the operator for a binary expression.
    pub span: Span,
}

/// The kind of a [`Term`].
#[derive(Debug, Clone)]
pub enum TermKind {
    /// `16`
    Int(u64),
    /// `0.5`
    Float(f64),
    /// `true`
    Bool(bool),
    /// A constant, a block's parameter, an index of a repetition, a word (`same`), a value (`like = u`), or a type (`In`).
    Name(Ident),
    /// `"same"`: a mistake, read as the word.
    Quoted(Ident),
    /// `x.channels`
    Field(Ident, Ident),
    /// `other::CHANNELS`
    Path(syn::Path),
    /// `-a`, `!a`
    Unary(UnaryOp, Box<Term>),
    /// `a + b` and so on.
    Binary(Box<Term>, TermOp, Box<Term>),
    /// `if c { a } else { b }`
    If(Box<Term>, Box<Term>, Box<Term>),
    /// `(1, 2)`; `(a)` is `a` itself.
    Tuple(Vec<Term>),
    /// `[100, 1, 1]`, `[_, 4]`
    List(Vec<Term>),
    /// `_` in a list
    Wild,
    /// `0..28`; an open end is [`TermKind::Wild`]
    Range(Box<Term>, Box<Term>),
    /// `tie(encoder.fc)`: the weight of the layer of that label.
    Tie(Vec<Ident>),
}

/// Operators before a term.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnaryOp {
    /// `-`
    Neg,
    /// `!`
    Not,
}

/// Operators between terms, loosest first: `||`, `&&`, comparisons, `<<`, `+ -`, `* / %`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "they are their own names")]
pub enum TermOp {
    Or,
    And,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    Shl,
    Add,
    Sub,
    Mul,
    Div,
    Rem,
}
