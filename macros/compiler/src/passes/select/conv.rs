//! Which algorithm computes a convolution.

use super::cost::Price;
use super::{Algorithm, Candidate, Choice, choose};
use fireclay_ir::geometry::{Conv, Conv1d};
use fireclay_ir::sizes::{
    SMALL_CHANNEL_FILTERS, channels_last_scratch, conv_across_scratch, conv_chw16c_fits, conv_chw16c_train_scratch,
    conv_small_channel_scratch, conv_winograd_across_scratch, conv_winograd_chw16c_fits, conv_winograd_chw16c_train_scratch,
    depthwise_chw16c_train_scratch, depthwise_fits, winograd_scratch, winograd_weight_scratch,
};

/// Floats that copies may take: where they take more, the direct form needs none.
pub(super) const MOST_COPIES: usize = 1 << 22;

const EXACT: &str = "#[fireclay(exact)] asks for the sums as they stand";
const GROUPS: &str = "there are several groups";

/// Winograd's form. Its rounding (1e-6 to 1e-5 of the largest output, where the direct sum has 1e-7) is worth it from sixteen channels on: with
/// fewer it gains little. `lanes`: the price of the vectors that it fills.
fn winograd(g: &Conv, exact: bool, least_filters: usize, lanes: Price, kernels: &[(usize, usize)]) -> Candidate {
    let fits = |&(kernel, stride): &(usize, usize)| {
        (0..2).all(|i| [g.kernel[i], g.stride[i], g.dilation[i]] == [kernel, stride, 1] && g.pad[i] < kernel)
    };
    let tiles = g.out_height.div_ceil(4).saturating_mul(g.out_width.div_ceil(4));
    // Products of a tile of 4×4 outputs: 6×6 for kernels of 3×3, 10×10 for kernels of 4×4 that move by 2.
    let products = if g.kernel[0] == 3 { 36 } else { 100 };
    let price = Price::winograd(tiles, products, g.area().saturating_mul(g.out_map()));
    Candidate::new(
        Algorithm::Winograd,
        lanes.times(price),
        &[
            (!exact, EXACT),
            (g.groups == 1, GROUPS),
            (kernels.iter().any(fits), "its kernel and stride have no transform"),
            (g.channels >= 16, "fewer than 16 input channels gain little for its rounding"),
            (g.filters >= least_filters, "few filters gain little for its rounding"),
            ([g.height, g.width, g.out_height, g.out_width].iter().all(|n| *n >= 4), "the image is smaller than a tile"),
            (price <= Price::DIRECT, "its tiles hang over, and its transforms take more than it saves"),
        ],
    )
}

fn chosen(candidates: Vec<Candidate>) -> Choice {
    // Direct sums can always be taken.
    choose(candidates).unwrap_or(Choice { algorithm: Algorithm::Direct, price: Price::DIRECT, candidates: Vec::new() })
}

/// Training in `chwn16`, forward and the gradient of the input; of a transposed convolution too.
#[must_use]
pub fn training(g: &Conv, exact: bool) -> Choice {
    chosen(vec![winograd(g, exact, 16, Price::DIRECT, &[(3, 1), (4, 2)]), Candidate::new(Algorithm::Direct, Price::DIRECT, &[])])
}

/// Training in `chwn16`, the gradient of the weight; of a transposed convolution too.
#[must_use]
pub fn weight_gradient(g: &Conv, exact: bool) -> Choice {
    // Sums over the samples in the lanes end in a sum over lanes, for each weight; with its channels last x fills vectors itself.
    let conditions = [(g.groups == 1, GROUPS), (g.channels >= 16, "fewer than 16 channels do not fill a vector")];
    let channels_last = Candidate::new(Algorithm::ChannelsLast, Price::DIRECT, &conditions);
    let direct = Candidate::new(Algorithm::Direct, Price::percent(200), &[]);
    chosen(vec![winograd(g, exact, 16, Price::DIRECT, &[(3, 1), (4, 2)]), channels_last, direct])
}

/// Training over a sequence in `chwn16`, the gradient of the weight: from an x with its features last, as that of images, or by sums over lanes.
#[must_use]
pub fn features_last(g: &Conv1d) -> bool {
    g.groups == 1 && g.conv().channels >= 16
}

/// Training of one sample in `chw16c`: forward and both gradients.
#[must_use]
pub fn training_by_sample(g: &Conv, exact: bool) -> Option<Choice> {
    let depthwise = g.groups > 1 && [g.channels, g.filters] == [g.groups; 2];
    let lanes = Price::of_lanes(g.filters);
    let winograd = conv_winograd_chw16c_fits(g).then(|| winograd(g, exact, 16, lanes, &[(3, 1)]));
    let others = [
        Candidate::new(
            Algorithm::Depthwise,
            Price::of_lanes(g.channels),
            &[(depthwise, "channels are not each a group of their own")],
        ),
        Candidate::new(Algorithm::Direct, lanes, &[(conv_chw16c_fits(g), "its groups do not fill vectors")]),
    ];
    choose(winograd.into_iter().chain(others).collect())
}

