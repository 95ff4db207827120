//! Winograd's F(4×4, 3×3) of a single sample in `chw16c`.

use super::winograd::WINOGRAD_OUT;
use crate::LANES;
use crate::arithmetic::{max, min, product, sum, whole_vectors};
use crate::geometry::Conv;

/// The tiling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WinogradChw16c {
    /// Vectors of channels that a tile reads and writes.
    pub vectors: usize,
    /// Tiles at once: what they read and write stays in the second-level cache, but weights are read for several.
    pub at_once: usize,
    /// Floats of one product's weights.
    pub panels: usize,
}

impl WinogradChw16c {
    /// Products of a tile.
    pub const PRODUCTS: usize = 36;

    /// The tiling of this convolution.
    #[inline]
    #[must_use]
    pub const fn new(g: &Conv) -> Self {
        let vectors = sum([g.channels.div_ceil(LANES), g.filters.div_ceil(LANES)]);
        let tiles = product([g.out_height.div_ceil(WINOGRAD_OUT), g.out_width.div_ceil(WINOGRAD_OUT)]);
        let room = match 192_usize.checked_div(vectors) {
            Some(room) => max(room, 24),
            None => 24,
        };
        let panels = product([whole_vectors(g.filters), whole_vectors(g.channels)]);
        Self { vectors, at_once: min(tiles, room), panels }
    }
}

/// Floats of scratch of the kernel `conv_winograd_chw16c`.
#[inline]
#[must_use]
pub const fn conv_winograd_chw16c_scratch(g: &Conv) -> usize {
    let WinogradChw16c { vectors, at_once, .. } = WinogradChw16c::new(g);
    product([WinogradChw16c::PRODUCTS, vectors, at_once, LANES])
}

/// Floats of the transformed weight and the biases.
#[inline]
#[must_use]
pub const fn conv_winograd_chw16c_len(g: &Conv) -> usize {
    sum([product([WinogradChw16c::PRODUCTS, WinogradChw16c::new(g).panels]), whole_vectors(g.filters)])
}
