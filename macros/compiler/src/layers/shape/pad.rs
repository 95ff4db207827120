//! `Pad(pad, mode = zeros, value = 0)`: numbers around an image, or before and after a sequence; also what the `pad_mode` of a convolution becomes.

use crate::graph::Arg::{self, Accumulate, GradInput, GradOutput, Input, Output, Value};
use crate::graph::{Attributes, BackwardStep, ChannelBlocks, Dispatch, Family, Geometry, Op, Traits, ValueType, kernels};
use crate::layers::support::tokens::{float, number, pair};
use crate::layers::support::{pad, tensor};
use crate::layers::{Build, Built, Layer, Param, Part};
use fireclay_ir::geometry::{Pad as Sizes, PadMode};
use quote::quote;
use std::rc::Rc;

/// The layer kind `Pad`.
#[derive(Debug)]
pub struct Pad;

/// The words of `mode`, and of the `pad_mode` of convolutions.
pub(crate) const MODES: &[&str] = &["zeros", "reflect", "replicate", "circular"];

const PARAMS: &[Param] =
    &[Param::required("pad"), Param::named("mode").word("zeros").words(MODES), Param::named("value").float(0.0)];

impl Layer for Pad {
    fn name(&self) -> &'static str {
        "Pad"
    }

    fn short(&self) -> &'static str {
        "pad"
    }

    fn params(&self) -> &'static [Param] {
        PARAMS
    }

    fn doc(&self) -> [&'static str; 2] {
        [
            "`[c, h, w]` or `[t, f]` with `pad` around it or before and after: `value`, or with `mode` its mirror image (`reflect`), its edge (`replicate`), its other side (`circular`)",
            "",
        ]
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        cx.values(self, 1)?;
        let dims = cx.tensor(self, 0)?;
        let dims = cx.numbers(self, 0, &dims)?;
        let mode = mode(cx, "mode")?;
        let value = cx.float("value")?;
        if mode != PadMode::Zeros && cx.args.get("value").is_some() {
            let text = format!("value = {value:?} stands in no padding of this mode\n  help: mode = zeros, or leave value out");
            return cx.fail(cx.arg_span("value"), text);
        }
        let (image, sides) = match *dims {
            [time, features] => ([1, time, features], [pad::numbers_before_after(cx)?, (0, 0)]),
            [channels, height, width] => ([channels, height, width], pad::numbers_of_image(cx)?),
            _ => {
                let text = format!(
                    "takes [time, features] or [channels, height, width]; it receives {}{}",
                    cx.inputs[0],
                    cx.input_line(0)
                );
                return cx.fail_layer(self, text);
            }
        };
        let g = sizes(cx, image, sides, mode)?;
        let output = match *dims {
            [_, features] => tensor([g.out_height, features]),
            _ => tensor([g.channels, g.out_height, g.out_width]),
        };
        Some(Built::new(PadOp { attributes: cx.attributes(self), g, value }, [output], Vec::new()))
    }
}

/// The mode that an argument names.
pub(crate) fn mode(cx: &mut Build<'_>, name: &str) -> Option<PadMode> {
    Some(match cx.word(name, MODES)?.as_deref() {
        Some("reflect") => PadMode::Reflect,
        Some("replicate") => PadMode::Replicate,
        Some("circular") => PadMode::Circular,
        _ => PadMode::Zeros,
    })
}

/// The sizes with so much padding before and after each axis; reports what a mode cannot fill.
fn sizes(cx: &mut Build<'_>, [channels, height, width]: [usize; 3], sides: [(usize, usize); 2], mode: PadMode) -> Option<Sizes> {
    for (len, (before, after)) in [height, width].into_iter().zip(sides) {
        if let Some(most) = mode.most(len)
            && before.max(after) > most
        {
            let why = if mode == PadMode::Reflect { "its edge is not repeated" } else { "it has no more" };
            let text = format!(
                "pad = {} is more than its {len} positions can fill: {why}{}\n  help: pad may be at most {most}",
                before.max(after),
                cx.input_line(0)
            );
            return cx.fail(cx.arg_span("pad"), text);
        }
    }
    let [(top, bottom), (left, right)] = sides;
    let (out_height, out_width) = (height.saturating_add(top + bottom), width.saturating_add(left + right));
    Some(Sizes { channels, height, width, out_height, out_width, before: [top, left], mode })
}

