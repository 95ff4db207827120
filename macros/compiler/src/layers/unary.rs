//! What element-wise layers have in common: one number in, one number out.

use super::tokens::float;
use super::{Build, Built, Layer};
use crate::graph::{Arg, BackwardStep, Blocked, Call, Count, Family, Fuse, Op, Step, ValueType, Vectors};
use quote::quote;

/// An element-wise operation.
#[derive(Debug)]
pub(super) struct Unary {
    /// How many numbers.
    len: Count,
    describe: String,
    kernels: Kernels,
}

/// What it runs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kernels {
    /// `(len, scalar if any, x, y)`
    pub(super) forward: &'static str,
    /// `(len, scalar if any, kept, dy, dx, accumulate)`
    pub(super) backward: &'static str,
    /// A number that both take.
    pub(super) scalar: Option<f32>,
    /// The backward kernel reads the output rather than the input.
    pub(super) keeps_output: bool,
    /// For the initialisation.
    pub(super) family: Family,
}

impl Kernels {
    /// Kernels whose backward pass reads the output.
    pub(super) fn new(forward: &'static str, backward: &'static str) -> Self {
        Self { forward, backward, scalar: None, keeps_output: true, family: Family::Other }
    }
}

/// Applies it to a tensor of any shape.
pub(super) fn build(cx: &mut Build<'_>, layer: &dyn Layer, kernels: Kernels) -> Option<Built> {
    cx.values(layer, 1)?;
    let output = ValueType::Tensor(cx.tensor(layer, 0)?);
    let op = Unary { len: output.len(), describe: cx.describe(layer), kernels };
    Some(Built::new(op, [output], Vec::new()))
}

/// A count as an argument.
pub(super) fn count(len: &Count) -> Arg {
    Arg::Value(len.value())
}

impl Op for Unary {
    fn describe(&self) -> String {
        self.describe.clone()
    }

    fn in_place(&self) -> bool {
        true
    }

    fn forward(&self) -> Vec<Step> {
        vec![Step::Micro(self.over(&self.len))]
    }

    fn blocked(&self, inputs: &[Vectors]) -> Option<Blocked> {
        Some(Blocked::Lanes(vec![self.over(&inputs.first()?.count().into())]))
    }

    fn fuses(&self) -> Option<Fuse> {
        (self.kernels.forward == "relu").then_some(Fuse::Relu)
    }

    fn backward(&self) -> Vec<BackwardStep> {
        let kept = if self.kernels.keeps_output { Arg::Output(0) } else { Arg::Input(0) };
        let args = self.leading(&self.len).into_iter().chain([kept, Arg::GradOutput(0), Arg::GradInput(0), Arg::Accumulate(0)]);
        vec![BackwardStep::input(0, Call::new(self.kernels.backward, args))]
    }

    fn family(&self) -> Family {
        self.kernels.family
    }
}

impl Unary {
    fn over(&self, len: &Count) -> Call {
        Call::new(self.kernels.forward, self.leading(len).into_iter().chain([Arg::Input(0), Arg::Output(0)]))
    }

    fn leading(&self, len: &Count) -> Vec<Arg> {
        let scalar = self.kernels.scalar.map(|x| {
            let x = float(x);
            Arg::Value(quote!(#x))
        });
        [count(len)].into_iter().chain(scalar).collect()
    }
}
