//! The operations of convolutions: what `Conv`, `DepthwiseConv` and `ConvTranspose` become.

use super::geometry::Sizes;
use crate::graph::Arg::{Accumulate, Geometry, GradInput, GradOutput, GradParam, Input, Output, Param};
use crate::graph::{self, Attributes, BackwardStep, Count, Dispatch, Init, Linear, Op, Size, kernels};
use crate::layers::support::init;
use crate::layers::{Build, ParamSpec};
use fireclay_ir::ValueRange;

/// The parameters `weight` and `bias`, the latter with `outputs` numbers.
pub(super) fn params(
    cx: &mut Build<'_>,
    g: &Sizes,
    outputs: &Size,
    bias: bool,
    [fan_in, fan_out]: [Count; 2],
) -> Option<Vec<ParamSpec>> {
    let init = init::read(cx, fan_in, fan_out)?;
    let mut params = vec![ParamSpec::learned("weight", g.weight(), init)];
    if bias {
        params.push(ParamSpec::learned("bias", [outputs], Init::Constant(0.0)));
    }
    Some(params)
}

/// A convolution.
#[derive(Debug)]
pub(super) struct ConvOp {
    pub(super) attributes: Attributes,
    pub(super) g: Sizes,
    /// `#[fireclay(exact)]`: sums as they stand, no Winograd.
    pub(super) exact: bool,
}

impl Op for ConvOp {
    fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    fn macs(&self) -> Count {
        self.g.macs()
    }

    fn range(&self, _: ValueRange) -> ValueRange {
        ValueRange::Unbounded
    }

    fn linear(&self) -> Option<Linear> {
        // Of sizes that are types no algorithm can be selected: their sums are direct ones.
        Some(Linear::Conv { g: self.g.numbers()?, exact: self.exact })
    }

    fn geometry(&self) -> Option<graph::Geometry> {
        Some(self.g.tokens())
    }

    fn forward(&self) -> Vec<Dispatch> {
        let (g, x, y) = (Geometry, Input(0), Output(0));
        vec![Dispatch::Micro(kernels::conv_forward { g, x, weight: Param(0), bias: Param(1), y }.into())]
    }

    fn backward(&self) -> Vec<BackwardStep> {
        direct_backward()
    }
}

/// The backward pass of a convolution, by direct sums.
pub(super) fn direct_backward() -> Vec<BackwardStep> {
    let (g, dy, accumulate) = (Geometry, GradOutput(0), Accumulate(0));
    let input = kernels::conv_backward_input { g, dy, weight: Param(0), dx: GradInput(0), accumulate };
    let (dy, dweight, dbias) = (GradOutput(0), GradParam(0), GradParam(1));
    let params = kernels::conv_backward_weight { g: Geometry, x: Input(0), dy, dweight, dbias };
    vec![BackwardStep::params(params.into()), BackwardStep::input(0, input.into())]
}

/// A transposed convolution: the input gradient of the convolution `g`, which leads from its output to its input.
#[derive(Debug)]
pub(super) struct ConvTransposeOp {
    pub(super) attributes: Attributes,
    pub(super) g: Sizes,
    /// `#[fireclay(exact)]`: sums as they stand, no Winograd.
    pub(super) exact: bool,
}

impl Op for ConvTransposeOp {
    fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    fn macs(&self) -> Count {
        self.g.macs()
    }

    fn range(&self, _: ValueRange) -> ValueRange {
        ValueRange::Unbounded
    }

    fn linear(&self) -> Option<Linear> {
        Some(Linear::ConvTranspose { g: self.g.numbers()?, exact: self.exact })
    }

    fn geometry(&self) -> Option<graph::Geometry> {
        Some(self.g.tokens())
    }

    fn forward(&self) -> Vec<Dispatch> {
        let (g, x, y) = (Geometry, Input(0), Output(0));
        vec![Dispatch::Micro(kernels::conv_transpose_forward { g, x, weight: Param(0), bias: Param(1), y }.into())]
    }

    fn backward(&self) -> Vec<BackwardStep> {
        let (g, dy, accumulate) = (Geometry, GradOutput(0), Accumulate(0));
        let input = kernels::conv_transpose_backward_input { g, dy, weight: Param(0), dx: GradInput(0), accumulate };
        let (dy, dweight, dbias) = (GradOutput(0), GradParam(0), GradParam(1));
        let params = kernels::conv_transpose_backward_weight { g: Geometry, x: Input(0), dy, dweight, dbias };
        vec![BackwardStep::params(params.into()), BackwardStep::input(0, input.into())]
    }
}
