//! Values that reach no output. Found in the text, not in its expansions: what one use of a block does not need, another may.

use super::params::name_of;
use super::{Lower, messages};
use crate::syntax::ast::{Arg, Repeat};
use crate::syntax::ast::{Body, Element, Expr, ExprKind, Item, Pattern, Stage, StageKind, Statement, Term, TermKind};
use proc_macro2::Span;

/// A name and whether anything reads it.
struct Known {
    name: String,
    span: Span,
    used: bool,
    kind: Kind,
}

#[derive(Clone, Copy)]
enum Kind {
    Let,
    Input,
    BlockValue,
}

#[derive(Default)]
struct Walk {
    known: Vec<Known>,
    unused: Vec<(String, Span, String)>,
    depth: usize,
}

impl Lower<'_, '_> {
    /// Looks through all bodies.
    pub(super) fn unused<'i>(&mut self, items: impl IntoIterator<Item = &'i Item>) {
        let mut walk = Walk::default();
        for item in items {
            walk.item(item);
        }
        self.uses.clear();
        self.dead = false;
        for (name, span, text) in walk.unused {
            if !self.unsure && !self.meant.contains(&name) {
                self.error(span, text);
            }
        }
    }
}

impl Walk {
    fn item(&mut self, item: &Item) {
        // A body of its own sees none of the values around it.
        let outer = std::mem::take(&mut self.known);
        match item {
            Item::Default(_) | Item::Const(_) | Item::Use(_) => {}
            Item::Block(block) => {
                let values = block.values.iter().map(|name| (name, Kind::BlockValue));
                self.known =
                    values.map(|(name, kind)| Known { name: name_of(name), span: name.span(), used: false, kind }).collect();
                for param in &block.params {
                    param.default.iter().for_each(|term| self.term(term));
                }
                self.whole(&block.body);
            }
            Item::Network(network) => {
                let inputs = network.inputs.iter().map(|input| &input.name);
                // Two inputs of one name are a mistake of their own.
                let twice = |name: &&proc_macro2::Ident| network.inputs.iter().filter(|other| other.name == **name).count() < 2;
                let inputs = inputs.filter(twice);
                self.known =
                    inputs.map(|name| Known { name: name_of(name), span: name.span(), used: false, kind: Kind::Input }).collect();
                if let Some(body) = &network.body {
                    self.whole(body);
                }
            }
        }
        self.known = outer;
    }

    /// A body with its inputs.
    fn whole(&mut self, body: &Body) {
        let readable = body.result.is_some();
        self.body(body);
        if readable {
            self.close(0);
        }
    }

    /// Ends the names from here on.
    fn close(&mut self, from: usize) {
        for known in self.known.drain(from.min(self.known.len())..) {
            if known.used || known.name.starts_with('_') {
                continue;
            }
            let text = match known.kind {
                Kind::Let => messages::unused_let(&known.name),
                Kind::Input => messages::unused_input(&known.name),
                Kind::BlockValue => messages::unused_block_value(&known.name),
            };
            self.unused.push((known.name, known.span, text));
        }
    }

    fn body(&mut self, body: &Body) {
        if self.depth > super::NEST {
            return;
        }
        self.depth += 1;
        let from = self.known.len();
        for statement in &body.statements {
            match statement {
                Statement::Item(item @ (Item::Block(_) | Item::Network(_))) => self.item(item),
                Statement::Item(Item::Const(item)) => self.term(&item.value),
                Statement::Item(Item::Default(item)) => self.args(&item.args),
                Statement::Item(Item::Use(_)) => {}
                Statement::Let(binding) => {
                    self.expr(&binding.value);
                    self.pattern(&binding.pattern);
                }
            }
        }
        if let Some(result) = &body.result {
            self.expr(result);
            self.close(from);
        } else {
            // The result could not be read: nobody knows what it would have used.
            self.known.truncate(from);
        }
        self.depth -= 1;
    }

    fn pattern(&mut self, pattern: &Pattern) {
        match pattern {
            Pattern::Name(name) => {
                self.known.push(Known { name: name_of(name), span: name.span(), used: false, kind: Kind::Let })
            }
            Pattern::Wild(_) => {}
            Pattern::Tuple(parts, _) => parts.iter().for_each(|part| self.pattern(part)),
        }
    }

    fn mark(&mut self, name: &str) {
        if let Some(known) = self.known.iter_mut().rev().find(|known| known.name == name) {
            known.used = true;
        }
    }

    fn expr(&mut self, expr: &Expr) {
        if self.depth > super::NEST {
            return;
        }
        self.depth += 1;
        match &expr.kind {
            ExprKind::Value(name) => self.mark(&name_of(name)),
            ExprKind::Number(term) => self.term(term),
            ExprKind::Flow(source, stages) => {
                self.expr(source);
                self.stages(stages);
            }
            ExprKind::Binary(a, _, _, b) => {
                self.expr(a);
                self.expr(b);
            }
            ExprKind::Tuple(elements) => self.elements(elements),
            ExprKind::If(branch) => {
                self.term(&branch.condition);
                self.body(&branch.then);
                branch.otherwise.iter().for_each(|body| self.body(body));
            }
            ExprKind::Call(call) => {
                self.elements(&call.values);
                self.args(&call.args);
            }
        }
        self.depth -= 1;
    }

    fn elements(&mut self, elements: &[Element]) {
        elements.iter().for_each(|element| self.expr(&element.value));
    }

    fn args(&mut self, args: &[Arg]) {
        args.iter().for_each(|arg| self.term(&arg.value));
    }

    fn stages(&mut self, stages: &[Stage]) {
        if self.depth > super::NEST {
            return;
        }
        self.depth += 1;
        for stage in stages {
            match &stage.kind {
                StageKind::Apply { args, .. } => self.args(args),
                StageKind::List { elements, repeat } => {
                    elements.iter().for_each(|chain| self.stages(chain));
                    match repeat {
                        None => {}
                        Some(Repeat::Times(n)) => self.term(n),
                        Some(Repeat::Over(_, from, to)) => {
                            self.term(from);
                            self.term(to);
                        }
                    }
                }
                StageKind::If { condition, then, otherwise } => {
                    self.term(condition);
                    self.stages(then);
                    self.stages(otherwise);
                }
                StageKind::Each(chain) | StageKind::Scan(chain) => self.stages(chain),
                StageKind::Net { .. } => {}
            }
        }
        self.depth -= 1;
    }

    /// `like = skip` needs the value; `x.channels` only its size, so it does not count.
    fn term(&mut self, term: &Term) {
        if self.depth > super::NEST {
            return;
        }
        self.depth += 1;
        match &term.kind {
            TermKind::Name(name) | TermKind::Quoted(name) => self.mark(&name_of(name)),
            TermKind::Unary(_, a) => self.term(a),
            TermKind::Binary(a, _, b) | TermKind::Range(a, b) => {
                self.term(a);
                self.term(b);
            }
            TermKind::If(a, b, c) => {
                self.term(a);
                self.term(b);
                self.term(c);
            }
            TermKind::Tuple(items) | TermKind::List(items) => items.iter().for_each(|item| self.term(item)),
            _ => {}
        }
        self.depth -= 1;
    }
}
