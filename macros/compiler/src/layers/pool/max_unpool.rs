//! `(x, at) -> MaxUnpool`: puts each number back where `MaxPool(…, indices = true)` took it from; the rest is zero.

use crate::graph::{Arg, Attributes, BackwardStep, Call, Dispatch, Family, Geometry, Op, Traits, ValueType, kernels};
use crate::layers::support::formula::Axis;
use crate::layers::support::input::{Image, cross};
use crate::layers::support::tensor;
use crate::layers::support::tokens::number;
use crate::layers::support::window::LIMIT;
use crate::layers::{Build, Built, Layer, Param};
use quote::quote;

/// The layer kind `MaxUnpool`.
#[derive(Debug)]
pub struct MaxUnpool;

const PARAMS: &[Param] = &[
    Param::positional("kernel").int(2),
    Param::named("stride").same_as("kernel"),
    Param::named("pad").int(0),
    Param::named("size"),
    Param::named("like"),
];

impl Layer for MaxUnpool {
    fn name(&self) -> &'static str {
        "MaxUnpool"
    }

    fn short(&self) -> &'static str {
        "unpool"
    }

    fn params(&self) -> &'static [Param] {
        PARAMS
    }

    fn doc(&self) -> [&'static str; 2] {
        [
            "values and their indices → the map that a `MaxPool` of this window took them from, zeros elsewhere; or `size = (height, width)`, or `like = value` to have that value's size",
            "",
        ]
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        cx.values(self, 2)?;
        let input = cx.image_at(self, 0)?;
        let numbers = input.iter().fold(1_usize, |n, size| n.saturating_mul(*size));
        let ValueType::Indices { bound, len } = cx.inputs[1] else {
            let text =
                format!("takes values and the indices of where they stood; the second is {}{}", cx.inputs[1], cx.input_line(1));
            return cx.fail_layer(self, text);
        };
        if len != numbers {
            let text = format!("takes an index for each of {numbers} values; there are {len}{}", cx.input_line(1));
            return cx.fail_layer(self, text);
        }
        let out = size(cx, input)?;
        if out[0] * out[1] != bound {
            let help =
                pooled(input, bound).map_or_else(String::new, |[height, width]| format!("\n  help: size = ({height}, {width})"));
            let text =
                format!("its output has {} positions, but the pool's input had {bound}{}{help}", cross(out), cx.input_line(1),);
            return cx.fail_layer(self, text);
        }
        let op = MaxUnpoolOp { attributes: cx.attributes(self), input, out };
        Some(Built::new(op, [tensor([input[0], out[0], out[1]])], Vec::new()))
    }
}

/// The height and width of the output.
fn size(cx: &mut Build<'_>, [_, height, width]: Image) -> Option<[usize; 2]> {
    let given: Vec<&str> = ["size", "like"].into_iter().filter(|name| cx.args.get(name).is_some()).collect();
    let out = match given.as_slice() {
        [_, second] => {
            return cx.fail(cx.arg_span(second), "size and like both settle the size: leave one of them out");
        }
        ["size"] => cx.pair("size", 1)?,
        ["like"] => cx.like()?,
        _ => {
            let (kernel, stride, pad) = (cx.pair("kernel", 1)?, cx.pair("stride", 1)?, cx.pair("pad", 0)?);
            let axis = |i: usize| Axis::new(kernel[i], stride[i]).padded((pad[i], pad[i]));
            match [0, 1].map(|i| axis(i).transposed([height, width][i], 0)) {
                [Some(height), Some(width)] => [height, width],
                _ => return cx.fail(cx.arg_span("pad"), "the padding leaves nothing of its output"),
            }
        }
    };
    if out[0].max(out[1]) > LIMIT {
        return cx.fail(
            cx.arg_span(given.first().copied().unwrap_or("stride")),
            format_args!("an output of {} is too large", cross(out)),
        );
    }
    Some(out)
}

