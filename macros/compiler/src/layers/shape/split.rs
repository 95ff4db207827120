//! `split(x, 2)`: equal parts along the channels of images, else along the last axis; `axis = time` otherwise.

use super::parts::{AXES, Blocks, units};
use crate::graph::{Arg, Attributes, BackwardStep, Call, Dispatch, Geometry, Op};
use crate::layers::support::axis::whole_axis;
use crate::layers::support::tensor;
use crate::layers::{ArgValue, Build, Built, Layer, Param};
use proc_macro2::Span;
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

    fn steps(&self) -> bool {
        true
    }

    fn params(&self) -> &'static [Param] {
        PARAMS
    }

    fn doc(&self) -> [&'static str; 2] {
        ["parts along an axis: so many equal ones, or a list of their sizes", ""]
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        cx.values(self, 1)?;
        let dims = cx.tensor(self, 0)?;
        let dims = cx.numbers(self, 0, &dims)?;
        let args = cx.args;
        let sizes = match args.get("parts") {
            Some((ArgValue::List(items), span)) => {
                let axis = whole_axis(cx, dims.len())?;
                by_sizes(cx, items, span, dims[axis], units(dims.len(), axis)).map(|sizes| (axis, sizes))
            }
            _ => equal(cx, &dims),
        };
        let (axis, sizes) = sizes?;
        let outputs = sizes.iter().map(|size| {
            let mut part = dims.clone();
            part[axis] = *size;
            tensor(part)
        });
        let outputs: Vec<_> = outputs.collect();
        let blocks = Blocks::new(&dims, axis, sizes.into_iter());
        Some(Built::new(SplitOp { attributes: cx.attributes(self), blocks }, outputs, Vec::new()))
    }
}

/// The most parts.
const MOST: usize = 1024;

/// So many parts of one size, with the axis.
fn equal(cx: &mut Build<'_>, dims: &[usize]) -> Option<(usize, Vec<usize>)> {
    let parts = cx.number("parts", 1)?;
    if parts > MOST {
        return cx.fail(cx.arg_span("parts"), format_args!("{parts} parts are more than {MOST}"));
    }
    let axis = whole_axis(cx, dims.len())?;
    let (size, units) = (dims[axis], units(dims.len(), axis));
    if !size.is_multiple_of(parts) {
        let line = cx.input_line(0);
        return cx.fail(cx.arg_span("parts"), format_args!("{size} {units} do not split into {parts} equal parts{line}"));
    }
    Some((axis, vec![size / parts; parts]))
}

/// Parts of these sizes, one of which may be `_`: what is left.
fn by_sizes(cx: &mut Build<'_>, items: &[ArgValue], span: Span, size: usize, units: &str) -> Option<Vec<usize>> {
    if items.is_empty() || items.len() > MOST {
        return cx.fail(span, format_args!("a list of one to {MOST} sizes, not of {}", items.len()));
    }
    let (mut sizes, mut wild) = (Vec::new(), None);
    for (i, item) in items.iter().enumerate() {
        match item {
            ArgValue::Wild if wild.is_some() => return cx.fail(span, "only one size may be `_`"),
            ArgValue::Wild => {
                wild = Some(i);
                sizes.push(0);
            }
            ArgValue::Int(n) => match usize::try_from(*n) {
                Ok(n) if n > 0 => sizes.push(n),
                _ => return cx.fail(span, format_args!("a size must be at least 1, not {n}")),
            },
            other => return cx.fail(span, format_args!("a size is a number or `_`, not `{other}`")),
        }
    }
    let sum = sizes.iter().fold(0, |sum: usize, n| sum.saturating_add(*n));
    let line = cx.input_line(0);
    match wild {
        Some(i) if sum < size => sizes[i] = size - sum,
        Some(_) => return cx.fail(span, format_args!("the sizes leave nothing for `_`: they are {sum} of {size} {units}{line}")),
        None if sum == size => {}
        None => {
            let last = sizes.last_mut();
            let help = match last {
                Some(last) if sum - *last < size => {
                    *last = size - (sum - *last);
                    let fitting: Vec<String> = sizes.iter().map(ToString::to_string).collect();
                    format!("\n  help: [{}] would fit", fitting.join(", "))
                }
                _ => String::new(),
            };
            return cx.fail(span, format_args!("the sizes are {sum} together, and there are {size} {units}{line}{help}"));
        }
    }
    Some(sizes)
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
        assert_eq!(Case::new("split([2, 3, 4])", &[&[5, 9]]).gives(), "[5, 2] [5, 3] [5, 4]");
        assert_eq!(Case::new("split([_, 4], axis = time)", &[&[5, 9]]).gives(), "[1, 9] [4, 9]");
        let op = Case::new("split(2)", &[&[64, 28, 28]]).built().op;
        assert_eq!((op.attributes().to_string().as_str(), op.forward().len(), op.backward().len()), ("split(2)", 2, 2));
    }

    #[test]
    fn mistakes() {
        Case::new("split(3)", &[&[64, 28, 28]])
            .fails("3", "split: 64 channels do not split into 3 equal parts\n  input: [64, 28, 28], from stage0");
        Case::new("split(0)", &[&[64]]).fails("0", "split: parts = 0 must be at least 1");
        let sizes = |list: &str| Case::new(&format!("split({list})"), &[&[5, 9]]);
        sizes("[3, 4]").fails(
            "[3, 4]",
            "split: the sizes are 7 together, and there are 9 features\n  input: [5, 9], from stage0\n  help: [3, 6] would fit",
        );
        sizes("[9, _]").complains("[9, _]", "the sizes leave nothing for `_`: they are 9 of 9 features");
        sizes("[0, 9]").complains("[0, 9]", "a size must be at least 1, not 0");
        sizes("[_, _]").complains("[_, _]", "only one size may be `_`");
        Case::new("split(2, axis = time)", &[&[64]]).complains("time", "these values have features, or 0..1");
    }
}
