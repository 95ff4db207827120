//! The kernels of convolutions and transposed convolutions in training, by the direct ones whose place they take.

use super::Algorithm;
use super::training::Instead;
use fireclay_ir::kernels::table;

/// The kernels over sixteen samples side by side: of sums, forward and of the gradient of x, by one algorithm, of the gradient of the weight by another.
pub(super) fn side_by_side(sums: Algorithm, weight_gradient: Algorithm) -> Vec<Instead> {
    let sums: &[Instead] = match sums {
        Algorithm::Winograd => &[
            [&table::conv_forward, &table::conv_winograd_forward],
            [&table::conv_backward_input, &table::conv_winograd_backward_input],
            [&table::conv_transpose_forward, &table::conv_transpose_winograd_forward],
            [&table::conv_transpose_backward_input, &table::conv_transpose_winograd_backward_input],
        ],
        _ => &[],
    };
    let weight_gradient: &[Instead] = match weight_gradient {
        Algorithm::Winograd => &[
            [&table::conv_backward_weight, &table::conv_winograd_backward_weight],
            [&table::conv_transpose_backward_weight, &table::conv_transpose_winograd_backward_weight],
        ],
        Algorithm::ChannelsLast => &[
            [&table::conv_backward_weight, &table::conv_channels_last_backward_weight],
            [&table::conv_transpose_backward_weight, &table::conv_transpose_channels_last_backward_weight],
        ],
        _ => &[],
    };
    [sums, weight_gradient].concat()
}

/// The gradient of the weight over sequences side by side, where features fill vectors.
pub(super) const FEATURES_LAST: &[Instead] = &[[&table::conv1d_backward_weight, &table::conv1d_channels_last_backward_weight]];

/// The kernels of this algorithm over one sample in `chw16c`.
pub(super) fn by_sample(algorithm: Algorithm) -> &'static [Instead] {
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

/// The kernels of this algorithm over all samples in `chw16c`, where there are such.
pub(super) fn across(algorithm: Algorithm) -> Option<&'static [Instead]> {
    match algorithm {
        Algorithm::Depthwise => None,
        Algorithm::Winograd => Some(&[
            [&table::conv_forward, &table::conv_winograd_across_forward],
            [&table::conv_backward_input, &table::conv_winograd_across_backward_input],
            [&table::conv_backward_weight, &table::conv_winograd_across_backward_weight],
        ]),
        _ => Some(&[
            [&table::conv_forward, &table::conv_across_forward],
            [&table::conv_backward_input, &table::conv_across_backward_input],
            [&table::conv_backward_weight, &table::conv_across_backward_weight],
            [&table::conv_transpose_forward, &table::conv_transpose_across_forward],
            [&table::conv_transpose_backward_input, &table::conv_transpose_across_backward_input],
            [&table::conv_transpose_backward_weight, &table::conv_transpose_across_backward_weight],
        ]),
    }
}
