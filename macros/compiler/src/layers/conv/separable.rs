//! `SeparableConv(channels, kernel, …)`: a depthwise convolution and a pointwise one behind it, two operations with parameters `depthwise.weight`,
//! `pointwise.weight` and `pointwise.bias` (Chollet 2017, arXiv 1610.02357).

use super::geometry::Sizes;
use super::op::{self, ConvOp};
use super::padded;
use crate::graph::{Attributes, Size};
use crate::layers::shape::pad::MODES;
use crate::layers::support::formula::Axis;
use crate::layers::support::input::tensor_of;
use crate::layers::support::window::{LIMIT, Window};
use crate::layers::support::{init, pad};
use crate::layers::{Build, Built, Layer, Param, Part};
use std::rc::Rc;

/// The layer kind `SeparableConv`.
#[derive(Debug)]
pub struct SeparableConv;

const PARAMS: &[Param] = &[
    Param::required("channels"),
    Param::required("kernel"),
    Param::named("multiplier").int(1),
    Param::named("stride").int(1),
    Param::named("pad").int(0).words(pad::WORDS),
    Param::named("pad_mode").word("zeros").words(MODES),
    Param::named("dilation").int(1),
    Param::named("bias").flag(true),
    Param::named("init").words(init::WORDS).fraction(),
];

impl Layer for SeparableConv {
    fn name(&self) -> &'static str {
        "SeparableConv"
    }

    fn short(&self) -> &'static str {
        "sep"
    }

    fn params(&self) -> &'static [Param] {
        PARAMS
    }

    fn doc(&self) -> [&'static str; 2] {
        [
            "as `DepthwiseConv(kernel, …, bias = false) -> Conv(channels, 1)` (Chollet 2017, arXiv 1610.02357)",
            "`depthwise.weight [c · multiplier, 1, kh, kw]`, `pointwise.weight [channels, c · multiplier, 1, 1]`, `pointwise.bias`",
        ]
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        let input = cx.image_sizes(self)?;
        let (channels, multiplier) = (cx.size("channels"), cx.number("multiplier", 1));
        let (channels, multiplier) = (channels?, Size::Num(multiplier?));
        let between = input[0].times(&multiplier);
        if between.num() > Some(LIMIT) {
            return cx.fail(cx.arg_span("multiplier"), format_args!("{} × {multiplier} channels are too many", input[0]));
        }
        let window = Window::conv(cx, &input, &channels)?;
        let (mut before, input, window) = padded::image(cx, input, window)?;
        let bias = cx.flag("bias")?;

        let [height, width] = window.out;
        let (middle, output) = ([between.clone(), height.clone(), width.clone()], [channels.clone(), height, width]);
        let depthwise = Sizes::new(&input, &middle, &window.axes, &input[0], [Size::Num(1), multiplier]);
        let pointwise = Sizes::new(&middle, &output, &[Axis::new(1, 1); 2], 1, [between.clone(), channels.clone()]);
        let mut params = Vec::new();
        for (name, g, filters, bias) in [("depthwise", &depthwise, &between, false), ("pointwise", &pointwise, &channels, bias)] {
            let own = op::params(cx, g, filters, bias, g.fans())?;
            params.extend(
                own.into_iter().map(|param| crate::layers::ParamSpec { name: format!("{name}.{}", param.name), ..param }),
            );
        }
        let first = ConvOp { attributes: Attributes::new("DepthwiseConv", Vec::new()), g: depthwise, exact: cx.exact };
        before.push(Part { name: "depthwise", op: Rc::new(first), output: tensor_of(middle), params: 1 });
        let second = ConvOp { attributes: cx.attributes(self), g: pointwise, exact: cx.exact };
        Some(Built::new(second, [tensor_of(output)], params).behind(before))
    }
}

#[cfg(test)]
mod tests {
    use crate::layers::tests::Case;

    #[test]
    fn two_operations() {
        let sep = Case::new("sep: SeparableConv(24, 3, multiplier = 2, stride = 2, pad = 1)", &[&[8, 9, 9]]);
        assert_eq!(sep.gives(), "[24, 5, 5]");
        assert_eq!(sep.params(), "depthwise.weight[16, 1, 3, 3] pointwise.weight[24, 16, 1, 1] pointwise.bias[24]");
        let built = sep.built();
        let parts: Vec<(&str, String, usize)> =
            built.before.iter().map(|part| (part.name, part.output.to_string(), part.params)).collect();
        assert_eq!(parts, [("depthwise", "[16, 5, 5]".to_owned(), 1)]);
        let mirrored = Case::new("SeparableConv(24, 3, pad = 1, pad_mode = reflect, bias = false)", &[&[8, 9, 9]]);
        assert_eq!(mirrored.gives(), "[24, 9, 9]");
        assert_eq!(mirrored.built().before.len(), 2);
    }

    #[test]
    fn mistakes() {
        let on = |source| Case::new(source, &[&[8, 5, 5]]);
        on("sep: SeparableConv(4, 7)").complains("7", "pad = 1 gives [4, 1, 1]; pad = same gives [4, 5, 5]");
        on("sep: SeparableConv(4, 3, multiplier = 0)").fails("0", "sep: multiplier = 0 must be at least 1");
    }
}
