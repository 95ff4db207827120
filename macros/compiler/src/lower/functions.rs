//! Names before parentheses that mean nothing there, and what was meant by them.

use super::flow::is_number;
use super::foreign_names::{self, Meaning};
use super::meant::arguments;
use super::params::name_of;
use super::scope::Frame;
use super::value::Flow;
use super::written::Level;
use super::{Lower, messages, stage, suggest};
use crate::layers;
use crate::syntax::ast::{Arg, Call, Expr, ExprKind, Pattern, Term, TermKind};
use proc_macro2::Ident;

/// The operator that other libraries call so.
pub(super) fn operator(name: &str) -> Option<&'static str> {
    match name.to_lowercase().as_str() {
        "add" => Some("+"),
        "sub" | "subtract" => Some("-"),
        "mul" | "multiply" => Some("*"),
        "div" | "divide" => Some("/"),
        "gt" | "greater" => Some(">"),
        "ge" | "greater_equal" => Some(">="),
        "lt" | "less" => Some("<"),
        "le" | "less_equal" => Some("<="),
        _ => None,
    }
}

impl<'a> Lower<'a, '_> {
    /// Says why a name before parentheses means nothing; `operand`: the call stands beside an operator.
    pub(super) fn no_function(&mut self, frame: &Frame<'a>, call: &Call, name: &str, operand: bool) -> Option<Flow> {
        if let Some(flow) = frame.value(name) {
            self.meant.insert(name.to_owned());
            // Of one that failed the reason was said.
            return if flow.is_poison() { None } else { self.fail(call.name.span(), messages::value_as_function(name)) };
        }
        let text = self.why_no_function(frame, call, name, operand);
        self.fail(call.name.span(), text)
    }

    fn why_no_function(&self, frame: &Frame<'a>, call: &Call, name: &str, operand: bool) -> String {
        if let Some(code) = self.function_meant(frame, call, name) {
            let code = if operand { code.at(Level::Operand) } else { code.text };
            return match operator(name).filter(|_| frame.env.block(name).is_none()) {
                Some(symbol) => messages::operator_as_function(name, symbol, &code),
                None => messages::layer_as_function(name, &code),
            };
        }
        match self.foreign(frame, name) {
            Some(meaning @ (Meaning::Written(_) | Meaning::Loss(_) | Meaning::NotYet)) => messages::foreign_stage(name, meaning),
            _ => messages::unknown_function(name, suggest::nearest(name, stage::function_names())),
        }
    }

    /// The layer or block of this name, ours or another library's.
    pub(super) fn layer_meant<'n>(&self, frame: &Frame<'a>, name: &'n str) -> Option<&'n str> {
        match self.foreign(frame, name) {
            Some(Meaning::Layer(layer)) => Some(layer),
            _ => layers::find(name).map(layers::Layer::name).or_else(|| frame.env.block(name).map(|_| name)),
        }
    }

    /// A layer or block with the arguments of a call.
    pub(super) fn layer_code(&self, layer: &str, call: &Call) -> String {
        code(layer, &call.args.iter().collect::<Vec<_>>())
    }

    /// `let fc = Dense(10);`: reported, with the place where the label stands.
    pub(super) fn layer_bound(&mut self, frame: &Frame<'a>, pattern: &Pattern, value: &Expr) -> bool {
        let (Pattern::Name(label), ExprKind::Call(call)) = (pattern, &value.kind) else { return false };
        let name = name_of(&call.name);
        if stage::is_function(&name) || frame.value(&name).is_some() || operator(&name).is_some() {
            return false;
        }
        // What was read as a value is the name of a number, if anything.
        let numbers: Option<Vec<Arg>> = call
            .values
            .iter()
            .map(|element| match &element.value.kind {
                ExprKind::Value(name) if frame.value(&name_of(name)).is_none() || is_number(frame, &element.value) => {
                    let value = Term { kind: TermKind::Name(name.clone()), span: name.span() };
                    Some(Arg { name: None, value })
                }
                _ => None,
            })
            .collect();
        let (Some(numbers), Some(layer)) = (numbers, self.layer_meant(frame, &name)) else { return false };
        let mut args: Vec<&Arg> = numbers.iter().chain(&call.args).collect();
        args.sort_by_key(|arg| (arg.name.is_some(), arg.value.span.start().line, arg.value.span.start().column));
        let input = frame.values.first().map_or("x", |(name, _)| name);
        let code = format!("{input} -> {}: {}", name_of(label), code(layer, &args));
        self.error(call.name.span(), messages::layer_bound(&code));
        self.meant.insert(name_of(label));
        self.meant.extend(frame.values.iter().map(|(name, _)| name.clone()));
        true
    }

    /// A pattern of more parts than its value has: the argument that gives them.
    pub(super) fn more_values(&self, wanted: usize, flow: &Flow) -> String {
        let Flow::One(id) = flow else { return String::new() };
        let Some(node) = self.producers[*id] else { return String::new() };
        let recipe = &self.recipes[node];
        let Some([name, argument, gives]) = recipe.layer.and_then(layers::Layer::gives_more) else { return String::new() };
        // `let (y, h, c)` of what gives `(y, (h, c))` too.
        if recipe.args.get(name).is_some() || !(2..=1 + gives.matches(',').count()).contains(&wanted) {
            return String::new();
        }
        let shown = self.nodes[node].op.attributes().to_string();
        let code = match shown.strip_suffix(')') {
            Some(shown) => format!("{shown}, {argument})"),
            None => format!("{shown}({argument})"),
        };
        messages::gives(&code, gives)
    }

    /// Names that a mistake bound: that nothing reads them is none of its own.
    pub(super) fn mean(&mut self, pattern: &Pattern) {
        match pattern {
            Pattern::Wild(_) => {}
            Pattern::Name(name) => {
                self.meant.insert(name_of(name));
            }
            Pattern::Tuple(parts, _) => parts.iter().for_each(|part| self.mean(part)),
        }
    }
}

/// A layer or block with arguments, those of other libraries under the names that they have here.
fn code(name: &str, args: &[&Arg]) -> String {
    let args = match layers::find(name) {
        None => args.iter().map(|arg| written(arg.name.as_ref(), &arg.value)).collect(),
        Some(layer) => {
            let positional = layer.params().iter().filter(|param| param.positional).count();
            let (named, others): (Vec<&Arg>, Vec<&Arg>) = args.iter().partition(|arg| arg.name.is_some());
            // The width of the input comes first elsewhere.
            let surplus = usize::from(others.len() > positional && foreign_names::has_input_width(name));
            let others = others.iter().skip(surplus).map(|arg| written(None, &arg.value));
            others.chain(arguments(layer, named)).collect::<Vec<String>>()
        }
    };
    if args.is_empty() { name.to_owned() } else { format!("{name}({})", args.join(", ")) }
}

fn written(name: Option<&Ident>, value: &Term) -> String {
    let name = name.map(|name| format!("{} = ", name_of(name))).unwrap_or_default();
    name + &messages::show_term(value)
}
