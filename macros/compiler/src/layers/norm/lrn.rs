//! `Lrn(size, alpha = 1e-4, beta = 0.75, k = 1.0)`: local response normalization over neighboring channels (Krizhevsky et al. 2012).

use crate::layers::support::{shape_only, tensor};
use crate::layers::{Build, Built, Layer, Param};

/// The layer kind `Lrn`.
#[derive(Debug)]
pub struct Lrn;

const PARAMS: &[Param] =
    &[Param::required("size"), Param::named("alpha").float(1e-4), Param::named("beta").float(0.75), Param::named("k").float(1.0)];

impl Layer for Lrn {
    fn name(&self) -> &'static str {
        "Lrn"
    }

    fn short(&self) -> &'static str {
        "lrn"
    }

    fn params(&self) -> &'static [Param] {
        PARAMS
    }

    fn doc(&self) -> [&'static str; 2] {
        ["`[c, h, w]`", ""]
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        let input = cx.image(self)?;
        cx.number("size", 1)?;
        for name in ["alpha", "beta", "k"] {
            cx.float(name)?;
        }
        Some(shape_only::built(cx, self, [tensor(input)], Vec::new()))
    }
}

#[cfg(test)]
mod tests {
    use crate::layers::tests::Case;

    #[test]
    fn keeps_the_shape() {
        assert_eq!(Case::new("Lrn(5)", &[&[96, 55, 55]]).gives(), "[96, 55, 55]");
        Case::new("Lrn(0)", &[&[96, 55, 55]]).fails("0", "Lrn: size = 0 must be at least 1");
        Case::new("Lrn(5)", &[&[96]]).complains("Lrn", "takes [channels, height, width]");
    }
}
