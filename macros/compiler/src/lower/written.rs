//! Expressions as code: what a help shows is to be put in as it stands.

use super::functions::operator;
use super::params::name_of;
use super::scope::Frame;
use super::{Lower, messages, stage};
use crate::syntax::ast::{BinaryOp, Call, Element, Expr, ExprKind, Stage, StageKind, Term, TermKind, UnaryOp};

/// How tightly a piece of code holds together, the loosest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Flow,
    Comparison,
    Sum,
    Product,
    Operand,
}

/// A piece of code.
pub(super) struct Code {
    pub text: String,
    pub level: Level,
}

impl Code {
    pub(super) fn new(text: impl Into<String>, level: Level) -> Self {
        Self { text: text.into(), level }
    }

    /// In parentheses where it holds less tightly than this.
    pub(super) fn at(self, level: Level) -> String {
        if self.level < level { format!("({})", self.text) } else { self.text }
    }
}

impl Level {
    fn of(op: BinaryOp) -> Self {
        match op {
            BinaryOp::Add | BinaryOp::Sub => Self::Sum,
            BinaryOp::Mul | BinaryOp::Div => Self::Product,
            _ => Self::Comparison,
        }
    }

    /// Of an operator by its sign.
    pub(super) fn of_symbol(symbol: &str) -> Self {
        match symbol {
            "+" | "-" => Self::Sum,
            "*" | "/" => Self::Product,
            _ => Self::Comparison,
        }
    }

    /// What the right operand needs at least.
    pub(super) fn above(self) -> Self {
        match self {
            Self::Flow => Self::Comparison,
            Self::Comparison => Self::Sum,
            Self::Sum => Self::Product,
            Self::Product | Self::Operand => Self::Operand,
        }
    }
}

/// The longest code that a message shows.
const LONGEST: usize = 80;

