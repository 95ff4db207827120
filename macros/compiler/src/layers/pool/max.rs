//! `MaxPool(kernel, stride = kernel, …)`: the largest number in every window, on request with where it stood.

use super::in_blocks;
use crate::graph::{
    Arg, Attributes, BackwardStep, Call, ChannelBlocks, Dispatch, Family, Geometry, Op, Size, Traits, ValueType, kernels,
};
use crate::layers::support::input::{ImageSizes, tensor_of};
use crate::layers::support::pad;
use crate::layers::support::window::Window;
use crate::layers::{Build, Built, Layer, Param};
use std::rc::Rc;

/// The layer kind `MaxPool`.
#[derive(Debug)]
pub struct MaxPool;

const PARAMS: &[Param] = &[
    Param::required("kernel"),
    Param::named("stride").same_as("kernel"),
    Param::named("pad").int(0).words(pad::WORDS),
    Param::named("dilation").int(1),
    Param::named("ceil").flag(false),
    Param::named("indices").flag(false),
];

impl Layer for MaxPool {
    fn name(&self) -> &'static str {
        "MaxPool"
    }

    fn short(&self) -> &'static str {
        "pool"
    }

    fn params(&self) -> &'static [Param] {
        PARAMS
    }

    fn gives_more(&self) -> Option<[&'static str; 3]> {
        Some(["indices", "indices = true", "(y, indices)"])
    }

    fn doc(&self) -> [&'static str; 2] {
        [
            "as `Conv`, rounded up with `ceil`; with `indices` a tuple of values and `[0..height·width; …]`, where each stood in its map",
            "",
        ]
    }

    fn no_image(&self, dims: &[usize]) -> Option<String> {
        super::over_time(self.name(), dims)
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        let input = cx.image_sizes(self)?;
        let window = Window::pool(cx, &input)?;
        let indices = cx.flag("indices")?;
        let output = tensor_of([&input[0], &window.out[0], &window.out[1]]);
        let mut outputs = vec![output];
        if indices {
            let [channels, height, width] = cx.image(self)?;
            let len = window.out.iter().filter_map(Size::num).fold(channels, usize::saturating_mul);
            let bound = height.saturating_mul(width);
            if u32::try_from(bound).is_err() {
                return cx.fail(
                    cx.arg_span("indices"),
                    format_args!("a map of {height}×{width} has more positions than indices can tell apart"),
                );
            }
            outputs.push(ValueType::Indices { bound, len });
        }
        Some(Built::new(MaxPoolOp { attributes: cx.attributes(self), input, window, indices }, outputs, Vec::new()))
    }
}

#[derive(Debug, Clone)]
pub(crate) struct MaxPoolOp {
    attributes: Attributes,
    input: ImageSizes,
    window: Window,
    indices: bool,
}

impl MaxPoolOp {
    /// The largest of each window alone.
    pub(super) fn new(attributes: Attributes, input: ImageSizes, window: Window) -> Self {
        Self { attributes, input, window, indices: false }
    }

    /// Whether it takes the largest of each 2×2 and leaves out what fills no window: the epilogue `Pool`.
    pub(crate) fn is_halving(&self) -> bool {
        !self.indices && self.window.halves(&self.input)
    }
}

impl Op for MaxPoolOp {
    fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    fn geometry(&self) -> Option<Geometry> {
        Some(self.window.pool_geometry(&self.input, false))
    }

    fn traits(&self) -> Traits {
        Traits { init: Family::Transparent, ..Traits::default() }
    }

    fn forward(&self) -> Vec<Dispatch> {
        use Arg::{Geometry, Input, Output};
        vec![Dispatch::Micro(if self.indices {
            Call::from(kernels::max_pool_indices_forward { g: Geometry, x: Input(0), y: Output(0), indices: Output(1) })
        } else {
            Call::from(kernels::max_pool_forward { g: Geometry, x: Input(0), y: Output(0) })
        })]
    }

    fn backward(&self) -> Vec<BackwardStep> {
        use Arg::{Accumulate, Geometry, GradInput, GradOutput, Input};
        let call = Call::from(kernels::max_pool_backward {
            g: Geometry,
            x: Input(0),
            dy: GradOutput(0),
            dx: GradInput(0),
            accumulate: Accumulate(0),
        });
        vec![BackwardStep::input(0, call)]
    }

    fn over_channels(&self, inputs: &[ChannelBlocks]) -> Option<Rc<dyn Op>> {
        let input = in_blocks(&self.input, inputs).filter(|_| !self.indices)?;
        Some(Rc::new(Self { input, ..self.clone() }))
    }
}

#[cfg(test)]
mod tests {
    use crate::layers::tests::Case;

    #[test]
    fn sizes() {
        for (source, input, output) in [
            ("MaxPool(2)", [6, 28, 28], "[6, 14, 14]"),
            ("MaxPool(3, stride = 2)", [96, 55, 55], "[96, 27, 27]"),
            ("MaxPool(3, stride = 2, pad = 1)", [64, 112, 112], "[64, 56, 56]"),
            ("MaxPool(3, stride = 2, ceil = true)", [64, 112, 112], "[64, 56, 56]"),
            ("MaxPool(3, stride = 2, ceil = true)", [64, 2, 2], "[64, 1, 1]"),
            ("MaxPool(2, stride = 3, ceil = true)", [4, 4, 7], "[4, 2, 3]"),
            ("MaxPool(2, indices = true)", [6, 8, 9], "[6, 4, 4] [0..72; 96]"),
            ("MaxPool((2, 3))", [6, 8, 9], "[6, 4, 3]"),
            ("MaxPool(2, stride = 1, pad = same)", [6, 8, 9], "[6, 8, 9]"),
        ] {
            assert_eq!(Case::new(source, &[&input]).gives(), output, "{source}");
        }
        let value = Case::new("MaxPool(2, stride = 1, pad = same)", &[&[6, 8, 9]])
            .built()
            .op
            .geometry()
            .expect("a constant")
            .value
            .to_string();
        assert!(value.contains("pad : [0 , 0] , pad_after : [1 , 1] , dilation : [1 , 1] , count_pad : false"), "{value}");
    }

    #[test]
    fn mistakes() {
        let on = |source| Case::new(source, &[&[6, 8, 8]]);
        on("p: MaxPool(2, pad = 2)").fails("2", "p: pad = 2 is more than half of its 2×2 window: at most 1 fits");
        on("MaxPool(9)").fails(
            "9",
            "MaxPool: a 9×9 kernel does not fit its 8×8 input\n  input: [6, 8, 8], from stage0\n  with pad = 0 the kernel may be at most 8×8\
             \n  help: pad = 1 gives [6, 1, 1]; pad = same gives [6, 1, 1]",
        );
        on("MaxPool(30, stride = 2)").complains("30", "help: pad = 11 gives [6, 1, 1]; pad = same gives [6, 4, 4]");
        Case::new("MaxPool(2, dilation = 4, pad = 2)", &[&[6, 1, 1]])
            .complains("4", "window 0 over the 1 rows sees padding only");
        on("MaxPool(2, stride = 0)").complains("0", "stride = 0 must be at least 1");
        Case::new("MaxPool(2)", &[&[6, 8]]).complains("MaxPool", "help: `MaxPool1d` for [time, features]");
    }
}
