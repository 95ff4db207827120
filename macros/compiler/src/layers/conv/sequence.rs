//! The operation of convolutions over time: what `Conv1d` and `ConvTranspose1d` become.

use crate::graph::Arg::{Accumulate, Geometry, GradInput, GradOutput, GradParam, Input, Output, Panel as PanelOf, Param, State};
use crate::graph::{
    self, Attributes, BackwardStep, Call, Count, Dispatch, Inference, Init, Linear, Op, PackedCalls, Panel, Size, Workspace,
    kernels,
};
use crate::layers::support::init;
use crate::layers::support::tokens::number;
use crate::layers::{Build, ParamSpec};
use fireclay_ir::geometry::Conv1d;
use fireclay_ir::kernels::table;
use quote::quote;

/// The parameters `weight` and `bias`, the latter with as many numbers as there are channels of y.
pub(super) fn params(cx: &mut Build<'_>, g: &Conv1d, bias: bool) -> Option<Vec<ParamSpec>> {
    let [filters, per_group, _, kernel] = g.conv().weight();
    let (of_one, into_one) = super::op::fans(&g.conv());
    // Of a transposed kernel's positions only one in `stride` meets an output.
    let (fan_in, fan_out) = if g.transposed { ((into_one / g.stride).max(1), of_one) } else { (of_one, into_one) };
    let init = init::read(cx, fan_in.into(), fan_out.into())?;
    let mut params = vec![ParamSpec::learned("weight", [filters, per_group, kernel], init)];
    if bias {
        params.push(ParamSpec::learned("bias", [g.channels], Init::Constant(0.0)));
    }
    Some(params)
}

/// A convolution over time, or a transposed one.
#[derive(Debug)]
pub(super) struct Conv1dOp {
    pub(super) attributes: Attributes,
    pub(super) g: Conv1d,
    /// `#[fireclay(step)]`: one step at a time, with the inputs before as its state.
    pub(super) step: bool,
}

impl Op for Conv1dOp {
    fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    fn macs(&self) -> Count {
        let g = self.g.conv();
        Count::product(&g.weight().into_iter().chain([g.out_width]).map(Size::Num).collect::<Vec<_>>())
    }

    fn linear(&self) -> Option<Linear> {
        Some(Linear::Conv1d { g: self.g })
    }

    fn geometry(&self) -> Option<graph::Geometry> {
        let Conv1d { time, features, out_time, channels, kernel, stride, pad, dilation, groups, transposed } = self.g;
        let [time, features, out_time, channels] = [time, features, out_time, channels].map(number);
        let [kernel, stride, pad, dilation, groups] = [kernel, stride, pad, dilation, groups].map(number);
        Some(graph::Geometry::new(
            quote!(__f::k::Conv1d),
            quote! {
                __f::k::Conv1d {
                    time: #time, features: #features, out_time: #out_time, channels: #channels, kernel: #kernel, stride: #stride,
                    pad: #pad, dilation: #dilation, groups: #groups, transposed: #transposed,
                }
            },
        ))
    }

    fn workspace(&self) -> Workspace {
        Workspace { state: if self.step { self.g.state_len() } else { 0 }, ..Workspace::default() }
    }

    fn forward(&self) -> Vec<Dispatch> {
        let call = kernels::conv1d_forward { g: Geometry, x: Input(0), weight: Param(0), bias: Param(1), y: Output(0) };
        vec![Dispatch::Micro(call.into())]
    }

    fn infer(&self) -> Inference {
        if !self.step {
            return Inference::Same;
        }
        let (x, weight, bias, state, y) = (Input(0), Param(0), Param(1), State(0), Output(0));
        Inference::Calls(vec![kernels::conv1d_step { g: Geometry, x, weight, bias, state, y }.into()])
    }

    fn packed(&self) -> Option<PackedCalls> {
        let panel = Panel::new(quote!(__f::k::conv1d_packed_len(GEOMETRY)), &table::conv1d_pack);
        let (g, x, packed, y) = (Geometry, Input(0), PanelOf(0), Output(0));
        let call: Call = if self.step {
            kernels::conv1d_step_packed { g, x, packed, state: State(0), y }.into()
        } else {
            kernels::conv1d_forward_packed { g, x, packed, y }.into()
        };
        Some(PackedCalls { panels: vec![panel], calls: vec![call] })
    }

    fn backward(&self) -> Vec<BackwardStep> {
        let (g, dy, accumulate) = (Geometry, GradOutput(0), Accumulate(0));
        let input = kernels::conv1d_backward_input { g, dy, weight: Param(0), dx: GradInput(0), accumulate };
        let (dy, dweight, dbias) = (GradOutput(0), GradParam(0), GradParam(1));
        let params = kernels::conv1d_backward_weight { g: Geometry, x: Input(0), dy, dweight, dbias };
        vec![BackwardStep::params(params.into()), BackwardStep::input(0, input.into())]
    }
}
