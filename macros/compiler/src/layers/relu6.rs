//! `Relu6`: `min(max(x, 0), 6)`.

use super::{Build, Built, Layer, Param, shape_only};

/// See the module.
#[derive(Debug)]
pub struct Relu6;

impl Layer for Relu6 {
    fn name(&self) -> &'static str {
        "Relu6"
    }

    fn short(&self) -> &'static str {
        "relu6"
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
