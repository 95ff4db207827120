//! Activations: functions of single numbers, which are declared in `fireclay_ir::activation`; `PRelu`, whose slope is learned; those along an
//! axis: `Softmax` and its relatives, `Maxout`, `Glu`.

mod elementwise;
mod glu;
mod maxout;
mod prelu;
mod softmax;

pub(crate) use elementwise::{Activation, ActivationOp, relu};

use super::Layer;
use softmax::Softmax;

pub(super) static LAYERS: &[&dyn Layer] =
    &[&prelu::PRelu, &Softmax::Plain, &Softmax::Negative, &Softmax::Logarithm, &maxout::Maxout, &glu::Glu];

/// A layer for each declaration of `fireclay_ir::activation`.
pub(super) fn declared() -> impl Iterator<Item = Activation> {
    elementwise::all()
}
