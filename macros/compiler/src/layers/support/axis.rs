//! The argument `axis` of layers whose results each depend on all numbers along it: one axis, or several that lie side by side.

use crate::layers::shape::parts::{axis, axis_meant, names, position};
use crate::layers::{ArgValue, Build};
use std::ops::Range;

/// The argument `axis` of a layer whose results each depend on all numbers of that axis.
pub(crate) fn whole_axis(cx: &mut Build<'_>, rank: usize) -> Option<usize> {
    let axis = axis(cx, rank)?;
    not_in_steps(cx, rank, axis == 0)?;
    Some(axis)
}

/// The same where the argument may be several axes side by side, as `(height, width)`; `default` unless it is given.
pub(crate) fn whole_axes(cx: &mut Build<'_>, rank: usize, default: Range<usize>) -> Option<Range<usize>> {
    let axes = match cx.args.get("axis") {
        None => default,
        Some((ArgValue::Tuple(items), span)) => {
            let mut positions: Vec<usize> = items.iter().filter_map(|item| position(item, rank)).collect();
            let line = cx.input_line(0);
            let value = ArgValue::Tuple(items.clone());
            if positions.len() < items.len() || positions.is_empty() {
                let help = axis_meant(&value, rank);
                return cx.fail(span, format_args!("axis = {value}: these values have {}{line}{help}", names(rank).join(", ")));
            }
            positions.sort_unstable();
            positions.dedup();
            let all = positions[0]..positions[positions.len() - 1] + 1;
            if positions.len() < all.len() {
                let between = names(rank)[all].join(", ");
                return cx.fail(
                    span,
                    format_args!("axis = {value}: these do not lie side by side{line}\n  help: axis = ({between}) takes what is between them too"),
                );
            }
            all
        }
        Some(_) => {
            let axis = axis(cx, rank)?;
            axis..axis + 1
        }
    };
    not_in_steps(cx, rank, axes.contains(&0))?;
    Some(axes)
}

/// Refuses results over all of time where the network goes step by step; `first` says whether they are over the first axis.
pub(crate) fn not_in_steps(cx: &mut Build<'_>, rank: usize, first: bool) -> Option<()> {
    if cx.step && rank == 2 && first {
        return cx.fail(cx.arg_span("axis"), "axis = time needs the whole sequence; it cannot take one step at a time");
    }
    Some(())
}
