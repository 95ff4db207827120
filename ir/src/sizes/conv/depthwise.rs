//! Depthwise convolutions of a single sample.

use crate::LANES;
use crate::arithmetic::{max, product, sum, whole_vectors};
use crate::geometry::Conv;

/// The tiling of a depthwise convolution in `chw`: a band of rows with their padding, as one long row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Depthwise {
    /// Floats of a row with its padding.
    pub row: usize,
    /// Rows that one row of y reads.
    pub rows: usize,
}

impl Depthwise {
    /// Floats of a band, and of its outputs.
    pub const PLANE: usize = 8192;
    /// Vectors at a time.
    pub const CHAINS: usize = 4;

    /// The tiling of this convolution.
    #[inline]
    #[must_use]
    pub const fn new(g: &Conv) -> Self {
        Self {
            row: sum([
                product([g.out_width.saturating_sub(1), g.stride[1]]),
                product([g.dilation[1], g.kernel[1].saturating_sub(1)]),
                1,
            ]),
            rows: sum([product([g.dilation[0], g.kernel[0].saturating_sub(1)]), 1]),
        }
    }
}

/// Whether the rows that one row of y reads go into a band.
#[inline]
#[must_use]
pub const fn depthwise_fits(g: &Conv) -> bool {
    let Depthwise { row, rows } = Depthwise::new(g);
    sum([product([rows, row]), Depthwise::CHAINS * LANES]) <= Depthwise::PLANE && g.groups == g.channels
}

/// Floats of a depthwise convolution packed for `chw`: each filter's taps and its bias.
#[inline]
#[must_use]
pub const fn depthwise_packed_len(g: &Conv) -> usize {
    product([g.filters, sum([g.area(), 1])])
}

/// Floats of a depthwise convolution packed for `chw16c`: each channel's taps and its bias.
#[inline]
#[must_use]
pub const fn depthwise_chw16c_len(g: &Conv) -> usize {
    product([whole_vectors(g.channels), sum([g.area(), 1])])
}

/// Floats of scratch of a depthwise convolution in training, in `chw16c`: the packed weights, or the sums of sixteen channels' taps.
#[inline]
#[must_use]
pub const fn depthwise_chw16c_train_scratch(g: &Conv) -> usize {
    max(depthwise_chw16c_len(g), product([g.area(), LANES]))
}