/// The image of so many positions that a pool of stride 2 makes of this size.
fn pooled([_, height, width]: Image, positions: usize) -> Option<[usize; 2]> {
    let twice = |n: usize| n.saturating_mul(2)..=n.saturating_mul(2).saturating_add(1);
    let all = twice(height).flat_map(|height| twice(width).map(move |width| [height, width]));
    all.into_iter().find(|[height, width]| height.checked_mul(*width) == Some(positions))
}

#[derive(Debug)]
struct MaxUnpoolOp {
    attributes: Attributes,
    input: Image,
    out: [usize; 2],
}

impl Op for MaxUnpoolOp {
    fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    fn geometry(&self) -> Option<Geometry> {
        let [channels, height, width] = self.input;
        let (channels, len, out_len) = (number(channels), number(height * width), number(self.out[0] * self.out[1]));
        let value = quote!(__f::k::Unpool { channels: #channels, len: #len, out_len: #out_len });
        Some(Geometry::new(quote!(__f::k::Unpool), value))
    }

    fn traits(&self) -> Traits {
        Traits { init: Family::Transparent, ..Traits::default() }
    }

    fn forward(&self) -> Vec<Dispatch> {
        use Arg::{Geometry, Input, Output};
        let call = kernels::max_unpool_forward { g: Geometry, x: Input(0), indices: Input(1), y: Output(0) };
        vec![Dispatch::Micro(Call::from(call))]
    }

    fn backward(&self) -> Vec<BackwardStep> {
        let (g, indices, dy) = (Arg::Geometry, Arg::Input(1), Arg::GradOutput(0));
        let (dx, accumulate) = (Arg::GradInput(0), Arg::Accumulate(0));
        vec![BackwardStep::input(0, Call::from(kernels::max_unpool_backward { g, indices, dy, dx, accumulate }))]
    }
}

#[cfg(test)]
mod tests {
    use crate::graph::{Size, ValueType};
    use crate::layers::tests::Case;

    fn on(source: &str, bound: usize, len: usize) -> Case {
        let values = ValueType::Tensor([32, 8, 8].map(Size::Num).to_vec());
        Case::of(source, vec![values, ValueType::Indices { bound, len }])
    }

    #[test]
    fn doubles_as_the_pool_halved() {
        assert_eq!(on("MaxUnpool", 256, 2048).gives(), "[32, 16, 16]");
        assert_eq!(on("MaxUnpool(3, stride = 2, pad = 1)", 225, 2048).gives(), "[32, 15, 15]");
        assert_eq!(on("MaxUnpool(size = (17, 16))", 272, 2048).gives(), "[32, 17, 16]");
        assert_eq!(on("MaxUnpool(like = [3, 16, 17])", 272, 2048).gives(), "[32, 16, 17]");
        let value = on("MaxUnpool", 256, 2048).built().op.geometry().expect("a constant").value.to_string();
        assert!(value.contains("channels : 32 , len : 64 , out_len : 256"), "{value}");
    }

    #[test]
    fn mistakes() {
        Case::new("MaxUnpool", &[&[32, 8, 8]]).fails("MaxUnpool", "MaxUnpool takes 2 values; it receives 1");
        Case::new("MaxUnpool", &[&[32, 8, 8], &[32, 8, 8]]).complains("MaxUnpool", "the second is [32, 8, 8]");
        on("MaxUnpool", 256, 1024).complains("MaxUnpool", "takes an index for each of 2048 values; there are 1024");
        on("MaxUnpool", 289, 2048).complains("MaxUnpool", "its output has 16×16 positions, but the pool's input had 289");
        on("MaxUnpool", 289, 2048).complains("MaxUnpool", "help: size = (17, 17)");
        on("MaxUnpool(3)", 256, 2048).complains("MaxUnpool", "its output has 24×24 positions, but the pool's input had 256");
        on("MaxUnpool(size = 16, like = [3, 16, 16])", 256, 2048).complains("[3, 16, 16]", "size and like both settle the size");
        on("MaxUnpool(1, pad = 4)", 256, 2048).complains("4", "the padding leaves nothing of its output");
    }
}
