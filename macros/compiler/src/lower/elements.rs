//! `each(chain)` and `scan(chain)`: stages for every element of a value's leading axis, with one set of parameters.
//!
//! The chain is lowered for the first element, as if that were all. Where every operation that came of it does the same to many rows as to
//! one, `each` makes them operations on the whole value (`fold.rs`). Else, and in `scan` always, the chain is put in again for each further element.

use super::names::{Again, join};
use super::repair::Recipe;
use super::scope::{Frame, LabelKind};
use super::stage::{At, Chain};
use super::value::{Flow, Slot};
use super::{Lower, messages};
use crate::graph::{Dispatch, Node, Size, Value, ValueId, ValueType};
use crate::layers::{Args, Built, carried, elements};
use crate::syntax::ast::Stage;
use proc_macro2::Span;
use std::rc::Rc;

/// The most elements for each of which a chain is put in.
const MOST: usize = 1024;

/// What is done with the elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Elements {
    /// `each`
    Each,
    /// `scan`
    Scan,
}

impl Elements {
    fn name(self) -> &'static str {
        match self {
            Self::Each => "each",
            Self::Scan => "scan",
        }
    }
}

impl<'a> Lower<'a, '_> {
    /// `each(chain)` and `scan(chain)` as a stage.
    pub(super) fn elements_stage(
        &mut self,
        frame: &mut Frame<'a>,
        what: Elements,
        stages: &'a [Stage],
        flow: &Flow,
        at: At<'a>,
    ) -> Option<Flow> {
        let inner = self.place_of_elements(frame, what.name(), at);
        let kind = at.label.map(|_| LabelKind::Elements { what, stages, frame: Box::new(inner.clone()) });
        let result = self.elements_in(inner, what, stages, flow, at);
        self.declare(frame, at.label, kind.filter(|_| result.is_some() || flow.is_poison()), flow);
        result
    }

    /// The same, its place known.
    pub(super) fn elements_in(
        &mut self,
        mut inner: Frame<'a>,
        what: Elements,
        stages: &'a [Stage],
        flow: &Flow,
        at: At<'a>,
    ) -> Option<Flow> {
        let values = match what {
            Elements::Each => self.each_value(flow, at.span),
            Elements::Scan => self.scan_values(flow, at.span),
        };
        match values {
            Some((value, dims)) if what == Elements::Each => self.each(inner, stages, (value, &dims), at),
            Some((value, dims)) => self.scan(&inner, stages, (value, &dims), flow, at),
            None => {
                // Its own mistakes are said all the same.
                self.chain(&mut inner, stages, Flow::Poison, &mut Chain::default(), true);
                None
            }
        }
    }

    /// The value of `x -> each(chain)`, with its sizes.
    fn each_value(&mut self, flow: &Flow, span: Span) -> Option<(ValueId, Vec<usize>)> {
        match flow {
            Flow::One(value) => self.leading(*value, "each", span).map(|dims| (*value, dims)),
            Flow::Many(tuple) => self.fail(span, messages::each_of_tuple(tuple.slots.len())),
            Flow::Poison => None,
        }
    }

    /// The sequence of `(sequence, state) -> scan(chain)`, with its sizes.
    fn scan_values(&mut self, flow: &Flow, span: Span) -> Option<(ValueId, Vec<usize>)> {
        let tuple = match flow {
            Flow::Poison => return None,
            Flow::Many(tuple) if tuple.slots.len() > 1 => tuple,
            _ => return self.fail(span, messages::scan_inputs()),
        };
        match tuple.slots[0].flow {
            Flow::Poison => None,
            Flow::Many(_) => self.fail(span, messages::scan_inputs()),
            Flow::One(value) => self.leading(value, "scan", span).map(|dims| (value, dims)),
        }
    }

    fn each(
        &mut self,
        mut inner: Frame<'a>,
        stages: &'a [Stage],
        (value, dims): (ValueId, &[usize]),
        at: At<'a>,
    ) -> Option<Flow> {
        let from = self.nodes.len();
        let first = self.apart("each", (value, dims), 1, &inner, at.span)[0];
        let labels = inner.labels.len();
        let result = self.chain(&mut inner, stages, Flow::One(first), &mut Chain::default(), true);
        inner.labels.truncate(labels);
        let result = match &result {
            Flow::One(id) => *id,
            Flow::Many(tuple) => return self.fail(at.span, messages::each_of_tuple(tuple.slots.len())),
            Flow::Poison => return None,
        };
        let ty = self.values[result].ty.clone();
        if !matches!(&ty, ValueType::Tensor(sizes) if matches!(sizes.len(), 1 | 3)) {
            return self.fail(at.span, messages::element_result("each", &ty));
        }
        if self.fold(from, first, dims[0]) {
            return Some(Flow::One(result));
        }
        self.unroll(&inner, stages, from, dims, result, at).map(Flow::One)
    }

    /// The chain once more for each further element, and all results as one value.
    fn unroll(
        &mut self,
        inner: &Frame<'a>,
        stages: &'a [Stage],
        from: usize,
        dims: &[usize],
        first: ValueId,
        at: At<'a>,
    ) -> Option<ValueId> {
        if dims[0] > MOST {
            return self.fail(at.span, messages::too_many_elements("each", dims[0], MOST));
        }
        let over_all = |node: &&Node| node.op.forward().iter().any(|step| matches!(step, Dispatch::Barrier(_)));
        if let Some(node) = self.nodes[from..].iter().find(over_all)
            && dims[0] > 1
        {
            let (span, layer) = (node.span, node.op.attributes().layer);
            return self.fail(span, messages::each_statistics(layer));
        }
        let elements = self.rest_apart(from, dims);
        let mut results = vec![first];
        for element in elements {
            let Flow::One(result) = self.again_in(inner, stages, Flow::One(element), at.span) else { return None };
            results.push(result);
        }
        self.together("each", &results, inner, at.span)
    }

    fn scan(
        &mut self,
        inner: &Frame<'a>,
        stages: &'a [Stage],
        (sequence, dims): (ValueId, &[usize]),
        flow: &Flow,
        at: At<'a>,
    ) -> Option<Flow> {
        if dims[0] > MOST {
            return self.fail(at.span, messages::too_many_elements("scan", dims[0], MOST));
        }
        let Flow::Many(inputs) = flow else { return None };
        let (wanted, mut states) = (inputs.slots.len(), inputs.slots[1..].to_vec());
        // A sequence: maps of regions have no time.
        let stepping = self.stepping && dims.len() == 2 && dims[0] == 1;
        if stepping {
            for state in &mut states {
                state.flow = self.kept_state(&state.flow, inner, at.span)?;
            }
        }
        let before = states.clone();
        let steps = self.apart("scan", (sequence, dims), dims[0], inner, at.span);
        let mut results = Vec::new();
        for (i, step) in steps.into_iter().enumerate() {
            let slot = |flow| Slot { name: None, written: false, span: at.span, flow };
            let inputs = std::iter::once(slot(Flow::One(step))).chain(states.iter().map(|state| slot(state.flow.clone())));
            let inputs = Flow::tuple(inputs.collect());
            let given = if i == 0 {
                let mut inner = inner.clone();
                self.chain(&mut inner, stages, inputs, &mut Chain::default(), true)
            } else {
                self.again_in(inner, stages, inputs, at.span)
            };
            if given.is_poison() {
                return None;
            }
            let next = match self.state_alone(&given, &states) {
                Some(slots) => slots,
                None => match &given {
                    Flow::Many(tuple) if tuple.slots.len() == wanted => tuple.slots.clone(),
                    _ => {
                        let text = self.no_step(&given, flow, &states);
                        return self.fail(at.span, text);
                    }
                },
            };
            let Flow::One(result) = next[0].flow else { return None };
            if !matches!(&self.values[result].ty, ValueType::Tensor(dims) if matches!(dims.len(), 1 | 3)) {
                let ty = self.values[result].ty.clone();
                return self.fail(at.span, messages::element_result("scan", &ty));
            }
            results.push(result);
            for (place, (before, after)) in states.iter().zip(&next[1..]).enumerate() {
                let (before, after) = (self.shown_types(&before.flow)?, self.shown_types(&after.flow)?);
                if before != after {
                    return self.fail(at.span, messages::scan_state(place + 1, &before, &after));
                }
            }
            states = next[1..].to_vec();
        }
        let whole = if stepping {
            let [next, before] = [states.clone(), before].map(|slots| Flow::tuple(slots).flat(at.span));
            let pairs = next?.into_iter().zip(before?).map(|((next, _), (before, _))| (next, before));
            self.stepped(results[0], pairs.collect(), inner, at.span)
        } else {
            self.together("scan", &results, inner, at.span)?
        };
        let slot = |flow| Slot { name: None, written: false, span: at.span, flow };
        Some(Flow::tuple(
            std::iter::once(slot(Flow::One(whole))).chain(states.into_iter().map(|state| slot(state.flow))).collect(),
        ))
    }

    /// Why what a step gives is not a result and the next states; `flow` is what `scan` takes.
    fn no_step(&self, given: &Flow, flow: &Flow, states: &[Slot]) -> String {
        let types = |flow: &Flow| self.shown_types(flow);
        if let (Flow::One(_), [state]) = (given, states)
            && let (Some(before), Some(after)) = (types(&state.flow), types(given))
        {
            return messages::scan_state(1, &before, &after) + messages::scan_one_result();
        }
        let Flow::Many(tuple) = given else { return messages::scan_results(states.len() + 1, 1) };
        let same = |(next, state): (&Slot, &Slot)| types(&next.flow).is_some_and(|ty| types(&state.flow) == Some(ty));
        let help = match flow {
            // One state of several values, which stand beside the sequence.
            Flow::Many(inputs) if tuple.slots.len() == states.len() && tuple.slots.iter().zip(states).all(same) => {
                let name = |slot: &Slot| slot.name.as_ref().map(super::params::name_of);
                let names: Option<Vec<String>> = inputs.slots.iter().map(name).collect();
                names.map(|names| messages::scan_one_state(&names[0], &names[1..])).unwrap_or_default()
            }
            _ => String::new(),
        };
        messages::scan_results(states.len() + 1, tuple.slots.len()) + &help
    }

    /// States that begin with zeros, as those that the step before left.
    fn kept_state(&mut self, flow: &Flow, inner: &Frame<'a>, span: Span) -> Option<Flow> {
        Some(match flow {
            Flow::Poison => return None,
            Flow::One(value) => {
                let zeros = |node: &Node| node.outputs.contains(value) && node.op.attributes().layer == "zeros";
                if !self.nodes.iter().any(zeros) {
                    return self.fail(span, messages::scan_step());
                }
                let built = carried::carried(self.values[*value].ty.dims()?);
                Flow::One(self.element_node("scan", built, Vec::new(), inner, span)[0])
            }
            Flow::Many(tuple) => {
                let slots =
                    tuple.slots.iter().map(|slot| Some(Slot { flow: self.kept_state(&slot.flow, inner, span)?, ..slot.clone() }));
                Flow::tuple(slots.collect::<Option<_>>()?)
            }
        })
    }

    /// The result of a step, with which each next state is kept for the step after it.
    fn stepped(&mut self, result: ValueId, states: Vec<(ValueId, ValueId)>, inner: &Frame<'a>, span: Span) -> ValueId {
        let dims = |value: ValueId| self.values[value].ty.dims().unwrap_or_default().to_vec();
        let built = carried::stepped(&dims(result), &states.iter().map(|(next, _)| dims(*next)).collect::<Vec<_>>());
        let inputs = std::iter::once(result).chain(states.into_iter().flat_map(|(next, before)| [next, before]));
        self.element_node("scan", built, inputs.collect(), inner, span)[0]
    }

    /// The result and the next state of what gives its next state alone, as `GruCell` and `LstmCell` do: the result is h, its first value.
    fn state_alone(&self, given: &Flow, states: &[Slot]) -> Option<Vec<Slot>> {
        let [state] = states else { return None };
        if self.shown_types(given)? != self.shown_types(&state.flow)? {
            return None;
        }
        let mut first = given.clone();
        while let Flow::Many(tuple) = &first {
            first = tuple.slots.first()?.flow.clone();
        }
        Some(vec![Slot { flow: first, ..state.clone() }, Slot { flow: given.clone(), ..state.clone() }])
    }

    /// The frame of what stands between the parentheses: under the label, or without a name of its own.
    fn place_of_elements(&mut self, frame: &Frame<'a>, what: &str, at: At<'a>) -> Frame<'a> {
        let mut inner = frame.clone();
        inner.place = self.place_of(frame, what, at);
        inner.label_base = inner.labels.len();
        inner
    }

    /// The sizes of a value with a leading axis.
    fn leading(&mut self, value: ValueId, what: &str, span: Span) -> Option<Vec<usize>> {
        let ty = &self.values[value].ty;
        let dims = match ty {
            ValueType::Tensor(dims) if matches!(dims.len(), 2 | 4) => dims.iter().map(Size::num).collect::<Option<Vec<usize>>>(),
            _ => None,
        };
        if dims.is_some() {
            return dims;
        }
        let text = messages::no_elements(what, ty);
        self.fail(span, text)
    }

    /// The first so many elements of a value, of one node.
    fn apart(
        &mut self,
        what: &'static str,
        value: (ValueId, &[usize]),
        count: usize,
        inner: &Frame<'a>,
        span: Span,
    ) -> Vec<ValueId> {
        let mut built = elements::apart(what, value.1);
        built.outputs.truncate(count);
        self.element_node(what, built, vec![value.0], inner, span)
    }

    /// The elements of the node that has given the first.
    fn rest_apart(&mut self, node: usize, dims: &[usize]) -> Vec<ValueId> {
        let built = elements::apart("each", dims);
        let path = self.nodes[node].path.clone();
        let rest: Vec<ValueId> = built.outputs[1..]
            .iter()
            .map(|ty| {
                let name = self.unique(path.clone());
                self.value(Value { ty: ty.clone(), name }, Some(node), false)
            })
            .collect();
        self.nodes[node].op = built.op;
        self.nodes[node].outputs.extend(&rest);
        rest
    }

    fn together(&mut self, what: &'static str, parts: &[ValueId], inner: &Frame<'a>, span: Span) -> Option<ValueId> {
        let dims = self.values[parts[0]].ty.dims().unwrap_or_default();
        let Some(dims) = dims.iter().map(Size::num).collect::<Option<Vec<usize>>>() else {
            return self.fail(span, messages::not_yet(&format!("`{what}` of results whose sizes are types")));
        };
        let built = elements::together(what, parts.len(), &dims);
        Some(self.element_node(what, built, parts.to_vec(), inner, span)[0])
    }

    fn element_node(&mut self, what: &str, built: Built, inputs: Vec<ValueId>, inner: &Frame<'a>, span: Span) -> Vec<ValueId> {
        let path = self.unique(join(self.tree.path(inner.place.module()), what));
        let node = self.nodes.len();
        let outputs: Vec<ValueId> = built
            .outputs
            .into_iter()
            .enumerate()
            .map(|(i, ty)| {
                let name = if i == 0 { path.clone() } else { self.unique(path.clone()) };
                self.value(Value { ty, name }, Some(node), false)
            })
            .collect();
        self.shown.push(what.to_owned());
        self.recipes.push(Recipe { layer: None, args: Args::default(), shown: what.to_owned(), part: 0 });
        self.nodes.push(Node { op: built.op, inputs, outputs: outputs.clone(), params: Vec::new(), path, span, frozen: false });
        outputs
    }

    /// The chain with the parameters that it has.
    fn again_in(&mut self, inner: &Frame<'a>, stages: &'a [Stage], flow: Flow, span: Span) -> Flow {
        let again = Again {
            label: "each".to_owned(),
            line: super::line(span),
            span,
            depth: self.uses.len(),
            met: std::cell::RefCell::default(),
            failed: std::cell::Cell::new(false),
        };
        let mut inner = inner.clone();
        let outer = inner.place.again.replace(Rc::new(again));
        let result = self.chain(&mut inner, stages, flow, &mut Chain::default(), true);
        if let (Some(outer), Some(own)) = (outer, &inner.place.again) {
            outer.met.borrow_mut().extend(own.met.take());
        }
        result
    }

    /// The types of a state.
    fn shown_types(&self, flow: &Flow) -> Option<String> {
        Some(match flow {
            Flow::Poison => return None,
            Flow::One(id) => self.values[*id].ty.to_string(),
            Flow::Many(tuple) => {
                let parts: Option<Vec<String>> = tuple.slots.iter().map(|slot| self.shown_types(&slot.flow)).collect();
                format!("({})", parts?.join(", "))
            }
        })
    }
}
