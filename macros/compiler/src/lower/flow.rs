//! Expressions over values, bindings and bodies.

use super::apply::Applied;
use super::params::name_of;
use super::scope::Frame;
use super::stage::Chain;
use super::value::{Flow, Slot};
use super::{Lower, messages, stage};
use crate::layers::{self, ArgValue, Args};
use crate::syntax::ast::{BinaryOp, Body, Call, Element, Expr, ExprKind, Pattern, Stage, Statement, TermOp};
use proc_macro2::{Ident, Span};

/// One side of an operator.
enum Side {
    Number(ArgValue, Span),
    Flow(Flow),
    Failed,
}

impl<'a> Lower<'a, '_> {
    /// A body between braces, whose names end with it.
    pub(super) fn body(&mut self, frame: &mut Frame<'a>, body: &'a Body) -> Flow {
        if !self.enter(body.span) {
            return Flow::Poison;
        }
        let env = frame.env.clone();
        let (values, labels, base) = (frame.values.len(), frame.labels.len(), frame.label_base);
        frame.label_base = labels;
        let items = body.statements.iter().filter_map(|statement| match statement {
            Statement::Item(item) => Some(item),
            Statement::Let(_) => None,
        });
        let mut places = self.hoist(frame, items.collect());
        for statement in &body.statements {
            match statement {
                Statement::Item(item) => self.item(frame, item, &mut places),
                Statement::Let(binding) => {
                    let flow = match (&binding.pattern, &binding.value.kind) {
                        _ if self.layer_bound(frame, &binding.pattern, &binding.value) => Flow::Poison,
                        // A parameter is called as its value.
                        (Pattern::Name(name), ExprKind::Call(call)) => {
                            self.call(frame, call, Some(name), false).unwrap_or(Flow::Poison)
                        }
                        _ => self.expr(frame, &binding.value),
                    };
                    self.bind_pattern(frame, &binding.pattern, &flow);
                }
            }
        }
        let result = body.result.as_ref().map_or(Flow::Poison, |result| self.expr(frame, result));
        frame.env = env;
        frame.values.truncate(values);
        frame.labels.truncate(labels);
        frame.label_base = base;
        self.leave();
        result
    }

    fn bind_pattern(&mut self, frame: &mut Frame<'a>, pattern: &'a Pattern, flow: &Flow) {
        match pattern {
            Pattern::Wild(_) => {}
            Pattern::Name(ident) => {
                let name = name_of(ident);
                self.rename(frame, &name, flow);
                self.note_type(ident, flow);
                frame.values.push((name, flow.clone()));
            }
            Pattern::Tuple(parts, span) => {
                let flows: Vec<Flow> = match flow {
                    Flow::Many(tuple) if tuple.slots.len() == parts.len() => {
                        tuple.slots.iter().map(|slot| slot.flow.clone()).collect()
                    }
                    Flow::Poison => vec![Flow::Poison; parts.len()],
                    Flow::One(_) if parts.len() == 1 => vec![flow.clone()],
                    Flow::Many(_) | Flow::One(_) => {
                        let text = messages::arity(parts.len(), if let Flow::Many(tuple) = flow { tuple.slots.len() } else { 1 })
                            + &self.more_values(parts.len(), flow);
                        self.error(*span, text);
                        self.mean(pattern);
                        vec![Flow::Poison; parts.len()]
                    }
                };
                for (part, flow) in parts.iter().zip(&flows) {
                    self.bind_pattern(frame, part, flow);
                }
            }
        }
    }

    /// What editors show of a name.
    pub(super) fn note_type(&mut self, name: &Ident, flow: &Flow) {
        if let Flow::One(id) = flow {
            self.named_types.entry(name).or_insert_with(|| self.values[*id].ty.clone());
        }
    }

    /// A value that no label names is called as its `let` calls it.
    fn rename(&mut self, frame: &Frame<'a>, name: &str, flow: &Flow) {
        let Flow::One(id) = flow else { return };
        if !self.named[*id] {
            self.named[*id] = true;
            let path = super::names::join(self.tree.path(frame.place.module()), name);
            self.values[*id].name = self.unique(path);
        }
    }

    /// The value of an expression.
    pub(super) fn expr(&mut self, frame: &mut Frame<'a>, expr: &'a Expr) -> Flow {
        self.expr_in(frame, expr, &mut Chain::default())
    }

    fn expr_in(&mut self, frame: &mut Frame<'a>, expr: &'a Expr, chain: &mut Chain) -> Flow {
        if !self.enter(expr.span) {
            return Flow::Poison;
        }
        let flow = match &expr.kind {
            ExprKind::Value(name) => self.value_named(frame, name),
            ExprKind::Number(term) => {
                self.unsure = true;
                self.fail(term.span, messages::number_as_value(None))
            }
            ExprKind::Flow(source, stages) => Some(self.flow(frame, source, stages, chain)),
            ExprKind::Binary(a, op, span, b) => self.binary(frame, a, *op, *span, b),
            ExprKind::Tuple(elements) => Some(self.tuple(frame, elements)),
            ExprKind::If(branch) => match (self.condition(frame, &branch.condition), &branch.otherwise) {
                (None, _) => None,
                (Some(true), _) => Some(self.body(frame, &branch.then)),
                (Some(false), Some(otherwise)) => Some(self.body(frame, otherwise)),
                (Some(false), None) => self.fail(expr.span, messages::if_without_else()),
            },
            ExprKind::Call(call) => self.call(frame, call, None, false),
        };
        self.leave();
        flow.unwrap_or(Flow::Poison)
    }

    /// `source -> stage -> stage`; a flow in parentheses before `->` is the same chain.
    fn flow(&mut self, frame: &mut Frame<'a>, source: &'a Expr, stages: &'a [Stage], chain: &mut Chain) -> Flow {
        let source = match &source.kind {
            ExprKind::Flow(..) => self.expr_in(frame, source, chain),
            _ => self.expr(frame, source),
        };
        self.chain(frame, stages, source, chain, false)
    }

    fn value_named(&mut self, frame: &Frame<'a>, ident: &Ident) -> Option<Flow> {
        let name = name_of(ident);
        if let Some(flow) = frame.value(&name) {
            return Some(flow.clone());
        }
        let unsure = std::mem::replace(&mut self.unsure, true);
        if let Some(number) = self.number_called(frame, ident) {
            // One that failed was reported.
            number?;
            return self.fail(ident.span(), messages::number_as_value(Some(&name)));
        }
        if frame.label(&name).is_some() {
            return self.fail(ident.span(), messages::label_is_no_value(&name));
        }
        if layers::find(&name).is_some() || frame.env.block(&name).is_some() {
            return self.fail(ident.span(), messages::stage_as_value(&name));
        }
        // The nearest name was meant: only of the others nobody knows.
        self.unsure = unsure;
        self.unknown_value(frame, ident)
    }

    fn tuple(&mut self, frame: &mut Frame<'a>, elements: &'a [Element]) -> Flow {
        let slots = self.slots(frame, elements).into_iter().map(|(slot, _)| slot).collect();
        let tuple = Flow::tuple(slots);
        if tuple.leaves() > super::LEAVES {
            let span = elements.first().map_or_else(Span::call_site, |element| element.value.span);
            return self.exhausted(span, messages::too_many_values()).unwrap_or(Flow::Poison);
        }
        tuple
    }

    /// The elements of a tuple, each with its name in messages. `..v` stands for the values of the tuple `v`.
    fn slots(&mut self, frame: &mut Frame<'a>, elements: &'a [Element]) -> Vec<(Slot, String)> {
        let mut slots = Vec::new();
        for element in elements {
            let (slot, shown) = (self.slot(frame, element), show(&element.value));
            match (&slot.flow, element.splice) {
                (Flow::Many(tuple), Some(_)) => {
                    let span = element.value.span;
                    let values = tuple.slots.iter().enumerate();
                    slots.extend(values.map(|(i, slot)| {
                        (Slot { span, written: false, ..slot.clone() }, format!("value {} of `{shown}`", i + 1))
                    }));
                }
                _ => slots.push((slot, format!("`{shown}`"))),
            }
        }
        slots
    }

    fn slot(&mut self, frame: &mut Frame<'a>, element: &'a Element) -> Slot {
        let flow = self.expr(frame, &element.value);
        let bare = match &element.value.kind {
            ExprKind::Value(name) => Some(name.clone()),
            _ => None,
        };
        let written = element.name.is_some();
        let span = element.name.as_ref().map_or(element.value.span, Ident::span);
        Slot { name: element.name.clone().or(bare), written, span, flow }
    }

    /// `a + b`
    fn binary(&mut self, frame: &mut Frame<'a>, a: &'a Expr, op: BinaryOp, span: Span, b: &'a Expr) -> Option<Flow> {
        // What is less is what the other is greater than.
        let (name, turned) = match op {
            BinaryOp::Add => ("add", false),
            BinaryOp::Sub => ("sub", false),
            BinaryOp::Mul => ("mul", false),
            BinaryOp::Div => ("div", false),
            BinaryOp::Greater => ("greater", false),
            BinaryOp::GreaterEqual => ("greater_equal", false),
            BinaryOp::Less => ("greater", true),
            BinaryOp::LessEqual => ("greater_equal", true),
        };
        let symbol = op.symbol();
        let text = format!("{} {symbol} {}", show(a), show(b));
        let (left, right) = (self.side(frame, a), self.side(frame, b));
        let mut args = Args::default();
        let mut slots = Vec::new();
        match (left, right) {
            (Side::Failed, _) | (_, Side::Failed) => return None,
            (Side::Number(..), Side::Number(..)) => return self.fail(span, messages::two_numbers(&text)),
            (Side::Flow(flow), Side::Number(number, at)) => {
                args.set("number", number, at);
                if turned {
                    args.set("number_first", ArgValue::Bool(true), at);
                }
                slots.push((flow, a.span));
            }
            (Side::Number(number, at), Side::Flow(flow)) => {
                args.set("number", number, at);
                if !turned {
                    args.set("number_first", ArgValue::Bool(true), at);
                }
                slots.push((flow, b.span));
            }
            (Side::Flow(left), Side::Flow(right)) if turned => slots.extend([(right, b.span), (left, a.span)]),
            (Side::Flow(left), Side::Flow(right)) => slots.extend([(left, a.span), (right, b.span)]),
        }
        for (flow, at) in &slots {
            if let Flow::Many(tuple) = flow {
                return self.fail(*at, messages::tuple_in_sum(symbol, tuple.slots.len()));
            }
        }
        if slots.iter().any(|(flow, _)| flow.is_poison()) {
            return None;
        }
        let layer = self.operator(name, span)?;
        let slots = slots.into_iter().map(|(flow, span)| Slot { name: None, written: false, span, flow });
        let flow = Flow::tuple(slots.collect());
        let applied = Applied { layer, args, label: None, shown: &text, span, parts: None, element: false };
        self.apply_layer(frame, applied, &flow, &Chain::default())
    }

    /// A layer that the language itself uses.
    fn operator(&mut self, name: &str, span: Span) -> Option<&'static dyn layers::Layer> {
        match layers::find(name) {
            Some(layer) => Some(layer),
            None => self.fail(span, messages::not_yet(&format!("`{name}`"))),
        }
    }

    fn side(&mut self, frame: &mut Frame<'a>, expr: &'a Expr) -> Side {
        if !is_number(frame, expr) {
            let flow = match &expr.kind {
                ExprKind::Call(call) => self.call(frame, call, None, true).unwrap_or(Flow::Poison),
                _ => self.expr(frame, expr),
            };
            return if flow.is_poison() { Side::Failed } else { Side::Flow(flow) };
        }
        match self.number(frame, expr) {
            None => Side::Failed,
            Some(number @ (ArgValue::Int(_) | ArgValue::Float(_))) => Side::Number(number, expr.span),
            Some(ArgValue::Type(ty)) => {
                self.error(expr.span, messages::arithmetic_on_type(&ty.to_string()));
                Side::Failed
            }
            Some(other) => {
                self.error(expr.span, messages::no_factor(&other));
                Side::Failed
            }
        }
    }

    /// What [`is_number`] is.
    fn number(&mut self, frame: &Frame<'a>, expr: &'a Expr) -> Option<ArgValue> {
        match &expr.kind {
            ExprKind::Number(term) => self.eval(frame, term, super::eval::Words::None),
            ExprKind::Value(name) => self.number_called(frame, name).flatten(),
            ExprKind::Binary(a, op, span, b) => {
                let (a, b) = (self.number(frame, a), self.number(frame, b));
                let (mut a, b) = (a?, b?);
                let op = match op {
                    BinaryOp::Add => TermOp::Add,
                    BinaryOp::Sub => TermOp::Sub,
                    BinaryOp::Mul => TermOp::Mul,
                    BinaryOp::Div => TermOp::Div,
                    BinaryOp::Less => TermOp::Lt,
                    BinaryOp::LessEqual => TermOp::Le,
                    BinaryOp::Greater => TermOp::Gt,
                    BinaryOp::GreaterEqual => TermOp::Ge,
                };
                // Beside values a half is 1 / 2.
                if let (TermOp::Div, ArgValue::Int(n), ArgValue::Int(by)) = (op, &a, &b)
                    && n.checked_rem(*by).is_some_and(|rest| rest != 0)
                {
                    a = ArgValue::Float(super::eval::wide(*n));
                }
                self.arithmetic(*span, a, op, b)
            }
            _ => None,
        }
    }

    /// `concat(a, b, axis = time)`, `split(x, 2)`, `mean(a, b)`; `bound` is the name that a `let` gives it, `operand` whether
    /// it stands beside an operator.
    fn call(&mut self, frame: &mut Frame<'a>, call: &'a Call, bound: Option<&'a Ident>, operand: bool) -> Option<Flow> {
        let name = name_of(&call.name);
        let span = call.name.span();
        if !stage::is_function(&name) {
            return self.no_function(frame, call, &name, operand);
        }
        let (slots, parts): (Vec<Slot>, Vec<String>) = self.slots(frame, &call.values).into_iter().unzip();
        let parts = Some(parts).filter(|parts| parts.len() > 1);
        let layer = self.operator(&name, span)?;
        let first = slots.first().map(|slot| slot.flow.clone());
        let args = self.layer_args(frame, layer, &call.args, first.as_ref(), span, false);
        let flow = Flow::tuple(slots);
        self.no_names(&flow);
        if flow.leaves() > super::LEAVES {
            return self.exhausted(span, messages::too_many_values());
        }
        if layer.is_parameter() {
            return self.parameter(frame, layer, args?, bound, &flow, span);
        }
        let applied = Applied { layer, args: args?, label: None, shown: &name, span, parts, element: false };
        self.apply_layer(frame, applied, &flow, &Chain::default())
    }
}

