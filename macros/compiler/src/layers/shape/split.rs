//! `split(x, 2)`: equal parts along the channels of images, else along the last axis; `axis = time` otherwise.

use super::parts::{AXES, Blocks, axis};
use crate::graph::{Arg, Attributes, BackwardStep, Call, Dispatch, Geometry, Op};
use crate::layers::support::tensor;
use crate::layers::{Build, Built, Layer, Param};
use quote::quote;

/// The layer kind `Split`.
#[derive(Debug)]
pub struct Split;

const PARAMS: &[Param] = &[Param::required("parts"), Param::named("axis").words(AXES)];

impl Layer for Split {
    fn name(&self) -> &'static str {
        "split"
    }

    fn short(&self) -> &'static str {
        "split"
    }

    fn params(&self) -> &'static [Param] {
        PARAMS
    }

    fn doc(&self) -> [&'static str; 2] {
        ["equal parts along an axis", ""]
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        cx.values(self, 1)?;
        let dims = cx.tensor(self, 0)?;
        let dims = cx.numbers(self, 0, &dims)?;
        let parts = cx.number("parts", 1)?;
        if parts > 1024 {
            return cx.fail(cx.arg_span("parts"), format_args!("{parts} parts are more than 1024"));
        }
        let axis = axis(cx, dims.len())?;
        let size = dims[axis];
        if !size.is_multiple_of(parts) {
            let what = match (dims.len(), axis) {
                (3, 0) | (4, 1) => "channels",
                (3, 1) | (4, 2) => "rows",
                (3, 2) | (4, 3) => "columns",
                (4, 0) => "regions",
                (2, 0) => "steps",
                _ => "features",
            };
            let line = cx.input_line(0);
            return cx.fail(cx.arg_span("parts"), format_args!("{size} {what} do not split into {parts} equal parts{line}"));
        }
        let mut part = dims.clone();
        part[axis] = size / parts;
        let blocks = Blocks::new(&dims, axis, std::iter::repeat_n(part[axis], parts));
        let outputs = vec![tensor(part); parts];
        Some(Built::new(SplitOp { attributes: cx.attributes(self), blocks }, outputs, Vec::new()))
    }
}

#[derive(Debug)]
struct SplitOp {
    attributes: Attributes,
    blocks: Blocks,
}

impl Op for SplitOp {
    fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    fn geometry(&self) -> Option<Geometry> {
        Some(self.blocks.geometry())
    }

    fn forward(&self) -> Vec<Dispatch> {
        let copy = |i| -> Call { self.blocks.part(i, Arg::Input(0), Arg::Output(i), Arg::Value(quote!(false))) };
        (0..self.blocks.count()).map(|i| Dispatch::Micro(copy(i))).collect()
    }

    fn backward(&self) -> Vec<BackwardStep> {
        // Each writes a part of its own; together they write all of the gradient.
        let copy = |i| Blocks::join(i, Arg::GradOutput(i), Arg::GradInput(0), Arg::Accumulate(0));
        (0..self.blocks.count()).map(|i| BackwardStep::input(0, copy(i))).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::layers::tests::Case;

    #[test]
    fn sizes() {
        assert_eq!(Case::new("split(2)", &[&[64, 28, 28]]).gives(), "[32, 28, 28] [32, 28, 28]");
        assert_eq!(Case::new("split(3)", &[&[5, 9]]).gives(), "[5, 3] [5, 3] [5, 3]");
        assert_eq!(Case::new("split(2)", &[&[3, 4, 5, 6]]).gives(), "[3, 2, 5, 6] [3, 2, 5, 6]");
        assert_eq!(Case::new("split(3, axis = regions)", &[&[3, 4, 5, 6]]).gives().matches("[1, 4, 5, 6]").count(), 3);
        assert_eq!(Case::new("split(5, axis = time)", &[&[5, 9]]).gives().matches("[1, 9]").count(), 5);
        let op = Case::new("split(2)", &[&[64, 28, 28]]).built().op;
        assert_eq!((op.attributes().to_string().as_str(), op.forward().len(), op.backward().len()), ("split(2)", 2, 2));
    }

    #[test]
    fn mistakes() {
        Case::new("split(3)", &[&[64, 28, 28]])
            .fails("3", "split: 64 channels do not split into 3 equal parts\n  input: [64, 28, 28], from stage0");
        Case::new("split(0)", &[&[64]]).fails("0", "split: parts = 0 must be at least 1");
        Case::new("split(2, axis = time)", &[&[64]]).complains("time", "these values have features, or 0..1");
    }
}
