//! `Maxout(pieces, axis)`: the largest of each so many channels (or features) side by side (Goodfellow et al. 2013, arXiv 1302.4389).

use crate::graph::{Arg, Attributes, BackwardStep, Call, Dispatch, Geometry, Op, kernels};
use crate::layers::shape::parts::AXES;
use crate::layers::support::axis::whole_axis;
use crate::layers::support::input::product;
use crate::layers::support::tensor;
use crate::layers::support::tokens::number;
use crate::layers::{Build, Built, Layer, Param};
use fireclay_ir::ValueRange;
use quote::quote;

/// The layer kind `Maxout`.
#[derive(Debug)]
pub struct Maxout;

const PARAMS: &[Param] = &[Param::required("pieces"), Param::named("axis").words(AXES)];

impl Layer for Maxout {
    fn name(&self) -> &'static str {
        "Maxout"
    }

    fn short(&self) -> &'static str {
        "maxout"
    }

    fn steps(&self) -> bool {
        true
    }

    fn params(&self) -> &'static [Param] {
        PARAMS
    }

    fn doc(&self) -> [&'static str; 2] {
        [
            "`[c, h, w]` → `[c / pieces, h, w]`, `[f]` → `[f / pieces]`: channel j is the largest of `pieces` channels from `j·pieces` on (Goodfellow et al. 2013, arXiv 1302.4389)",
            "",
        ]
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        cx.values(self, 1)?;
        let dims = cx.tensor(self, 0)?;
        let mut sizes = cx.numbers(self, 0, &dims)?;
        let axis = whole_axis(cx, sizes.len())?;
        let pieces = cx.number("pieces", 1)?;
        let size = sizes[axis];
        if !size.is_multiple_of(pieces) {
            let line = cx.input_line(0);
            // The largest divisor below it, or all.
            let small = (1..=size.isqrt().min(1 << 16)).filter(|n| size.is_multiple_of(*n));
            let divisors = small.flat_map(|n| [n, size / n]).filter(|n| (2..pieces).contains(n));
            let help = divisors.max().unwrap_or(size);
            let text = format!(
                "{size} numbers of the axis are no groups of {pieces}{line}\n  help: pieces = {help} gives {}",
                size / help
            );
            return cx.fail(cx.arg_span("pieces"), text);
        }
        sizes[axis] = size / pieces;
        let op = MaxoutOp {
            attributes: cx.attributes(self),
            outer: product(&sizes[..axis]),
            len: sizes[axis],
            pieces,
            inner: product(&sizes[axis + 1..]),
        };
        Some(Built::new(op, [tensor(sizes)], Vec::new()))
    }
}

#[derive(Debug)]
struct MaxoutOp {
    attributes: Attributes,
    outer: usize,
    /// The numbers that are left of the axis.
    len: usize,
    pieces: usize,
    inner: usize,
}

impl Op for MaxoutOp {
    fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    fn geometry(&self) -> Option<Geometry> {
        let (outer, len, pieces, inner) = (number(self.outer), number(self.len), number(self.pieces), number(self.inner));
        let value = quote!(__f::k::Maxout { outer: #outer, len: #len, pieces: #pieces, inner: #inner });
        Some(Geometry::new(quote!(__f::k::Maxout), value))
    }

    fn range(&self, input: ValueRange) -> ValueRange {
        match input {
            // The largest of each group need not add up to 1.
            ValueRange::Probabilities => ValueRange::Between { low: 0.0, high: 1.0 },
            _ => input,
        }
    }

    fn forward(&self) -> Vec<Dispatch> {
        vec![Dispatch::Micro(Call::from(kernels::maxout_forward { g: Arg::Geometry, x: Arg::Input(0), y: Arg::Output(0) }))]
    }

    fn backward(&self) -> Vec<BackwardStep> {
        use Arg::{Accumulate, Geometry, GradInput, GradOutput, Input};
        let call = Call::from(kernels::maxout_backward {
            g: Geometry,
            x: Input(0),
            dy: GradOutput(0),
            dx: GradInput(0),
            accumulate: Accumulate(0),
        });
        vec![BackwardStep::input(0, call)]
    }
}

#[cfg(test)]
mod tests {
    use crate::layers::tests::Case;

    #[test]
    fn groups_of_channels_or_features() {
        for (source, input, output, geometry) in [
            ("Maxout(3)", &[6, 4, 5][..], "[2, 4, 5]", "outer : 1 , len : 2 , pieces : 3 , inner : 20"),
            ("Maxout(pieces = 2)", &[7, 6], "[7, 3]", "outer : 7 , len : 3 , pieces : 2 , inner : 1"),
            ("Maxout(4)", &[4], "[1]", "outer : 1 , len : 1 , pieces : 4 , inner : 1"),
            ("Maxout(2, axis = height)", &[3, 4, 5], "[3, 2, 5]", "outer : 3 , len : 2 , pieces : 2 , inner : 5"),
        ] {
            let case = Case::new(source, &[input]);
            assert_eq!(case.gives(), output, "{source}");
            let value = case.built().op.geometry().expect("a constant").value.to_string();
            assert!(value.contains(geometry), "{value}");
        }
    }

    #[test]
    fn mistakes() {
        Case::new("m: Maxout(4)", &[&[6, 4, 5]]).fails(
            "4",
            "m: 6 numbers of the axis are no groups of 4\n  input: [6, 4, 5], from stage0\n  help: pieces = 3 gives 2",
        );
        Case::new("Maxout(2)", &[&[7]]).complains("2", "help: pieces = 7 gives 1");
        Case::new("Maxout(0)", &[&[7]]).complains("0", "pieces = 0 must be at least 1");
    }
}
