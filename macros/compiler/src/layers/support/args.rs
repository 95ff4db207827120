//! The arguments of a layer after evaluation, and how layers read them.

use crate::graph::attributes::{ArgValue, Attribute, Attributes, Source};
use crate::graph::{Size, ValueType};
use crate::layers::{Build, DefaultValue, Layer, Param};
use proc_macro2::Span;
use std::fmt;

/// The arguments of one layer: given, or by default; in no order.
#[derive(Debug, Clone, Default)]
pub struct Args {
    entries: Vec<(String, ArgValue, Span)>,
    /// Those that a `default` gave.
    by_default: Vec<String>,
}

impl Args {
    /// Adds an argument, or replaces it.
    pub fn set(&mut self, name: &str, value: ArgValue, span: Span) {
        self.entries.retain(|(n, ..)| n != name);
        self.by_default.retain(|n| n != name);
        self.entries.push((name.to_owned(), value, span));
    }

    /// Adds an argument that a `default` gives.
    pub fn set_default(&mut self, name: &str, value: ArgValue, span: Span) {
        self.set(name, value, span);
        self.by_default.push(name.to_owned());
    }

    /// Whether the argument stands with the layer itself, and not in a `default`.
    #[must_use]
    pub fn is_own(&self, name: &str) -> bool {
        self.get(name).is_some() && !self.by_default.iter().any(|n| n == name)
    }

    /// The argument of this parameter, or its default.
    #[must_use]
    pub fn or_default(&self, param: &Param) -> Option<ArgValue> {
        self.get(param.name).map(|(value, _)| value.clone()).or_else(|| param.default.value())
    }

    /// The argument of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<(&ArgValue, Span)> {
        self.entries.iter().find(|(n, ..)| n == name).map(|(_, value, span)| (value, *span))
    }
}

impl DefaultValue {
    /// The default as a value by itself.
    fn value(self) -> Option<ArgValue> {
        match self {
            Self::Required | Self::Absent | Self::SameAs(_) => None,
            Self::Int(n) => Some(n.into()),
            Self::Float(x) => Some(ArgValue::Float(x.into())),
            Self::Bool(value) => Some(ArgValue::Bool(value)),
            Self::Word(word) => Some(ArgValue::Word(word.to_owned())),
        }
    }
}

/// The largest number a layer takes; keeps sums of products of two within `u64`.
const LIMIT: usize = 1 << 30;

