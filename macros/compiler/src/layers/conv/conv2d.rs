//! `Conv(channels, kernel, …)`: a convolution over an image.

use super::geometry;
use super::op::{self, ConvOp};
use super::typed;
use crate::layers::support::groups::groups;
use crate::layers::support::window::Window;
use crate::layers::support::{init, pad, tensor};
use crate::layers::{Build, Built, Layer, Param};

/// The layer kind `Conv`.
#[derive(Debug)]
pub struct Conv;

const PARAMS: &[Param] = &[
    Param::required("channels"),
    Param::required("kernel"),
    Param::named("stride").int(1),
    Param::named("pad").int(0).words(pad::WORDS),
    Param::named("dilation").int(1),
    Param::named("groups").int(1),
    Param::named("bias").flag(true),
    Param::named("mask").words(&["A", "B"]),
    Param::named("init").words(init::WORDS),
];

impl Layer for Conv {
    fn name(&self) -> &'static str {
        "Conv"
    }

    fn short(&self) -> &'static str {
        "conv"
    }

    fn params(&self) -> &'static [Param] {
        PARAMS
    }

    fn doc(&self) -> [&'static str; 2] {
        ["`[c, h, w]` → `[channels, (h + p − K) / stride + 1, …]`", "`weight [channels, c / groups, kh, kw]`, `bias`"]
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        if typed::asks(cx) {
            return typed::build(self, cx);
        }
        let input = cx.image(self)?;
        let filters = cx.number("channels", 1);
        // Where the channels are wrong the window is still looked at.
        let window = Window::conv(cx, input, filters.unwrap_or(1));
        let (filters, window) = (filters?, window?);
        let groups = groups(cx, input[0], filters)?;
        let bias = cx.flag("bias")?;
        let masked = cx.word("mask", &["A", "B"])?.is_some();
        if masked && (window.axes[0].kernel.is_multiple_of(2) || window.axes[1].kernel.is_multiple_of(2)) {
            return cx.fail(cx.arg_span("mask"), "a mask needs a kernel with a middle: odd in height and width");
        }

        let [height, width] = window.out;
        let output = [filters, height, width];
        let g = geometry::conv(input, output, &window.axes, groups);
        let (fan_in, fan_out) = op::fans(&g);
        let params = op::params(cx, &g, filters, bias, fan_in, fan_out)?;
        let op = ConvOp { attributes: cx.attributes(self), g, masked, exact: cx.exact };
        Some(Built::new(op, [tensor(output)], params))
    }
}

#[cfg(test)]
mod tests {
    use crate::layers::tests::Case;

    #[test]
    fn sizes_and_parameters() {
        let conv1 = Case::new("conv1: Conv(6, 5, pad = 2)", &[&[1, 28, 28]]);
        assert_eq!(conv1.gives(), "[6, 28, 28]");
        assert_eq!(conv1.params(), "weight[6, 1, 5, 5] bias[6]");
        let built = conv1.built();
        assert_eq!(built.op.attributes().to_string(), "Conv(6, 5, pad = 2)");
        assert_eq!(built.op.macs().num(), Some(6 * 28 * 28 * 25));

        for (source, input, output) in [
            ("Conv(16, 5)", [6, 14, 14], "[16, 10, 10]"),
            ("Conv(64, (10, 4), stride = 2, pad = same)", [1, 49, 10], "[64, 25, 5]"),
            ("Conv(96, 11, stride = 4)", [3, 227, 227], "[96, 55, 55]"),
            ("Conv(64, 7, stride = 2, pad = 3, bias = false)", [3, 224, 224], "[64, 112, 112]"),
            ("Conv(8, (4, 7), pad = ((4, 0), 3))", [1, 28, 28], "[8, 29, 28]"),
            ("Conv(8, 3, dilation = 2, pad = full)", [1, 7, 7], "[8, 11, 11]"),
            ("Conv(8, 3, mask = A, pad = half)", [1, 7, 7], "[8, 7, 7]"),
        ] {
            assert_eq!(Case::new(source, &[&input]).gives(), output, "{source}");
        }
        assert_eq!(Case::new("Conv(256, 5, groups = 2, bias = false)", &[&[96, 27, 27]]).params(), "weight[256, 48, 5, 5]");
    }

