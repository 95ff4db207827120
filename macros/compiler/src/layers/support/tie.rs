//! The argument `weight = tie(fc)`: the weight of another layer, whose map goes the other way.

use crate::graph::{Size, show};
use crate::layers::{ArgValue, Build, Tie};

/// The tie, where one is given: its layer is one of these kinds, and nothing says how the weight begins.
pub(crate) fn read(cx: &mut Build<'_>, kinds: &[&str]) -> Option<Option<Tie>> {
    let Some((value, span)) = cx.args.get("weight") else { return Some(None) };
    let ArgValue::Tie(tie) = value else {
        return cx
            .fail(span, format_args!("weight takes the weight of another layer, not `{value}`\n  help: weight = tie(label)"));
    };
    if !kinds.contains(&tie.layer) {
        let text = format!("{} is a {}; the weight may be that of {}", tie.label, tie.layer, kinds.join(" or "));
        return cx.fail(span, text);
    }
    if cx.args.get("init").is_some() {
        return cx.fail(cx.arg_span("init"), format_args!("the weight begins as that of {}: there is no `init` here", tie.label));
    }
    Some(Some(tie.clone()))
}

/// Whether the weight has the shape that is needed here; if not, that is reported.
pub(crate) fn fits(cx: &mut Build<'_>, tie: &Tie, wanted: &[Size]) -> Option<()> {
    if tie.dims == wanted {
        return Some(());
    }
    let line = cx.input_line(0);
    let text = format!("the weight of {} is {}, and here it must be {}{line}", tie.label, show(&tie.dims), show(wanted));
    cx.fail(cx.arg_span("weight"), text)
}
