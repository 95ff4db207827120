//! `L2Norm(scale = 20, eps = 1e-12)`: at each position the channels as a vector of length 1, then each channel scaled (Liu et al. 2015,
//! arXiv 1506.04579; in SSD, arXiv 1512.02325).

use super::axis_norm::built;
use crate::graph::channel_axis;
use crate::layers::{Build, Built, Layer, Param};
use fireclay_ir::geometry::AxisNormKind;

/// The layer kind `L2Norm`.
#[derive(Debug)]
pub struct L2Norm;

const PARAMS: &[Param] = &[Param::positional("scale").float(20.0), Param::named("eps").float(1e-12)];

impl Layer for L2Norm {
    fn name(&self) -> &'static str {
        "L2Norm"
    }

    fn short(&self) -> &'static str {
        "l2"
    }

    fn steps(&self) -> bool {
        true
    }

    fn params(&self) -> &'static [Param] {
        PARAMS
    }

    fn doc(&self) -> [&'static str; 2] {
        [
            "`[c, h, w]`, the channels at each position (or features): `x / max(length of x, eps)`, scaled (Liu et al. 2015, arXiv 1506.04579)",
            "`weight`, one per channel, `scale` at first",
        ]
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        cx.values(self, 1)?;
        let sizes = cx.tensor(self, 0)?;
        let axis = channel_axis(sizes.len());
        let scale = cx.float("scale")?;
        built(cx, self, AxisNormKind::L2, &sizes, axis..axis + 1, &[("weight", scale)])
    }
}

#[cfg(test)]
mod tests {
    use crate::graph::Init;
    use crate::layers::tests::Case;

    #[test]
    fn channels_at_each_position() {
        for (source, input, params, geometry) in [
            ("L2Norm", &[512, 38, 38][..], "weight[512]", ":: L2 , outer : 1 , len : 512 , inner : 1444 , eps : 0.000000000001"),
            ("L2Norm(10, eps = 0.5)", &[6, 5], "weight[5]", ":: L2 , outer : 6 , len : 5 , inner : 1 , eps : 0.5"),
        ] {
            let case = Case::new(source, &[input]);
            assert_eq!(case.params(), params);
            let value = case.built().op.geometry().expect("a constant").value.to_string();
            assert!(value.contains(geometry), "{value}");
        }
        let weight = Case::new("L2Norm(scale = 10)", &[&[4, 3, 3]]).built().params.remove(0);
        assert!(matches!(weight.init, Init::Constant(value) if value == 10.0));
        Case::new("l2: L2Norm(eps = 0)", &[&[4, 3, 3]]).fails("0", "l2: eps = 0.0 must be greater than 0");
    }
}
