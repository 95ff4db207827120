//! `Conv1d(channels, kernel, …)`: a convolution over the time of `[time, features]`; the weight is `[out, in, kernel]`.

use super::padded;
use super::sequence::{self, Conv1dOp, Sizes};
use crate::layers::shape::pad::MODES;
use crate::layers::support::formula::Axis;
use crate::layers::support::groups::channels_of_groups;
use crate::layers::support::input::tensor_of;
use crate::layers::support::window::LIMIT;
use crate::layers::support::{init, pad, weight};
use crate::layers::{Build, Built, Layer, Param};

/// The layer kind `Conv1d`.
#[derive(Debug)]
pub struct Conv1d;

const PARAMS: &[Param] = &[
    Param::required("channels"),
    Param::required("kernel"),
    Param::named("stride").int(1),
    Param::named("pad").int(0).words(pad::CAUSAL),
    Param::named("pad_mode").word("zeros").words(MODES),
    Param::named("dilation").int(1),
    Param::named("groups").int(1),
    Param::named("bias").flag(true),
    Param::named("init").words(init::WORDS).fraction(),
    weight::PARAM,
];

impl Layer for Conv1d {
    fn name(&self) -> &'static str {
        "Conv1d"
    }

    fn short(&self) -> &'static str {
        "conv"
    }

    fn params(&self) -> &'static [Param] {
        PARAMS
    }

    fn doc(&self) -> [&'static str; 2] {
        [
            "`[t, f]` → `[(t + p − K) / stride + 1, channels]`",
            "`weight [channels, f / groups, k]`, `bias`; `weight = plain`, `weight_norm` or `spectral_norm`",
        ]
    }

    fn steps(&self) -> bool {
        true
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        cx.values(self, 1)?;
        let (time, features) = cx.features_over_time(self)?;
        let channels = cx.size("channels");
        let [kernel, stride, dilation] = ["kernel", "stride", "dilation"].map(|name| cx.number(name, 1));
        let (channels, kernel, stride, dilation) = (channels?, kernel?, stride?, dilation?);
        let axis = Axis { dilation, ..Axis::new(kernel, stride) };
        let pad = pad::sequence(cx, &axis, pad::CAUSAL)?;
        let axis = axis.padded(pad.sides(&axis, time));
        if cx.step && (axis.stride > 1 || axis.after > 0 || axis.before + 1 != axis.extent()) {
            return fail_step(cx, &axis);
        }
        let Some(out_time) = axis.conv(time).filter(|&steps| steps <= LIMIT) else {
            let (before, after) = axis.same(time);
            // As PyTorch orders them.
            let turned = match features.num() {
                Some(features) if features > time && axis.conv(features).is_some() => format!(
                    "; or, as sequences are [time, features], `-> Permute(1, 0)` before it makes [{features}, {time}] of them"
                ),
                _ => String::new(),
            };
            let text = format!(
                "a kernel of {kernel} reaches over {} steps; its input has {time}{}\n  with this padding the kernel may be at most {}\n  help: pad = ({before}, {after}) or same gives [{}, {channels}]{turned}",
                axis.extent(),
                cx.input_line(0),
                axis.largest_kernel(time),
                time.div_ceil(stride)
            );
            return cx.fail(cx.arg_span("kernel"), text);
        };
        let (before, time, axis) = padded::sequence(cx, time, &features, axis)?;
        let (groups, per_group) = channels_of_groups(cx, &features, &channels)?;
        let bias = cx.flag("bias")?;
        let transposed = false;
        let output = tensor_of([&out_time.into(), &channels]);
        let g = Sizes { time, features, out_time, channels, axis, groups, per_group, transposed };
        let kind = weight::read(cx, &[])?;
        let params = sequence::params(cx, &g, bias)?;
        let params = weight::normalized(cx, &kind, false, params)?;
        let reach = g.reach();
        // One that reaches back to nothing has no state.
        let op = Conv1dOp { attributes: cx.attributes(self), g, step: cx.step && reach > 0 };
        Some(Built::new(op, [output], params).behind(before))
    }
}

/// Reports what one step at a time cannot give.
fn fail_step(cx: &mut Build<'_>, axis: &Axis) -> Option<Built> {
    if axis.stride > 1 {
        let text = format!(
            "stride = {} gives no output for most steps, so that it cannot be taken step by step\n  help: stride = 1",
            axis.stride
        );
        return cx.fail(cx.arg_span("stride"), text);
    }
    let text = format!(
        "taken step by step, an output may read its own step and the {} before, no more and no fewer\n  help: pad = causal",
        axis.extent() - 1
    );
    cx.fail(cx.arg_span("pad"), text)
}

#[cfg(test)]
mod tests {
    use crate::layers::tests::Case;

    #[test]
    fn sizes_and_parameters() {
        let dil = Case::new("dil: Conv1d(64, 2, dilation = 8, pad = causal)", &[&[8192, 32]]);
        assert_eq!((dil.gives().as_str(), dil.params().as_str()), ("[8192, 64]", "weight[64, 32, 2] bias[64]"));
        assert_eq!(Case::new("Conv1d(64, 3, stride = 2, pad = same)", &[&[9, 32]]).gives(), "[5, 64]");
        assert_eq!(Case::new("Conv1d(64, 3, pad = (1, 0))", &[&[9, 32]]).gives(), "[8, 64]");
    }

    #[test]
    fn mistakes() {
        Case::new("c: Conv1d(64, 5)", &[&[4, 32]]).fails(
            "5",
            "c: a kernel of 5 reaches over 5 steps; its input has 4\n  input: [4, 32], from stage0\
             \n  with this padding the kernel may be at most 4\n  help: pad = (2, 2) or same gives [4, 64]; or, as sequences are \
             [time, features], `-> Permute(1, 0)` before it makes [32, 4] of them",
        );
        Case::new("c: Conv1d(64, 5)", &[&[4, 3]]).fails(
            "5",
            "c: a kernel of 5 reaches over 5 steps; its input has 4\n  input: [4, 3], from stage0\
             \n  with this padding the kernel may be at most 4\n  help: pad = (2, 2) or same gives [4, 64]",
        );
        Case::new("c: Conv1d(64, 5)", &[&[32]]).complains("Conv1d", "takes [time, features]; it receives [32]");
        Case::new("c: Conv1d(64, 5)", &[&[3, 8, 8]]).complains("Conv1d", "put `-> Reshape([3, 64])` before it");
    }
}
