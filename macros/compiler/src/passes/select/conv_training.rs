//! The kernels of convolutions and transposed convolutions in training. They take the operands of the direct ones, with scratch behind them.

use super::training::Training;
use super::{Algorithm, conv};
use crate::graph::{Arg, BackwardStep, Call, Dispatch, Op, Purpose, Workspace};
use fireclay_ir::geometry::Conv;
use fireclay_ir::kernels::{Kernel, table};

/// The kernels that can stand for direct ones.
#[derive(Debug)]
pub(super) struct Kernels {
    winograd_forward: &'static Kernel,
    winograd_backward_input: &'static Kernel,
    winograd_backward_weight: &'static Kernel,
    channels_last_backward_weight: &'static Kernel,
}

/// Those of a convolution.
pub(super) static CONV: Kernels = Kernels {
    winograd_forward: &table::conv_winograd_forward,
    winograd_backward_input: &table::conv_winograd_backward_input,
    winograd_backward_weight: &table::conv_winograd_backward_weight,
    channels_last_backward_weight: &table::conv_channels_last_backward_weight,
};

/// Those of a transposed convolution.
pub(super) static CONV_TRANSPOSE: Kernels = Kernels {
    winograd_forward: &table::conv_transpose_winograd_forward,
    winograd_backward_input: &table::conv_transpose_winograd_backward_input,
    winograd_backward_weight: &table::conv_transpose_winograd_backward_weight,
    channels_last_backward_weight: &table::conv_transpose_channels_last_backward_weight,
};

/// The kernels of this algorithm over one sample in `chw16c`, by the direct ones whose place they take.
pub(super) fn by_sample(algorithm: Algorithm) -> &'static [[&'static Kernel; 2]] {
    match algorithm {
        Algorithm::Winograd => &[
            [&table::conv_forward, &table::conv_winograd_chw16c_forward],
            [&table::conv_backward_input, &table::conv_winograd_chw16c_backward_input],
            [&table::conv_backward_weight, &table::conv_winograd_chw16c_backward_weight],
        ],
        Algorithm::Depthwise => &[
            [&table::conv_forward, &table::depthwise_chw16c_forward],
            [&table::conv_backward_input, &table::depthwise_chw16c_backward_input],
            [&table::conv_backward_weight, &table::depthwise_chw16c_backward_weight],
        ],
        _ => &[
            [&table::conv_forward, &table::conv_chw16c_forward],
            [&table::conv_backward_input, &table::conv_chw16c_backward_input],
            [&table::conv_backward_weight, &table::conv_chw16c_backward_weight],
            [&table::conv_transpose_forward, &table::conv_transpose_chw16c_forward],
            [&table::conv_transpose_backward_input, &table::conv_transpose_chw16c_backward_input],
            [&table::conv_transpose_backward_weight, &table::conv_transpose_chw16c_backward_weight],
        ],
    }
}

/// What the operation runs in training.
pub(super) fn select(op: &dyn Op, g: &Conv, exact: bool, kernels: &Kernels) -> Training {
    let (sums, weight_gradient) = (conv::training(g, exact).algorithm, conv::weight_gradient(g, exact).algorithm);
    let winograd = |kernel| (sums == Algorithm::Winograd).then_some(kernel);
    let forward = op.forward().into_iter().map(|step| instead(step, winograd(kernels.winograd_forward))).collect();
    let backward = op.backward().into_iter().map(|BackwardStep { for_, step }| {
        let kernel = match (for_, weight_gradient) {
            (Purpose::Input(_), _) => winograd(kernels.winograd_backward_input),
            (Purpose::Params, Algorithm::Winograd) => Some(kernels.winograd_backward_weight),
            (Purpose::Params, Algorithm::ChannelsLast) => Some(kernels.channels_last_backward_weight),
            _ => None,
        };
        BackwardStep { for_, step: instead(step, kernel) }
    });
    let scratch = conv::training_scratch(g, sums).into();
    Training { forward, backward: backward.collect(), workspace: Workspace { scratch, ..op.workspace() } }
}

/// The step by this kernel, if there is one.
fn instead(step: Dispatch, kernel: Option<&'static Kernel>) -> Dispatch {
    match (step, kernel) {
        (Dispatch::Micro(call), Some(kernel)) => {
            Dispatch::Micro(Call::checked(kernel, call.args.into_iter().chain([Arg::Scratch]).collect()).only(call.when))
        }
        (step, _) => step,
    }
}
