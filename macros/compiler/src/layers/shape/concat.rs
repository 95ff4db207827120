//! `concat(a, b, …)`: joins values along the channels of images, else along the last axis; `axis = time` otherwise.

use super::parts::{AXES, Blocks};
use crate::graph::{
    Arg, Attributes, BackwardStep, ChannelBlocks, Count, Dispatch, Geometry, Op, Size, Traits, ValueType, kernels,
};
use crate::layers::support::axis::whole_axis;
use crate::layers::support::tokens::number;
use crate::layers::{Build, Built, Joins, Layer, Param};
use proc_macro2::TokenTree;
use quote::quote;
use std::rc::Rc;

/// The layer kind `Concat`.
#[derive(Debug)]
pub struct Concat;

const PARAMS: &[Param] = &[Param::named("axis").words(AXES)];

impl Layer for Concat {
    fn name(&self) -> &'static str {
        "concat"
    }

    fn joins(&self) -> Option<Joins> {
        Some(Joins::Channels)
    }

    fn short(&self) -> &'static str {
        "concat"
    }

    fn steps(&self) -> bool {
        true
    }

    fn params(&self) -> &'static [Param] {
        PARAMS
    }

    fn doc(&self) -> [&'static str; 2] {
        ["joins values along an axis", ""]
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        if cx.inputs.is_empty() {
            return cx.fail_layer(self, "takes at least one value");
        }
        let mut parts = Vec::new();
        for i in 0..cx.inputs.len() {
            parts.push(cx.tensor(self, i)?);
        }
        let axis = whole_axis(cx, parts[0].len())?;
        agree(cx, &parts, axis)?;

        let mut output = parts[0].clone();
        let all = parts.iter().fold(Count::default(), |sum, part| sum.plus(&part[axis].clone().into()));
        output[axis] = all.into();
        let blocks = Blocks::new(&output, axis, parts.iter().map(|part| part[axis].clone()));
        let op = ConcatOp { attributes: cx.attributes(self), channels: axis == 0, blocks };
        Some(Built::new(op, [ValueType::Tensor(output)], Vec::new()))
    }
}

/// Requires that all parts agree in the other axes; each that does not is reported on its own token.
fn agree(cx: &mut Build<'_>, parts: &[Vec<Size>], axis: usize) -> Option<()> {
    let rest = |part: &[Size]| -> Vec<Option<Size>> {
        part.iter().enumerate().map(|(i, size)| (i != axis).then(|| size.clone())).collect()
    };
    // What most parts have; the first of several.
    let rests: Vec<_> = parts.iter().map(|part| rest(part)).collect();
    let votes = |wanted: &Vec<Option<Size>>| rests.iter().filter(|rest| *rest == wanted).count();
    let common = rests.iter().rev().max_by_key(|rest| votes(rest))?.clone();
    if rests.iter().all(|rest| *rest == common) {
        return Some(());
    }
    let others = if votes(&common) == 1 {
        format!("part {} is", rests.iter().position(|rest| *rest == common)? + 1)
    } else {
        "the others are".to_owned()
    };
    for (i, rest) in rests.iter().enumerate().filter(|(_, rest)| **rest != common) {
        let what = match (parts[i].len() == common.len(), common.len(), axis) {
            (false, ..) => "the number of axes",
            (_, 3, 0) => "height and width",
            (_, 3, 1) => "channels and width",
            (_, 3, 2) => "channels and height",
            (_, 4, 1) => "regions, height and width",
            (_, 2, 0) => "features",
            (_, 2, 1) => "time",
            _ => "all other axes",
        };
        let shape: Vec<String> = common.iter().flatten().map(ToString::to_string).collect();
        let shape = if rest.len() == common.len() { shape.join("×") } else { format!("of rank {}", common.len()) };
        let origin = cx.origins.get(i).map(|origin| format!(" ({origin})")).unwrap_or_default();
        let span = cx.input_spans.get(i).copied().unwrap_or(cx.span);
        let text = format!("the parts must agree in {what}; part {}{origin} is {}, {others} {shape}", i + 1, cx.inputs[i]);
        cx.fail::<()>(span, text);
    }
    None
}

#[derive(Debug)]
struct ConcatOp {
    attributes: Attributes,
    /// It joins along the channels.
    channels: bool,
    blocks: Blocks,
}

impl Op for ConcatOp {
    fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    fn geometry(&self) -> Option<Geometry> {
        Some(self.blocks.geometry())
    }

    fn traits(&self) -> Traits {
        Traits { joins: true, ..Traits::default() }
    }

    fn forward(&self) -> Vec<Dispatch> {
        let overwrite = || Arg::Value(quote!(false));
        (0..self.blocks.count()).map(|i| Dispatch::Micro(Blocks::join(i, Arg::Input(i), Arg::Output(0), overwrite()))).collect()
    }

    fn over_channels(&self, inputs: &[ChannelBlocks]) -> Option<Rc<dyn Op>> {
        self.channels.then(|| Rc::new(ConcatChw16c { attributes: self.attributes.clone(), parts: inputs.to_vec() }) as _)
    }

