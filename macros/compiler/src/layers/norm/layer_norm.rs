//! `LayerNorm(axis, affine = true, bias = true, eps = 1e-5)`: mean 0 and variance 1 over the features of every step, or over a whole image
//! (Ba et al. 2016, arXiv 1607.06450).

use super::axis_norm::{built, usual_axes};
use crate::graph::Count;
use crate::layers::shape::parts::AXES;
use crate::layers::support::axis::whole_axes;
use crate::layers::{Build, Built, Layer, Param};
use fireclay_ir::geometry::AxisNormKind;

/// The layer kind `LayerNorm`.
#[derive(Debug)]
pub struct LayerNorm;

const PARAMS: &[Param] = &[
    Param::named("axis").words(AXES),
    Param::named("affine").flag(true),
    Param::named("bias").flag(true),
    Param::named("eps").float(1e-5),
];

impl Layer for LayerNorm {
    fn name(&self) -> &'static str {
        "LayerNorm"
    }

    fn short(&self) -> &'static str {
        "ln"
    }

    fn steps(&self) -> bool {
        true
    }

    fn params(&self) -> &'static [Param] {
        PARAMS
    }

    fn doc(&self) -> [&'static str; 2] {
        [
            "any shape, per step (or image): `(x − mean) / √(variance + eps)`; `axis = channels` or `axis = (height, width)` otherwise (Ba et al. 2016, arXiv 1607.06450)",
            "`weight`, `bias`, of the sizes that it goes over",
        ]
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        cx.values(self, 1)?;
        let sizes = cx.tensor(self, 0)?;
        let axes = whole_axes(cx, sizes.len(), usual_axes(sizes.len()))?;
        if Count::product(&sizes[axes.clone()]).num() == Some(1) {
            let line = cx.input_line(0);
            return cx.fail(cx.arg_span("axis"), format_args!("it goes over a single value, which becomes zero{line}"));
        }
        let (affine, bias) = (cx.flag("affine")?, cx.flag("bias")?);
        let learned: &[_] = match (affine, bias) {
            (false, _) => &[],
            (true, false) => &[("weight", 1.0)],
            (true, true) => &[("weight", 1.0), ("bias", 0.0)],
        };
        built(cx, self, AxisNormKind::Layer, &sizes, axes, learned)
    }
}

#[cfg(test)]
mod tests {
    use crate::layers::tests::Case;

    #[test]
    fn what_it_normalizes() {
        for (source, input, params, geometry) in [
            ("LayerNorm", &[7][..], "weight[7] bias[7]", "outer : 1 , len : 7 , inner : 1 , eps : 0.00001"),
            ("LayerNorm", &[64, 128], "weight[128] bias[128]", "outer : 64 , len : 128 , inner : 1"),
            ("LayerNorm(bias = false)", &[3, 4, 5], "weight[3, 4, 5]", "outer : 1 , len : 60 , inner : 1"),
            ("LayerNorm(affine = false, eps = 0.1)", &[2, 3, 4, 5], "", "outer : 2 , len : 60 , inner : 1 , eps : 0.1"),
            ("LayerNorm(axis = channels)", &[3, 4, 5], "weight[3] bias[3]", "outer : 1 , len : 3 , inner : 20"),
            ("LayerNorm(axis = (height, width))", &[3, 4, 5], "weight[4, 5] bias[4, 5]", "outer : 3 , len : 20 , inner : 1"),
            ("LayerNorm(axis = (width, 1))", &[3, 4, 5], "weight[4, 5] bias[4, 5]", "outer : 3 , len : 20 , inner : 1"),
            ("LayerNorm(axis = (time, features))", &[3, 4], "weight[3, 4] bias[3, 4]", "outer : 1 , len : 12 , inner : 1"),
        ] {
            let case = Case::new(source, &[input]);
            assert_eq!(case.params(), params, "{source}");
            assert_eq!(case.gives(), format!("{input:?}"), "{source}");
            let value = case.built().op.geometry().expect("a constant").value.to_string();
            assert!(value.contains(geometry), "{value}");
        }
    }

    #[test]
    fn mistakes() {
        let on = |source| Case::new(source, &[&[3, 4, 5]]);
        on("LayerNorm(eps = 0)").fails("0", "LayerNorm: eps = 0.0 must be greater than 0");
        on("ln: LayerNorm(axis = time)").fails(
            "time",
            "ln: axis = time: these values have channels, height, width, or 0..3\n  input: [3, 4, 5], from stage0",
        );
        on("ln: LayerNorm(axis = (channels, width))").fails(
            "(channels, width)",
            "ln: axis = (channels, width): these do not lie side by side\n  input: [3, 4, 5], from stage0\n  help: axis = (channels, height, width) takes what is between them too",
        );
        on("LayerNorm(axis = (channels, features))")
            .complains("(channels, features)", "these values have channels, height, width");
        Case::new("ln: LayerNorm", &[&[64, 1]])
            .fails("LayerNorm", "ln: it goes over a single value, which becomes zero\n  input: [64, 1], from stage0");
    }
}
