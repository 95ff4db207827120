//! Packed weights of direct convolutions of a single sample.

use crate::LANES;
use crate::arithmetic::{div, product, sum, whole_vectors};
use crate::geometry::Conv;

/// Floats of the weights of sixteen filters: `[channels / block][area][block][16]`.
#[inline]
#[must_use]
pub const fn panel_len(channels: usize, block: usize, area: usize) -> usize {
    product([channels.div_ceil(block), block, area, LANES])
}

/// Whether a convolution can run in `chw16c`: the channels of a group fill vectors.
#[inline]
#[must_use]
pub const fn conv_chw16c_fits(g: &Conv) -> bool {
    let [channels, filters] = g.per_group();
    g.groups == 1 || (channels.is_multiple_of(LANES) && filters.is_multiple_of(LANES))
}

/// Floats of a convolution (or a transposed one) packed for `chw16c`; with `from_chw` for one that reads `chw`.
#[inline]
#[must_use]
pub const fn conv_chw16c_len(g: &Conv, from_chw: bool, transposed: bool) -> usize {
    let [channels, filters] = if transposed { [g.filters, g.channels] } else { [g.channels, g.filters] };
    let block = if from_chw { 1 } else { LANES };
    let panel = panel_len(div(channels, g.groups), block, g.area());
    sum([product([filters.div_ceil(LANES), panel]), whole_vectors(filters)])
}

/// Floats of a convolution packed for `chw`.
#[inline]
#[must_use]
pub const fn conv_packed_len(g: &Conv) -> usize {
    let [channels, filters] = g.per_group();
    product([g.groups, whole_vectors(filters), sum([product([channels, g.area()]), 1])])
}
