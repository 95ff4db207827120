//! `Upsample(scale = 2, mode = nearest, …)`: an image that many times as high and wide, or of a given size.

use super::in_blocks;
use crate::graph::{Arg, Attributes, BackwardStep, Call, ChannelBlocks, Dispatch, Family, Geometry, Op, Size, Traits, kernels};
use crate::layers::support::input::{ImageSizes, cross, tensor_of};
use crate::layers::support::tokens::values;
use crate::layers::support::window::LIMIT;
use crate::layers::{ArgValue, Build, Built, Layer, Param};
use fireclay_ir::ValueRange;
use quote::quote;
use std::rc::Rc;

/// The layer kind `Upsample`.
#[derive(Debug)]
pub struct Upsample;

const PARAMS: &[Param] = &[
    Param::positional("scale").int(2),
    Param::named("size"),
    Param::named("like"),
    Param::named("mode").words(MODES).word("nearest"),
    Param::named("align_corners").flag(false),
];

const MODES: &[&str] = &["nearest", "bilinear", "bed_of_nails"];

/// What a position of the output is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Nearest,
    Bilinear,
    BedOfNails,
}

impl Layer for Upsample {
    fn name(&self) -> &'static str {
        "Upsample"
    }

    fn short(&self) -> &'static str {
        "upsample"
    }

    fn params(&self) -> &'static [Param] {
        PARAMS
    }

    fn doc(&self) -> [&'static str; 2] {
        [
            "`[c, h, w]` → `[c, scale·h, scale·w]`; or `size = (height, width)`, or `like = value` to have that value's size. `bed_of_nails` has each number in the first \
             position of its window and zeros beside it",
            "",
        ]
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        let input = cx.image_sizes(self)?;
        let channels = input[0].clone();
        let (by, out) = size(cx, &input)?;
        if out.iter().filter_map(Size::num).any(|n| n > LIMIT) {
            return cx.fail(cx.arg_span(by), format_args!("an output of {} is too large", shown(&out)));
        }
        let mode = match cx.word("mode", MODES)?.as_deref() {
            Some("bilinear") => Mode::Bilinear,
            Some("bed_of_nails") => Mode::BedOfNails,
            _ => Mode::Nearest,
        };
        let align_corners = cx.flag("align_corners")?;
        if align_corners && mode != Mode::Bilinear {
            let text = "align_corners is for linear interpolation\n  help: `mode = bilinear`, or leave align_corners out";
            return cx.fail(cx.arg_span("align_corners"), text);
        }
        // By a `scale` it always is.
        if mode == Mode::BedOfNails && by != "scale" {
            let [_, height, width] = cx.image(self)?;
            let numbers = out.each_ref().map(|size| size.num().unwrap_or(0));
            if !(numbers[0].is_multiple_of(height) && numbers[1].is_multiple_of(width)) {
                let near = [(numbers[0] / height).max(1) * height, (numbers[1] / width).max(1) * width];
                let text = format!(
                    "a bed of nails is a whole number of times as high and wide as its input; {} is not{}\n  help: size = ({}, {})",
                    cross(numbers),
                    cx.input_line(0),
                    near[0],
                    near[1],
                );
                return cx.fail(cx.arg_span(by), text);
            }
        }
        let output = tensor_of([&channels, &out[0], &out[1]]);
        let op = UpsampleOp { attributes: cx.attributes(self), input, out, mode, align_corners };
        Some(Built::new(op, [output], Vec::new()))
    }
}

/// `5×5`
fn shown([height, width]: &[Size; 2]) -> String {
    format!("{height}×{width}")
}

/// The height and width of the output, and the argument that settles them.
fn size(cx: &mut Build<'_>, [_, height, width]: &ImageSizes) -> Option<(&'static str, [Size; 2])> {
    let given: Vec<&'static str> = ["scale", "size", "like"].into_iter().filter(|name| cx.args.get(name).is_some()).collect();
    match given.as_slice() {
        [first, second, ..] => {
            cx.fail(cx.arg_span(second), format_args!("{first} and {second} both settle the size: leave one of them out"))
        }
        ["size"] => Some(("size", cx.pair("size", 1)?.map(Size::Num))),
        ["like"] => Some(("like", cx.like_sizes()?)),
        _ => {
            if let Some((ArgValue::Float(scale), span)) = cx.args.get("scale") {
                let times = |n: &Size| scaled(n.num()?, *scale);
                if let (Some(height), Some(width)) = (times(height), times(width)) {
                    let text = format!("scale takes a whole number, not {scale:?}\n  help: size = ({height}, {width})");
                    return cx.fail(span, text);
                }
            }
            let [down, across] = cx.pair("scale", 1)?.map(Size::Num);
            Some(("scale", [height.times(&down), width.times(&across)]))
        }
    }
}

