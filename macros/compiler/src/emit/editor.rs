//! What editors see: rust-analyzer knows a token of a declaration by what it becomes. Labels become fields; for values, blocks, constants and layers
//! there is code here that names them once more, in functions that nobody calls and that only rust-analyzer reads (`when_editor!`).
//!
//! It is made of the tree as it was written, so that names can be completed while the declaration is not yet right.

use super::value_type;
use crate::graph::{Size, ValueType};
use crate::lower::Lowered;
use crate::syntax::ast::{Arg, Block, Body, Const, Element, Expr, ExprKind, File, Item, Pattern, Repeat, Stage};
use crate::syntax::ast::{StageKind, Statement, Term, TermKind};
use proc_macro2::{Ident, TokenStream};
use quote::quote;
use std::collections::{HashMap, HashSet};

/// The names of a file.
#[must_use]
pub fn emit(library: &TokenStream, file: &File, networks: &[Lowered]) -> TokenStream {
    let types = networks.iter().flat_map(|network| &network.named).map(|(name, ty)| (*name, ty)).collect();
    let mut names = Names { types, ..Names::default() };
    let mut items = TokenStream::new();
    for item in &file.items {
        names.item(item, &mut items);
    }
    if items.is_empty() {
        return items;
    }
    let stages = names.stages;
    quote! {
        const _: () = {
            use #library::__private as __f;
            __f::when_editor! {
                mod __stages {
                    pub use #library::layers::*;
                    #stages
                }
                #items
            }
        };
    }
}

#[derive(Default)]
struct Names<'a> {
    /// The types of values, by where their names stand.
    types: HashMap<*const Ident, &'a ValueType>,
    /// What can be named right of `->`.
    stages: TokenStream,
    /// The values, constants and arguments in sight.
    known: Vec<String>,
    /// The labels of the function, which may be named again.
    labels: HashSet<String>,
}

