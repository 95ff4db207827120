//! [`Flow`]: a value, a tuple of values, or something that already failed.

use crate::graph::ValueId;
use proc_macro2::{Ident, Span};
use std::rc::Rc;

/// The result of an expression or a stage.
#[derive(Debug, Clone)]
pub enum Flow {
    /// A failure that was reported: nothing more is said about it.
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
    /// The number of values, tuples within it opened.
    leaves: usize,
}

/// An element of a tuple.
#[derive(Debug, Clone)]
pub struct Slot {
    /// The name: written before it, or that of the value.
    pub name: Option<Ident>,
    /// The name was written: `class: a`.
    pub written: bool,
    /// The token it comes from.
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

    /// The number of values.
    #[must_use]
    pub fn leaves(&self) -> usize {
        match self {
            Self::Poison | Self::One(_) => 1,
            Self::Many(tuple) => tuple.leaves,
        }
    }

    /// All values, tuples opened, each with its token; `None` when one failed.
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

    /// Whether it failed.
    #[must_use]
    pub fn is_poison(&self) -> bool {
        matches!(self, Self::Poison)
    }
}
