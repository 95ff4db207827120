//! `ConvTranspose(channels, kernel, …)`: a transposed convolution, the input gradient of a convolution from its output to its input.

use super::geometry::Sizes;
use super::op::{self, ConvTransposeOp};
use crate::graph::Size;
use crate::layers::support::formula::Axis;
use crate::layers::support::groups::channels_of_groups;
use crate::layers::support::input::{ImageSizes, tensor_of};
use crate::layers::support::pad::{self, Pad};
use crate::layers::support::tokens::one_in;
use crate::layers::support::window::{self, LIMIT};
use crate::layers::support::{init, weight};
use crate::layers::{ArgValue, Build, Built, Layer, Param};

/// The layer kind `ConvTranspose`.
#[derive(Debug)]
pub struct ConvTranspose;

const PARAMS: &[Param] = &[
    Param::required("channels"),
    Param::required("kernel"),
    Param::named("stride").int(1),
    Param::named("pad").int(0).words(pad::WORDS),
    Param::named("output_pad").words(&["auto"]),
    Param::named("like"),
    Param::named("dilation").int(1),
    Param::named("groups").int(1),
    Param::named("bias").flag(true),
    Param::named("init").words(init::WORDS).fraction(),
    weight::PARAM,
];

impl Layer for ConvTranspose {
    fn name(&self) -> &'static str {
        "ConvTranspose"
    }

    fn short(&self) -> &'static str {
        "convt"
    }

    fn params(&self) -> &'static [Param] {
        PARAMS
    }

    fn doc(&self) -> [&'static str; 2] {
        [
            "`[c, h, w]` → `[channels, stride·(h − 1) + output_pad + K − p, …]`; `output_pad = auto`, or `like = value` to have that value's size",
            "`weight [c, channels / groups, kh, kw]`, `bias`; `weight = tie(label)` is that of the `Conv` which it turns around; `weight = plain`, `weight_norm` or `spectral_norm`",
        ]
    }

    fn no_image(&self, dims: &[usize]) -> Option<String> {
        let [n] = *dims else { return None };
        Some(format!("put `-> Reshape([{n}, 1, 1])` before it, or another shape of {n} numbers"))
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        let input = cx.image_sizes(self)?;
        let (channels, axes) = (cx.size("channels"), window::axes(cx));
        let (channels, axes) = (channels?, axes?);
        let pads = pad::image(cx, [&axes[0], &axes[1]])?;
        let (axes, same) = padded(axes, pads);
        let [height, width] = sizes(cx, &input, &axes, same)?;
        let (groups, [of_group, into_group]) = channels_of_groups(cx, &input[0], &channels)?;
        let bias = cx.flag("bias")?;

        let output = [channels, height, width];
        // The convolution that this is the input gradient of.
        let g = Sizes::new(&output, &input, &axes, groups, [into_group, of_group]);
        let [out_of_one, into_one] = g.fans();
        // Of the kernel's positions only one in `stride` meets an output.
        let fan_in = one_in(&into_one, axes[0].stride.saturating_mul(axes[1].stride));
        let kind = weight::read(cx, &["Conv"])?;
        let params = op::params(cx, &g, &output[0], bias, [fan_in, out_of_one])?;
        if let Some(tie) = kind.tie() {
            weight::fits(cx, tie, &params[0].dims)?;
        }
        let params = weight::normalized(cx, &kind, true, params)?;
        let op = ConvTransposeOp { attributes: cx.attributes(self), g, exact: cx.exact };
        Some(Built::new(op, [tensor_of(output)], params))
    }
}

/// The axes with their padding, and for `pad = same` the `output_pad` that goes with it.
fn padded(axes: [Axis; 2], pads: [Pad; 2]) -> ([Axis; 2], [Option<usize>; 2]) {
    let one = |axis: Axis, pad: Pad| match pad {
        Pad::Sides(before, after) => (axis.padded((before, after)), None),
        Pad::Same => {
            let (sides, output_pad) = axis.same_transposed();
            (axis.padded(sides), Some(output_pad))
        }
    };
    let ((height, a), (width, b)) = (one(axes[0], pads[0]), one(axes[1], pads[1]));
    ([height, width], [a, b])
}

