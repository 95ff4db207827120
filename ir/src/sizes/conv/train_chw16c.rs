//! Training of a single sample in `chw16c` by direct sums.

use super::direct::{conv_chw16c_len, panel_len};
use super::few_positions::few_positions_scratch;
use crate::LANES;
use crate::arithmetic::{div, max, min, product, sum};
use crate::geometry::Conv;

/// The tiling of the weight gradient. Both are rows of y.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chw16cWeight {
    /// Rows whose inputs and gradients, of all channels, stay in the second-level cache.
    pub strip: usize,
    /// Rows of a strip at a time, of which sixteen channels of both stay in the first-level cache for all taps.
    pub band: usize,
}

impl Chw16cWeight {
    /// The tiling of this convolution.
    #[inline]
    #[must_use]
    pub const fn new(g: &Conv) -> Self {
        /// Three eighths of a megabyte, in vectors.
        const STRIP: usize = 3 << 11;
        const BAND: usize = 384;
        const LEAST: usize = 64;
        let [channels, filters] = [g.channels.div_ceil(LANES), g.filters.div_ceil(LANES)];
        let x = product([g.stride[0], g.width]);
        let all = max(sum([product([channels, x]), product([filters, g.out_width])]), 1);
        let some = max(sum([x, g.out_width]), 1);
        // A strip is not so short that adding its sums to the rest shows; what taps reach over a band is read from farther away.
        let least = div(sum([LEAST, g.out_width]), max(g.out_width, 1));
        let strip = max(max(div(STRIP, all), least), 1);
        let band = max(min(div(BAND, some), strip), 1);
        Self { strip, band }
    }
}

/// Floats of scratch of the weight gradient: the sums of sixteen channels and filters, and these transposed.
#[inline]
#[must_use]
pub const fn conv_chw16c_weight_scratch(g: &Conv) -> usize {
    product([2 * LANES * LANES, g.area()])
}

/// Floats of scratch of training, a convolution or a transposed one: the packed weight of either direction, or what the weight gradient takes.
#[inline]
#[must_use]
pub const fn conv_chw16c_train_scratch(g: &Conv) -> usize {
    let packed = max(conv_chw16c_len(g, false, false), conv_chw16c_len(g, false, true));
    max(packed, conv_chw16c_weight_scratch(g))
}

/// Floats of scratch of training across samples, for each share: the packed weight of as many sixteen results as are computed together, in either direction,
/// with their biases, or what the weight gradient takes.
#[inline]
#[must_use]
pub const fn conv_across_scratch(g: &Conv) -> usize {
    const PANELS: usize = 4;
    let [channels, filters] = g.per_group();
    let panel = max(panel_len(channels, LANES, g.area()), panel_len(filters, LANES, g.area()));
    let packed = max(product([PANELS, sum([panel, LANES])]), conv_chw16c_weight_scratch(g));
    max(packed, few_positions_scratch(g))
}