impl<'a> Lower<'a, '_> {
    /// An expression as code, calls of layers within it as the flows that they mean; `None` where it is long.
    pub(super) fn code(&self, frame: &Frame<'a>, expr: &Expr) -> Option<Code> {
        let code = match &expr.kind {
            ExprKind::Value(name) => Code::new(name_of(name), Level::Operand),
            ExprKind::Number(term) => Code::new(messages::written(term)?, Level::Operand),
            ExprKind::Flow(source, stages) => {
                let flow = self.code(frame, source)?.text;
                Code::new(format!("{flow} -> {}", chain(stages)?), Level::Flow)
            }
            ExprKind::Binary(a, _, at, b) if is_minus_one(a) && at.start() == a.span.start() => {
                Code::new(format!("-{}", self.code(frame, b)?.at(Level::Operand)), Level::Operand)
            }
            ExprKind::Binary(a, op, _, b) => {
                let level = Level::of(*op);
                let (left, right) = (self.code(frame, a)?.at(level), self.code(frame, b)?.at(level.above()));
                Code::new(format!("{left} {} {right}", op.symbol()), level)
            }
            ExprKind::Tuple(elements) => Code::new(format!("({})", self.elements_code(frame, elements)?), Level::Operand),
            ExprKind::If(_) => return None,
            ExprKind::Call(call) => self.call_code(frame, call)?,
        };
        Some(code).filter(|code| code.text.len() <= LONGEST)
    }

    fn elements_code(&self, frame: &Frame<'a>, elements: &[Element]) -> Option<String> {
        let element = |element: &Element| {
            let name = element.name.as_ref().map(|name| format!("{}: ", name_of(name))).unwrap_or_default();
            let splice = if element.splice.is_some() { ".." } else { "" };
            Some(format!("{name}{splice}{}", self.code(frame, &element.value)?.text))
        };
        Some(elements.iter().map(element).collect::<Option<Vec<_>>>()?.join(", "))
    }

    /// A call: of an operation as it stands, of anything else as what was meant by it.
    fn call_code(&self, frame: &Frame<'a>, call: &Call) -> Option<Code> {
        let name = name_of(&call.name);
        if !stage::is_function(&name) {
            return self.function_meant(frame, call, &name);
        }
        let values = call.values.iter().map(|element| self.code(frame, &element.value).map(|code| code.text));
        let values: Vec<String> = values.collect::<Option<_>>()?;
        let args = call.args.iter().map(|arg| {
            let name = arg.name.as_ref().map(|name| format!("{} = ", name_of(name))).unwrap_or_default();
            Some(name + &messages::written(&arg.value)?)
        });
        let args: Vec<String> = args.collect::<Option<_>>()?;
        Some(Code::new(format!("{name}({})", [values, args].concat().join(", ")), Level::Operand))
    }

    /// The code that was meant by a call of what is no function.
    pub(super) fn function_meant(&self, frame: &Frame<'a>, call: &Call, name: &str) -> Option<Code> {
        if let (Some(symbol), None) = (operator(name), frame.env.block(name)) {
            return Some(self.operation(frame, call, symbol));
        }
        if self.networks.iter().any(|net| net.ast.name == name) && !call.values.is_empty() {
            return Some(Code::new(format!("{} -> net {name}", self.values_code(frame, call)), Level::Flow));
        }
        if let (Some(layer), false) = (self.layer_meant(frame, name), call.values.is_empty()) {
            let code = self.layer_code(layer, call);
            return Some(Code::new(format!("{} -> {code}", self.values_code(frame, call)), Level::Flow));
        }
        None
    }

    /// The values of a call as the source of a flow.
    pub(super) fn values_code(&self, frame: &Frame<'a>, call: &Call) -> String {
        let shown = |element: &Element| {
            self.code(frame, &element.value).map_or_else(|| super::flow::show(&element.value), |code| code.text)
        };
        let values: Vec<String> = call.values.iter().map(shown).collect();
        if let [one] = &values[..] { one.clone() } else { format!("({})", values.join(", ")) }
    }

    /// `x + y` for `add(x, y)`, the operands in the order in which they stand.
    pub(super) fn operation(&self, frame: &Frame<'a>, call: &Call, symbol: &str) -> Code {
        let level = Level::of_symbol(symbol);
        let place = |span: proc_macro2::Span| (span.start().line, span.start().column);
        let shown = |expr: &Expr| self.code(frame, expr).map_or_else(|| super::flow::show(expr), |code| code.at(level.above()));
        let values = call.values.iter().map(|element| (place(element.value.span), shown(&element.value)));
        let numbers = call.args.iter().map(|arg| (place(arg.value.span), messages::show_term(&arg.value)));
        let mut all: Vec<_> = values.chain(numbers).collect();
        all.sort();
        let operands = match all.len() {
            0 | 1 => ["a", "b"].map(ToOwned::to_owned).to_vec(),
            _ => all.into_iter().map(|(_, text)| text).collect(),
        };
        Code::new(operands.join(&format!(" {symbol} ")), level)
    }
}

/// The -1 of `-x`.
fn is_minus_one(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Number(Term { kind: TermKind::Unary(UnaryOp::Neg, one), .. }) if matches!(one.kind, TermKind::Int(1)))
}

/// Stages as code; `None` where they are more than layers with plain arguments.
pub(super) fn chain(stages: &[Stage]) -> Option<String> {
    Some(stages.iter().map(stage_code).collect::<Option<Vec<_>>>()?.join(" -> "))
}

fn stage_code(stage: &Stage) -> Option<String> {
    let StageKind::Apply { name, args } = &stage.kind else { return None };
    let frozen = if stage.frozen.is_some() { "#[frozen] " } else { "" };
    let label = stage.label.as_ref().map(|label| format!("{}: ", name_of(label))).unwrap_or_default();
    let shown = |arg: &crate::syntax::ast::Arg| {
        let name = arg.name.as_ref().map(|name| format!("{} = ", name_of(name))).unwrap_or_default();
        Some(name + &messages::written(&arg.value)?)
    };
    let args: Vec<String> = args.iter().map(shown).collect::<Option<_>>()?;
    let args = if args.is_empty() { String::new() } else { format!("({})", args.join(", ")) };
    Some(format!("{frozen}{label}{}{args}", name_of(name))).filter(|_| stage.annotation.is_none())
}
