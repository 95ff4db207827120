//! `Slice(height = 0..28, width = 2..)`: the numbers between two positions of some axes; an end may be open, and a negative one counts from the end.

use super::moved::Moved;
use super::parts::{names, strides, units};
use crate::layers::{ArgValue, Build, Built, Layer, Param};
use proc_macro2::Span;

/// The layer kind `Slice`.
#[derive(Debug)]
pub struct Slice;

const PARAMS: &[Param] = &[
    Param::named("time"),
    Param::named("features"),
    Param::named("channels"),
    Param::named("height"),
    Param::named("width"),
    Param::named("regions"),
];

impl Layer for Slice {
    fn name(&self) -> &'static str {
        "Slice"
    }

    fn short(&self) -> &'static str {
        "slice"
    }

    fn params(&self) -> &'static [Param] {
        PARAMS
    }

    fn doc(&self) -> [&'static str; 2] {
        [
            "any shape, as `Slice(height = 2..5)`: the numbers between two positions of one axis or several; `..5`, `2..`, and `-3..` for the last three",
            "",
        ]
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        cx.values(self, 1)?;
        let dims = cx.tensor(self, 0)?;
        let dims = cx.numbers(self, 0, &dims)?;
        let (names, line, args) = (names(dims.len()), cx.input_line(0), cx.args);
        let given: Vec<_> = PARAMS.iter().filter_map(|param| args.get(param.name).map(|found| (param.name, found))).collect();
        if given.is_empty() {
            let axis = names.last().copied().unwrap_or("features");
            let half = (dims.last().copied().unwrap_or(1) / 2).max(1);
            return cx.fail(cx.span, format_args!("names no axis{line}\n  help: Slice({axis} = 0..{half})"));
        }
        let mut ranges: Vec<(usize, usize)> = dims.iter().map(|size| (0, *size)).collect();
        let mut good = Some(());
        for (name, (value, span)) in given {
            match names.iter().position(|known| *known == name) {
                Some(axis) => match range(cx, name, value, span, dims[axis], units(dims.len(), axis)) {
                    Some(found) => ranges[axis] = found,
                    None => good = None,
                },
                None => {
                    let text = format!("these values have {}, not {name}{line}", names.join(", "));
                    good = cx.fail(span, text);
                }
            }
        }
        good?;
        let strides = strides(&dims);
        let from = ranges.iter().zip(&strides).fold(0_usize, |at, ((from, _), s)| at.saturating_add(from.saturating_mul(*s)));
        let sizes: Vec<usize> = ranges.iter().map(|(from, to)| to - from).collect();
        let axes = sizes.iter().copied().zip(strides).collect();
        Some(Moved::built(cx, self, &dims, from, axes, sizes))
    }
}

/// From and to, of `size` positions.
fn range(cx: &mut Build<'_>, name: &str, value: &ArgValue, span: Span, size: usize, units: &str) -> Option<(usize, usize)> {
    let line = cx.input_line(0);
    let ArgValue::Range(from, to) = value else {
        let help = match value {
            ArgValue::Int(n) if usize::try_from(*n).is_ok_and(|n| n < size) => format!("\n  help: {name} = {n}..{}", n + 1),
            ArgValue::Int(-1) if name == "time" => {
                format!("\n  help: `Step(last)` gives the last step; {name} = -1.. is a sequence of it alone")
            }
            ArgValue::Int(-1) => format!("\n  help: {name} = -1.."),
            ArgValue::Int(n) if n.unsigned_abs() <= size as u64 => format!("\n  help: {name} = {n}..{}", n + 1),
            _ => String::new(),
        };
        return cx.fail(span, format_args!("{name} takes a range such as 0..{size}, not `{value}`{help}"));
    };
    // What is negative counts from the end.
    let place = |n: i64| usize::try_from(n).or_else(|_| usize::try_from(n.unsigned_abs()).map(|n| size.wrapping_sub(n)));
    let ends = [from.map_or(Ok(0), place), to.map_or(Ok(size), place)];
    match ends {
        [Ok(from), Ok(to)] if from < to && to <= size => Some((from, to)),
        [Ok(from), Ok(to)] if from >= to && from <= size => {
            let help = if to < from { format!("\n  help: {name} = {to}..{from}") } else { String::new() };
            cx.fail(span, format_args!("{name} = {value} is empty{line}{help}"))
        }
        [Ok(from), Ok(_)] if from < size => {
            cx.fail(span, format_args!("{name} = {value} goes beyond its {size} {units}{line}\n  help: {name} = {from}..{size}"))
        }
        _ => cx.fail(span, format_args!("{name} = {value} lies outside its {size} {units}{line}\n  help: {name} = 0..{size}")),
    }
}

#[cfg(test)]
mod tests {
    use crate::layers::tests::Case;

    #[test]
    fn sizes() {
        for (source, input, output) in [
            ("Slice(height = 0..28)", &[4, 30, 28][..], "[4, 28, 28]"),
            ("Slice(height = 1.., width = ..5, channels = -2..)", &[4, 8, 9], "[2, 7, 5]"),
            ("Slice(time = -3..-1)", &[7, 5], "[2, 5]"),
            ("Slice(features = ..)", &[7], "[7]"),
            ("Slice(regions = 1..2)", &[3, 4, 5, 6], "[1, 4, 5, 6]"),
        ] {
            assert_eq!(Case::new(source, &[input]).gives(), output, "{source}");
        }
        let op = Case::new("Slice(height = 1.., width = ..5)", &[&[4, 8, 9]]).built().op;
        assert_eq!(op.attributes().to_string(), "Slice(height = 1.., width = ..5)");
    }

    #[test]
    fn mistakes() {
        let on = |args: &str| Case::new(&format!("s: Slice({args})"), &[&[4, 8, 9]]);
        on("height = 0..28")
            .fails("0..28", "s: height = 0..28 goes beyond its 8 rows\n  input: [4, 8, 9], from stage0\n  help: height = 0..8");
        on("height = 5..3").complains("5..3", "height = 5..3 is empty\n  input: [4, 8, 9], from stage0\n  help: height = 3..5");
        on("width = 9..12").complains("9..12", "width = 9..12 lies outside its 9 columns");
        on("width = -10..").complains("-10..", "width = -10.. lies outside its 9 columns");
        on("width = 3").complains("3", "width takes a range such as 0..9, not `3`\n  help: width = 3..4");
        on("width = -1").complains("-1", "width takes a range such as 0..9, not `-1`\n  help: width = -1..");
        on("width = -3").complains("-3", "help: width = -3..-2");
        Case::new("Slice(time = -1)", &[&[5, 3]])
            .complains("-1", "help: `Step(last)` gives the last step; time = -1.. is a sequence");
        on("time = 0..2").complains("0..2", "these values have channels, height, width, not time");
        on("").complains("Slice", "names no axis\n  input: [4, 8, 9], from stage0\n  help: Slice(width = 0..4)");
    }
}
