//! `AdaptiveAvgPool(size)`, `AdaptiveMaxPool(size)`: pools whose windows follow from the size of the output, as PyTorch's; over time
//! `AdaptiveAvgPool1d(size)`, `AdaptiveMaxPool1d(size)`.

use super::Takes;
use crate::graph::Size;
use crate::layers::support::input::{cross, tensor_of};
use crate::layers::support::window::{LIMIT, Window};
use crate::layers::{Build, Built, Layer, Param};

/// The layer kinds `AdaptiveAvgPool` and `AdaptiveMaxPool`.
#[derive(Debug)]
pub struct Adaptive(pub(super) Takes);

const PARAMS: &[Param] = &[Param::required("size")];

impl Layer for Adaptive {
    fn name(&self) -> &'static str {
        self.0.name("AdaptiveAvgPool", "AdaptiveMaxPool")
    }

    fn short(&self) -> &'static str {
        "pool"
    }

    fn params(&self) -> &'static [Param] {
        PARAMS
    }

    fn doc(&self) -> [&'static str; 2] {
        [
            self.0.name(
                "`[c, h, w]` → `[c, size, size]`, or `size = (height, width)`: window i of n over h reaches from ⌊i·h / n⌋ to ⌈(i + 1)·h / n⌉",
                "as `AdaptiveAvgPool`, the largest number of each window",
            ),
            "",
        ]
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        let input = cx.image_sizes(self)?;
        let out = cx.pair("size", 1)?;
        if out[0].max(out[1]) > LIMIT {
            return cx.fail(cx.arg_span("size"), format_args!("an output of {} is too large", cross(out)));
        }
        let ([channels, height, width], out) = (&input, out.map(Size::Num));
        let window = Window::adaptive([height, width], out.each_ref());
        let output = tensor_of([channels, &out[0], &out[1]]);
        Some(self.0.built(cx, self, input, window, output))
    }
}

/// The layer kinds `AdaptiveAvgPool1d` and `AdaptiveMaxPool1d`.
#[derive(Debug)]
pub struct Adaptive1d(pub(super) Takes);

impl Layer for Adaptive1d {
    fn name(&self) -> &'static str {
        self.0.name("AdaptiveAvgPool1d", "AdaptiveMaxPool1d")
    }

    fn short(&self) -> &'static str {
        "pool"
    }

    fn params(&self) -> &'static [Param] {
        PARAMS
    }

    fn doc(&self) -> [&'static str; 2] {
        [
            self.0.name(
                "`[time, features]` → `[size, features]`, windows over time as those of `AdaptiveAvgPool`",
                "as `AdaptiveAvgPool1d`, the largest number of each window",
            ),
            "",
        ]
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        cx.values(self, 1)?;
        let [time, features] = cx.sequence_sizes(self)?;
        let steps = Size::Num(cx.number("size", 1)?);
        let window = Window::adaptive([&time, &features], [&steps, &features]);
        let output = tensor_of([&steps, &features]);
        Some(self.0.built(cx, self, [1.into(), time, features], window, output))
    }
}

#[cfg(test)]
mod tests {
    use crate::layers::tests::Case;

    #[test]
    fn sizes() {
        let geometry = |source| {
            let case = Case::new(source, &[&[6, 28, 21]]);
            (case.gives(), case.built().op.geometry().expect("a constant").value.to_string())
        };
        // Side by side, as a pool with a kernel.
        let (gives, value) = geometry("AdaptiveAvgPool(7)");
        assert_eq!(gives, "[6, 7, 7]");
        assert!(value.contains("kernel : [4 , 3] , stride : [4 , 3]") && value.contains("adaptive : false"), "{value}");
        let (gives, value) = geometry("AdaptiveMaxPool((7, 4))");
        assert_eq!(gives, "[6, 7, 4]");
        assert!(value.contains("adaptive : true"), "{value}");
        // More windows than positions overlap.
        assert_eq!(geometry("AdaptiveAvgPool((30, 21))").0, "[6, 30, 21]");
    }

    #[test]
    fn over_time() {
        for (source, adaptive) in [("AdaptiveAvgPool1d(7)", false), ("AdaptiveMaxPool1d(5)", true)] {
            let case = Case::new(source, &[&[28, 64]]);
            let value = case.built().op.geometry().expect("a constant").value.to_string();
            assert!(value.contains("width : 64") && value.contains(&format!("adaptive : {adaptive}")), "{value}");
        }
        assert_eq!(Case::new("AdaptiveAvgPool1d(5)", &[&[28, 64]]).gives(), "[5, 64]");
        Case::new("AdaptiveAvgPool1d((2, 2))", &[&[28, 64]]).complains("(2, 2)", "size takes a number");
    }

    #[test]
    fn mistakes() {
        let on = |source| Case::new(source, &[&[6, 8, 8]]);
        on("p: AdaptiveAvgPool(0)").fails("0", "p: size = 0 must be at least 1");
        on("AdaptiveMaxPool").complains("AdaptiveMaxPool", "`size` is missing");
        on("AdaptiveMaxPool((2, 2, 2))").complains("(2, 2, 2)", "size takes a number, or a pair for height and width");
    }
}
