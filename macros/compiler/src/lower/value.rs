//! What flows: a value, a tuple of such, or something that already failed.

use crate::graph::ValueId;
use proc_macro2::{Ident, Span};
use std::rc::Rc;

/// What an expression or a stage gives.
#[derive(Debug, Clone)]
pub enum Flow {
    /// It failed; the message is out, nothing more is said.
    Poison,
    /// One value.
    One(ValueId),
    /// A tuple; shared, since `(t, t)` of `(t, t)` would grow fast.
    Many(Rc<Tuple>),
}

/// A tuple.
#[derive(Debug)]
pub struct Tuple {
    pub slots: Vec<Slot>,
    /// How many values it has, tuples within it opened.
    leaves: usize,
}

/// One element of a tuple.
#[derive(Debug, Clone)]
pub struct Slot {
    /// Its name: written before it, or that of the value it is.
    pub name: Option<Ident>,
    /// The name was written: `class: a`.
    pub written: bool,
    /// Where it came by.
    pub span: Span,
    pub flow: Flow,
}

impl Flow {
    /// A tuple. One that failed is still a tuple: its other elements are good.
    #[must_use]
    pub fn tuple(slots: Vec<Slot>) -> Self {
        let leaves = slots.iter().fold(0_usize, |n, slot| n.saturating_add(slot.flow.leaves()));
        Self::Many(Rc::new(Tuple { slots, leaves }))
    }

    /// How many values.
    #[must_use]
    pub fn leaves(&self) -> usize {
        match self {
            Self::Poison | Self::One(_) => 1,
            Self::Many(tuple) => tuple.leaves,
        }
    }

    /// All values, tuples opened, each with where it came by; `None` when one failed.
    #[must_use]
    pub fn flat(&self, span: Span) -> Option<Vec<(ValueId, Span)>> {
        let mut all = Vec::with_capacity(self.leaves());
        self.collect(span, &mut all).then_some(all)
    }

    fn collect(&self, span: Span, into: &mut Vec<(ValueId, Span)>) -> bool {
        match self {
            Self::Poison => false,
            Self::One(id) => {
                into.push((*id, span));
                true
            }
            Self::Many(tuple) => tuple.slots.iter().all(|slot| slot.flow.collect(slot.span, into)),
        }
    }

    /// It failed.
    #[must_use]
    pub fn is_poison(&self) -> bool {
        matches!(self, Self::Poison)
    }
}
