//! `ConvTranspose1d(channels, kernel, …)`: a transposed convolution over the time of `[time, features]`, the input gradient of a convolution from its
//! output to its input; the weight is `[in, out, kernel]`.

use super::sequence::{self, Conv1dOp, Sizes};
use crate::graph::{Size, ValueType};
use crate::layers::support::formula::Axis;
use crate::layers::support::groups::channels_of_groups;
use crate::layers::support::init;
use crate::layers::support::input::tensor_of;
use crate::layers::support::pad::{self, Pad};
use crate::layers::support::weight;
use crate::layers::support::window::LIMIT;
use crate::layers::{ArgValue, Build, Built, Layer, Param};

/// The layer kind `ConvTranspose1d`.
#[derive(Debug)]
pub struct ConvTranspose1d;

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

impl Layer for ConvTranspose1d {
    fn name(&self) -> &'static str {
        "ConvTranspose1d"
    }

    fn short(&self) -> &'static str {
        "convt"
    }

    fn params(&self) -> &'static [Param] {
        PARAMS
    }

    fn doc(&self) -> [&'static str; 2] {
        [
            "`[t, f]` → `[stride·(t − 1) + output_pad + K − p, channels]`; `output_pad = auto`, or `like = value`, as `ConvTranspose`",
            "`weight [f, channels / groups, k]`, `bias`; `weight = plain`, `weight_norm` or `spectral_norm`",
        ]
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        cx.values(self, 1)?;
        let (time, features) = cx.features_over_time(self)?;
        let channels = cx.size("channels");
        let [kernel, stride, dilation] = ["kernel", "stride", "dilation"].map(|name| cx.number(name, 1));
        let (channels, kernel, stride, dilation) = (channels?, kernel?, stride?, dilation?);
        let axis = Axis { dilation, ..Axis::new(kernel, stride) };
        let (sides, same) = match pad::sequence(cx, &axis, pad::WORDS)? {
            Pad::Sides(before, after) => ((before, after), None),
            Pad::Same => {
                let (sides, output_pad) = axis.same_transposed();
                (sides, Some(output_pad))
            }
        };
        let axis = axis.padded(sides);
        let out_time = steps(cx, time, &axis, same)?;
        let (groups, per_group) = channels_of_groups(cx, &features, &channels)?;
        let bias = cx.flag("bias")?;
        let transposed = true;
        let output = tensor_of([&out_time.into(), &channels]);
        let g = Sizes { time, features, out_time, channels, axis, groups, per_group, transposed };
        let kind = weight::read(cx, &[])?;
        let params = sequence::params(cx, &g, bias)?;
        let params = weight::normalized(cx, &kind, true, params)?;
        let op = Conv1dOp { attributes: cx.attributes(self), g, step: false };
        Some(Built::new(op, [output], params))
    }
}

/// The steps of the output.
fn steps(cx: &mut Build<'_>, time: usize, axis: &Axis, same: Option<usize>) -> Option<usize> {
    if cx.args.get("like").is_some() {
        return like(cx, time, axis);
    }
    let output_pad = match cx.args.get("output_pad") {
        None => same.unwrap_or(0),
        Some((_, span)) if same.is_some() => return cx.fail(span, "pad = same settles the size: leave output_pad out"),
        Some((ArgValue::Word(word), _)) if word == "auto" => axis.auto_output_pad(time),
        Some((_, span)) => {
            let pad = cx.number("output_pad", 0)?;
            if pad >= axis.output_pad_limit() {
                let (name, limit) =
                    if axis.dilation > axis.stride { ("dilation", axis.dilation) } else { ("stride", axis.stride) };
                return cx.fail(span, format_args!("output_pad = {pad} must be smaller than {name} = {limit}"));
            }
            pad
        }
    };
    match axis.transposed(time, output_pad) {
        Some(steps) if steps <= LIMIT => Some(steps),
        Some(steps) => cx.fail(cx.arg_span("stride"), format_args!("an output of {steps} steps is too large")),
        None => {
            let bare = axis.padded((0, 0)).transposed(time, output_pad).unwrap_or(0);
            let text = format!(
                "the padding leaves nothing of its {bare} steps{}\n  help: pad may be at most {}",
                cx.input_line(0),
                bare.saturating_sub(1) / 2
            );
            cx.fail(cx.arg_span("pad"), text)
        }
    }
}

