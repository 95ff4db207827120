//! The operation of convolutions over time: what `Conv1d` and `ConvTranspose1d` become.

use crate::graph::Arg::{Accumulate, Geometry, GradInput, GradOutput, GradParam, Input, Output, Panel as PanelOf, Param, State};
use crate::graph::{
    self, Attributes, BackwardStep, Call, Count, Dispatch, Inference, Init, Linear, Op, PackedCalls, Panel, Size, Workspace,
    kernels,
};
use crate::layers::support::formula::Axis;
use crate::layers::support::init;
use crate::layers::support::tokens::{number, one_in, values};
use crate::layers::{Build, ParamSpec};
use fireclay_ir::ValueRange;
use fireclay_ir::geometry::Conv1d;
use fireclay_ir::kernels::table;
use quote::quote;

/// The sizes of a convolution over time, where features and channels may be types.
#[derive(Debug, Clone)]
pub(super) struct Sizes {
    pub(super) time: usize,
    pub(super) features: Size,
    pub(super) out_time: usize,
    pub(super) channels: Size,
    pub(super) axis: Axis,
    pub(super) groups: usize,
    /// The features of x and the channels of y of one group.
    pub(super) per_group: [Size; 2],
    pub(super) transposed: bool,
}

impl Sizes {
    /// Those that are numbers.
    pub(super) fn numbers(&self) -> Option<Conv1d> {
        let Self { time, out_time, groups, transposed, axis: Axis { kernel, stride, dilation, before: pad, .. }, .. } = *self;
        let (features, channels) = (self.features.num()?, self.channels.num()?);
        Some(Conv1d { time, features, out_time, channels, kernel, stride, pad, dilation, groups, transposed })
    }

    /// The shape of the weight: that of the convolution from x to y or, of a transposed one, from y to x.
    fn weight(&self) -> [Size; 3] {
        let [of_x, of_y] = self.per_group.clone();
        let [filters, per_group] = if self.transposed { [self.features.clone(), of_y] } else { [self.channels.clone(), of_x] };
        [filters, per_group, self.axis.kernel.into()]
    }

    /// How many steps the last tap lies behind the first.
    pub(super) fn reach(&self) -> usize {
        self.axis.extent() - 1
    }
}

/// The parameters `weight` and `bias`, the latter with as many numbers as there are channels of y.
pub(super) fn params(cx: &mut Build<'_>, g: &Sizes, bias: bool) -> Option<Vec<ParamSpec>> {
    let [of_x, of_y] = g.per_group.each_ref().map(|size| Count::from(size.clone()).times(&g.axis.kernel.into()));
    // Of a transposed kernel's positions only one in `stride` meets an output.
    let fan_in = if g.transposed { one_in(&of_x, g.axis.stride) } else { of_x };
    let init = init::read(cx, fan_in, of_y)?;
    let mut params = vec![ParamSpec::learned("weight", g.weight(), init)];
    if bias {
        params.push(ParamSpec::learned("bias", [&g.channels], Init::Constant(0.0)));
    }
    Some(params)
}

/// A convolution over time, or a transposed one.
#[derive(Debug)]
pub(super) struct Conv1dOp {
    pub(super) attributes: Attributes,
    pub(super) g: Sizes,
    /// `#[fireclay(step)]`: one step at a time, with the inputs before as its state.
    pub(super) step: bool,
}

impl Op for Conv1dOp {
    fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    fn macs(&self) -> Count {
        let steps = if self.g.transposed { self.g.time } else { self.g.out_time };
        Count::product(&self.g.weight()).times(&steps.into())
    }

    fn linear(&self) -> Option<Linear> {
        Some(Linear::Conv1d { g: self.g.numbers()? })
    }

    fn range(&self, _: ValueRange) -> ValueRange {
        ValueRange::Unbounded
    }

    fn geometry(&self) -> Option<graph::Geometry> {
        let Sizes { time, out_time, groups, transposed, axis: Axis { kernel, stride, dilation, before: pad, .. }, .. } = self.g;
        let ([time, out_time], [features, channels]) =
            ([time, out_time].map(number), values([&self.g.features, &self.g.channels]));
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
        // The inputs that it reaches back to, in a ring, and where the oldest stands.
        let ring = Count::from(self.g.features.clone()).times(&self.g.reach().into()).plus(&1.into());
        Workspace { state: if self.step { ring } else { Count::default() }, ..Workspace::default() }
    }

    fn forward(&self) -> Vec<Dispatch> {
        let call = kernels::conv1d_forward { g: Geometry, x: Input(0), weight: Param(0), bias: Param(1), y: Output(0) };
        vec![Dispatch::Micro(call.into())]
    }

    fn infer(&self) -> Inference {
        if !self.step {
            return Inference::Same;
        }
        let (x, weight, bias, state, y) = (Input(0), Param(0), Param(1), State(Count::default()), Output(0));
        Inference::Calls(vec![kernels::conv1d_step { g: Geometry, x, weight, bias, state, y }.into()])
    }

    fn packed(&self) -> Option<PackedCalls> {
        let panel = Panel::new(quote!(__f::k::conv1d_packed_len(GEOMETRY)), &table::conv1d_pack);
        let (g, x, packed, y) = (Geometry, Input(0), PanelOf(0), Output(0));
        let call: Call = if self.step {
            kernels::conv1d_step_packed { g, x, packed, state: State(Count::default()), y }.into()
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