impl Names<'_> {
    fn item(&mut self, item: &Item, to: &mut TokenStream) {
        match item {
            Item::Default(default) => {
                let layer = &default.layer;
                let mut code = quote!(__stages::#layer;);
                self.args(&default.args, &mut code);
                to.extend(quote!(fn __default() { #code }));
            }
            Item::Const(constant) => self.constant(constant, to),
            Item::Block(block) => self.block(block, to),
            Item::Use(other) => {
                let name = &other.name;
                self.stages.extend(quote!(pub struct #name;));
            }
            Item::Network(network) => {
                let (generics, where_clause) = (&network.generics, &network.generics.where_clause);
                let inputs: Vec<&Ident> = network.inputs.iter().map(|input| &input.name).collect();
                let before = self.known.len();
                let (arguments, types) = (inputs.iter(), inputs.iter().map(|name| self.of(name, true)).collect::<Vec<_>>());
                self.known.extend(inputs.iter().map(ToString::to_string));
                let mut code = TokenStream::new();
                for ty in network.inputs.iter().map(|input| &input.ty).chain(network.outputs.iter().map(|output| &output.ty)) {
                    if let crate::syntax::ast::ValueKind::Tensor(dims) = &ty.kind {
                        dims.iter().for_each(|dim| self.term(dim, &mut code));
                    }
                }
                if let Some(body) = &network.body {
                    self.function(body, true, &mut code);
                }
                self.known.truncate(before);
                to.extend(quote!(fn __network #generics (#(#arguments: #types),*) #where_clause { #code }));
            }
        }
    }

    /// The type of a value; of sizes that are types only where `generics` has them.
    fn of(&self, name: &Ident, generics: bool) -> TokenStream {
        let numbers = |ty: &ValueType| ty.dims().is_none_or(|dims| dims.iter().all(|size| matches!(size, Size::Num(_))));
        match self.types.get(&std::ptr::from_ref(name)) {
            // What no type states is some value.
            Some(ty) if numbers(ty) || generics && ty.dims().is_none_or(|dims| dims.iter().all(|d| d.stated().is_some())) => {
                let ty = value_type(ty);
                quote!(&#ty)
            }
            _ => quote!(__f::EditorValue),
        }
    }

    fn constant(&mut self, constant: &Const, to: &mut TokenStream) {
        let name = &constant.name;
        let value = match constant.value.kind {
            TermKind::Int(n) => quote!(#n),
            _ => quote!(__f::editor_value()),
        };
        self.known.push(name.to_string());
        to.extend(quote!(const #name: u64 = #value;));
    }

    fn block(&mut self, block: &Block, to: &mut TokenStream) {
        let name = &block.name;
        // In sight from everywhere: which one is meant is not worth more here.
        self.stages.extend(quote!(pub struct #name;));
        let (values, params) = (&block.values, block.params.iter().map(|param| &param.name).collect::<Vec<_>>());
        let types: Vec<TokenStream> = values.iter().map(|name| self.of(name, false)).collect();
        let before = self.known.len();
        self.known.extend(values.iter().chain(params.iter().copied()).map(ToString::to_string));
        let mut code = TokenStream::new();
        block.params.iter().filter_map(|param| param.default.as_ref()).for_each(|default| self.term(default, &mut code));
        let outer = std::mem::take(&mut self.labels);
        self.function(&block.body, false, &mut code);
        self.labels = outer;
        self.known.truncate(before);
        to.extend(quote!(fn __block(#(#values: #types,)* #(#params: u64),*) { #code }));
    }

    /// The body of a network or of a block.
    fn function(&mut self, body: &Body, generics: bool, to: &mut TokenStream) {
        let (mut labels, mut named) = (Vec::new(), HashSet::new());
        body_labels(body, &mut labels, &mut named);
        labels.retain(|label| named.contains(&label.to_string()));
        self.labels = labels.iter().map(ToString::to_string).collect();
        to.extend(quote!(#(let #labels = __f::EditorValue;)*));
        self.body(body, generics, to);
    }

    fn body(&mut self, body: &Body, generics: bool, to: &mut TokenStream) {
        let before = self.known.len();
        for statement in &body.statements {
            match statement {
                Statement::Item(item) => self.item(item, to),
                Statement::Let(binding) => {
                    let mut value = TokenStream::new();
                    self.expr(&binding.value, generics, &mut value);
                    let (pattern, ty) = self.pattern(&binding.pattern, generics);
                    to.extend(quote!(let #pattern: #ty = { #value __f::editor_value() };));
                }
            }
        }
        if let Some(result) = &body.result {
            self.expr(result, generics, to);
        }
        self.known.truncate(before);
    }

    fn pattern(&mut self, pattern: &Pattern, generics: bool) -> (TokenStream, TokenStream) {
        match pattern {
            Pattern::Wild(_) => (quote!(_), quote!(__f::EditorValue)),
            Pattern::Name(name) => {
                self.known.push(name.to_string());
                (quote!(#name), self.of(name, generics))
            }
            Pattern::Tuple(parts, _) => {
                let (parts, types): (Vec<_>, Vec<_>) = parts.iter().map(|part| self.pattern(part, generics)).unzip();
                (quote!((#(#parts,)*)), quote!((#(#types,)*)))
            }
        }
    }

    fn expr(&mut self, expr: &Expr, generics: bool, to: &mut TokenStream) {
        match &expr.kind {
            ExprKind::Value(name) => to.extend(quote!(#name;)),
            ExprKind::Number(term) => self.term(term, to),
            ExprKind::Flow(source, stages) => {
                self.expr(source, generics, to);
                self.chain(stages, to);
            }
            ExprKind::Binary(a, _, _, b) => {
                self.expr(a, generics, to);
                self.expr(b, generics, to);
            }
            ExprKind::Tuple(elements) => self.elements(elements, generics, to),
            ExprKind::If(branches) => {
                self.term(&branches.condition, to);
                for branch in std::iter::once(&branches.then).chain(&branches.otherwise) {
                    let mut code = TokenStream::new();
                    self.body(branch, generics, &mut code);
                    to.extend(quote!({ #code }));
                }
            }
            ExprKind::Call(call) => {
                let name = &call.name;
                // `where` is a word of Rust.
                let name = if name == "where" { Ident::new_raw("where", name.span()) } else { name.clone() };
                to.extend(quote!(__stages::#name;));
                self.elements(&call.values, generics, to);
                self.args(&call.args, to);
            }
        }
    }

    fn elements(&mut self, elements: &[Element], generics: bool, to: &mut TokenStream) {
        elements.iter().for_each(|element| self.expr(&element.value, generics, to));
    }

    fn chain(&mut self, stages: &[Stage], to: &mut TokenStream) {
        for stage in stages {
            match &stage.kind {
                StageKind::Apply { name, args } => {
                    let at = (!self.labels.contains(&name.to_string())).then(|| quote!(__stages::));
                    to.extend(quote!(#at #name;));
                    self.args(args, to);
                }
                StageKind::List { elements, repeat } => {
                    let before = self.known.len();
                    let mut code = TokenStream::new();
                    match repeat {
                        Some(Repeat::Times(n)) => self.term(n, &mut code),
                        Some(Repeat::Over(index, from, to)) => {
                            [from, to].iter().for_each(|end| self.term(end, &mut code));
                            self.known.push(index.to_string());
                            code.extend(quote!(let #index = 0_u64;));
                        }
                        None => {}
                    }
                    elements.iter().for_each(|element| self.chain(element, &mut code));
                    self.known.truncate(before);
                    to.extend(quote!({ #code }));
                }
                StageKind::Net { path, .. } => to.extend(quote!(let _: &#path;)),
                StageKind::If { condition, then, otherwise } => {
                    self.term(condition, to);
                    self.chain(then, to);
                    self.chain(otherwise, to);
                }
                StageKind::Each(chain) | StageKind::Scan(chain) => self.chain(chain, to),
            }
        }
    }

    fn args(&self, args: &[Arg], to: &mut TokenStream) {
        args.iter().for_each(|arg| self.term(&arg.value, to));
    }

    /// The names within a number: words (`same`) and labels are none of Rust's.
    fn term(&self, term: &Term, to: &mut TokenStream) {
        match &term.kind {
            TermKind::Name(name) | TermKind::Field(name, _) if self.known.contains(&name.to_string()) => {
                to.extend(quote!(#name;))
            }
            TermKind::Unary(_, a) => self.term(a, to),
            TermKind::Binary(a, _, b) | TermKind::Range(a, b) => [a, b].iter().for_each(|term| self.term(term, to)),
            TermKind::If(a, b, c) => [a, b, c].iter().for_each(|term| self.term(term, to)),
            TermKind::Tuple(terms) | TermKind::List(terms) => terms.iter().for_each(|term| self.term(term, to)),
            _ => {}
        }
    }
}

/// The labels of a body, and the names of its stages.
fn body_labels<'a>(body: &'a Body, labels: &mut Vec<&'a Ident>, named: &mut HashSet<String>) {
    let bindings = body.statements.iter().filter_map(|statement| match statement {
        Statement::Let(binding) => Some(&binding.value),
        Statement::Item(_) => None,
    });
    bindings.chain(&body.result).for_each(|expr| expr_labels(expr, labels, named));
}

fn expr_labels<'a>(expr: &'a Expr, labels: &mut Vec<&'a Ident>, named: &mut HashSet<String>) {
    match &expr.kind {
        ExprKind::Flow(source, stages) => {
            expr_labels(source, labels, named);
            chain_labels(stages, labels, named);
        }
        ExprKind::Binary(a, _, _, b) => [a, b].iter().for_each(|expr| expr_labels(expr, labels, named)),
        ExprKind::Tuple(elements) => elements.iter().for_each(|element| expr_labels(&element.value, labels, named)),
        ExprKind::If(branches) => {
            std::iter::once(&branches.then).chain(&branches.otherwise).for_each(|branch| body_labels(branch, labels, named));
        }
        ExprKind::Call(call) => call.values.iter().for_each(|element| expr_labels(&element.value, labels, named)),
        ExprKind::Value(_) | ExprKind::Number(_) => {}
    }
}

fn chain_labels<'a>(stages: &'a [Stage], labels: &mut Vec<&'a Ident>, named: &mut HashSet<String>) {
    for stage in stages {
        labels.extend(&stage.label);
        match &stage.kind {
            StageKind::Apply { name, .. } => {
                named.insert(name.to_string());
            }
            StageKind::List { elements, .. } => elements.iter().for_each(|element| chain_labels(element, labels, named)),
            StageKind::If { then, otherwise, .. } => {
                [then, otherwise].iter().for_each(|chain| chain_labels(chain, labels, named))
            }
            StageKind::Each(chain) | StageKind::Scan(chain) => chain_labels(chain, labels, named),
            StageKind::Net { .. } => {}
        }
    }
}
