//! `DepthwiseConv(kernel, multiplier = 1, …)`: a convolution in which every channel is a group of its own.

use super::geometry::Sizes;
use super::op::{self, ConvOp};
use super::padded;
use crate::graph::Size;
use crate::layers::shape::pad::MODES;
use crate::layers::support::input::tensor_of;
use crate::layers::support::window::{LIMIT, Window};
use crate::layers::support::{init, pad, weight};
use crate::layers::{Build, Built, Layer, Param};

/// The layer kind `DepthwiseConv`.
#[derive(Debug)]
pub struct DepthwiseConv;

const PARAMS: &[Param] = &[
    Param::required("kernel"),
    Param::named("multiplier").int(1),
    Param::named("stride").int(1),
    Param::named("pad").int(0).words(pad::WORDS),
    Param::named("pad_mode").word("zeros").words(MODES),
    Param::named("dilation").int(1),
    Param::named("bias").flag(true),
    Param::named("init").words(init::WORDS).fraction(),
    weight::PARAM,
];

impl Layer for DepthwiseConv {
    fn name(&self) -> &'static str {
        "DepthwiseConv"
    }

    fn short(&self) -> &'static str {
        "dw"
    }

    fn params(&self) -> &'static [Param] {
        PARAMS
    }

    fn doc(&self) -> [&'static str; 2] {
        [
            "`[c, h, w]` → `[c · multiplier, …]`",
            "`weight [c · multiplier, 1, kh, kw]`, `bias`; `weight = plain`, `weight_norm` or `spectral_norm`",
        ]
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        let input = cx.image_sizes(self)?;
        let channels = input[0].clone();
        let multiplier = Size::Num(cx.number("multiplier", 1)?);
        let filters = channels.times(&multiplier);
        if filters.num() > Some(LIMIT) {
            return cx.fail(cx.arg_span("multiplier"), format_args!("{channels} × {multiplier} channels are too many"));
        }
        let window = Window::conv(cx, &input, &filters)?;
        let (before, input, window) = padded::image(cx, input, window)?;
        let bias = cx.flag("bias")?;

        let [height, width] = window.out;
        let output = [filters, height, width];
        let g = Sizes::new(&input, &output, &window.axes, channels, [Size::Num(1), multiplier]);
        let kind = weight::read(cx, &[])?;
        let params = op::params(cx, &g, &output[0], bias, g.fans())?;
        let params = weight::normalized(cx, &kind, false, params)?;
        let op = ConvOp { attributes: cx.attributes(self), g, exact: cx.exact };
        Some(Built::new(op, [tensor_of(output)], params).behind(before))
    }
}

#[cfg(test)]
mod tests {
    use crate::layers::tests::Case;
    use crate::passes::rewrite::fold_batch_norm::foldable;
    use crate::passes::select::product;

    #[test]
    fn one_filter_per_channel() {
        let dw = Case::new("dw: DepthwiseConv(3, pad = 1)", &[&[64, 25, 5]]);
        assert_eq!(dw.gives(), "[64, 25, 5]");
        assert_eq!(dw.params(), "weight[64, 1, 3, 3] bias[64]");
        let built = dw.built();
        assert_eq!(built.op.attributes().to_string(), "DepthwiseConv(3, pad = 1)");
        assert_eq!(built.op.macs().num(), Some(64 * 25 * 5 * 9));
        assert!(built.op.geometry().expect("a constant").value.to_string().contains("groups : 64"));
        let fold = foldable(&*built.op).expect("a convolution");
        assert_eq!((fold.outer, fold.channels, fold.inner), (1, 64, 9));
        assert_eq!(product::packed(&*built.op).map(|packed| packed.calls[0].kernel.name), Some("depthwise_forward_packed"));
        let two = Case::new("DepthwiseConv(3, multiplier = 2, stride = 2, bias = false)", &[&[8, 9, 9]]);
        assert_eq!((two.gives().as_str(), two.params().as_str()), ("[16, 4, 4]", "weight[16, 1, 3, 3]"));
    }

    #[test]
    fn mistakes() {
        Case::new("dw: DepthwiseConv(3, multiplier = 0)", &[&[8, 9, 9]]).fails("0", "dw: multiplier = 0 must be at least 1");
        Case::new("dw: DepthwiseConv(7)", &[&[8, 5, 5]]).complains("7", "pad = 1 gives [8, 1, 1]; pad = same gives [8, 5, 5]");
    }
}