/// The steps of the value given as `like`, where an output_pad reaches them.
fn like(cx: &mut Build<'_>, time: usize, axis: &Axis) -> Option<usize> {
    let (value, span) = cx.args.get("like")?;
    if let Some((_, span)) = cx.args.get("output_pad") {
        return cx.fail(span, "`like` settles the size: leave output_pad out");
    }
    let dims = if let ArgValue::Value(ValueType::Tensor(dims)) = value { dims.as_slice() } else { &[] };
    let [Size::Num(wanted), _] = *dims else {
        return cx.fail(span, format_args!("like takes a value of shape [time, features], not `{value}`"));
    };
    if axis.output_pad_for(time, wanted).is_none() {
        let reach = |pad| axis.transposed(time, pad).unwrap_or(0);
        let (least, most) = (reach(0), reach(axis.output_pad_limit() - 1));
        let reach = if least == most { most.to_string() } else { format!("{least} to {most}") };
        let text = format!(
            "like = {value} is out of reach: from {time} steps with kernel = {}, stride = {}, pads of {} it gives {reach}, not {wanted}{}",
            axis.kernel,
            axis.stride,
            axis.before + axis.after,
            cx.input_line(0)
        );
        return cx.fail(span, text);
    }
    Some(wanted)
}

#[cfg(test)]
mod tests {
    use crate::layers::tests::Case;

    #[test]
    fn sizes_and_parameters() {
        for (source, input, output) in [
            ("ConvTranspose1d(16, 4, stride = 2, pad = 1)", [7, 32], "[14, 16]"),
            ("ConvTranspose1d(16, 3, stride = 2, pad = 1, output_pad = 1)", [7, 8], "[14, 16]"),
            ("ConvTranspose1d(16, 3, stride = 2, pad = 1, output_pad = auto)", [8, 8], "[16, 16]"),
            ("ConvTranspose1d(16, 3, stride = 2, pad = 1, like = [13, 4])", [7, 8], "[13, 16]"),
            ("ConvTranspose1d(16, 3, stride = 2, pad = same)", [7, 8], "[14, 16]"),
            ("ConvTranspose1d(16, 3, pad = full)", [7, 8], "[5, 16]"),
        ] {
            assert_eq!(Case::new(source, &[&input]).gives(), output, "{source}");
        }
        let up = Case::new("up: ConvTranspose1d(16, 2, stride = 2, groups = 4)", &[&[9, 32]]);
        assert_eq!(up.params(), "weight[32, 4, 2] bias[16]");
        assert_eq!(up.built().op.macs().num(), Some(32 * 4 * 2 * 9));
    }

    #[test]
    fn mistakes() {
        let on = |source| Case::new(source, &[&[3, 8]]);
        on("up: ConvTranspose1d(4, 2, stride = 2, output_pad = 2)")
            .fails("2", "up: output_pad = 2 must be smaller than stride = 2");
        on("up: ConvTranspose1d(4, 2, stride = 2, like = [9, 4])").fails(
            "[9, 4]",
            "up: like = [9, 4] is out of reach: from 3 steps with kernel = 2, stride = 2, pads of 0 it gives 6 to 7, not 9\
             \n  input: [3, 8], from stage0",
        );
        on("up: ConvTranspose1d(4, 2, like = [4])").complains("[4]", "like takes a value of shape [time, features], not `[4]`");
        on("up: ConvTranspose1d(4, 2, like = [4, 4], output_pad = 0)").complains("0", "leave output_pad out");
        on("up: ConvTranspose1d(4, 2, pad = same, output_pad = 0)").complains("0", "leave output_pad out");
        on("up: ConvTranspose1d(4, 2, pad = 2)")
            .complains("2", "nothing of its 4 steps\n  input: [3, 8], from stage0\n  help: pad may be at most 1");
        on("up: ConvTranspose1d(4, 2, pad = causal)")
            .complains("causal", "pad takes numbers, valid, full, half, same; not `causal`");
    }
}
