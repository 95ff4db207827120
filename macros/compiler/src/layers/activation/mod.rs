//! Activations: functions of single numbers, which are declared in `fireclay_ir::activation`; `PRelu`, whose slope is learned; `Softmax`.

mod elementwise;
mod prelu;
mod softmax;

pub(crate) use elementwise::{Activation, ActivationOp, relu};

use super::Layer;

pub(super) static LAYERS: &[&dyn Layer] = &[&prelu::PRelu, &softmax::Softmax];

/// A layer for each declaration of `fireclay_ir::activation`.
pub(super) fn declared() -> impl Iterator<Item = Activation> {
    elementwise::all()
}