/// Training of one sample in `chw16c`, of a transposed convolution.
#[must_use]
pub fn transposed_by_sample(g: &Conv) -> Option<Choice> {
    let fits = [(conv_chw16c_fits(g), "its groups do not fill vectors")];
    choose(vec![Candidate::new(Algorithm::Direct, Price::of_lanes(g.channels), &fits)])
}

/// Floats of scratch that training of one sample by this algorithm needs.
#[must_use]
pub fn by_sample_scratch(g: &Conv, algorithm: Algorithm) -> usize {
    match algorithm {
        Algorithm::Winograd => conv_winograd_chw16c_train_scratch(g),
        Algorithm::Depthwise => depthwise_chw16c_train_scratch(g),
        _ => conv_chw16c_train_scratch(g),
    }
}

/// Floats of scratch that a share of training over all samples by this algorithm needs.
#[must_use]
pub fn across_scratch(g: &Conv, algorithm: Algorithm) -> usize {
    match algorithm {
        Algorithm::Winograd => conv_winograd_across_scratch(g),
        _ => conv_across_scratch(g),
    }
}

/// Floats of scratch that training by this algorithm needs.
#[must_use]
pub fn training_scratch(g: &Conv, algorithm: Algorithm) -> usize {
    match algorithm {
        Algorithm::Winograd => winograd_scratch(g).max(winograd_weight_scratch(g)),
        _ => channels_last_scratch(g),
    }
}

/// One sample from `chw16c`, to `chw16c`. Filters fill vectors in any form, so Winograd pays with half a vector of them.
#[must_use]
pub fn from_chw16c(g: &Conv, exact: bool) -> Option<Choice> {
    let depthwise = g.groups > 1 && [g.channels, g.filters] == [g.groups; 2];
    choose(vec![
        winograd(g, exact, 8, Price::of_lanes(g.filters), &[(3, 1)]),
        winograd_row(g, exact, 1),
        Candidate::new(
            Algorithm::Depthwise,
            Price::of_lanes(g.channels),
            &[(depthwise, "channels are not each a group of their own")],
        ),
        Candidate::new(Algorithm::Direct, Price::of_lanes(g.filters), &[(conv_chw16c_fits(g), "its groups do not fill vectors")]),
    ])
}

/// One sample from `chw`, to `chw16c`: an image with few channels, which would leave most of a vector empty.
#[must_use]
pub fn from_chw(g: &Conv, exact: bool) -> Option<Choice> {
    if g.groups > 1 || g.channels >= 16 {
        return None;
    }
    // A stride that leaps over most of x would have it copied all the same.
    let copies = [false, true].into_iter().all(|pooled| conv_small_channel_scratch(g, pooled) <= MOST_COPIES);
    let small = Candidate::new(
        Algorithm::SmallChannel,
        Price::DIRECT,
        &[
            (g.filters <= SMALL_CHANNEL_FILTERS, "its filters fill half a vector"),
            (g.out_map() >= 48, "there are few positions"),
            (g.stride[1] <= 2, "its stride leaps over most of the row"),
            (copies, "it would copy too much"),
        ],
    );
    choose(vec![small, winograd_row(g, exact, 16), Candidate::new(Algorithm::Direct, Price::of_lanes(g.filters), &[])])
}

/// Winograd's form along the row: six products for ten. Sums over few numbers do not carry its transforms.
fn winograd_row(g: &Conv, exact: bool, least_sum: usize) -> Candidate {
    let filters = Price::of_lanes(g.filters);
    Candidate::new(
        Algorithm::WinogradRow,
        filters.times(Price::percent(60)),
        &[
            (!exact, EXACT),
            (g.groups == 1, GROUPS),
            (
                g.kernel[1] == 5 && [g.stride, g.dilation] == [[1, 1]; 2],
                "its kernel is not five wide, or it moves by more than 1",
            ),
            (g.filters > 8, "its filters fill half a vector"),
            (g.out_width >= 4, "its rows are shorter than a tile"),
            (g.channels.saturating_mul(g.kernel[0]) >= least_sum, "its sums are too short for the transforms"),
        ],
    )
}

/// One sample in `chw` with packed weights, where it does not run in `chw16c`; `None`: with the weights as they are.
#[must_use]
pub fn packed(g: &Conv) -> Option<Choice> {
    let [_, per_group] = g.per_group();
    let depthwise = (g.groups > 1 && depthwise_fits(g), "channels are not each a group of their own");
    // The output channels of a group fill vectors of 16.
    let filled = (per_group >= 4, "most of each vector would be padding");
    choose(vec![
        Candidate::new(Algorithm::Depthwise, Price::DIRECT, &[depthwise]),
        Candidate::new(Algorithm::Direct, Price::of_lanes(per_group), &[filled]),
    ])
}