/// A literal, a constant or a block's parameter, or an operator between such; a value of the same name comes first.
pub(super) fn is_number(frame: &Frame<'_>, expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Number(_) => true,
        ExprKind::Value(name) => frame.value(&name_of(name)).is_none() && frame.env.number(&name_of(name)).is_some(),
        ExprKind::Binary(a, _, _, b) => is_number(frame, a) && is_number(frame, b),
        _ => false,
    }
}

/// An operand as a message shows it: `main`, `b3`, `0.5`, `a + b`.
pub(super) fn show(expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::Value(name) => name_of(name),
        ExprKind::Number(term) => messages::show_term(term),
        ExprKind::Flow(source, stages) => {
            let label = stages.iter().rev().find_map(|stage| stage.label.as_ref());
            label.map_or_else(|| format!("({} -> …)", show_short(source)), name_of)
        }
        ExprKind::Binary(a, op, _, b) => {
            // Without blanks: the outer operator is the one between blanks.
            format!("{}{}{}", show_short(a), op.symbol(), show_short(b))
        }
        ExprKind::Tuple(_) => "(…)".to_owned(),
        ExprKind::If(_) => "if …".to_owned(),
        ExprKind::Call(call) => format!("{}(…)", name_of(&call.name)),
    }
}

/// The same, not going deeper.
fn show_short(expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::Value(_) | ExprKind::Number(_) | ExprKind::Call(_) => show(expr),
        _ => "…".to_owned(),
    }
}