/// The padding before a convolution of an image, where its mode is not zeros: what runs before it, with the size that it gives.
pub(crate) fn before_image(
    cx: &mut Build<'_>,
    image: [usize; 3],
    sides: [(usize, usize); 2],
    mode: PadMode,
) -> Option<(Part, [usize; 3])> {
    let g = sizes(cx, image, sides, mode)?;
    let padded = [g.channels, g.out_height, g.out_width];
    Some((part(g, tensor(padded)), padded))
}

/// The same before one of a sequence.
pub(crate) fn before_sequence(
    cx: &mut Build<'_>,
    [time, features]: [usize; 2],
    sides: (usize, usize),
    mode: PadMode,
) -> Option<(Part, usize)> {
    let g = sizes(cx, [1, time, features], [sides, (0, 0)], mode)?;
    Some((part(g, tensor([g.out_height, features])), g.out_height))
}

fn part(g: Sizes, output: ValueType) -> Part {
    let attributes = Attributes::new("Pad", Vec::new());
    Part { name: "pad", op: Rc::new(PadOp { attributes, g, value: 0.0 }), output, params: 0 }
}

#[derive(Debug, Clone)]
struct PadOp {
    attributes: Attributes,
    g: Sizes,
    value: f32,
}

impl Op for PadOp {
    fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    fn geometry(&self) -> Option<Geometry> {
        let Sizes { channels, height, width, out_height, out_width, before, mode } = self.g;
        let [channels, height, width, out_height, out_width] = [channels, height, width, out_height, out_width].map(number);
        let before = pair(before);
        let mode = match mode {
            PadMode::Zeros => quote!(Zeros),
            PadMode::Reflect => quote!(Reflect),
            PadMode::Replicate => quote!(Replicate),
            PadMode::Circular => quote!(Circular),
        };
        Some(Geometry::new(
            quote!(__f::k::Pad),
            quote! {
                __f::k::Pad {
                    channels: #channels, height: #height, width: #width, out_height: #out_height, out_width: #out_width,
                    before: #before, mode: __f::k::PadMode::#mode,
                }
            },
        ))
    }

    fn traits(&self) -> Traits {
        Traits { init: Family::Transparent, ..Traits::default() }
    }

    fn forward(&self) -> Vec<Dispatch> {
        let value = Value(float(self.value));
        vec![Dispatch::Micro(kernels::pad_forward { g: Arg::Geometry, value, x: Input(0), y: Output(0) }.into())]
    }

    fn backward(&self) -> Vec<BackwardStep> {
        let (dy, dx, accumulate) = (GradOutput(0), GradInput(0), Accumulate(0));
        vec![BackwardStep::input(0, kernels::pad_backward { g: Arg::Geometry, dy, dx, accumulate }.into())]
    }

    fn over_channels(&self, _: &[ChannelBlocks]) -> Option<Rc<dyn Op>> {
        let g = Sizes { channels: self.g.channels.div_ceil(16), ..self.g };
        Some(Rc::new(Self { g, ..self.clone() }))
    }
}

#[cfg(test)]
mod tests {
    use crate::layers::tests::Case;

    #[test]
    fn sizes() {
        for (source, input, output) in [
            ("Pad(1)", &[3, 8, 9][..], "[3, 10, 11]"),
            ("Pad((1, 2), mode = reflect)", &[3, 8, 9], "[3, 10, 13]"),
            ("Pad(((1, 0), (0, 3)), mode = circular)", &[3, 8, 9], "[3, 9, 12]"),
            ("Pad(2, value = -1.5)", &[8, 9], "[12, 9]"),
            ("Pad((3, 0), mode = replicate)", &[2, 9], "[5, 9]"),
        ] {
            assert_eq!(Case::new(source, &[input]).gives(), output, "{source}");
        }
    }

    #[test]
    fn mistakes() {
        let on = |source| Case::new(source, &[&[3, 4, 9]]);
        on("Pad(4, mode = reflect)").fails(
            "4",
            "Pad: pad = 4 is more than its 4 positions can fill: its edge is not repeated\n  input: [3, 4, 9], from stage0\n  help: pad may be at most 3",
        );
        on("Pad(5, mode = circular)").complains("5", "pad may be at most 4");
        on("Pad(1, mode = reflect, value = 2)").complains("2", "leave value out");
        on("Pad(same)").complains("same", "Pad: pad takes numbers; not `same`");
        on("Pad(1, mode = mirror)").complains("mirror", "mode takes zeros or reflect or replicate or circular");
        Case::new("Pad(1)", &[&[9]]).complains("Pad", "takes [time, features] or [channels, height, width]");
    }
}
