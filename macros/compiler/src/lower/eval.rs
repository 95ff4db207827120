//! Terms: integers, floats, bools, words and types, evaluated while compiling. `None` means that it failed and was reported.

use super::scope::Frame;
use super::value::Flow;
use super::{Lower, foreign_names, messages, suggest};
use crate::graph::{Size, ValueType};
use crate::layers::{ArgValue, LAYERS};
use crate::syntax::ast::{Term, TermKind, TermOp, UnaryOp};
use proc_macro2::{Ident, Span};
use syn::ext::IdentExt;

/// The words that a term may be.
#[derive(Debug, Clone, Copy)]
pub enum Words<'w> {
    /// None: a size, a condition.
    None,
    /// Those of a layer's argument, which may take numbers too, and those may need not be whole: `1 / 16` is a sixteenth then.
    Argument { words: &'w [&'static str], fraction: bool, numbers: bool },
    /// Those of any layer: what is given to a block or a constant meets its layer later.
    Any,
}

/// `In`, `Hidden`: how Rust writes types, which may be aliases. One letter may be either, and is a type only where it is declared as one.
fn is_type_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase()) && name.contains(|c: char| c.is_lowercase())
}

/// `CHANNELS`, `H`: how Rust writes constants.
fn is_constant_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase()) && !name.contains(|c: char| c.is_lowercase())
}

fn is_word(name: &str) -> bool {
    LAYERS.iter().flat_map(|layer| layer.params()).any(|param| param.words.contains(&name))
}

impl Lower<'_, '_> {
    /// Reports the strings of an argument, also where nothing takes it.
    pub(super) fn quotes(&mut self, term: &Term) {
        match &term.kind {
            TermKind::Quoted(word) => self.error(term.span, messages::string(&word.to_string())),
            TermKind::Tuple(items) | TermKind::List(items) => items.iter().for_each(|item| self.quotes(item)),
            _ => {}
        }
    }

    /// The value of a term.
    pub(super) fn eval(&mut self, frame: &Frame<'_>, term: &Term, words: Words<'_>) -> Option<ArgValue> {
        if self.nest >= super::NEST {
            return self.fail(term.span, messages::nested());
        }
        self.nest += 1;
        let value = self.eval_kind(frame, term, words);
        self.nest -= 1;
        value
    }

    fn eval_kind(&mut self, frame: &Frame<'_>, term: &Term, words: Words<'_>) -> Option<ArgValue> {
        Some(match &term.kind {
            TermKind::Int(n) => match i64::try_from(*n) {
                Ok(n) => ArgValue::Int(n),
                Err(_) => return self.fail(term.span, messages::too_large(*n)),
            },
            TermKind::Float(x) => ArgValue::Float(*x),
            TermKind::Bool(b) => ArgValue::Bool(*b),
            TermKind::Name(name) => return self.name(frame, name, words),
            TermKind::Quoted(word) => {
                self.error(term.span, messages::string(&word.to_string()));
                return self.name(frame, word, words);
            }
            TermKind::Field(value, field) => return self.field(frame, value, field),
            TermKind::Path(path) => {
                let last = path.segments.last().map(|s| s.ident.to_string()).unwrap_or_default();
                return self.fail(term.span, messages::rust_constant(&last));
            }
            TermKind::Unary(op, a) => {
                let a = self.eval(frame, a, words)?;
                return self.unary(term.span, *op, a);
            }
            TermKind::Binary(a, op, b) => return self.binary_term(frame, term.span, a, *op, b, words),
            TermKind::If(condition, then, otherwise) => {
                let taken = if self.condition(frame, condition)? { then } else { otherwise };
                return self.eval(frame, taken, words);
            }
            TermKind::Tuple(items) => ArgValue::Tuple(self.eval_all(frame, items, words)?),
            TermKind::List(items) => ArgValue::List(self.eval_all(frame, items, words)?),
            TermKind::Wild => ArgValue::Wild,
            TermKind::Tie(names) => return self.tie(frame, names, term.span).map(ArgValue::Tie),
            TermKind::Range(from, to) => {
                let mut bound = |term: &Term| match term.kind {
                    TermKind::Wild => Some(None),
                    _ => self.integer(frame, term, "a bound").map(Some),
                };
                let (from, to) = (bound(from), bound(to));
                ArgValue::Range(from?, to?)
            }
        })
    }

