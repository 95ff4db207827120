//! Weights of a single sample whose channels lie in vectors.

use crate::LANES;
use crate::arithmetic::{div, product, sum, whole_vectors};
use crate::geometry::{BatchNorm, Conv};

/// Floats of the weights of sixteen filters: `[channels / block][area][block][16]`.
#[inline]
#[must_use]
pub const fn panel_len(channels: usize, block: usize, area: usize) -> usize {
    product([channels.div_ceil(block), block, area, LANES])
}

/// Whether a convolution can run with its channels in the lanes: the channels of a group fill vectors.
#[inline]
#[must_use]
pub const fn conv_chw16c_fits(g: &Conv) -> bool {
    let [channels, filters] = g.per_group();
    g.groups == 1 || (channels.is_multiple_of(LANES) && filters.is_multiple_of(LANES))
}

/// Floats of a packed convolution (or transposed convolution) that reads blocks of channels, or maps where `plain`.
#[inline]
#[must_use]
pub const fn conv_chw16c_len(g: &Conv, plain: bool, transposed: bool) -> usize {
    let [channels, filters] = if transposed { [g.filters, g.channels] } else { [g.channels, g.filters] };
    let block = if plain { 1 } else { LANES };
    let panel = panel_len(div(channels, g.groups), block, g.area());
    sum([product([filters.div_ceil(LANES), panel]), whole_vectors(filters)])
}

/// Floats of a packed depthwise convolution.
#[inline]
#[must_use]
pub const fn depthwise_chw16c_len(g: &Conv) -> usize {
    product([whole_vectors(g.channels), sum([g.area(), 1])])
}

/// Floats of a packed batch norm: a factor and a summand for each channel.
#[inline]
#[must_use]
pub const fn batch_norm_chw16c_len(g: &BatchNorm) -> usize {
    product([2, whole_vectors(g.channels)])
}
