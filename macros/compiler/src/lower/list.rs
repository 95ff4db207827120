//! Lists: sequences whose every element counts, as PyTorch's `Sequential`.

use super::scope::{Entry, Frame, LabelKind};
use super::stage::{At, Chain};
use super::value::Flow;
use super::{Lower, messages};
use crate::layers::ArgValue;
use crate::syntax::ast::{Repeat, Stage};
use proc_macro2::Ident;

impl<'a> Lower<'a, '_> {
    /// `[a, b -> c]`, `[a; 3]`, `[a(i); i in 0..3]`
    pub(super) fn list(
        &mut self,
        frame: &mut Frame<'a>,
        elements: &'a [Vec<Stage>],
        repeat: Option<&'a Repeat>,
        flow: &Flow,
        at: At<'a>,
    ) -> Option<Flow> {
        let place = self.place_of(frame, "list", at);
        if repeat.is_some() && elements.len() > 1 {
            self.declare(frame, at.label, None, flow);
            return self.fail(at.span, messages::repeated_elements());
        }
        let mut inner = frame.clone();
        inner.place = place;
        let kind = at.label.map(|_| LabelKind::List { elements, repeat, frame: Box::new(inner.clone()) });
        let result = self.elements(&mut inner, elements, repeat, flow.clone());
        self.declare(frame, at.label, kind.filter(|_| !result.is_poison() || flow.is_poison()), flow);
        Some(result)
    }

    /// The elements, one after the other; labels within end with the list.
    pub(super) fn elements(
        &mut self,
        frame: &mut Frame<'a>,
        elements: &'a [Vec<Stage>],
        repeat: Option<&'a Repeat>,
        mut flow: Flow,
    ) -> Flow {
        let (index, range) = match repeat {
            None => (None, 0..i64::try_from(elements.len()).unwrap_or(i64::MAX)),
            Some(Repeat::Times(times)) => match self.integer(frame, times, "the number of repetitions") {
                Some(n) if n < 0 => {
                    self.error(times.span, messages::negative_repeat(n));
                    return Flow::Poison;
                }
                Some(n) => (None, 0..n),
                None => return Flow::Poison,
            },
            Some(Repeat::Over(index, from, to)) => {
                let from = self.integer(frame, from, "a bound");
                let to = self.integer(frame, to, "a bound");
                let (Some(from), Some(to)) = (from, to) else { return Flow::Poison };
                (Some(index), from..to)
            }
        };
        let place = frame.place.clone();
        let env = frame.env.clone();
        let base = frame.label_base;
        let labels = frame.labels.len();
        for (i, number) in range.enumerate() {
            let Some(element) = elements.get(if repeat.is_some() { 0 } else { i }) else { break };
            let span = element
                .first()
                .map_or_else(proc_macro2::Span::call_site, |stage| stage.label.as_ref().map_or(stage.span, Ident::span));
            // Each element is a scope of its own for new labels, and sees those before it.
            frame.label_base = frame.labels.len();
            frame.place = place.inner(&mut self.tree, &i.to_string(), span, false);
            if let Some(index) = index {
                frame.env = env.with(Entry::Local(super::params::name_of(index), Some(ArgValue::Int(number))));
            }
            if !self.enter(span) {
                flow = Flow::Poison;
                break;
            }
            flow = self.chain(frame, element, flow, &mut Chain::default(), true);
            self.leave();
        }
        frame.place = place;
        frame.env = env;
        frame.label_base = base;
        frame.labels.truncate(labels);
        flow
    }
}
