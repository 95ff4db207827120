//! `RmsNorm(axis, affine = true, eps = 1.1920929e-7)`: `x / √(mean(x²) + eps)` over the features of every step, or over a whole image
//! (Zhang and Sennrich 2019, arXiv 1910.07467).

use super::axis_norm::{built, usual_axes};
use crate::layers::shape::parts::AXES;
use crate::layers::support::axis::whole_axes;
use crate::layers::{Build, Built, Layer, Param};
use fireclay_ir::geometry::AxisNormKind;

/// The layer kind `RmsNorm`.
#[derive(Debug)]
pub struct RmsNorm;

/// PyTorch's `eps`, unless it is given, is the distance from 1 to the next number.
const PARAMS: &[Param] =
    &[Param::named("axis").words(AXES), Param::named("affine").flag(true), Param::named("eps").float(f32::EPSILON)];

impl Layer for RmsNorm {
    fn name(&self) -> &'static str {
        "RmsNorm"
    }

    fn short(&self) -> &'static str {
        "rms"
    }

    fn steps(&self) -> bool {
        true
    }

    fn params(&self) -> &'static [Param] {
        PARAMS
    }

    fn doc(&self) -> [&'static str; 2] {
        ["as `LayerNorm`: `x / √(mean(x²) + eps)` (Zhang and Sennrich 2019, arXiv 1910.07467)", "`weight`"]
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        cx.values(self, 1)?;
        let sizes = cx.tensor(self, 0)?;
        let axes = whole_axes(cx, sizes.len(), usual_axes(sizes.len()))?;
        let learned: &[_] = if cx.flag("affine")? { &[("weight", 1.0)] } else { &[] };
        built(cx, self, AxisNormKind::Rms, &sizes, axes, learned)
    }
}

#[cfg(test)]
mod tests {
    use crate::layers::tests::Case;

    #[test]
    fn a_scale_and_no_shift() {
        let case = Case::new("RmsNorm", &[&[5, 8]]);
        assert_eq!((case.gives().as_str(), case.params().as_str()), ("[5, 8]", "weight[8]"));
        let value = case.built().op.geometry().expect("a constant").value.to_string();
        assert!(value.contains(":: Rms , outer : 5 , len : 8 , inner : 1 , eps : 0.00000011920929"), "{value}");
        assert_eq!(Case::new("RmsNorm(affine = false, axis = channels)", &[&[5, 8, 8]]).params(), "");
        Case::new("RmsNorm(eps = -1)", &[&[8]]).fails("-1", "RmsNorm: eps = -1.0 must be greater than 0");
    }
}