/// So many times `n`, rounded down, where that is a size.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and LIMIT")]
fn scaled(n: usize, scale: f64) -> Option<usize> {
    let size = (n as f64 * scale).floor();
    (size >= 1.0 && size <= LIMIT as f64).then_some(size as usize)
}

#[derive(Debug, Clone)]
struct UpsampleOp {
    attributes: Attributes,
    input: ImageSizes,
    out: [Size; 2],
    mode: Mode,
    align_corners: bool,
}

impl Op for UpsampleOp {
    fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    fn geometry(&self) -> Option<Geometry> {
        let [channels, height, width] = values(self.input.each_ref());
        let [out_height, out_width] = values(self.out.each_ref());
        let align_corners = self.align_corners;
        let value = quote! {
            __f::k::Upsample {
                channels: #channels, height: #height, width: #width, out_height: #out_height, out_width: #out_width,
                align_corners: #align_corners,
            }
        };
        Some(Geometry::new(quote!(__f::k::Upsample), value))
    }

    fn traits(&self) -> Traits {
        Traits { init: Family::Transparent, ..Traits::default() }
    }

    /// What is chosen among numbers, or lies between them, has their bounds.
    fn range(&self, input: ValueRange) -> ValueRange {
        if self.mode == Mode::BedOfNails { ValueRange::Unknown } else { input }
    }

    fn forward(&self) -> Vec<Dispatch> {
        let (g, x, y) = (Arg::Geometry, Arg::Input(0), Arg::Output(0));
        vec![Dispatch::Micro(match self.mode {
            Mode::Nearest => Call::from(kernels::upsample_nearest_forward { g, x, y }),
            Mode::Bilinear => Call::from(kernels::upsample_bilinear_forward { g, x, y }),
            Mode::BedOfNails => Call::from(kernels::bed_of_nails_forward { g, x, y }),
        })]
    }

    fn backward(&self) -> Vec<BackwardStep> {
        let (g, dy, dx, accumulate) = (Arg::Geometry, Arg::GradOutput(0), Arg::GradInput(0), Arg::Accumulate(0));
        let call = match self.mode {
            Mode::Nearest => Call::from(kernels::upsample_nearest_backward { g, dy, dx, accumulate }),
            Mode::Bilinear => Call::from(kernels::upsample_bilinear_backward { g, dy, dx, accumulate }),
            Mode::BedOfNails => Call::from(kernels::bed_of_nails_backward { g, dy, dx, accumulate }),
        };
        vec![BackwardStep::input(0, call)]
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
        for (source, output) in [
            ("Upsample", "[3, 16, 18]"),
            ("Upsample((2, 3), mode = bilinear)", "[3, 16, 27]"),
            ("Upsample(size = (20, 9))", "[3, 20, 9]"),
            ("Upsample(size = 5, mode = bilinear, align_corners = true)", "[3, 5, 5]"),
            ("Upsample(like = [7, 13, 11])", "[3, 13, 11]"),
            ("Upsample(3, mode = bed_of_nails)", "[3, 24, 27]"),
            ("Upsample(size = (8, 18), mode = bed_of_nails)", "[3, 8, 18]"),
        ] {
            assert_eq!(Case::new(source, &[&[3, 8, 9]]).gives(), output, "{source}");
        }
    }

    #[test]
    fn mistakes() {
        let on = |source| Case::new(source, &[&[3, 8, 9]]);
        on("Upsample(0)").fails("0", "Upsample: scale = 0 must be at least 1");
        on("Upsample(mode = same)").fails("same", "Upsample: mode takes nearest or bilinear or bed_of_nails, not `same`");
        on("Upsample(1.5)").fails("1.5", "Upsample: scale takes a whole number, not 1.5\n  help: size = (12, 13)");
        on("Upsample(2, size = 5)").fails("5", "Upsample: scale and size both settle the size: leave one of them out");
        on("Upsample(like = 2)").complains("2", "like takes a value of shape [channels, height, width], not `2`");
        on("Upsample(2, align_corners = true)").complains("true", "help: `mode = bilinear`, or leave align_corners out");
        on("Upsample(size = (20, 20), mode = bed_of_nails)").complains("(20, 20)", "help: size = (16, 18)");
        Case::new("Upsample", &[&[1, (1 << 29) + 1, 4]]).complains("Upsample", "an output of 1073741826×8 is too large");
    }
}
