//! `Sigmoid`: `1 / (1 + exp(−x))`.

use super::unary::{self, Kernels};
use super::{Build, Built, Layer, Param};

/// See the module.
#[derive(Debug)]
pub struct Sigmoid;

impl Layer for Sigmoid {
    fn name(&self) -> &'static str {
        "Sigmoid"
    }

    fn short(&self) -> &'static str {
        "sigmoid"
    }

    fn steps(&self) -> bool {
        true
    }

    fn params(&self) -> &'static [Param] {
        &[]
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        unary::build(cx, self, Kernels::new("sigmoid", "sigmoid_backward"))
    }
}
