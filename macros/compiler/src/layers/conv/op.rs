//! The operations of convolutions: what `Conv`, `DepthwiseConv` and `ConvTranspose` become.

use super::{geometry, training};
use crate::graph::{Attributes, BackwardStep, Count, Dispatch, Geometry, Inference, Init, Linear, Op, Traits, Workspace};
use crate::layers::support::init;
use crate::layers::{Build, ParamSpec};
use crate::passes::select::conv;
use fireclay_ir::geometry::Conv;

/// The parameters `weight` and `bias`, the latter with `outputs` numbers.
pub(super) fn params(
    cx: &mut Build<'_>,
    g: &Conv,
    outputs: usize,
    bias: bool,
    fan_in: usize,
    fan_out: usize,
) -> Option<Vec<ParamSpec>> {
    let init = init::read(cx, fan_in.into(), fan_out.into())?;
    let mut params = vec![ParamSpec::learned("weight", g.weight(), init)];
    if bias {
        params.push(ParamSpec::learned("bias", [outputs], Init::Constant(0.0)));
    }
    Some(params)
}

/// The fan-in and the fan-out of a convolution: inputs of one output, outputs of one input.
pub(super) fn fans(g: &Conv) -> (usize, usize) {
    let [channels, filters] = g.per_group();
    (channels.saturating_mul(g.area()), filters.saturating_mul(g.area()))
}

/// A convolution.
#[derive(Debug)]
pub(super) struct ConvOp {
    pub(super) attributes: Attributes,
    pub(super) g: Conv,
    /// It has a mask, which no kernel supports yet.
    pub(super) masked: bool,
    /// `#[fireclay(exact)]`: sums as they stand, no Winograd.
    pub(super) exact: bool,
}

impl Op for ConvOp {
    fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    fn macs(&self) -> Count {
        geometry::macs(&self.g)
    }

    fn linear(&self) -> Option<Linear> {
        Some(Linear::Conv { g: self.g, exact: self.exact })
    }

    fn geometry(&self) -> Option<Geometry> {
        Some(geometry::tokens(&self.g))
    }

    fn traits(&self) -> Traits {
        Traits { unfinished: self.masked, ..Traits::default() }
    }

    fn forward(&self) -> Vec<Dispatch> {
        training::CONV.forward(&self.g, self.exact)
    }

    fn workspace(&self) -> Workspace {
        Workspace { scratch: conv::training_scratch(&self.g, self.exact).into(), ..Workspace::default() }
    }

    fn infer(&self) -> Inference {
        Inference::Calls(vec![training::CONV.direct()])
    }

    fn backward(&self) -> Vec<BackwardStep> {
        training::CONV.backward(&self.g, self.exact)
    }
}

/// A transposed convolution: the input gradient of the convolution `g`, which leads from its output to its input.
#[derive(Debug)]
pub(super) struct ConvTransposeOp {
    pub(super) attributes: Attributes,
    pub(super) g: Conv,
    /// `#[fireclay(exact)]`: sums as they stand, no Winograd.
    pub(super) exact: bool,
}

impl Op for ConvTransposeOp {
    fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    fn macs(&self) -> Count {
        geometry::macs(&self.g)
    }

    fn linear(&self) -> Option<Linear> {
        Some(Linear::ConvTranspose { g: self.g, exact: self.exact })
    }

    fn geometry(&self) -> Option<Geometry> {
        Some(geometry::tokens(&self.g))
    }

    fn forward(&self) -> Vec<Dispatch> {
        training::CONV_TRANSPOSE.forward(&self.g, self.exact)
    }

    fn workspace(&self) -> Workspace {
        Workspace { scratch: conv::training_scratch(&self.g, self.exact).into(), ..Workspace::default() }
    }

    fn infer(&self) -> Inference {
        Inference::Calls(vec![training::CONV_TRANSPOSE.direct()])
    }

    fn backward(&self) -> Vec<BackwardStep> {
        training::CONV_TRANSPOSE.backward(&self.g, self.exact)
    }
}