/// The output's height and width.
fn sizes(cx: &mut Build<'_>, input: &ImageSizes, axes: &[Axis; 2], same: [Option<usize>; 2]) -> Option<[Size; 2]> {
    let [_, height, width] = input;
    let numbers = if let (Some(height), Some(width)) = (height.num(), width.num()) { Some([height, width]) } else { None };
    if cx.args.get("like").is_some() {
        let from = numbers.or_else(|| cx.fail(cx.arg_span("like"), "not yet: like, of a height and width that are types"))?;
        return like(cx, from, axes).map(|sizes| sizes.map(Size::Num));
    }
    let output_pad = match cx.args.get("output_pad") {
        None => [0, 1].map(|i| same[i].unwrap_or(0)),
        Some((_, span)) if same != [None; 2] => return cx.fail(span, "pad = same settles the size: leave output_pad out"),
        Some((ArgValue::Word(word), span)) if word == "auto" => {
            let text = "not yet: output_pad = auto of a height and width that are types\n  help: output_pad = 1, a number";
            let from = numbers.or_else(|| cx.fail(span, text))?;
            [0, 1].map(|i| axes[i].auto_output_pad(from[i]))
        }
        Some((_, span)) => {
            let pads = cx.pair("output_pad", 0)?;
            for (axis, pad) in axes.iter().zip(pads) {
                if pad >= axis.output_pad_limit() {
                    let (name, limit) =
                        if axis.dilation > axis.stride { ("dilation", axis.dilation) } else { ("stride", axis.stride) };
                    return cx.fail(span, format_args!("output_pad = {pad} must be smaller than {name} = {limit}"));
                }
            }
            pads
        }
    };
    let Some(from) = numbers else {
        return Some([0, 1].map(|i| axes[i].transposed_over(&input[i + 1], output_pad[i])));
    };
    match [0, 1].map(|i| axes[i].transposed(from[i], output_pad[i])) {
        [Some(height), Some(width)] if height.max(width) <= LIMIT => Some([Size::Num(height), Size::Num(width)]),
        [Some(height), Some(width)] => cx.fail(cx.arg_span("stride"), format_args!("an output of {height}×{width} is too large")),
        _ => {
            let bare = [0, 1].map(|i| axes[i].padded((0, 0)).transposed(from[i], output_pad[i]).unwrap_or(0));
            // An odd number left over goes to neither side.
            let most = bare.map(|n| n.saturating_sub(1) / 2);
            let most = if most[0] == most[1] { most[0].to_string() } else { format!("({}, {})", most[0], most[1]) };
            let text = format!(
                "the padding leaves nothing of its {}×{} output{}\n  help: pad may be at most {most}",
                bare[0],
                bare[1],
                cx.input_line(0),
            );
            cx.fail(cx.arg_span("pad"), text)
        }
    }
}

/// The sizes of the value given as `like`, where an output_pad reaches them.
fn like(cx: &mut Build<'_>, from: [usize; 2], axes: &[Axis; 2]) -> Option<[usize; 2]> {
    let (value, span) = cx.args.get("like")?;
    if let Some((_, span)) = cx.args.get("output_pad") {
        return cx.fail(span, "`like` settles the size: leave output_pad out");
    }
    let wanted = cx.like()?;
    for (i, side) in ["rows", "columns"].into_iter().enumerate() {
        let axis = &axes[i];
        if axis.output_pad_for(from[i], wanted[i]).is_none() {
            let reach = |pad| axis.transposed(from[i], pad).unwrap_or(0);
            let (least, most) = (reach(0), reach(axis.output_pad_limit() - 1));
            let reach = if least == most { most.to_string() } else { format!("{least} to {most}") };
            let text = format!(
                "like = {value} is out of reach: from {} {side} with kernel = {}, stride = {}, pads of {} it gives {reach}, not {}{}",
                from[i],
                axis.kernel,
                axis.stride,
                axis.before + axis.after,
                wanted[i],
                cx.input_line(0)
            );
            return cx.fail(span, text);
        }
    }
    Some(wanted)
}

