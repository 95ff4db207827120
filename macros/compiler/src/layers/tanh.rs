//! `Tanh`: the hyperbolic tangent.

use super::unary::{self, Kernels};
use super::{Build, Built, Layer, Param};

/// See the module.
#[derive(Debug)]
pub struct Tanh;

impl Layer for Tanh {
    fn name(&self) -> &'static str {
        "Tanh"
    }

    fn short(&self) -> &'static str {
        "tanh"
    }

    fn steps(&self) -> bool {
        true
    }

    fn params(&self) -> &'static [Param] {
        &[]
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        unary::build(cx, self, Kernels::new("tanh", "tanh_backward"))
    }
}
