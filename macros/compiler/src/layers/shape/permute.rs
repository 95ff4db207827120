//! `Permute(1, 2, 0)`, `Permute(height, width, channels)`: the axes in another order, each by its number or its name, as `torch.permute`.

use super::moved::Moved;
use super::parts::{AXES, names, no_axis, position, strides};
use crate::layers::{ArgValue, Build, Built, Layer, Param};
use proc_macro2::Span;

/// The layer kind `Permute`.
#[derive(Debug)]
pub struct Permute;

const PARAMS: &[Param] = &[
    Param::required("first").words(AXES),
    Param::positional("second").words(AXES),
    Param::positional("third").words(AXES),
    Param::positional("fourth").words(AXES),
];

impl Layer for Permute {
    fn name(&self) -> &'static str {
        "Permute"
    }

    fn short(&self) -> &'static str {
        "permute"
    }

    fn params(&self) -> &'static [Param] {
        PARAMS
    }

    fn doc(&self) -> [&'static str; 2] {
        [
            "the axes in another order, by number or name: `Permute(1, 2, 0)` or `Permute(height, width, channels)` of `[c, h, w]` gives `[h, w, c]`",
            "",
        ]
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        cx.values(self, 1)?;
        let dims = cx.tensor(self, 0)?;
        let dims = cx.numbers(self, 0, &dims)?;
        let (args, line, rank) = (cx.args, cx.input_line(0), dims.len());
        let given: Vec<_> = PARAMS.iter().filter_map(|param| args.get(param.name)).collect();
        let mut order: Vec<usize> = Vec::new();
        for (value, span) in &given {
            let Some(axis) = position(value, rank) else { return no_axis(cx, *span, value, rank, &without_batch(&given, rank)) };
            if order.contains(&axis) {
                let missing: Vec<&str> = missing(&order, rank).filter(|name| *name != names(rank)[axis]).collect();
                let text = format!("{value} stands there already{line}\n  help: {}", left(&missing));
                return cx.fail(*span, text);
            }
            order.push(axis);
        }
        if order.len() < rank {
            let missing: Vec<&str> = missing(&order, rank).collect();
            let span = given.last().map_or(cx.span, |(_, span)| *span);
            let text = format!("takes all {rank} axes, not {}{line}\n  help: {}", order.len(), left(&missing));
            return cx.fail(span, text);
        }
        let strides = strides(&dims);
        let axes = order.iter().map(|axis| (dims[*axis], strides[*axis])).collect();
        Some(Moved::built(cx, self, &dims, 0, axes, order.iter().map(|axis| dims[*axis])))
    }
}

/// The axes that were meant where that of the batch was counted.
fn without_batch(given: &[(&ArgValue, Span)], rank: usize) -> String {
    let numbers = given.iter().map(|(value, _)| if let ArgValue::Int(n) = value { usize::try_from(*n).ok() } else { None });
    let numbers: Vec<usize> = numbers.collect::<Option<_>>().unwrap_or_default();
    let counted = if numbers.len() > rank && numbers[0] == 0 { &numbers[1..] } else { &numbers[..] };
    let axes: Vec<usize> = counted.iter().filter_map(|axis| axis.checked_sub(1)).collect();
    let is_order = axes.len() == rank && (0..rank).all(|axis| axes.contains(&axis));
    let shown: Vec<String> = axes.iter().map(ToString::to_string).collect();
    if is_order { format!("\n  help: the batch is not counted: `Permute({})`", shown.join(", ")) } else { String::new() }
}

/// The names of the axes that are not there yet.
fn missing(order: &[usize], rank: usize) -> impl Iterator<Item = &'static str> {
    names(rank).iter().enumerate().filter(|(axis, _)| !order.contains(axis)).map(|(_, name)| *name)
}

fn left(missing: &[&str]) -> String {
    format!("{} {} left", missing.join(", "), if missing.len() == 1 { "is" } else { "are" })
}

#[cfg(test)]
mod tests {
    use crate::layers::tests::Case;

    #[test]
    fn sizes() {
        for (source, input, output) in [
            ("Permute(1, 2, 0)", &[4, 5, 6][..], "[5, 6, 4]"),
            ("Permute(width, channels, height)", &[4, 5, 6], "[6, 4, 5]"),
            ("Permute(features, time)", &[7, 3], "[3, 7]"),
            ("Permute(1, 0, 3, 2)", &[2, 3, 4, 5], "[3, 2, 5, 4]"),
        ] {
            assert_eq!(Case::new(source, &[input]).gives(), output, "{source}");
        }
    }

    #[test]
    fn mistakes() {
        let on = |args: &str| Case::new(&format!("Permute({args})"), &[&[4, 5, 6]]);
        on("1, 2").fails("2", "Permute: takes all 3 axes, not 2\n  input: [4, 5, 6], from stage0\n  help: channels is left");
        on("1, height, 0").fails(
            "height",
            "Permute: height stands there already\n  input: [4, 5, 6], from stage0\n  help: channels, width are left",
        );
        on("1, 2, 3").complains("3", "axis = 3: these values have channels, height, width, or 0..3");
        on("time").complains("time", "these values have channels, height, width");
    }
}
