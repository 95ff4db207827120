//! `Gelu`: `x·Φ(x)`; `approximate = true` takes the formula with tanh (Hendrycks and Gimpel 2016, arXiv 1606.08415).

use super::{Build, Built, Layer, Param, shape_only};

/// See the module.
#[derive(Debug)]
pub struct Gelu;

const PARAMS: &[Param] = &[Param::named("approximate")];

impl Layer for Gelu {
    fn name(&self) -> &'static str {
        "Gelu"
    }

    fn short(&self) -> &'static str {
        "gelu"
    }

    fn steps(&self) -> bool {
        true
    }

    fn params(&self) -> &'static [Param] {
        PARAMS
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        cx.flag("approximate", false)?;
        shape_only::activation(cx, self)
    }
}