    fn eval_all(&mut self, frame: &Frame<'_>, terms: &[Term], words: Words<'_>) -> Option<Vec<ArgValue>> {
        // All of them, so that every mistake is said at once.
        let values: Vec<Option<ArgValue>> = terms.iter().map(|term| self.eval(frame, term, words)).collect();
        values.into_iter().collect()
    }

    /// A name: a word of the layer, a number, a value, a type, in this order.
    fn name(&mut self, frame: &Frame<'_>, ident: &Ident, words: Words<'_>) -> Option<ArgValue> {
        let name = ident.unraw().to_string();
        if let Words::Argument { words: list, .. } = words
            && list.contains(&name.as_str())
        {
            return Some(ArgValue::Word(name));
        }
        if let Some(value) = self.number_called(frame, ident) {
            return value;
        }
        match frame.value(&name) {
            Some(Flow::One(id)) => return Some(ArgValue::Value(self.values[*id].ty.clone())),
            Some(Flow::Many(_)) => return self.fail(ident.span(), messages::tuple_in_term(&name)),
            Some(Flow::Poison) => return None,
            None => {}
        }
        if matches!(words, Words::Any) && is_word(&name) {
            return Some(ArgValue::Word(name));
        }
        let (own, numbers): (&[&'static str], bool) = match words {
            Words::Argument { words, numbers, .. } => (words, numbers),
            _ => (&[], true),
        };
        if !self.types.contains(&name) {
            if name == "True" || name == "False" {
                self.error(ident.span(), messages::python_bool(&name));
                return Some(ArgValue::Bool(name == "True")).filter(|_| !matches!(words, Words::None));
            }
            if let Some(word) = foreign_names::word(&name, own) {
                return self.fail(ident.span(), messages::unknown_term(&name, &messages::did_you_mean(word)));
            }
        }
        if self.types.contains(&name) || is_type_name(&name) {
            return Some(ArgValue::Type(Size::Type(ident.clone())));
        }
        if is_constant_name(&name) {
            let near = suggest::nearest(&name, frame.env.number_names()).map(messages::did_you_mean);
            return self.fail(
                ident.span(),
                near.map_or_else(|| messages::rust_constant(&name), |near| messages::unknown_term(&name, &near)),
            );
        }
        let values = frame.values.iter().map(|(n, _)| n.as_str());
        let near = suggest::nearest(&name, own.iter().copied().chain(frame.env.number_names()).chain(values));
        let help = match near {
            Some(near) => messages::did_you_mean(near),
            None if !own.is_empty() => messages::words_are(own, numbers),
            // In a block it may be a parameter that is missing.
            None if self.uses.last().is_none_or(|u| u.net) => messages::declare(&name),
            None => String::new(),
        };
        self.fail(ident.span(), messages::unknown_term(&name, &help))
    }

    /// `x.channels`
    fn field(&mut self, frame: &Frame<'_>, value: &Ident, field: &Ident) -> Option<ArgValue> {
        const FIELDS: [&str; 6] = ["channels", "height", "width", "regions", "time", "features"];
        let (name, wanted) = (value.unraw().to_string(), field.unraw().to_string());
        let flow = match frame.value(&name) {
            Some(flow) => flow.clone(),
            None if frame.label(&name).is_some() => return self.fail(value.span(), messages::label_is_no_value(&name)),
            None => return self.unknown_value(frame, value),
        };
        let id = match flow {
            Flow::One(id) => id,
            Flow::Many(_) => return self.fail(value.span(), messages::tuple_in_term(&name)),
            Flow::Poison => return None,
        };
        if wanted == "length" {
            return self.fail(field.span(), messages::not_yet("`length`"));
        }
        if !FIELDS.contains(&wanted.as_str()) {
            let near = suggest::nearest(&wanted, FIELDS);
            return self.fail(field.span(), messages::unknown_field(&wanted, near));
        }
        let ty = &self.values[id].ty;
        let found = match ty {
            ValueType::Tensor(dims) | ValueType::Typed(_, dims) => match (dims.as_slice(), wanted.as_str()) {
                ([size], "features") | ([size, _], "time") | ([_, size], "features") => Some(size.clone()),
                ([regions, _, _, _], "regions") => Some(regions.clone()),
                ([channels, height, width] | [_, channels, height, width], axis) => match axis {
                    "channels" => Some(channels.clone()),
                    "height" => Some(height.clone()),
                    "width" => Some(width.clone()),
                    _ => None,
                },
                _ => None,
            },
            ValueType::Indices { len, .. } if wanted == "time" => Some(Size::Num(*len)),
            _ => None,
        };
        match found {
            Some(Size::Num(n)) => i64::try_from(n).ok().map(ArgValue::Int),
            Some(size) => Some(ArgValue::Type(size)),
            None => {
                let text = messages::no_such_axis(&name, ty, &wanted);
                self.fail(field.span(), text)
            }
        }
    }

    fn unary(&mut self, span: Span, op: UnaryOp, a: ArgValue) -> Option<ArgValue> {
        match (op, a) {
            (UnaryOp::Neg, ArgValue::Int(n)) => match n.checked_neg() {
                Some(n) => Some(ArgValue::Int(n)),
                None => self.fail(span, messages::overflow("-", n, None)),
            },
            (UnaryOp::Neg, ArgValue::Float(x)) => Some(ArgValue::Float(-x)),
            (UnaryOp::Not, ArgValue::Bool(b)) => Some(ArgValue::Bool(!b)),
            (_, ArgValue::Type(ty)) => self.fail(span, messages::arithmetic_on_type(&ty.to_string())),
            (UnaryOp::Neg, a) => self.fail(span, messages::operand("-", "a number", &a)),
            (UnaryOp::Not, a) => self.fail(span, messages::operand("!", "true or false", &a)),
        }
    }

    fn binary_term(
        &mut self,
        frame: &Frame<'_>,
        span: Span,
        a: &Term,
        op: TermOp,
        b: &Term,
        words: Words<'_>,
    ) -> Option<ArgValue> {
        // The right side is looked at only where it decides: `n > 0 && x % n == 0`.
        if matches!(op, TermOp::And | TermOp::Or) {
            let left = self.condition(frame, a)?;
            return if left == (op == TermOp::Or) {
                Some(ArgValue::Bool(left))
            } else {
                self.condition(frame, b).map(ArgValue::Bool)
            };
        }
        let a = self.eval(frame, a, words);
        let b = self.eval(frame, b, words);
        let (a, b) = (a?, b?);
        match (words, a, b) {
            (Words::Argument { fraction: true, .. }, ArgValue::Int(a), ArgValue::Int(b)) if op == TermOp::Div && b != 0 => {
                self.floats(span, wide(a), op, wide(b))
            }
            (_, a, b) => self.arithmetic(span, a, op, b),
        }
    }

    /// An operator on two numbers, or a comparison.
    pub(super) fn arithmetic(&mut self, span: Span, a: ArgValue, op: TermOp, b: ArgValue) -> Option<ArgValue> {
        let compares = matches!(op, TermOp::Eq | TermOp::Ne | TermOp::Lt | TermOp::Le | TermOp::Gt | TermOp::Ge);
        if let (ArgValue::Type(ty), _) | (_, ArgValue::Type(ty)) = (&a, &b) {
            let ty = ty.to_string();
            return match (as_size(&a), as_size(&b), op) {
                (Some(a), Some(b), TermOp::Add) => Some(ArgValue::Type(a.plus(&b))),
                (Some(a), Some(b), TermOp::Mul) => Some(ArgValue::Type(a.times(&b))),
                _ if compares => self.fail(span, messages::if_on_type(&ty)),
                _ => self.fail(span, messages::formula_of_type(symbol(op), &ty)),
            };
        }
        match (a, b) {
            (ArgValue::Int(a), ArgValue::Int(b)) => self.integers(span, a, op, b),
            (ArgValue::Int(a), ArgValue::Float(b)) => self.floats(span, wide(a), op, b),
            (ArgValue::Float(a), ArgValue::Int(b)) => self.floats(span, a, op, wide(b)),
            (ArgValue::Float(a), ArgValue::Float(b)) => self.floats(span, a, op, b),
            (a, b) => match op {
                TermOp::Eq if same_kind(&a, &b) => Some(ArgValue::Bool(a == b)),
                TermOp::Ne if same_kind(&a, &b) => Some(ArgValue::Bool(a != b)),
                TermOp::Eq | TermOp::Ne => self.fail(span, messages::incomparable(&a, &b)),
                _ => {
                    let wrong = if matches!(a, ArgValue::Int(_) | ArgValue::Float(_)) { b } else { a };
                    self.fail(span, messages::operand(symbol(op), "a number", &wrong))
                }
            },
        }
    }

    fn integers(&mut self, span: Span, a: i64, op: TermOp, b: i64) -> Option<ArgValue> {
        let n = match op {
            TermOp::Add => a.checked_add(b),
            TermOp::Sub => a.checked_sub(b),
            TermOp::Mul => a.checked_mul(b),
            TermOp::Div | TermOp::Rem if b == 0 => return self.fail(span, messages::by_zero(symbol(op), a)),
            TermOp::Div => a.checked_div(b),
            TermOp::Rem => a.checked_rem(b),
            TermOp::Shl => match u32::try_from(b) {
                Ok(by) if by < 63 => a.checked_mul(1_i64 << by),
                _ => None,
            },
            _ => return Some(ArgValue::Bool(compare(op, a.cmp(&b)))),
        };
        match n {
            Some(n) => Some(ArgValue::Int(n)),
            None => self.fail(span, messages::overflow(symbol(op), a, Some(b))),
        }
    }

    fn floats(&mut self, span: Span, a: f64, op: TermOp, b: f64) -> Option<ArgValue> {
        Some(ArgValue::Float(match op {
            TermOp::Add => a + b,
            TermOp::Sub => a - b,
            TermOp::Mul => a * b,
            TermOp::Div => a / b,
            TermOp::Rem => a % b,
            TermOp::Shl => return self.fail(span, messages::operand("<<", "a whole number", &ArgValue::Float(a))),
            _ => return Some(ArgValue::Bool(a.partial_cmp(&b).is_some_and(|order| compare(op, order)))),
        }))
    }

    /// True or false.
    pub(super) fn condition(&mut self, frame: &Frame<'_>, term: &Term) -> Option<bool> {
        match self.eval(frame, term, Words::Any)? {
            ArgValue::Bool(b) => Some(b),
            ArgValue::Type(ty) => self.fail(term.span, messages::if_on_type(&ty.to_string())),
            other => self.fail(term.span, messages::condition(&other)),
        }
    }

    /// A whole number.
    pub(super) fn integer(&mut self, frame: &Frame<'_>, term: &Term, what: &str) -> Option<i64> {
        match self.eval(frame, term, Words::None)? {
            ArgValue::Int(n) => Some(n),
            ArgValue::Type(ty) => self.fail(term.span, messages::type_as_number(&ty.to_string())),
            other => self.fail(term.span, messages::whole_number(what, &other)),
        }
    }

    /// A size of at least 1, or a type.
    pub(super) fn size(&mut self, frame: &Frame<'_>, term: &Term) -> Option<Size> {
        match self.eval(frame, term, Words::None)? {
            ArgValue::Int(n) => match usize::try_from(n) {
                Ok(n) if n > super::border::LARGEST => self.fail(term.span, messages::too_large(n as u64)),
                Ok(n) if n > 0 => Some(Size::Num(n)),
                _ => self.fail(term.span, messages::size_below_one(n)),
            },
            ArgValue::Type(size) => Some(size),
            other => self.fail(term.span, messages::whole_number("a size", &other)),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "as `n as f64` in Rust")]
pub(super) fn wide(n: i64) -> f64 {
    n as f64
}

/// A side of a formula of types: a type, or a number that a size can be.
fn as_size(value: &ArgValue) -> Option<Size> {
    match value {
        ArgValue::Type(size) => Some(size.clone()),
        ArgValue::Int(n) => usize::try_from(*n).ok().filter(|n| (1..=super::border::LARGEST).contains(n)).map(Size::Num),
        _ => None,
    }
}

fn same_kind(a: &ArgValue, b: &ArgValue) -> bool {
    std::mem::discriminant(a) == std::mem::discriminant(b)
}

fn compare(op: TermOp, order: std::cmp::Ordering) -> bool {
    match op {
        TermOp::Eq => order.is_eq(),
        TermOp::Ne => order.is_ne(),
        TermOp::Lt => order.is_lt(),
        TermOp::Le => order.is_le(),
        TermOp::Gt => order.is_gt(),
        _ => order.is_ge(),
    }
}

fn symbol(op: TermOp) -> &'static str {
    match op {
        TermOp::Or => "||",
        TermOp::And => "&&",
        TermOp::Eq => "==",
        TermOp::Ne => "!=",
        TermOp::Lt => "<",
        TermOp::Le => "<=",
        TermOp::Gt => ">",
        TermOp::Ge => ">=",
        TermOp::Shl => "<<",
        TermOp::Add => "+",
        TermOp::Sub => "-",
        TermOp::Mul => "*",
        TermOp::Div => "/",
        TermOp::Rem => "%",
    }
}
