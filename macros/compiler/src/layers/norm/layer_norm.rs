//! `LayerNorm(affine, eps = 1e-5)`: mean 0 and variance 1 over the features of every step, or over a whole image (Ba et al. 2016, arXiv 1607.06450).

use crate::graph::Init;
use crate::layers::support::{shape_only, tensor};
use crate::layers::{Build, Built, Layer, Param, ParamSpec};

/// The layer kind `LayerNorm`.
#[derive(Debug)]
pub struct LayerNorm;

const PARAMS: &[Param] = &[Param::named("affine").flag(true), Param::named("eps").float(1e-5)];

impl Layer for LayerNorm {
    fn name(&self) -> &'static str {
        "LayerNorm"
    }

    fn short(&self) -> &'static str {
        "ln"
    }

    fn steps(&self) -> bool {
        true
    }

    fn params(&self) -> &'static [Param] {
        PARAMS
    }

    fn doc(&self) -> [&'static str; 2] {
        ["any shape, per step (or image)", "`weight`, `bias`"]
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        cx.values(self, 1)?;
        let dims = cx.tensor(self, 0)?;
        let dims = cx.numbers(self, 0, &dims)?;
        let affine = cx.flag("affine")?;
        let eps = cx.float("eps")?;
        if eps <= 0.0 {
            return cx.fail(cx.arg_span("eps"), format_args!("eps = {eps:?} must be greater than 0"));
        }
        let over = if dims.len() == 2 { &dims[1..] } else { &dims[..] };
        let learned = |name, value| ParamSpec::learned(name, over.iter().copied(), Init::Constant(value));
        let params = if affine { vec![learned("weight", 1.0), learned("bias", 0.0)] } else { Vec::new() };
        Some(shape_only::built(cx, self, [tensor(dims.iter().copied())], params))
    }
}

#[cfg(test)]
mod tests {
    use crate::layers::tests::Case;

    #[test]
    fn what_it_normalizes() {
        let ln = Case::new("ln1: LayerNorm", &[&[64, 128]]);
        assert_eq!((ln.gives().as_str(), ln.params().as_str()), ("[64, 128]", "weight[128] bias[128]"));
        assert_eq!(Case::new("LayerNorm", &[&[3, 4, 5]]).params(), "weight[3, 4, 5] bias[3, 4, 5]");
        Case::new("LayerNorm(eps = 0)", &[&[3]]).complains("0", "eps = 0.0 must be greater than 0");
    }
}