    fn backward(&self) -> Vec<BackwardStep> {
        let copy = |i| self.blocks.part(i, Arg::GradOutput(0), Arg::GradInput(i), Arg::Accumulate(i));
        (0..self.blocks.count()).map(|i| BackwardStep::input(i, copy(i))).collect()
    }
}

/// Channels joined over a single sample in `chw16c`, where parts may begin in the midst of a vector.
#[derive(Debug)]
struct ConcatChw16c {
    attributes: Attributes,
    parts: Vec<ChannelBlocks>,
}

impl ConcatChw16c {
    /// The channels, the positions and the first channel of each part.
    fn numbers(&self) -> impl Iterator<Item = [Arg; 3]> + '_ {
        let mut first = 0_usize;
        self.parts.iter().map(move |part| {
            let from = first;
            first = first.saturating_add(part.channels);
            [part.channels, part.map, from].map(|n| Arg::Value(TokenTree::from(number(n)).into()))
        })
    }
}

impl Op for ConcatChw16c {
    fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    fn forward(&self) -> Vec<Dispatch> {
        let join = |(i, [channels, map, first]): (usize, [Arg; 3])| kernels::concat_chw16c {
            channels,
            map,
            first,
            x: Arg::Input(i),
            y: Arg::Output(0),
        };
        self.numbers().enumerate().map(|part| Dispatch::Micro(join(part).into())).collect()
    }

    fn backward(&self) -> Vec<BackwardStep> {
        let part = |(i, [channels, map, first]): (usize, [Arg; 3])| {
            let (dy, dx, accumulate) = (Arg::GradOutput(0), Arg::GradInput(i), Arg::Accumulate(i));
            BackwardStep::input(i, kernels::concat_chw16c_backward { channels, map, first, dy, dx, accumulate }.into())
        };
        self.numbers().enumerate().map(part).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::layers::tests::Case;

    #[test]
    fn sizes() {
        for (source, inputs, output) in [
            ("concat", &[&[64, 28, 28][..], &[128, 28, 28], &[32, 28, 28]][..], "[224, 28, 28]"),
            ("concat", &[&[100], &[50]], "[150]"),
            ("concat", &[&[7, 100], &[7, 50]], "[7, 150]"),
            ("concat(axis = time)", &[&[7, 100], &[9, 100]], "[16, 100]"),
            ("concat(axis = 0)", &[&[5776, 4], &[2166, 4]], "[7942, 4]"),
            ("concat(axis = width)", &[&[3, 8, 5], &[3, 8, 6]], "[3, 8, 11]"),
            ("concat", &[&[2, 3, 4, 5], &[2, 7, 4, 5]], "[2, 10, 4, 5]"),
            ("concat(axis = regions)", &[&[2, 3, 4, 5], &[6, 3, 4, 5]], "[8, 3, 4, 5]"),
        ] {
            assert_eq!(Case::new(source, inputs).gives(), output, "{source}");
        }
    }

    #[test]
    fn copies() {
        let op = Case::new("concat(axis = width)", &[&[3, 8, 5], &[3, 8, 6]]).built().op;
        let geometry = op.geometry().expect("constants");
        assert_eq!(geometry.ty.to_string(), "[__f :: k :: Blocks ; 4]");
        let value = geometry.value.to_string();
        for block in [
            "outer : 24 , len : 5 , from : 0 , from_stride : 5 , to : 0 , to_stride : 11",
            "outer : 24 , len : 6 , from : 0 , from_stride : 6 , to : 5 , to_stride : 11",
            "outer : 24 , len : 6 , from : 5 , from_stride : 11 , to : 0 , to_stride : 6",
        ] {
            assert!(value.contains(block), "{value}");
        }
        assert_eq!((op.forward().len(), op.backward().len()), (2, 2));
    }

    #[test]
    fn parts_that_differ() {
        Case::new("concat", &[&[64, 28, 28], &[96, 28, 28], &[32, 14, 14]]).fails(
            "part2",
            "concat: the parts must agree in height and width; part 3 (from stage2) is [32, 14, 14], the others are 28×28",
        );
        Case::new("concat", &[&[64, 28, 28], &[32, 14, 14]])
            .complains("part1", "part 2 (from stage1) is [32, 14, 14], part 1 is 28×28");
        let two = Case::new("concat", &[&[6, 5, 5], &[6, 4, 4], &[6, 5, 5], &[6, 3, 3], &[6, 5, 5]]).errors();
        assert_eq!(two.iter().map(|(token, _)| token.as_str()).collect::<Vec<_>>(), ["part1", "part3"]);
        Case::new("concat", &[&[6, 5, 5], &[6]])
            .complains("part1", "agree in the number of axes; part 2 (from stage1) is [6], part 1 is of rank 3");
        Case::new("concat(axis = time)", &[&[6, 5, 5]])
            .complains("time", "axis = time: these values have channels, height, width, or 0..3");
        Case::new("concat(axis = 2)", &[&[6, 5]]).complains("2", "axis = 2: these values have time, features, or 0..2");
    }
}