    #[test]
    fn geometry_as_the_kernels_take_it() {
        let built = Case::new("Conv(64, (10, 4), stride = 2, pad = same)", &[&[1, 49, 10]]).built();
        let value = built.op.geometry().expect("a constant").value.to_string();
        assert_eq!(
            value,
            "__f :: k :: Conv { channels : 1 , height : 49 , width : 10 , filters : 64 , out_height : 25 , out_width : 5 , \
             kernel : [10 , 4] , stride : [2 , 2] , pad : [4 , 1] , dilation : [1 , 1] , groups : 1 , }"
        );
    }

    #[test]
    fn a_kernel_that_does_not_fit() {
        Case::new("conv2: Conv(32, 5)", &[&[16, 4, 4]]).origin("from MaxPool(2) two stages before").fails(
            "5",
            "conv2: a 5×5 kernel does not fit its 4×4 input\n  input: [16, 4, 4], from MaxPool(2) two stages before\
             \n  with pad = 0 the kernel may be at most 4×4\n  help: pad = 1 gives [32, 2, 2]; pad = same gives [32, 4, 4]",
        );
        Case::new("c: Conv(32, 3, dilation = 3)", &[&[16, 4, 9]]).complains(
            "3",
            "a 3×3 kernel reaches over 7×7, which does not fit its 4×9 input\n  input: [16, 4, 9], from stage0\
             \n  with pad = 0 the kernel may be at most 2×3\n  help: pad = 2 gives [32, 2, 7]; pad = same gives [32, 4, 9]",
        );
    }

    #[test]
    fn other_mistakes() {
        let on = |source| Case::new(source, &[&[6, 8, 8]]);
        on("c: Conv(8, 3, groups = 4)").fails(
            "4",
            "c: groups = 4 does not divide its 6 input channels\n  input: [6, 8, 8], from stage0\n  help: groups may be 1, 2",
        );
        Case::new("c: Conv(48, 3, groups = 5)", &[&[36, 8, 8]]).complains("5", "help: groups may be 1, 2, 3, 4, 6, 12");
        on("c: Conv(8, 3, stride = 0)").fails("0", "c: stride = 0 must be at least 1");
        on("c: Conv(8, 3, dilation = (1, 0))").fails("(1, 0)", "c: dilation = 0 must be at least 1");
        on("c: Conv(0, 3)").fails("0", "c: channels = 0 must be at least 1");
        on("c: Conv(8)").fails("Conv", "c: `kernel` is missing");
        on("c: Conv(8, 3, pad = -1)").complains("-1", "c: pad = -1 must be at least 0");
        on("c: Conv(8, 3, pad = B)").fails("B", "c: pad takes numbers, valid, full, half, same; not `B`");
        on("c: Conv(8, 3, bias = 1)").fails("1", "c: bias takes true or false, not `1`");
        on("c: Conv(8, 3, mask = same)").fails("same", "c: mask takes A or B, not `same`");
        on("c: Conv(8, 4, mask = A)").complains("A", "odd in height and width");
        on("c: Conv(8, 3, init = normal)").complains("normal", "init = (normal, 0.0, 0.02)");
        on("c: Conv(8, 3, pad = 1073741824)").fails("1073741824", "c: pad = 1073741824 is too large");
    }

    #[test]
    fn wrong_inputs() {
        Case::new("c: Conv(8, 3)", &[&[784]]).fails(
            "Conv",
            "c: Conv takes [channels, height, width]; it receives [784]\n  input: [784], from stage0\
             \n  help: put `-> Reshape([1, 28, 28])` before it, or another shape of 784 numbers",
        );
        Case::new("Conv(8, 3)", &[&[4, 4, 4], &[4, 4, 4]]).fails("Conv", "Conv takes 1 value; it receives 2");
        let indices = vec![crate::graph::ValueType::Indices { bound: 96, len: 64 }];
        Case::of("c: Conv(8, 3)", indices).complains("Conv", "it receives indices [0..96; 64]");
    }
}
