//! The argument `weight`: what a weight is. `weight = tie(fc)` is that of another layer, whose map goes the other way; `weight = weight_norm` and
//! `weight = spectral_norm` are made of parameters; `weight = plain` is neither, where a `default` says otherwise.

use crate::graph::{Init, Parametrization, Size, show};
use crate::layers::{ArgValue, Build, Param, ParamSpec, Tie};

const WORDS: &[&str] = &["plain", "weight_norm", "spectral_norm"];

/// The argument.
pub(crate) const PARAM: Param = Param::named("weight").one_of(WORDS);

/// What a layer's weight is.
#[derive(Debug, Clone)]
pub(crate) enum Weight {
    /// A parameter of its own.
    Own,
    /// That of another layer.
    Tied(Tie),
    /// Its own, divided by a norm.
    Normalized(Norm),
}

/// The norm of a weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Norm {
    /// `weight_norm`
    Weight,
    /// `spectral_norm`
    Spectral,
}

impl Weight {
    /// The layer whose weight it is.
    pub(crate) fn tie(&self) -> Option<&Tie> {
        if let Self::Tied(tie) = self { Some(tie) } else { None }
    }
}

/// What the argument says; a layer that a weight may come from is one of these kinds.
pub(crate) fn read(cx: &mut Build<'_>, kinds: &[&str]) -> Option<Weight> {
    let Some((value, span)) = cx.args.get("weight") else { return Some(Weight::Own) };
    let tie = match value {
        ArgValue::Word(word) if word == "plain" => return Some(Weight::Own),
        ArgValue::Word(word) if word == "weight_norm" => return Some(Weight::Normalized(Norm::Weight)),
        ArgValue::Word(word) if word == "spectral_norm" => return Some(Weight::Normalized(Norm::Spectral)),
        ArgValue::Tie(tie) => tie,
        _ => {
            if kinds.is_empty() {
                return cx.fail(span, format_args!("weight takes plain, weight_norm or spectral_norm, not `{value}`"));
            }
            let text = format!(
                "weight takes {} or the weight of another layer, not `{value}`\n  help: weight = tie(label)",
                WORDS.join(", ")
            );
            return cx.fail(span, text);
        }
    };
    if kinds.is_empty() {
        return cx.fail(span, "not yet: the weight of another layer here; a Dense or a ConvTranspose may have it");
    }
    if !kinds.contains(&tie.layer) {
        let text = format!("{} is a {}; the weight may be that of {}", tie.label, tie.layer, kinds.join(" or "));
        return cx.fail(span, text);
    }
    if cx.args.get("init").is_some() {
        return cx.fail(cx.arg_span("init"), format_args!("the weight begins as that of {}: there is no `init` here", tie.label));
    }
    Some(Weight::Tied(tie.clone()))
}

/// Whether the weight of another layer has the shape that is needed here; if not, that is reported.
pub(crate) fn fits(cx: &mut Build<'_>, tie: &Tie, wanted: &[Size]) -> Option<()> {
    if tie.dims == wanted {
        return Some(());
    }
    let line = cx.input_line(0);
    let text = format!("the weight of {} is {}, and here it must be {}{line}", tie.label, show(&tie.dims), show(wanted));
    cx.fail(cx.arg_span("weight"), text)
}

/// The parameters of a layer, of which the first is its weight, with the norm that the argument asks for. PyTorch's axes: a weight norm is that of each
/// slice along the first one, a spectral norm of a matrix with as many rows as the layer has outputs, which are the second axis where it is `transposed`.
pub(crate) fn normalized(
    cx: &mut Build<'_>,
    weight: &Weight,
    transposed: bool,
    mut params: Vec<ParamSpec>,
) -> Option<Vec<ParamSpec>> {
    let Weight::Normalized(norm) = weight else { return Some(params) };
    if params[0].init == Init::Constant(0.0) {
        let text = match norm {
            Norm::Weight => "a weight norm needs a direction to begin with, and zeros have none",
            Norm::Spectral => "a spectral norm divides by the largest singular value, which for zeros is 0",
        };
        return cx.fail(cx.arg_span("init"), format_args!("{text}\n  help: leave `init` out"));
    }
    let norm = match norm {
        Norm::Weight => Parametrization::Weight { axis: 0 },
        Norm::Spectral => Parametrization::Spectral { axis: usize::from(transposed) },
    };
    // No type states their product.
    let columns: Vec<_> = params[0].dims.iter().enumerate().filter(|(axis, _)| *axis != norm.axis()).collect();
    if matches!(norm, Parametrization::Spectral { .. })
        && columns.len() > 1
        && columns.iter().any(|(_, size)| size.num().is_none())
    {
        return cx.fail(cx.arg_span("weight"), "not yet: the spectral norm of a kernel over channels that are a type");
    }
    params[0].parametrization = Some(norm);
    Some(params)
}

#[cfg(test)]
mod tests {
    use crate::graph::Parametrization;
    use crate::layers::tests::Case;

    #[test]
    fn parts_are_those_of_pytorch() {
        let of = |source: &str, input: &[usize]| {
            let built = Case::new(source, &[input]).built();
            let norm = built.params[0].parametrization.expect("normalized");
            let parts: Vec<String> =
                norm.parts(&built.params[0]).iter().map(|p| format!("{}{}", p.name, crate::graph::show(&p.dims))).collect();
            let rows = norm.rows(&built.params[0].dims).expect("numbers");
            (parts.join(" "), [rows.outer, rows.rows, rows.inner])
        };
        let (parts, rows) = of("Conv(8, (3, 2), groups = 2, weight = weight_norm)", &[4, 9, 9]);
        assert_eq!((parts.as_str(), rows), ("weight.g[8, 1, 1, 1] weight.v[8, 2, 3, 2]", [1, 8, 12]));
        let (parts, rows) = of("ConvTranspose1d(6, 4, weight = weight_norm)", &[9, 4]);
        assert_eq!((parts.as_str(), rows), ("weight.g[4, 1, 1] weight.v[4, 6, 4]", [1, 4, 24]));
        let (parts, rows) = of("Dense(8, weight = spectral_norm)", &[5]);
        assert_eq!((parts.as_str(), rows), ("weight.original[8, 5] weight.u[8] weight.v[5]", [1, 8, 5]));
        // A transposed convolution has its outputs behind its inputs.
        let (parts, rows) = of("ConvTranspose(6, 4, weight = spectral_norm)", &[3, 9, 9]);
        assert_eq!((parts.as_str(), rows), ("weight.original[3, 6, 4, 4] weight.u[6] weight.v[48]", [3, 6, 16]));
        assert_eq!(
            Case::new("Conv1d(6, 3, weight = spectral_norm)", &[&[9, 4]]).built().params[0].parametrization,
            Some(Parametrization::Spectral { axis: 0 })
        );
    }

    #[test]
    fn mistakes() {
        Case::new("c: Conv(8, 3, weight = 3)", &[&[4, 9, 9]])
            .fails("3", "c: weight takes plain, weight_norm or spectral_norm, not `3`");
        Case::new("fc: Dense(8, weight = weight_norm, init = zeros)", &[&[4]])
            .complains("zeros", "a weight norm needs a direction to begin with, and zeros have none\n  help: leave `init` out");
        Case::new("fc: Dense(8, weight = spectral_norm, init = 0)", &[&[4]])
            .complains("0", "divides by the largest singular value, which for zeros is 0\n  help: leave `init` out");
        Case::new("c: Conv(8, 3, pad = same, mask = B, weight = weight_norm)", &[&[4, 9, 9]])
            .complains("weight_norm", "not yet: the norm of a weight with a mask");
    }
}
