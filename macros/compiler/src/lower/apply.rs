//! A layer applied to values: a node of the graph, its parameters, and where messages say its inputs come from.

use super::names::{Clash, ModuleId, join, within};
use super::repair::Recipe;
use super::scope::{Frame, Label, LabelKind};
use super::stage::Chain;
use super::value::{Flow, Slot};
use super::{Lower, messages};
use crate::graph::{Node, Size, TensorId, Value, ValueId, ValueType, wrong_dtype};
use crate::layers::{ArgValue, Args, Build, Built, Joins, Layer, ParamSpec, Part, Tie};
use crate::report::Report;
use proc_macro2::{Ident, Span};
use std::rc::Rc;

/// A layer about to be applied.
pub(super) struct Applied<'c> {
    pub layer: &'static dyn Layer,
    pub args: Args,
    /// The label before it.
    pub label: Option<&'c Ident>,
    /// The name in messages where it has no label.
    pub shown: &'c str,
    pub span: Span,
    /// The names of the inputs, where they have their own (the parts of a concat).
    pub parts: Option<Vec<String>>,
    /// It is an element of a list all by itself: its parameters are the element's.
    pub element: bool,
}

impl<'a> Lower<'a, '_> {
    /// Builds it, names its parameters, adds the node. `None` when it failed.
    pub(super) fn apply_layer(
        &mut self,
        frame: &mut Frame<'a>,
        applied: Applied<'_>,
        flow: &Flow,
        chain: &Chain,
    ) -> Option<Flow> {
        let Applied { layer, args, label, shown, span, parts, element } = applied;
        let label_name = label.map(super::params::name_of);
        let built = self.build(frame, layer, &args, flow, span, label_name.as_deref().unwrap_or(shown), parts);
        let Some((built, inputs)) = built else {
            self.declare(frame, label, None, flow);
            return None;
        };
        let own = match (&label_name, &chain.label) {
            (Some(label), _) => label.clone(),
            (None, Some(before)) => format!("{before}_{}", layer.short()),
            (None, None) => layer.short().to_owned(),
        };
        if layer.is_block() {
            return self.library_block(frame, &Applied { layer, args, label, shown, span, parts: None, element }, &own, flow);
        }
        let direct = element && label.is_none();
        let name_span = label.map_or(span, Ident::span);
        let mut tensors = Some(Vec::new());
        let mut path = if direct {
            self.tree.path(frame.place.module()).to_owned()
        } else {
            join(self.tree.path(frame.place.module()), &own)
        };
        if !built.params.is_empty() {
            let place =
                if direct { frame.place.clone() } else { frame.place.inner(&mut self.tree, &own, name_span, label.is_some()) };
            tensors = match place.claim_self() {
                Ok(()) => self.tensors(&place, &built.params, tied(&args), flow, name_span),
                Err(clash) => {
                    self.clash(clash, &path, layer.name());
                    None
                }
            };
            path = self.tree.path(place.module()).to_owned();
        } else if direct && label.is_none() {
            path = join(self.tree.path(frame.place.module()), layer.short());
        }
        let failed = tensors.is_none();
        let tensors = tensors.unwrap_or_default();
        let kind = (!failed).then(|| LabelKind::Layer {
            layer,
            args: args.clone(),
            tensors: tensors.clone(),
            dims: built.params.iter().map(|p| p.dims.clone()).collect(),
            path: path.clone(),
        });
        self.declare(frame, label, kind, flow);
        if failed {
            return None;
        }
        let labeled = label_name.is_some();
        let shown = match label_name {
            Some(_) => path.clone(),
            None if layer.joins() == Some(Joins::Numbers) => shown.to_owned(),
            None => built.op.attributes().to_string(),
        };
        let recipe =
            Recipe { layer: Some(layer), args, shown: within(&shown, self.tree.path(frame.place.module())).to_owned(), part: 0 };
        self.recipe(recipe, &built);
        Some(self.node(built, inputs, tensors, path, shown, span, frame.place.frozen, labeled))
    }

    /// A value that is a parameter, called as the `let` that binds it.
    pub(super) fn parameter(
        &mut self,
        frame: &Frame<'a>,
        layer: &'static dyn Layer,
        args: Args,
        bound: Option<&Ident>,
        flow: &Flow,
        span: Span,
    ) -> Option<Flow> {
        let (mut built, inputs) = self.build(frame, layer, &args, flow, span, layer.name(), None)?;
        let name = bound.map_or_else(|| layer.short().to_owned(), super::params::name_of);
        built.params.iter_mut().for_each(|param| param.name.clone_from(&name));
        let at = bound.map_or(span, Ident::span);
        let path = join(self.tree.path(frame.place.module()), &name);
        match frame.place.claim_tensor(&name, at, bound.is_some()) {
            Ok(()) => {}
            Err(Clash::Here { span, .. }) => return self.fail(span, messages::clash_parameter(&path)),
            Err(clash) => {
                self.clash(clash, &path, layer.name());
                return None;
            }
        }
        let tensors = self.tensors(&frame.place, &built.params, None, flow, at)?;
        let shown = built.op.attributes().to_string();
        self.recipe(Recipe { layer: Some(layer), args, shown: shown.clone(), part: 0 }, &built);
        Some(self.node(built, inputs, tensors, path, shown, span, frame.place.frozen, bound.is_some()))
    }

    /// Applies the same layer with the same parameters to another input.
    pub(super) fn layer_again(&mut self, frame: &Frame<'a>, label: &Label<'a>, flow: &Flow, span: Span) -> Option<Flow> {
        let Some(LabelKind::Layer { layer, args, tensors, dims, path }) = &label.kind else { return None };
        let (built, inputs) = self.build(frame, *layer, args, flow, span, &label.name, None)?;
        let needed: Vec<Vec<Size>> = built.params.iter().map(|p| p.dims.clone()).collect();
        if needed != *dims {
            let now = self.types(&inputs);
            let differ = dims.iter().zip(&needed).find(|(a, b)| a != b);
            let text = messages::other_weights(&label.name, super::line(label.span), &label.input, &now, differ);
            return self.fail(span, text);
        }
        if let Some(again) = &frame.place.again {
            let own = tensors.iter().filter(|id| tied(args).is_none_or(|(tie, _)| tie.tensor != **id));
            let made_of = own.flat_map(|id| self.tensors[*id].parametrized.as_ref().map_or(vec![*id], |made| made.from.clone()));
            again.met.borrow_mut().extend(made_of);
        }
        self.recipe(Recipe { layer: Some(*layer), args: args.clone(), shown: label.name.clone(), part: 0 }, &built);
        Some(self.node(
            built,
            inputs,
            tensors.clone(),
            path.clone(),
            path.clone(),
            span,
            label.frozen || frame.place.frozen,
            true,
        ))
    }

    /// Asks the layer. Its messages come here, so that they can say in which block they are.
    #[expect(clippy::too_many_arguments, reason = "what a layer is built from")]
    fn build(
        &mut self,
        frame: &Frame<'a>,
        layer: &dyn Layer,
        args: &Args,
        flow: &Flow,
        span: Span,
        label: &str,
        parts: Option<Vec<String>>,
    ) -> Option<(Built, Vec<ValueId>)> {
        let flat = flow.flat(span)?;
        if self.nodes.len() >= super::NODES {
            return self.exhausted(span, messages::too_many_nodes(super::NODES));
        }
        let (inputs, input_spans): (Vec<ValueId>, Vec<Span>) = flat.into_iter().unzip();
        let types = self.types(&inputs);
        let around = frame.place.module();
        let names = parts.clone().unwrap_or_else(|| label.split([' ']).step_by(2).map(ToOwned::to_owned).collect());
        let origins = parts.filter(|parts| parts.len() == inputs.len());
        let origins = origins.unwrap_or_else(|| inputs.iter().map(|id| self.origin(*id, around)).collect());
        let mut report = Report::default();
        let over_time = |ty: &ValueType| matches!(ty, ValueType::Indices { .. }) || ty.dims().is_some_and(|dims| dims.len() == 2);
        if self.stepping && !layer.steps() && types.iter().any(over_time) {
            return self.fail(span, messages::no_step(label));
        }
        let (step, exact) = (self.stepping, self.exact);
        let mut cx = Build {
            inputs: &types,
            origins: &origins,
            input_spans: &input_spans,
            args,
            params: layer.params(),
            span,
            label,
            step,
            exact,
            report: &mut report,
        };
        let built = layer.build(&mut cx);
        if built.is_none() {
            cx.other_mistakes();
        }
        let joins = layer.joins().filter(|_| built.is_none() && inputs.len() > 1);
        let help = joins.map_or_else(String::new, |how| self.repair_parts(frame, &inputs, &names, how == Joins::Numbers));
        for message in report.messages() {
            self.error(message.span, message.text.clone() + &help);
        }
        let Some(built) = built else {
            if report.is_clean() {
                self.error(span, messages::unexplained(label));
            }
            return None;
        };
        if !report.is_clean() {
            return None;
        }
        if built.outputs.iter().filter_map(ValueType::dims).any(<[Size]>::is_empty) {
            return self.fail(span, messages::no_axes(label));
        }
        let outputs = built.outputs.iter().filter_map(ValueType::dims);
        let params = built.params.iter().map(|p| p.dims.as_slice());
        if let Some(dims) = outputs.chain(params).find(|dims| is_huge(dims)) {
            return self.fail(span, messages::huge(label, dims));
        }
        let unstated = |param: &&ParamSpec| param.dims.iter().any(|size| size.stated().is_none());
        if let Some(ParamSpec { name, dims, .. }) = built.params.iter().find(unstated)
            && let Some(size) = dims.iter().find(|size| size.stated().is_none())
        {
            return self.fail(span, messages::unstated(label, name, dims, size));
        }
        if let Some(mistake) = wrong_dtype(&*built.op, &types, &built.outputs) {
            return self.fail(span, messages::own_mistake(label, &mistake));
        }
        Some((built, inputs))
    }

    fn types(&self, values: &[ValueId]) -> Vec<ValueType> {
        values.iter().map(|id| self.values[*id].ty.clone()).collect()
    }

    /// A parameter's name is taken.
    pub(super) fn clash(&mut self, clash: Clash, path: &str, what: &str) {
        match clash {
            Clash::Label(via) => self.error_at(via.depth, via.span, messages::clash_via(path, &via.name)),
            Clash::Numbers(via) => self.error_at(via.depth, via.span, messages::numbers_beside_names()),
            Clash::Here { span, labeled: true } => self.error(span, messages::clash_label(path)),
            Clash::Here { span, labeled: false } => self.error(span, messages::clash_unlabeled(path, what)),
        }
    }

    /// Makes a label known. A label twice between the same brackets is an error.
    pub(super) fn declare(&mut self, frame: &mut Frame<'a>, label: Option<&Ident>, kind: Option<LabelKind<'a>>, input: &Flow) {
        let Some(ident) = label else { return };
        let name = super::params::name_of(ident);
        let types: Vec<ValueType> =
            input.flat(ident.span()).unwrap_or_default().iter().map(|(id, _)| self.values[*id].ty.clone()).collect();
        frame.labels.push(Rc::new(Label { name, span: ident.span(), input: types, frozen: frame.place.frozen, kind }));
    }

    /// Remembers what the nodes of a layer are made of, one for each of its operations.
    fn recipe(&mut self, recipe: Recipe, built: &Built) {
        let parts = (0..built.before.len()).map(|part| Recipe { part, ..recipe.clone() });
        self.recipes.extend(parts);
        self.recipes.push(Recipe { part: built.before.len(), ..recipe });
    }

    /// Adds the node and its values, behind those of the operations before it.
    #[expect(clippy::too_many_arguments, reason = "a node has these parts")]
    fn node(
        &mut self,
        built: Built,
        mut inputs: Vec<ValueId>,
        mut params: Vec<TensorId>,
        path: String,
        shown: String,
        span: Span,
        frozen: bool,
        labeled: bool,
    ) -> Flow {
        for Part { name, op, output, params: own } in built.before {
            let path = self.unique(join(&path, name));
            let op = if frozen { op.freeze().unwrap_or(op) } else { op };
            let value = self.value(Value { ty: output, name: path.clone() }, Some(self.nodes.len()), false);
            self.shown.push(shown.clone());
            let own = params.drain(..own).collect();
            let inputs = std::mem::replace(&mut inputs, vec![value]);
            self.nodes.push(Node { op, inputs, outputs: vec![value], params: own, path, span, frozen });
        }
        let path = self.unique(path);
        let op = if frozen { built.op.freeze().unwrap_or(built.op) } else { built.op };
        let count = built.outputs.len();
        let outputs: Vec<ValueId> = built
            .outputs
            .into_iter()
            .enumerate()
            .map(|(i, ty)| {
                let name = if i == 0 { path.clone() } else { format!("{path}_{i}") };
                self.value(Value { ty, name }, Some(self.nodes.len()), labeled)
            })
            .collect();
        let groups = group(op.traits().output_groups, count);
        self.shown.push(shown);
        self.nodes.push(Node { op, inputs, outputs: outputs.clone(), params, path, span, frozen });
        let slot = |flow: Flow| Slot { name: None, written: false, span, flow };
        let mut ids = outputs.into_iter().map(Flow::One);
        let mut flows: Vec<Flow> = groups
            .into_iter()
            .map(|n| {
                let part: Vec<Flow> = ids.by_ref().take(n).collect();
                match <[Flow; 1]>::try_from(part) {
                    Ok([one]) => one,
                    Err(part) => Flow::tuple(part.into_iter().map(slot).collect()),
                }
            })
            .collect();
        if flows.len() == 1 { flows.remove(0) } else { Flow::tuple(flows.into_iter().map(slot).collect()) }
    }

    /// `conv1`, and `conv1_2` when it is used again.
    pub(super) fn unique(&mut self, path: String) -> String {
        let mut n = self.paths.get(&path).copied().unwrap_or(0);
        let mut name = path.clone();
        while self.paths.contains_key(&name) {
            n += 1;
            name = format!("{path}_{}", n + 1);
        }
        self.paths.insert(path, n);
        self.paths.entry(name.clone()).or_insert(0);
        name
    }

    /// The origin of a value: the layer that last changed its shape, by its name in the module around, and how far that stands back.
    fn origin(&self, id: ValueId, around: ModuleId) -> String {
        let mut value = id;
        let mut back = 1;
        loop {
            let Some(node) = self.producers[value] else { return messages::origin_input(&self.values[value].name) };
            let inputs = &self.nodes[node].inputs;
            match inputs.as_slice() {
                [input] if self.values[*input].ty == self.values[value].ty && back < 24 => value = *input,
                _ => return messages::origin(within(&self.shown[node], self.tree.path(around)), back),
            }
            back += 1;
        }
    }

    /// The name in messages of the layer that gives a value: `fc3`, `MaxPool(2)`; `None` for an input.
    pub(super) fn maker(&self, id: ValueId) -> Option<&str> {
        self.producers[id].map(|node| self.shown[node].as_str())
    }
}

/// The weight of another layer that an argument gives, and where it stands.
fn tied(args: &Args) -> Option<(&Tie, Span)> {
    match args.get("weight") {
        Some((ArgValue::Tie(tie), span)) => Some((tie, span)),
        _ => None,
    }
}

/// The outputs in tuples; groups that do not add up are ignored.
fn group(groups: Option<&'static [usize]>, count: usize) -> Vec<usize> {
    groups
        .filter(|g| g.iter().sum::<usize>() == count && g.iter().all(|n| *n > 0))
        .map_or_else(|| vec![1; count], <[usize]>::to_vec)
}

/// More than 2^40 numbers, or more than one can count.
fn is_huge(dims: &[Size]) -> bool {
    let product = dims.iter().filter_map(Size::num).try_fold(1_usize, usize::checked_mul);
    product.is_none_or(|n| n > 1 << 40)
}
