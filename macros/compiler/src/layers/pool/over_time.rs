//! `MaxPool1d(kernel, stride = kernel, …)`, `AvgPool1d(…)`: the largest number or the mean of every window over time, feature by feature.

use super::Takes;
use super::avg::AvgPoolOp;
use crate::layers::support::formula::Axis;
use crate::layers::support::input::tensor_of;
use crate::layers::support::pad;
use crate::layers::support::window::{LIMIT, Window};
use crate::layers::{Build, Built, Layer, Param};

/// The layer kinds `MaxPool1d` and `AvgPool1d`.
#[derive(Debug)]
pub struct Pool1d(pub(super) Takes);

const MAX: &[Param] = &[
    Param::required("kernel"),
    Param::named("stride").same_as("kernel"),
    Param::named("pad").int(0).words(pad::WORDS),
    Param::named("dilation").int(1),
    Param::named("ceil").flag(false),
];

const AVG: &[Param] = &[
    Param::required("kernel"),
    Param::named("stride").same_as("kernel"),
    Param::named("pad").int(0).words(pad::WORDS),
    Param::named("ceil").flag(false),
    Param::named("count_pad").flag(true),
];

impl Layer for Pool1d {
    fn name(&self) -> &'static str {
        self.0.name("AvgPool1d", "MaxPool1d")
    }

    fn short(&self) -> &'static str {
        "pool"
    }

    fn params(&self) -> &'static [Param] {
        match self.0 {
            Takes::Largest => MAX,
            Takes::Mean => AVG,
        }
    }

    fn doc(&self) -> [&'static str; 2] {
        [
            self.0.name(
                "as `MaxPool1d`; padding counts as zeros unless `count_pad = false`",
                "`[time, features]` → `[(time + p − K) / stride + 1, features]`, rounded up with `ceil`",
            ),
            "",
        ]
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        cx.values(self, 1)?;
        let (time, features) = cx.features_over_time(self)?;
        let kernel = cx.number("kernel", 1)?;
        let stride = cx.number("stride", 1)?;
        let dilation = if cx.takes("dilation") { cx.number("dilation", 1)? } else { 1 };
        let axis = Axis { dilation, ..Axis::new(kernel, stride) };
        let axis = axis.padded(pad::sequence(cx, &axis, pad::WORDS)?.sides(&axis, time));
        let ceil = cx.flag("ceil")?;
        let steps = steps(cx, &axis, time, ceil)?;
        let output = tensor_of([&steps.into(), &features]);
        let window = Window::over_time(axis, steps.into(), features.clone());
        let input = [1.into(), time.into(), features];
        if let Takes::Largest = self.0 {
            return Some(self.0.built(cx, self, input, window, output));
        }
        let count_pad = cx.flag("count_pad")?;
        Some(Built::new(AvgPoolOp { attributes: cx.attributes(self), input, window, count_pad }, [output], Vec::new()))
    }
}

/// The steps that the pool gives.
fn steps(cx: &mut Build<'_>, axis: &Axis, time: usize, ceil: bool) -> Option<usize> {
    let (extent, pad) = (axis.extent(), axis.before.max(axis.after));
    if pad > extent / 2 {
        let text = format!("pad = {pad} is more than half of its window of {extent} steps: at most {} fits", extent / 2);
        return cx.fail(cx.arg_span("pad"), text);
    }
    let Some(steps) = axis.pool(time, ceil).filter(|steps| *steps <= LIMIT) else {
        let text = format!(
            "a window of {extent} steps does not fit {time}{}\n  help: the kernel may be at most {}",
            cx.input_line(0),
            axis.largest_kernel(time)
        );
        return cx.fail(cx.arg_span("kernel"), text);
    };
    if let Some(window) = axis.blind_window(time, steps) {
        let text = format!(
            "window {window} over the {time} steps sees padding only{}\n  help: a smaller dilation, or a smaller pad",
            cx.input_line(0)
        );
        return cx.fail(cx.arg_span("dilation"), text);
    }
    Some(steps)
}

#[cfg(test)]
mod tests {
    use crate::layers::tests::Case;

    #[test]
    fn sizes() {
        for (source, output) in [
            ("MaxPool1d(2)", "[14, 64]"),
            ("MaxPool1d(3, stride = 2, pad = 1)", "[14, 64]"),
            ("MaxPool1d(3, stride = 2, ceil = true)", "[14, 64]"),
            ("MaxPool1d(3, stride = 1, dilation = 2)", "[24, 64]"),
            ("AvgPool1d(5, stride = 1, pad = same)", "[28, 64]"),
            ("AvgPool1d(28)", "[1, 64]"),
        ] {
            assert_eq!(Case::new(source, &[&[28, 64]]).gives(), output, "{source}");
        }
        let built = Case::new("AvgPool1d(4, pad = (1, 2), count_pad = false)", &[&[28, 64]]).built();
        let value = built.op.geometry().expect("a constant").value.to_string();
        assert!(value.contains("channels : 1 , height : 28 , width : 64 , out_height : 7 , out_width : 64"), "{value}");
        assert!(value.contains("kernel : [4 , 1] , stride : [4 , 1] , pad : [1 , 0] , pad_after : [2 , 0]"), "{value}");
        assert!(value.contains("count_pad : false"), "{value}");
    }

    #[test]
    fn mistakes() {
        let on = |source| Case::new(source, &[&[28, 64]]);
        on("p: MaxPool1d(4, pad = 3)").fails("3", "p: pad = 3 is more than half of its window of 4 steps: at most 2 fits");
        on("MaxPool1d(30)").fails(
            "30",
            "MaxPool1d: a window of 30 steps does not fit 28\n  input: [28, 64], from stage0\n  help: the kernel may be at most 28",
        );
        on("AvgPool1d(2, stride = 0)").complains("0", "stride = 0 must be at least 1");
        Case::new("MaxPool1d(2, dilation = 4, pad = 2)", &[&[1, 8]])
            .complains("4", "window 0 over the 1 steps sees padding only");
        Case::new("AvgPool1d(2)", &[&[6, 28, 28]]).complains("AvgPool1d", "takes [time, features]; it receives [6, 28, 28]");
    }
}
