//! `mean(a, b, …, drop = 0.0)`: the mean of several values; with `drop` each is left out with this probability while training. `mean(x, axis = time)`:
//! the mean of the numbers of one value.

use crate::graph::{
    Arg, Attributes, BackwardStep, Call, ChannelBlocks, Count, Dispatch, Geometry, Inference, Op, ValueType, When, kernels,
};
use crate::layers::reduce::{Reduction, reduced};
use crate::layers::shape::parts::AXES;
use crate::layers::support::tokens::{float, number};
use crate::layers::{Build, Built, Layer, Param};
use quote::quote;
use std::rc::Rc;

/// The layer kind `Mean`.
#[derive(Debug)]
pub struct Mean;

const PARAMS: &[Param] = &[Param::named("drop").float(0.0), Param::named("axis").words(AXES), Param::named("keep").flag(false)];

/// The most values: a kernel looks at all of them for each.
const MOST: usize = 64;

impl Layer for Mean {
    fn name(&self) -> &'static str {
        "mean"
    }

    fn short(&self) -> &'static str {
        "mean"
    }

    fn steps(&self) -> bool {
        true
    }

    fn draws_once(&self) -> bool {
        true
    }

    fn params(&self) -> &'static [Param] {
        PARAMS
    }

    fn doc(&self) -> [&'static str; 2] {
        [
            "the mean of values of one shape; with `drop` each is left out with this probability while training, and one at least is kept",
            "",
        ]
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        if cx.inputs.is_empty() {
            return cx.fail_layer(self, "takes at least one value");
        }
        // Of paths that are dropped there may be one alone.
        if cx.inputs.len() == 1 && cx.args.get("drop").is_none() {
            return reduced(Reduction::Mean, self, cx);
        }
        for along in ["axis", "keep"] {
            if let Some((_, span)) = cx.args.get(along) {
                return cx.fail(span, format_args!("of several values it is taken number by number: it has no {along}"));
            }
        }
        if cx.inputs.len() > MOST {
            return cx.fail(cx.span, format_args!("takes at most {MOST} values, not {}", cx.inputs.len()));
        }
        let mut types = Vec::new();
        for i in 0..cx.inputs.len() {
            types.push(ValueType::Tensor(cx.tensor(self, i)?));
        }
        let mut differ = false;
        for (i, ty) in types.iter().enumerate().filter(|(_, ty)| **ty != types[0]) {
            let origin = cx.origins.get(i).map(|origin| format!(" ({origin})")).unwrap_or_default();
            let text = format!("the values must have one shape; value {}{origin} is {ty}, the first is {}", i + 1, types[0]);
            let span = cx.input_spans.get(i).copied().unwrap_or(cx.span);
            cx.fail::<()>(span, text);
            differ = true;
        }
        let drop = cx.float("drop")?;
        if !(0.0..1.0).contains(&drop) {
            return cx.fail(cx.arg_span("drop"), format_args!("drop = {drop:?} must be at least 0 and less than 1"));
        }
        if differ {
            return None;
        }
        let output = types.swap_remove(0);
        let op = MeanOp { attributes: cx.attributes(self), len: output.len(), values: cx.inputs.len(), drop };
        Some(Built::new(op, [output], Vec::new()))
    }
}

#[derive(Debug)]
struct MeanOp {
    attributes: Attributes,
    len: Count,
    values: usize,
    drop: f32,
}

impl MeanOp {
    /// One call for each value, of what drops nothing.
    fn whole(&self) -> Vec<Call> {
        let call = |i| kernels::mean_forward { g: Arg::GeometryAt(i), x: Arg::Input(i), y: Arg::Output(0) }.into();
        (0..self.values).map(call).collect()
    }
}