/// Accessors of arguments. Each reports mistakes on the token of the argument, and gives `None` then.
impl Build<'_> {
    /// Reports an error that begins with the label.
    pub fn fail<T>(&mut self, span: Span, text: impl fmt::Display) -> Option<T> {
        self.report.error(span, format!("{}: {text}", self.label));
        None
    }

    /// The token of an argument, or the layer's name where it is not given.
    #[must_use]
    pub fn arg_span(&self, name: &str) -> Span {
        self.args.get(name).map_or(self.span, |(_, span)| span)
    }

    /// Reports that an argument is missing.
    fn required<T>(&mut self, name: &str) -> Option<T> {
        self.fail(self.span, format_args!("`{name}` is missing"))
    }

    /// Reports an argument of the wrong kind.
    fn unfit<T>(&mut self, name: &str, span: Span, wants: &str, value: &ArgValue) -> Option<T> {
        self.fail(span, format_args!("{name} takes {wants}, not `{value}`"))
    }

    /// Reports an argument that is no number.
    fn no_number<T>(&mut self, name: &str, span: Span, wants: &str, value: &ArgValue) -> Option<T> {
        match value {
            ArgValue::Type(ty) => self.fail(span, format_args!("not yet: {name} = {ty}, a size that is a type")),
            _ => self.unfit(name, span, wants, value),
        }
    }

    /// A natural number, at least `least`.
    fn natural(&mut self, name: &str, span: Span, value: &ArgValue, wants: &str, least: usize) -> Option<usize> {
        let ArgValue::Int(n) = *value else { return self.no_number(name, span, wants, value) };
        match usize::try_from(n) {
            Ok(n) if n > LIMIT => self.fail(span, format_args!("{name} = {n} is too large")),
            Ok(n) if n >= least => Some(n),
            _ => self.fail(span, format_args!("{name} = {n} must be at least {least}")),
        }
    }

    /// Whether the layer takes an argument of this name.
    #[must_use]
    pub fn takes(&self, name: &str) -> bool {
        self.params.iter().any(|param| param.name == name)
    }

    /// The value and the token of an argument: as given, or by default.
    pub fn value(&self, name: &str) -> Option<(ArgValue, Span)> {
        let given = self.args.get(name).map(|(value, span)| (value.clone(), span));
        given.or_else(|| Some((self.default_of(name)?, self.span)))
    }

    /// The default of an argument.
    fn default_of(&self, name: &str) -> Option<ArgValue> {
        match self.params.iter().find(|param| param.name == name)?.default {
            DefaultValue::SameAs(other) => Some(self.value(other)?.0),
            default => default.value(),
        }
    }

    /// A number, at least `least`.
    pub fn number(&mut self, name: &str, least: usize) -> Option<usize> {
        match self.value(name) {
            Some((value, span)) => self.natural(name, span, &value, "a number", least),
            None => self.required(name),
        }
    }

    /// A size: a number or a type; required.
    pub fn size(&mut self, name: &str) -> Option<Size> {
        match self.args.get(name) {
            Some((ArgValue::Type(size), _)) => Some(size.clone()),
            _ => self.number(name, 1).map(Size::Num),
        }
    }

    /// A pair for height and width; one number stands for both.
    pub fn pair(&mut self, name: &str, least: usize) -> Option<[usize; 2]> {
        const WANTS: &str = "a number, or a pair for height and width";
        match self.value(name) {
            Some((ArgValue::Tuple(items), span)) => {
                let [height, width] = items.as_slice() else {
                    return self.unfit(name, span, WANTS, &ArgValue::Tuple(items));
                };
                Some([self.natural(name, span, height, WANTS, least)?, self.natural(name, span, width, WANTS, least)?])
            }
            Some((value, span)) => self.natural(name, span, &value, WANTS, least).map(|n| [n, n]),
            None => self.required(name),
        }
    }

    /// The height and width of the value that is given as `like`, in numbers.
    pub fn like(&mut self) -> Option<[usize; 2]> {
        let [height, width] = self.like_sizes()?;
        let (value, span) = self.args.get("like")?;
        match (height.num(), width.num()) {
            (Some(height), Some(width)) => Some([height, width]),
            _ => self.fail(span, format_args!("not yet: like = {value}, whose height and width are types")),
        }
    }

    /// The height and width of the value that is given as `like`.
    pub fn like_sizes(&mut self) -> Option<[Size; 2]> {
        let (value, span) = self.args.get("like")?;
        let ArgValue::Value(ValueType::Tensor(dims)) = value else {
            return self.fail(span, format_args!("like takes a value of shape [channels, height, width], not `{value}`"));
        };
        match dims.as_slice() {
            [_, height, width] => Some([height.clone(), width.clone()]),
            _ => self.fail(span, format_args!("like takes a value of shape [channels, height, width]; this is {value}")),
        }
    }

    /// A flag: `true` or `false`.
    pub fn flag(&mut self, name: &str) -> Option<bool> {
        match self.value(name) {
            Some((ArgValue::Bool(value), _)) => Some(value),
            Some((value, span)) => self.unfit(name, span, "true or false", &value),
            None => self.required(name),
        }
    }

    /// A number with or without a point, as an `f32`.
    pub fn float(&mut self, name: &str) -> Option<f32> {
        match self.value(name) {
            Some((value, span)) => float(&value).or_else(|| self.no_number(name, span, "a number", &value)),
            None => self.required(name),
        }
    }

    /// One of these words; `Some(None)` where the argument is not given.
    pub fn word(&mut self, name: &str, words: &[&str]) -> Option<Option<String>> {
        match self.value(name) {
            None => Some(None),
            Some((ArgValue::Word(word), _)) if words.contains(&word.as_str()) => Some(Some(word)),
            Some((value, span)) => self.unfit(name, span, &words.join(" or "), &value),
        }
    }

    /// After a failure: reports the other arguments that are of the wrong kind, whatever they are for.
    pub(crate) fn other_mistakes(&mut self) {
        for param in self.params {
            match param.default {
                DefaultValue::Bool(_) => drop(self.flag(param.name)),
                DefaultValue::Float(_) => drop(self.float(param.name)),
                _ => {}
            }
        }
    }

    /// The attributes of the layer: all arguments that have a value, defaults too.
    #[must_use]
    pub fn attributes(&self, layer: &dyn Layer) -> Attributes {
        let mut positional = true;
        let mut list = Vec::new();
        for Param { name, positional: in_order, .. } in layer.params() {
            let given = self.args.get(name);
            positional &= *in_order && given.is_some();
            let source = match given {
                Some(_) if positional => Source::Positional,
                Some(_) => Source::Named,
                None => Source::Default,
            };
            list.extend(self.value(name).map(|(value, _)| Attribute { name, value, source }));
        }
        Attributes::new(layer.name(), list)
    }
}

/// A finite `f32`.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "a literal is rounded to the type it is used in"
)]
pub(crate) fn float(value: &ArgValue) -> Option<f32> {
    let x = match value {
        ArgValue::Int(n) => *n as f32,
        ArgValue::Float(x) => *x as f32,
        _ => return None,
    };
    x.is_finite().then_some(x)
}