#[cfg(test)]
mod tests {
    use crate::layers::tests::Case;
    use crate::passes::rewrite::fold_batch_norm::foldable;

    #[test]
    fn sizes_and_parameters() {
        for (source, input, output) in [
            ("ConvTranspose(256, 4)", [100, 1, 1], "[256, 4, 4]"),
            ("ConvTranspose(128, 4, stride = 2, pad = 1)", [256, 4, 4], "[128, 8, 8]"),
            ("ConvTranspose(16, 2, stride = 2)", [32, 16, 16], "[16, 32, 32]"),
            ("ConvTranspose(16, 3, stride = 2, pad = 1, output_pad = 1)", [8, 7, 7], "[16, 14, 14]"),
            ("ConvTranspose(16, 3, stride = 2, pad = 1, output_pad = auto)", [8, 8, 7], "[16, 16, 13]"),
            ("ConvTranspose(16, 3, stride = 2, pad = 1, output_pad = (1, 0))", [8, 7, 7], "[16, 14, 13]"),
            ("ConvTranspose(16, 3, stride = 2, pad = 1, like = [4, 13, 14])", [8, 7, 7], "[16, 13, 14]"),
            ("ConvTranspose(16, 3, stride = 2, pad = same)", [8, 7, 7], "[16, 14, 14]"),
            ("ConvTranspose(16, 1, stride = 3, pad = same)", [8, 7, 7], "[16, 21, 21]"),
        ] {
            assert_eq!(Case::new(source, &[&input]).gives(), output, "{source}");
        }
        let up = Case::new("up: ConvTranspose(16, 2, stride = 2)", &[&[32, 16, 16]]);
        assert_eq!(up.params(), "weight[32, 16, 2, 2] bias[16]");
        let built = up.built();
        assert_eq!(built.op.macs().num(), Some(32 * 16 * 16 * 16 * 4));
        let fold = foldable(&*built.op).expect("no groups");
        assert_eq!((fold.outer, fold.channels, fold.inner), (32, 16, 4));
        // The geometry is that of the convolution from the output to the input.
        let value = built.op.geometry().expect("a constant").value.to_string();
        assert!(value.contains("channels : 16 , height : 32 , width : 32 , filters : 32 , out_height : 16"), "{value}");
        let grouped = Case::new("ConvTranspose(16, 2, groups = 4, bias = false)", &[&[32, 16, 16]]);
        assert_eq!(grouped.params(), "weight[32, 4, 2, 2]");
        assert!(foldable(&*grouped.built().op).is_none());
    }

    #[test]
    fn mistakes() {
        let on = |source| Case::new(source, &[&[8, 3, 3]]);
        on("up1: ConvTranspose(4, 2, stride = 2, output_pad = 2)")
            .fails("2", "up1: output_pad = 2 must be smaller than stride = 2");
        on("up1: ConvTranspose(4, 2, dilation = 3, output_pad = 3)")
            .fails("3", "up1: output_pad = 3 must be smaller than dilation = 3");
        on("up1: ConvTranspose(4, 2, stride = 2, like = [4, 6, 9])").fails(
            "[4, 6, 9]",
            "up1: like = [4, 6, 9] is out of reach: from 3 columns with kernel = 2, stride = 2, pads of 0 it gives 6 to 7, not 9\
             \n  input: [8, 3, 3], from stage0",
        );
        on("up1: ConvTranspose(4, 2, like = [4], stride = 2)")
            .complains("[4]", "like takes a value of shape [channels, height, width]");
        on("up1: ConvTranspose(4, 2, stride = 2, like = [4, 6, 6], output_pad = 1)").complains("1", "leave output_pad out");
        on("up1: ConvTranspose(4, 2, pad = same, output_pad = 0)").complains("0", "leave output_pad out");
        on("up1: ConvTranspose(4, 2, pad = 2)").complains("2", "the padding leaves nothing of its 4×4 output");
        on("up1: ConvTranspose(3, 2, groups = 2)").complains("2", "groups = 2 does not divide its 3 output channels");
    }
}
