//! Transposed convolutions to a few channels: products with all taps of all results, which are added where they belong afterwards.

use super::direct::panel_len;
use crate::LANES;
use crate::arithmetic::{product, sum, whole_vectors};
use crate::geometry::Conv;

/// The sizes. (The geometry is that of the convolution back: x is what it writes.)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransposedSmall {
    /// Taps of all results.
    pub taps: usize,
    /// Floats of packed weights, behind which the biases lie.
    pub weights: usize,
}

impl TransposedSmall {
    /// The sizes of this transposed convolution.
    #[inline]
    #[must_use]
    pub const fn new(g: &Conv) -> Self {
        let taps = product([g.channels, g.area()]);
        Self { taps, weights: product([taps.div_ceil(LANES), panel_len(g.filters, LANES, 1)]) }
    }
}

/// Floats of packed weights and biases.
#[inline]
#[must_use]
pub const fn conv_transpose_small_channel_len(g: &Conv) -> usize {
    sum([TransposedSmall::new(g).weights, whole_vectors(g.channels)])
}

/// Floats of scratch: products, and maps of the results.
#[inline]
#[must_use]
pub const fn conv_transpose_small_channel_scratch(g: &Conv) -> usize {
    let products = product([whole_vectors(TransposedSmall::new(g).taps), g.out_map()]);
    sum([products, product([g.channels, g.height, g.width])])
}
