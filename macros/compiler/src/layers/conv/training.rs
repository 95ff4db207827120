//! The training steps of convolutions and transposed convolutions: the same steps with other kernels, which take the same operands.

use crate::graph::{Arg, BackwardStep, Call, Dispatch};
use crate::passes::select::{Algorithm, conv};
use fireclay_ir::geometry::Conv;
use fireclay_ir::kernels::{Kernel, table};

/// The kernels that training takes.
#[derive(Debug)]
pub(super) struct Kernels {
    forward: &'static Kernel,
    winograd_forward: &'static Kernel,
    backward_input: &'static Kernel,
    winograd_backward_input: &'static Kernel,
    backward_weight: &'static Kernel,
    channels_last_backward_weight: &'static Kernel,
    winograd_backward_weight: &'static Kernel,
}

/// Those of a convolution.
pub(super) static CONV: Kernels = Kernels {
    forward: &table::conv_forward,
    winograd_forward: &table::conv_winograd_forward,
    backward_input: &table::conv_backward_input,
    winograd_backward_input: &table::conv_winograd_backward_input,
    backward_weight: &table::conv_backward_weight,
    channels_last_backward_weight: &table::conv_channels_last_backward_weight,
    winograd_backward_weight: &table::conv_winograd_backward_weight,
};

/// Those of a transposed convolution.
pub(super) static CONV_TRANSPOSE: Kernels = Kernels {
    forward: &table::conv_transpose_forward,
    winograd_forward: &table::conv_transpose_winograd_forward,
    backward_input: &table::conv_transpose_backward_input,
    winograd_backward_input: &table::conv_transpose_winograd_backward_input,
    backward_weight: &table::conv_transpose_backward_weight,
    channels_last_backward_weight: &table::conv_transpose_channels_last_backward_weight,
    winograd_backward_weight: &table::conv_transpose_winograd_backward_weight,
};

/// A call with these operands, and scratch behind them where it is asked for.
fn call(kernel: &'static Kernel, operands: impl IntoIterator<Item = Arg>, scratch: bool) -> Call {
    Call::checked(kernel, operands.into_iter().chain(scratch.then_some(Arg::Scratch)).collect())
}

impl Kernels {
    /// The forward pass by direct sums, which inference takes too: it has no room for transformed weights.
    pub(super) fn direct(&self) -> Call {
        self.forward_by(self.forward, false)
    }

    fn forward_by(&self, kernel: &'static Kernel, scratch: bool) -> Call {
        use Arg::{Geometry, Input, Output, Param};
        call(kernel, [Geometry, Input(0), Param(0), Param(1), Output(0)], scratch)
    }

    /// The forward pass; `exact`: by direct sums.
    pub(super) fn forward(&self, g: &Conv, exact: bool) -> Vec<Dispatch> {
        vec![Dispatch::Micro(match conv::training(g, exact).algorithm {
            Algorithm::Winograd => self.forward_by(self.winograd_forward, true),
            _ => self.direct(),
        })]
    }

    /// The backward pass.
    pub(super) fn backward(&self, g: &Conv, exact: bool) -> Vec<BackwardStep> {
        use Arg::{Accumulate, Geometry, GradInput, GradOutput, GradParam, Input, Param};
        let (input, scratch) = match conv::training(g, exact).algorithm {
            Algorithm::Winograd => (self.winograd_backward_input, true),
            _ => (self.backward_input, false),
        };
        let input = call(input, [Geometry, GradOutput(0), Param(0), GradInput(0), Accumulate(0)], scratch);
        let (params, scratch) = match conv::weight_gradient(g, exact).algorithm {
            Algorithm::Winograd => (self.winograd_backward_weight, true),
            Algorithm::ChannelsLast => (self.channels_last_backward_weight, true),
            _ => (self.backward_weight, false),
        };
        let params = call(params, [Geometry, Input(0), GradOutput(0), GradParam(0), GradParam(1)], scratch);
        vec![BackwardStep::params(params), BackwardStep::input(0, input)]
    }
}