impl Op for MeanOp {
    fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    fn geometry(&self) -> Option<Geometry> {
        let (len, values, drop) = (self.len.value(), number(self.values), float(self.drop));
        let one = (0..self.values).map(|place| {
            let place = number(place);
            quote!(__f::k::Mean { len: #len, values: #values, place: #place, probability: #drop })
        });
        Some(Geometry::new(quote!([__f::k::Mean; #values]), quote!([#(#one),*])))
    }

    fn forward(&self) -> Vec<Dispatch> {
        if self.drop == 0.0 {
            return self.whole().into_iter().map(Dispatch::Micro).collect();
        }
        let train = (0..self.values).map(|i| {
            let (node, key, first_sample, count) = (Arg::Node, Arg::Key, Arg::FirstSample, Arg::Count);
            let (g, x, y) = (Arg::GeometryAt(i), Arg::Input(i), Arg::Output(0));
            Call::from(kernels::mean_drop_forward { g, node, key, first_sample, count, x, y }).only(When::Train)
        });
        let eval = self.whole().into_iter().map(|call| call.only(When::Eval));
        train.chain(eval).map(Dispatch::Micro).collect()
    }

    fn backward(&self) -> Vec<BackwardStep> {
        let operands = |i| (Arg::GeometryAt(i), Arg::GradOutput(0), Arg::GradInput(i), Arg::Accumulate(i));
        let whole = |i| {
            let (g, dy, dx, accumulate) = operands(i);
            Call::from(kernels::mean_backward { g, dy, dx, accumulate })
        };
        let drop = |i| {
            let (node, key, first_sample, count) = (Arg::Node, Arg::Key, Arg::FirstSample, Arg::Count);
            let (g, dy, dx, accumulate) = operands(i);
            Call::from(kernels::mean_drop_backward { g, node, key, first_sample, count, dy, dx, accumulate })
        };
        let steps = (0..self.values).rev();
        if self.drop == 0.0 {
            return steps.map(|i| BackwardStep::input(i, whole(i))).collect();
        }
        steps
            .flat_map(|i| {
                [(drop(i), When::Train), (whole(i), When::Eval)].map(|(call, when)| BackwardStep::input(i, call.only(when)))
            })
            .collect()
    }

    fn infer(&self) -> Inference {
        Inference::Calls(self.whole())
    }

    fn over_channels(&self, inputs: &[ChannelBlocks]) -> Option<Rc<dyn Op>> {
        // All lanes are of one sample then, and drop what it drops.
        let len = inputs.first()?.vectors().into();
        Some(Rc::new(Self { attributes: self.attributes.clone(), len, values: self.values, drop: self.drop }))
    }
}

#[cfg(test)]
mod tests {
    use crate::graph::Inference;
    use crate::layers::tests::Case;

    #[test]
    fn of_several_values() {
        assert_eq!(Case::new("mean", &[&[4, 7, 7], &[4, 7, 7], &[4, 7, 7]]).gives(), "[4, 7, 7]");
        let built = Case::new("mean(drop = 0.25)", &[&[6], &[6]]).built();
        assert_eq!((built.op.forward().len(), built.op.backward().len()), (4, 4));
        assert!(matches!(built.op.infer(), Inference::Calls(calls) if calls.len() == 2));
        let value = built.op.geometry().expect("constants").value.to_string();
        assert!(value.contains("len : 6 , values : 2 , place : 1 , probability : 0.25"), "{value}");
        assert_eq!(Case::new("mean", &[&[6]]).built().op.forward().len(), 1);
    }

    #[test]
    fn mistakes() {
        Case::new("mean(drop = 1)", &[&[4], &[4]]).fails("1", "mean: drop = 1.0 must be at least 0 and less than 1");
        Case::new("mean", &[&[4], &[5], &[4]])
            .fails("part1", "mean: the values must have one shape; value 2 (from stage1) is [5], the first is [4]");
        Case::new("mean(keep = true)", &[&[4], &[4]]).complains("true", "it has no keep");
        Case::new("mean", &[&[4][..]; 65]).complains("mean", "takes at most 64 values, not 65");
    }
}
