//! Arguments of a layer after evaluation, and how layers read them.

use super::{Build, Layer};
use crate::graph::{Size, ValueType};
use proc_macro2::{Ident, Span};
use std::fmt;

/// An evaluated argument.
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
    /// `0..28`
    Range(i64, i64),
    /// A size that is a type: `In`.
    Type(Ident),
    /// A value (`like = skip`), by its type.
    Value(ValueType),
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
            Self::Range(from, to) => write!(f, "{from}..{to}"),
            Self::Type(name) => write!(f, "{name}"),
            Self::Value(ty) => write!(f, "{ty}"),
        }
    }
}

/// The arguments of one layer: given, or by default; in no order.
#[derive(Debug, Clone, Default)]
pub struct Args {
    entries: Vec<(String, ArgValue, Span)>,
}

impl Args {
    /// Adds one, or replaces it.
    pub fn set(&mut self, name: &str, value: ArgValue, span: Span) {
        self.entries.retain(|(n, ..)| n != name);
        self.entries.push((name.to_owned(), value, span));
    }

    /// The argument of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<(&ArgValue, Span)> {
        self.entries.iter().find(|(n, ..)| n == name).map(|(_, value, span)| (value, *span))
    }
}

/// The largest number a layer takes; keeps sums of products of two within `u64`.
const LIMIT: usize = 1 << 30;

/// Reading arguments. Each reports what is wrong on the argument's own token, and gives `None` then.
impl Build<'_> {
    /// Reports, with the label first.
    pub fn fail<T>(&mut self, span: Span, text: impl fmt::Display) -> Option<T> {
        self.report.error(span, format!("{}: {text}", self.label));
        None
    }

    /// The token of an argument, or the layer's name where it is not given.
    #[must_use]
    pub fn arg_span(&self, name: &str) -> Span {
        self.args.get(name).map_or(self.span, |(_, span)| span)
    }

    /// An argument that must be given.
    fn required<T>(&mut self, name: &str) -> Option<T> {
        self.fail(self.span, format_args!("`{name}` is missing"))
    }

    /// An argument of the wrong kind.
    fn unfit<T>(&mut self, name: &str, span: Span, wants: &str, value: &ArgValue) -> Option<T> {
        if let ArgValue::Type(ty) = value {
            return self.fail(span, format_args!("not yet: {name} = {ty}, a size that is a type"));
        }
        self.fail(span, format_args!("{name} takes {wants}, not `{value}`"))
    }

    /// A number of things, at least `least`.
    fn natural(&mut self, name: &str, span: Span, value: &ArgValue, wants: &str, least: usize) -> Option<usize> {
        let ArgValue::Int(n) = *value else { return self.unfit(name, span, wants, value) };
        match usize::try_from(n) {
            Ok(n) if n > LIMIT => self.fail(span, format_args!("{name} = {n} is too large")),
            Ok(n) if n >= least => Some(n),
            _ => self.fail(span, format_args!("{name} = {n} must be at least {least}")),
        }
    }

    /// A number, at least `least`; required where there is no default.
    pub fn number(&mut self, name: &str, default: Option<usize>, least: usize) -> Option<usize> {
        match self.args.get(name) {
            Some((value, span)) => self.natural(name, span, value, "a number", least),
            None => default.or_else(|| self.required(name)),
        }
    }

    /// A number or a type; required.
    pub fn size(&mut self, name: &str) -> Option<Size> {
        match self.args.get(name) {
            Some((ArgValue::Type(ty), _)) => Some(Size::Type(ty.clone())),
            Some((value, span)) => self.natural(name, span, value, "a number", 1).map(Size::Num),
            None => self.required(name),
        }
    }

    /// A number for both axes, or one for height and one for width.
    pub fn pair(&mut self, name: &str, default: Option<[usize; 2]>, least: usize) -> Option<[usize; 2]> {
        const WANTS: &str = "a number, or a pair for height and width";
        match self.args.get(name) {
            None => default.or_else(|| self.required(name)),
            Some((ArgValue::Tuple(items), span)) => {
                let [height, width] = items.as_slice() else {
                    return self.unfit(name, span, WANTS, &ArgValue::Tuple(items.clone()));
                };
                Some([self.natural(name, span, height, WANTS, least)?, self.natural(name, span, width, WANTS, least)?])
            }
            Some((value, span)) => self.natural(name, span, value, WANTS, least).map(|n| [n, n]),
        }
    }

    /// `true` or `false`.
    pub fn flag(&mut self, name: &str, default: bool) -> Option<bool> {
        match self.args.get(name) {
            None => Some(default),
            Some((ArgValue::Bool(value), _)) => Some(*value),
            Some((value, span)) => self.unfit(name, span, "true or false", value),
        }
    }

    /// A number with or without a point, as an `f32`.
    pub fn float(&mut self, name: &str, default: Option<f32>) -> Option<f32> {
        match self.args.get(name) {
            None => default.or_else(|| self.required(name)),
            Some((value, span)) => match float(value) {
                Some(x) => Some(x),
                None => self.unfit(name, span, "a number", value),
            },
        }
    }

    /// One of the layer's words.
    pub fn word(&mut self, name: &str, words: &[&str]) -> Option<Option<String>> {
        match self.args.get(name) {
            None => Some(None),
            Some((ArgValue::Word(word), _)) if words.contains(&word.as_str()) => Some(Some(word.clone())),
            Some((value, span)) => self.unfit(name, span, &words.join(" or "), value),
        }
    }

    /// The layer as the source would say it: `Conv(6, 5, pad = 2)`.
    #[must_use]
    pub fn describe(&self, layer: &dyn Layer) -> String {
        let mut positional = true;
        let mut parts = Vec::new();
        for param in layer.params() {
            let given = self.args.get(param.name);
            positional &= param.positional && given.is_some();
            match given {
                Some((value, _)) if positional => parts.push(value.to_string()),
                Some((value, _)) => parts.push(format!("{} = {value}", param.name)),
                None => {}
            }
        }
        let name = layer.name();
        if parts.is_empty() { name.to_owned() } else { format!("{name}({})", parts.join(", ")) }
    }
}

/// A finite `f32`.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "a literal is rounded to the type it is used in"
)]
pub(super) fn float(value: &ArgValue) -> Option<f32> {
    let x = match value {
        ArgValue::Int(n) => *n as f32,
        ArgValue::Float(x) => *x as f32,
        _ => return None,
    };
    x.is_finite().then_some(x)
}
