//! Axes as other libraries number them, by the names that they have here.

use super::meant::arguments;
use super::value::Flow;
use super::{Lower, messages, stage};
use crate::graph::{Size, channel_axis};
use crate::layers::shape::parts::{counted_with_batch, names};
use crate::layers::{ArgValue, Layer};
use crate::syntax::ast::{Arg, Term, TermKind, UnaryOp};

impl Lower<'_, '_> {
    /// `dim = 1` where a layer takes `axis`: the same with its name.
    pub(super) fn axis_called_dim(&self, layer: &dyn Layer, name: &str, term: &Term, input: Option<&Flow>) -> Option<String> {
        let is_dim = matches!(name, "dim" | "dims" | "axes");
        if !is_dim || !layer.params().iter().any(|param| param.name == "axis") {
            return None;
        }
        let axis = counted_with_batch(&numbers(term)?, self.sizes(input)?.len())?;
        Some(format!("`axis = {axis}`"))
    }

    /// `Softmax(-1)`, `LayerNorm((20, 8))`: what was meant by the one argument without a name of a layer that takes `axis` by name.
    pub(super) fn axis_without_name(&self, layer: &dyn Layer, args: &[Arg], term: &Term, input: Option<&Flow>) -> Option<String> {
        let (sizes, value, name) = (self.sizes(input)?, numbers(term)?, layer.name());
        let rank = sizes.len();
        // The sizes that it goes over, which are those of the last axes.
        let over_sizes = matches!(name, "LayerNorm" | "RmsNorm");
        let axis = if over_sizes { last_axes(&value, sizes)? } else { counted_with_batch(&value, rank)? };
        let usual = if over_sizes {
            // A vector, a step, or a whole image.
            axis == if rank < 3 { names(rank)[rank - 1].to_owned() } else { format!("({})", names(rank)[rank - 3..].join(", ")) }
        } else {
            axis == names(rank)[channel_axis(rank)]
        };
        let axis = format!("axis = {axis}");
        // The values of a function stand before it.
        if stage::is_function(name) {
            return Some(messages::rather(&axis));
        }
        let named = arguments(layer, args.iter().filter(|arg| arg.name.is_some()).collect());
        let all: Vec<String> = (!usual).then_some(axis).into_iter().chain(named).collect();
        Some(messages::rather(&if all.is_empty() { name.to_owned() } else { format!("{name}({})", all.join(", ")) }))
    }

    fn sizes(&self, input: Option<&Flow>) -> Option<&[Size]> {
        let Some(Flow::One(id)) = input else { return None };
        self.values[*id].ty.dims().filter(|dims| !names(dims.len()).is_empty())
    }
}

/// Whole numbers, one or several.
fn numbers(term: &Term) -> Option<ArgValue> {
    let number = |term: &Term| match &term.kind {
        TermKind::Int(n) => i64::try_from(*n).ok(),
        TermKind::Unary(UnaryOp::Neg, inner) => match inner.kind {
            TermKind::Int(n) => i64::try_from(n).ok().map(|n| -n),
            _ => None,
        },
        _ => None,
    };
    match &term.kind {
        TermKind::Tuple(items) | TermKind::List(items) => {
            Some(ArgValue::Tuple(items.iter().map(|item| number(item).map(ArgValue::Int)).collect::<Option<_>>()?))
        }
        _ => number(term).map(ArgValue::Int),
    }
}

/// The names of the last axes, which have these sizes.
fn last_axes(value: &ArgValue, sizes: &[Size]) -> Option<String> {
    let wanted = match value {
        ArgValue::Tuple(items) => items.clone(),
        one => vec![one.clone()],
    };
    let first = sizes.len().checked_sub(wanted.len()).filter(|_| !wanted.is_empty())?;
    let same = |(size, wanted): (&Size, &ArgValue)| {
        *wanted == ArgValue::Int(size.num().and_then(|n| i64::try_from(n).ok()).unwrap_or(0))
    };
    if !sizes[first..].iter().zip(&wanted).all(same) {
        return None;
    }
    match &names(sizes.len())[first..] {
        [one] => Some((*one).to_owned()),
        several => Some(format!("({})", several.join(", "))),
    }
}
