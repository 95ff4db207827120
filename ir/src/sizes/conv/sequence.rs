//! Convolutions over sequences: packed weights, and what a share works in.

use crate::LANES;
use crate::arithmetic::{div, max, product, sum};
use crate::geometry::Conv1d;
use crate::sizes::GRADIENT_ROWS;

/// Vectors of results that are computed at once, at most.
pub const CONV1D_VECTORS: usize = 4;

/// Floats of the weights of sixteen results: `[tap][source][16]`, then their biases.
#[inline]
#[must_use]
pub const fn conv1d_panel_len(kernel: usize, sources: usize) -> usize {
    product([sum([product([kernel, sources]), 1]), LANES])
}

/// Floats of a packed convolution: a panel for each sixteen results of a group.
#[inline]
#[must_use]
pub const fn conv1d_packed_len(g: &Conv1d) -> usize {
    let [sources, results] = [div(g.features, g.groups), div(g.channels, g.groups)];
    product([g.groups, results.div_ceil(LANES), conv1d_panel_len(g.kernel, sources)])
}

/// Floats of scratch of a share: some panels of weights, or the sums of a weight gradient and the rows that they are made of.
#[inline]
#[must_use]
pub const fn conv1d_scratch(g: &Conv1d) -> usize {
    let sources = max(div(g.features, g.groups), div(g.channels, g.groups));
    let panels = product([CONV1D_VECTORS, conv1d_panel_len(g.kernel, sources)]);
    sum([panels, product([GRADIENT_ROWS, CONV1D_VECTORS, LANES])])
}
