//! Stages: layers, blocks, labels, lists, networks right of `->`.

use super::apply::Applied;
use super::elements::Elements;
use super::foreign_names::{self, Meaning};
use super::names::{Again, ModulePlace, Via};
use super::params::name_of;
use super::scope::{Frame, Label, LabelKind};
use super::value::Flow;
use super::{Lower, functions, messages, suggest};
use crate::layers::{self, Args, Joins, LAYERS};
use crate::syntax::ast::{Arg, Stage, StageKind};
use proc_macro2::{Ident, Span};
use std::rc::Rc;

/// The state of a chain from stage to stage.
#[derive(Debug, Default)]
pub(super) struct Chain {
    /// The label before: unlabeled layers with parameters are named after it.
    pub label: Option<String>,
}

/// The place of a stage.
#[derive(Debug, Clone, Copy)]
pub(super) struct At<'s> {
    pub label: Option<&'s Ident>,
    pub span: Span,
    /// An element of a list all by itself.
    pub element: bool,
    /// The layer was called as in a library where its first argument is the width of its input.
    pub input_width_first: bool,
}

/// A layer that is written as an operator.
pub(super) fn is_operator(name: &str) -> bool {
    layers::find(name).is_some_and(|layer| layer.joins() == Some(Joins::Numbers))
}

/// A layer that is written before its values: `concat(a, b)`.
pub(super) fn is_function(name: &str) -> bool {
    function_names().any(|function| function == name)
}

