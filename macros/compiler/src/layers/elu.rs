//! `Elu(alpha = 1.0)`: `x` above zero, `alpha·(exp(x) − 1)` below (Clevert et al. 2015, arXiv 1511.07289).

use super::{Build, Built, Layer, Param, shape_only};

/// See the module.
#[derive(Debug)]
pub struct Elu;

const PARAMS: &[Param] = &[Param::positional("alpha")];

impl Layer for Elu {
    fn name(&self) -> &'static str {
        "Elu"
    }

    fn short(&self) -> &'static str {
        "elu"
    }

    fn steps(&self) -> bool {
        true
    }

    fn params(&self) -> &'static [Param] {
        PARAMS
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        cx.float("alpha", Some(1.0))?;
        shape_only::activation(cx, self)
    }
}
