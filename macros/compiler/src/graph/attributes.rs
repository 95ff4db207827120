//! The attributes of a layer, as typed data: its kind and its arguments, defaults too. Summary, rustdoc and messages are made of them.

use super::{Size, TensorId, ValueType};
use std::fmt;

/// The kind of a layer and its arguments.
#[derive(Debug, Clone)]
pub struct Attributes {
    /// The kind: `Conv`.
    pub layer: &'static str,
    /// Every argument that has a value, in the order of the declaration.
    pub list: Vec<Attribute>,
    /// The form of an operator: `* 0.5`.
    written: Option<String>,
}

/// One argument.
#[derive(Debug, Clone, PartialEq)]
pub struct Attribute {
    /// The name: `stride`.
    pub name: &'static str,
    /// The value.
    pub value: ArgValue,
    /// The source of the value.
    pub source: Source,
}

/// The source of the value of an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Written in the declaration, in order.
    Positional,
    /// Written in the declaration with its name.
    Named,
    /// The layer's default.
    Default,
}

/// The value of an argument.
#[derive(Debug, Clone, PartialEq)]
pub enum ArgValue {
    /// `5`
    Int(i64),
    /// `0.5`
    Float(f64),
    /// `true`
    Bool(bool),
    /// `same`
    Word(String),
    /// `(1, 2)`
    Tuple(Vec<ArgValue>),
    /// `[100, 1, 1]`; `_` is [`ArgValue::Wild`].
    List(Vec<ArgValue>),
    /// `_`
    Wild,
    /// `0..28`, `2..`
    Range(Option<i64>, Option<i64>),
    /// A size that is a type, or a formula of types: `In`, `2 * In`.
    Type(Size),
    /// A value (`like = skip`), by its type.
    Value(ValueType),
    /// `weight = tie(fc)`
    Tie(Tie),
}

/// The weight of another layer.
#[derive(Debug, Clone, PartialEq)]
pub struct Tie {
    /// The label: `encoder.fc`.
    pub label: String,
    /// The kind of that layer.
    pub layer: &'static str,
    /// The weight.
    pub tensor: TensorId,
    /// Its shape.
    pub dims: Vec<Size>,
}

impl Attributes {
    /// The attributes of a layer with these arguments.
    #[must_use]
    pub fn new(layer: &'static str, list: Vec<Attribute>) -> Self {
        Self { layer, list, written: None }
    }

    /// The attributes, shown in this form.
    #[must_use]
    pub fn written(self, text: String) -> Self {
        Self { written: Some(text), ..self }
    }
}

/// In the words of the source: `Conv(6, 5, pad = 2)`.
impl fmt::Display for Attributes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(text) = &self.written {
            return f.write_str(text);
        }
        let parts: Vec<String> = self
            .list
            .iter()
            .filter_map(|Attribute { name, value, source }| match source {
                Source::Positional => Some(value.to_string()),
                Source::Named => Some(format!("{name} = {value}")),
                Source::Default => None,
            })
            .collect();
        f.write_str(self.layer)?;
        if parts.is_empty() { Ok(()) } else { write!(f, "({})", parts.join(", ")) }
    }
}

impl fmt::Display for ArgValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |items: &[Self]| items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        match self {
            Self::Int(n) => write!(f, "{n}"),
            Self::Float(x) => write!(f, "{x:?}"),
            Self::Bool(b) => write!(f, "{b}"),
            Self::Word(word) => f.write_str(word),
            Self::Tuple(items) => write!(f, "({})", list(items)),
            Self::List(items) => write!(f, "[{}]", list(items)),
            Self::Wild => f.write_str("_"),
            Self::Range(from, to) => {
                let shown = |end: &Option<i64>| end.map(|n| n.to_string()).unwrap_or_default();
                write!(f, "{}..{}", shown(from), shown(to))
            }
            Self::Type(name) => write!(f, "{name}"),
            Self::Value(ty) => write!(f, "{ty}"),
            Self::Tie(tie) => write!(f, "tie({})", tie.label),
        }
    }
}

impl From<usize> for ArgValue {
    fn from(n: usize) -> Self {
        Self::Int(i64::try_from(n).unwrap_or(i64::MAX))
    }
}
