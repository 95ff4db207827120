//! `AvgPool(kernel, stride = kernel, …)`: the mean of every window; `count_pad` says whether the padding counts as zeros.

use super::in_blocks;
use crate::graph::{Arg, Attributes, BackwardStep, Call, ChannelBlocks, Dispatch, Family, Geometry, Op, Traits, kernels};
use crate::layers::support::input::{ImageSizes, tensor_of};
use crate::layers::support::pad;
use crate::layers::support::window::Window;
use crate::layers::{Build, Built, Layer, Param};
use std::rc::Rc;

/// The layer kind `AvgPool`.
#[derive(Debug)]
pub struct AvgPool;

const PARAMS: &[Param] = &[
    Param::required("kernel"),
    Param::named("stride").same_as("kernel"),
    Param::named("pad").int(0).words(pad::WORDS),
    Param::named("ceil").flag(false),
    Param::named("count_pad").flag(true),
];

impl Layer for AvgPool {
    fn name(&self) -> &'static str {
        "AvgPool"
    }

    fn short(&self) -> &'static str {
        "pool"
    }

    fn params(&self) -> &'static [Param] {
        PARAMS
    }

    fn doc(&self) -> [&'static str; 2] {
        ["as `MaxPool`; padding counts as zeros unless `count_pad = false`", ""]
    }

    fn no_image(&self, dims: &[usize]) -> Option<String> {
        super::over_time(self.name(), dims)
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        let input = cx.image_sizes(self)?;
        let window = Window::pool(cx, &input)?;
        let count_pad = cx.flag("count_pad")?;
        let output = tensor_of([&input[0], &window.out[0], &window.out[1]]);
        Some(Built::new(AvgPoolOp { attributes: cx.attributes(self), input, window, count_pad }, [output], Vec::new()))
    }
}

/// A pool of means.
#[derive(Debug, Clone)]
pub(super) struct AvgPoolOp {
    pub(super) attributes: Attributes,
    pub(super) input: ImageSizes,
    pub(super) window: Window,
    pub(super) count_pad: bool,
}

impl Op for AvgPoolOp {
    fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    fn geometry(&self) -> Option<Geometry> {
        Some(self.window.pool_geometry(&self.input, self.count_pad))
    }

    fn traits(&self) -> Traits {
        Traits { init: Family::Transparent, ..Traits::default() }
    }

    fn forward(&self) -> Vec<Dispatch> {
        use Arg::{Geometry, Input, Output};
        vec![Dispatch::Micro(Call::from(kernels::avg_pool_forward { g: Geometry, x: Input(0), y: Output(0) }))]
    }

    fn backward(&self) -> Vec<BackwardStep> {
        use Arg::{Accumulate, Geometry, GradInput, GradOutput};
        vec![BackwardStep::input(
            0,
            Call::from(kernels::avg_pool_backward {
                g: Geometry,
                dy: GradOutput(0),
                dx: GradInput(0),
                accumulate: Accumulate(0),
            }),
        )]
    }

    fn over_channels(&self, inputs: &[ChannelBlocks]) -> Option<Rc<dyn Op>> {
        Some(Rc::new(Self { input: in_blocks(&self.input, inputs)?, ..self.clone() }))
    }
}

#[cfg(test)]
mod tests {
    use crate::layers::tests::Case;

    #[test]
    fn sizes() {
        for (source, input, output) in [
            ("AvgPool(2)", [6, 28, 28], "[6, 14, 14]"),
            ("AvgPool(5, stride = 3)", [512, 14, 14], "[512, 4, 4]"),
            ("AvgPool(3, stride = 2, pad = 1, count_pad = false)", [192, 16, 16], "[192, 8, 8]"),
            ("AvgPool(3, stride = 2, ceil = true)", [192, 8, 8], "[192, 4, 4]"),
        ] {
            assert_eq!(Case::new(source, &[&input]).gives(), output, "{source}");
        }
        let value = Case::new("AvgPool(2)", &[&[6, 8, 9]]).built().op.geometry().expect("a constant").value.to_string();
        assert!(value.contains("count_pad : true"), "{value}");
    }

    #[test]
    fn mistakes() {
        let on = |source| Case::new(source, &[&[6, 8, 8]]);
        on("AvgPool(3, pad = 2)").complains("2", "pad = 2 is more than half of its 3×3 window: at most 1 fits");
        on("AvgPool").complains("AvgPool", "`kernel` is missing");
        on("AvgPool(2, count_pad = 1)").complains("1", "count_pad takes true or false");
    }
}
