//! Which algorithm runs a convolution.

use fireclay_ir::geometry::Conv;
use fireclay_ir::sizes::{
    FEW, channels_last_scratch, conv_small_channel_scratch, conv_transpose_small_channel_scratch, depthwise_fits,
    winograd_scratch, winograd_weight_scratch,
};

/// Floats that copies may take: where they take more, the direct form needs none.
const MOST_COPIES: usize = 1 << 22;

/// Whether Winograd's form pays in training. With fewer than sixteen channels it gains little, and its rounding (1e-6 to 1e-5 of the
/// largest output, where the direct sum has 1e-7) costs more.
pub(super) fn winograd(g: &Conv) -> bool {
    winograd_with(g, 16)
}

/// The same for one sample, whose filters fill vectors in any form: it pays with half a vector of them.
pub(super) fn winograd_blocked(g: &Conv) -> bool {
    g.kernel[0] == 3 && winograd_with(g, 8)
}

fn winograd_with(g: &Conv, least_filters: usize) -> bool {
    let fits = |kernel: usize, stride: usize| {
        (0..2).all(|i| [g.kernel[i], g.stride[i], g.dilation[i]] == [kernel, stride, 1] && g.pad[i] < kernel)
    };
    // Products of a tile of 4 × 4 outputs, and what direct sums take for all outputs.
    let tiles = g.out_height.div_ceil(4).saturating_mul(g.out_width.div_ceil(4));
    let pays = |products: usize| {
        let direct = g.area().saturating_mul(g.out_map());
        tiles.saturating_mul(products).saturating_mul(7) <= direct.saturating_mul(5)
    };
    g.groups == 1
        && g.channels >= 16
        && g.filters >= least_filters
        && [g.height, g.width, g.out_height, g.out_width].iter().all(|n| *n >= 4)
        && (fits(3, 1) || fits(4, 2) && pays(100))
}

/// Whether Winograd's form along the row pays for one sample: six products for ten, but sums over few numbers do not carry its transforms.
pub(super) fn winograd_row(g: &Conv, plain: bool) -> bool {
    let least = if plain { 16 } else { 1 };
    g.groups == 1
        && g.kernel[1] == 5
        && [g.stride, g.dilation] == [[1, 1]; 2]
        && g.filters > 8
        && g.out_width >= 4
        && g.channels.saturating_mul(g.kernel[0]) >= least
}

/// Whether filters are so few that positions had better lie in the lanes (`conv_small_channel` of the kernels).
pub(super) fn few(g: &Conv) -> bool {
    // A stride that leaps over most of x would have it copied all the same.
    let copies = || [false, true].into_iter().all(|pooled| conv_small_channel_scratch(g, pooled) <= MOST_COPIES);
    g.groups == 1 && g.filters <= FEW && g.out_map() >= 48 && g.stride[1] <= 2 && copies()
}

/// Whether the results of a transposed convolution are so few that their taps had better fill vectors: that saves most of each, but every
/// tap is added per_sample.
pub(super) fn few_transposed(g: &Conv) -> bool {
    let (results, sources) = (g.channels, g.filters);
    g.groups == 1
        && sources.saturating_mul(16_usize.saturating_sub(results)) > results.saturating_mul(40)
        && conv_transpose_small_channel_scratch(g) <= MOST_COPIES
}

/// Whether each channel is for itself, and a few of its rows go into the band that the packed kernel works in.
pub(super) fn depthwise(g: &Conv) -> bool {
    g.groups > 1 && depthwise_fits(g)
}

/// Whether weight gradients had better read x with its channels last: there are enough to fill vectors.
pub(super) fn channels_last(g: &Conv) -> bool {
    g.groups == 1 && g.channels >= 16
}

/// Floats of scratch that training needs in either form.
pub(super) fn training_scratch(g: &Conv, exact: bool) -> usize {
    if winograd(g) && !exact { winograd_scratch(g).max(winograd_weight_scratch(g)) } else { channels_last_scratch(g) }
}