/// All layers that are written so.
pub(super) fn function_names<'n>() -> impl Iterator<Item = &'n str> {
    let named = |layer: &&&dyn layers::Layer| layer.is_parameter() || layer.name().starts_with(char::is_lowercase);
    LAYERS.iter().filter(named).map(|layer| -> &'n str { layer.name() }).filter(|name| !is_operator(name))
}

/// All layers that can be written by name.
pub(super) fn layer_names<'n>() -> impl Iterator<Item = &'n str> {
    LAYERS.iter().map(|layer| -> &'n str { layer.name() }).filter(|name| !is_operator(name))
}

impl<'a> Lower<'a, '_> {
    /// Stage after stage.
    pub(super) fn chain(
        &mut self,
        frame: &mut Frame<'a>,
        stages: &'a [Stage],
        flow: Flow,
        chain: &mut Chain,
        element: bool,
    ) -> Flow {
        let element = element && stages.len() == 1;
        stages.iter().fold(flow, |flow, stage| self.stage(frame, stage, flow, chain, element))
    }

    fn stage(&mut self, frame: &mut Frame<'a>, stage: &'a Stage, flow: Flow, chain: &mut Chain, element: bool) -> Flow {
        if !self.enter(stage.span) {
            return Flow::Poison;
        }
        let frozen = frame.place.frozen;
        frame.place.frozen |= stage.frozen.is_some();
        let flow = match stage.label.as_ref().map_or(Ok(()), |label| self.new_label(frame, label)) {
            Ok(()) => self.stage_kind(frame, stage, &flow, chain, element).unwrap_or(Flow::Poison),
            Err(()) => Flow::Poison,
        };
        frame.place.frozen = frozen;
        if let Some(label) = &stage.label {
            chain.label = Some(name_of(label));
        }
        if let Some(annotation) = &stage.annotation {
            self.check_annotation(frame, annotation, &flow, stage);
        }
        self.leave();
        flow
    }

    fn stage_kind(
        &mut self,
        frame: &mut Frame<'a>,
        stage: &'a Stage,
        flow: &Flow,
        chain: &mut Chain,
        element: bool,
    ) -> Option<Flow> {
        let at = At { label: stage.label.as_ref(), span: stage.span, element, input_width_first: false };
        match &stage.kind {
            StageKind::Apply { name, args } => self.apply(frame, name, args, stage, flow, chain, at),
            StageKind::List { elements, repeat } => self.list(frame, elements, repeat.as_ref(), flow, at),
            StageKind::Net { path, arguments } => self.net(frame, path, *arguments, flow, chain, at),
            StageKind::If { condition, then, otherwise } => {
                if let Some(label) = &stage.label {
                    return self.fail(label.span(), messages::label_before_if(&name_of(label)));
                }
                let taken = if self.condition(frame, condition)? { then } else { otherwise };
                Some(self.chain(frame, taken, flow.clone(), chain, element))
            }
            StageKind::Each(stages) => self.elements_stage(frame, Elements::Each, stages, flow, at),
            StageKind::Scan(stages) => self.elements_stage(frame, Elements::Scan, stages, flow, at),
        }
    }

    /// A name right of `->`: a label, a block, a layer, in this order.
    #[expect(clippy::too_many_arguments, reason = "all that a stage consists of")]
    fn apply(
        &mut self,
        frame: &mut Frame<'a>,
        ident: &'a Ident,
        args: &'a [Arg],
        stage: &'a Stage,
        flow: &Flow,
        chain: &mut Chain,
        at: At<'a>,
    ) -> Option<Flow> {
        let name = name_of(ident);
        if let Some(label) = frame.label(&name) {
            return self.again(frame, &label, stage, args, flow, chain, at);
        }
        if let Some(block) = frame.env.block(&name) {
            return self.block(frame, block, args, flow, at);
        }
        if let Some(layer) = layers::find(&name).filter(|_| !is_operator(&name)) {
            self.no_names(flow);
            return self.layer(frame, layer, args, flow, chain, at);
        }
        if frame.value(&name).is_some_and(Flow::is_poison) {
            // Why it failed was said where it is bound.
            self.meant.insert(name);
            self.declare(frame, at.label, None, flow);
            return None;
        }
        if self.wrong_blocks.contains(&name) {
            self.declare(frame, at.label, None, flow);
            return self.wrong_block();
        }
        let text = self.unknown(frame, &name);
        self.error(ident.span(), text);
        if let Some(Meaning::Layer(layer)) = self.foreign_stage(frame, &name)
            && let Some(layer) = layers::find(layer)
        {
            // It is clear what was meant: its other mistakes, and those behind it, are said as well.
            let at = At { input_width_first: foreign_names::takes_input_width(&name), ..at };
            return self.layer(frame, layer, args, flow, chain, at);
        }
        self.declare(frame, at.label, None, flow);
        None
    }

    fn layer(
        &mut self,
        frame: &mut Frame<'a>,
        layer: &'static dyn layers::Layer,
        args: &'a [Arg],
        flow: &Flow,
        chain: &mut Chain,
        at: At<'a>,
    ) -> Option<Flow> {
        let given = self.layer_args(frame, layer, args, Some(flow), at.span, at.input_width_first);
        // The shape of what was meant: what stands behind it is told what it receives.
        let Some(args) = given.or_else(|| self.without_width(frame, layer, args, flow, at)) else {
            self.declare(frame, at.label, None, flow);
            return None;
        };
        let (shown, span) = (layer.name(), at.span);
        let applied = Applied { layer, args, label: at.label, shown, span, parts: None, element: at.element };
        self.apply_layer(frame, applied, flow, chain)
    }

    /// The arguments of a layer that was given the width of its input first, without it; that it was is said already.
    fn without_width(
        &mut self,
        frame: &Frame<'a>,
        layer: &'static dyn layers::Layer,
        args: &'a [Arg],
        flow: &Flow,
        at: At<'a>,
    ) -> Option<Args> {
        if !self.begins_with_width(layer, args, flow, at.input_width_first) {
            return None;
        }
        let failures = self.failures;
        self.mute += 1;
        let meant = self.layer_args(frame, layer, &args[1..], Some(flow), at.span, false);
        self.mute -= 1;
        self.failures = failures;
        meant
    }

    /// The meaning of a name of another library right of `->`, where a short one such as `fc` is rather a label.
    fn foreign_stage(&self, frame: &Frame<'a>, name: &str) -> Option<Meaning> {
        let short = name.len() <= 3 && !name.contains(char::is_uppercase);
        if short { None } else { self.foreign(frame, name) }
    }

    /// The meaning of a name of another library, where nothing here has that name.
    pub(super) fn foreign(&self, frame: &Frame<'a>, name: &str) -> Option<Meaning> {
        let known = is_operator(name)
            || self.networks.iter().any(|net| net.ast.name == name)
            || frame.value(name).is_some()
            || frame.env.number(name).is_some();
        let ours = frame.env.block_names().chain(frame.labels.iter().map(|label| label.name.as_str()));
        let same = |other: &str| other.eq_ignore_ascii_case(name);
        // A name that only differs in capitals is nearer than what another library calls so.
        if known || ours.into_iter().any(same) { None } else { foreign_names::meaning(name) }
    }

    /// Why a name right of `->` means nothing.
    fn unknown(&mut self, frame: &Frame<'a>, name: &str) -> String {
        if let (true, Some(symbol)) = (is_operator(name), functions::operator(name)) {
            return messages::operator_as_stage(name, symbol);
        }
        if let Some(index) = self.networks.iter().position(|net| net.ast.name == name) {
            return self.generic_network(index).unwrap_or_else(|| messages::network_without_net(name));
        }
        if frame.value(name).is_some() {
            self.meant.insert(name.to_owned());
            return messages::value_as_stage(name);
        }
        if frame.env.number(name).is_some() {
            return messages::number_as_stage(name);
        }
        if let Some(meaning) = self.foreign_stage(frame, name) {
            return messages::foreign_stage(name, meaning);
        }
        let labels = frame.labels.iter().map(|label| label.name.as_str());
        let near = suggest::nearest(name, layer_names().chain(frame.env.block_names()).chain(labels));
        messages::unknown_stage(name, near)
    }

    /// A label must be new between its brackets; it may hide one outside.
    fn new_label(&mut self, frame: &Frame<'a>, label: &Ident) -> Result<(), ()> {
        let name = name_of(label);
        let other = frame.labels[frame.label_base.min(frame.labels.len())..].iter().find(|l| l.name == name);
        match other {
            None => Ok(()),
            Some(other) => {
                let text = messages::label_twice(&name, super::line(other.span));
                self.error(label.span(), text);
                Err(())
            }
        }
    }

    /// A label used again: the same parameters on another input.
    #[expect(clippy::too_many_arguments, reason = "all that a stage consists of")]
    fn again(
        &mut self,
        frame: &mut Frame<'a>,
        label: &Rc<Label<'a>>,
        stage: &'a Stage,
        args: &'a [Arg],
        flow: &Flow,
        chain: &mut Chain,
        at: At<'a>,
    ) -> Option<Flow> {
        if chain.label.is_none() || at.label.is_none() {
            chain.label = Some(label.name.clone());
        }
        if let Some(arg) = args.first() {
            let span = arg.name.as_ref().map_or(arg.value.span, Ident::span);
            return self.fail(span, messages::arguments_again(&label.name));
        }
        if let Some(ident) = at.label {
            return self.fail(ident.span(), messages::label_again(&name_of(ident), &label.name));
        }
        if let Some(span) = stage.frozen
            && !label.frozen
        {
            return self.fail(span, messages::frozen_again(&label.name, super::line(label.span)));
        }
        self.no_names(flow);
        let kind = label.kind.as_ref()?;
        let (place, module) = match kind {
            LabelKind::Layer { .. } => return self.layer_again(frame, label, flow, at.span),
            LabelKind::Block { place, .. } | LabelKind::Net { place, .. } => (place, place.module()),
            LabelKind::List { frame, .. } | LabelKind::Elements { frame, .. } => (&frame.place, frame.place.module()),
        };
        let again = Rc::new(Again {
            label: label.name.clone(),
            line: super::line(label.span),
            span: at.span,
            depth: self.uses.len(),
            met: std::cell::RefCell::default(),
            failed: std::cell::Cell::new(false),
        });
        let mut place = place.clone();
        place.again = Some(Rc::clone(&again));
        place.frozen |= frame.place.frozen;
        let before = self.failures;
        let result = match kind {
            LabelKind::Layer { .. } => None,
            LabelKind::Block { block, args, .. } => {
                let values = self.block_values(*block, flow, at.span)?;
                Some(self.expand(*block, args, values, place, at.span))
            }
            LabelKind::List { elements, repeat, frame } => {
                let mut inner = (**frame).clone();
                inner.place = place;
                Some(self.elements(&mut inner, elements, *repeat, flow.clone()))
            }
            LabelKind::Elements { what, stages, frame } => {
                let mut inner = (**frame).clone();
                inner.place = place;
                self.elements_in(inner, *what, stages, flow, at)
            }
            LabelKind::Net { index, .. } => self.inline(*index, flow, place, at.span),
        }?;
        let mut met = again.met.take();
        met.sort_unstable();
        met.dedup();
        if let Some(outer) = &frame.place.again {
            outer.met.borrow_mut().extend(&met);
        }
        if self.failures == before && !result.is_poison() && met.len() != self.tree.count(module) {
            return self.fail(at.span, messages::fewer_weights(&label.name, super::line(label.span)));
        }
        Some(result)
    }

    /// Names in a tuple belong to outputs, and to the values of blocks and networks.
    pub(super) fn no_names(&mut self, flow: &Flow) {
        let Flow::Many(tuple) = flow else { return };
        for slot in &tuple.slots {
            if let (Some(name), true) = (&slot.name, slot.written) {
                self.error(name.span(), messages::name_in_tuple(&name_of(name)));
            }
        }
    }

    /// The name of an unlabeled block or list for messages about names that collide.
    pub(super) fn via(&mut self, name: &str, span: Span) -> Via {
        self.expansions += 1;
        Via { id: self.expansions, span, name: name.to_owned(), depth: self.uses.len() }
    }

    /// The place of what a block, a list or elements hold: under the label, or without a name of its own.
    pub(super) fn place_of(&mut self, frame: &Frame<'a>, what: &str, at: At<'_>) -> ModulePlace {
        match at.label {
            Some(label) => frame.place.inner(&mut self.tree, &name_of(label), label.span(), true),
            None => {
                let via = self.via(what, at.span);
                frame.place.through(via)
            }
        }
    }

    /// `as [64, 8, 8]`
    fn check_annotation(&mut self, frame: &Frame<'a>, annotation: &crate::syntax::ast::ValueType, flow: &Flow, stage: &Stage) {
        // What is written is of whole sequences, and of the sizes that the network has itself.
        if self.stepping || self.resized {
            return;
        }
        let Some(wanted) = self.value_type(frame, annotation) else { return };
        let shown = match (&stage.label, &stage.kind) {
            (Some(label), _) => name_of(label),
            (None, StageKind::Apply { name, .. }) => name_of(name),
            (None, StageKind::Net { path, .. }) => path.segments.last().map_or_else(String::new, |s| name_of(&s.ident)),
            (None, StageKind::List { .. }) => "the list".to_owned(),
            (None, _) => "this stage".to_owned(),
        };
        match flow {
            Flow::Poison => {}
            Flow::Many(tuple) => self.error(annotation.span, messages::annotated_tuple(&shown, tuple.slots.len())),
            Flow::One(id) => {
                if !self.is_of(*id, &wanted, shown.clone()) {
                    let ty = &self.values[*id].ty;
                    let text = messages::annotation(&shown, ty, &wanted) + &self.repair(*id, &wanted);
                    self.error(annotation.span, text);
                }
            }
        }
    }
}
