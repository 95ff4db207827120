//! `Silu`: `x·sigmoid(x)`.

use super::{Build, Built, Layer, Param, shape_only};

/// See the module.
#[derive(Debug)]
pub struct Silu;

impl Layer for Silu {
    fn name(&self) -> &'static str {
        "Silu"
    }

    fn short(&self) -> &'static str {
        "silu"
    }

    fn steps(&self) -> bool {
        true
    }

    fn params(&self) -> &'static [Param] {
        &[]
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        shape_only::activation(cx, self)
    }
}
