//! `Exp`: `exp(x)`.

use super::unary::{self, Kernels};
use super::{Build, Built, Layer, Param};

/// See the module.
#[derive(Debug)]
pub struct Exp;

impl Layer for Exp {
    fn name(&self) -> &'static str {
        "Exp"
    }

    fn short(&self) -> &'static str {
        "exp"
    }

    fn steps(&self) -> bool {
        true
    }

    fn params(&self) -> &'static [Param] {
        &[]
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        unary::build(cx, self, Kernels::new("exp", "exp_backward"))
    }
}
