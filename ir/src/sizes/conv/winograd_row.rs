//! Winograd's F(2, 5) along the row, for kernels five wide.

use super::direct::panel_len;
use crate::LANES;
use crate::arithmetic::{min, product, sum, whole_vectors};
use crate::geometry::Conv;

/// The tiling: rows of the result at once whose products stay in the second-level cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WinogradRow {
    /// Tiles of a row.
    pub tiles: usize,
    /// Rows at once, an even number of them or all.
    pub band: usize,
    /// The rows of x for these.
    pub rows: usize,
    /// Floats of one product's inputs.
    pub from: usize,
    /// Floats of the results of one product.
    pub to: usize,
    /// Floats of a phase of a row of an x in `chw`.
    pub len: usize,
}

impl WinogradRow {
    /// Inputs of a tile, and products.
    pub const IN: usize = 6;
    /// Results of a tile.
    pub const OUT: usize = 2;

    /// The tiling of this convolution; `from_chw` where x lies in `chw`.
    #[inline]
    #[must_use]
    pub const fn new(g: &Conv, from_chw: bool) -> Self {
        /// Floats.
        const CACHE: usize = 3 << 15;
        let tiles = g.out_width.div_ceil(Self::OUT);
        let sources = if from_chw { g.channels } else { whole_vectors(g.channels) };
        let results = whole_vectors(g.filters);
        let room = match CACHE.checked_div(product([Self::IN, tiles, sum([sources, results])])) {
            Some(room) if room > 4 => room - room % 2,
            _ => 4,
        };
        let band = min(g.out_height, room);
        let rows = sum([band, g.kernel[0]]).saturating_sub(1);
        // Vectors of tiles from `chw` write too far: room for that.
        let from = sum([product([sources, rows, tiles]), if from_chw { LANES } else { 0 }]);
        Self { tiles, band, rows, from, to: product([results, band, tiles]), len: sum([whole_vectors(tiles), 2]) }
    }

    /// Floats of one product's weights.
    #[inline]
    #[must_use]
    pub const fn panels(g: &Conv, from_chw: bool) -> usize {
        let block = if from_chw { 1 } else { LANES };
        product([g.filters.div_ceil(LANES), panel_len(g.channels, block, g.kernel[0])])
    }
}

/// Floats of scratch of the kernel `conv_winograd_row`, or of `conv_winograd_row_from_chw`.
#[inline]
#[must_use]
pub const fn conv_winograd_row_scratch(g: &Conv, from_chw: bool) -> usize {
    let s = WinogradRow::new(g, from_chw);
    let phases = if from_chw { product([g.channels, s.rows, 2, s.len]) } else { 0 };
    sum([product([WinogradRow::IN, sum([s.from, s.to])]), phases])
}

/// Floats of the transformed weight and the biases.
#[inline]
#[must_use]
pub const fn conv_winograd_row_len(g: &Conv, from_chw: bool) -> usize {
    sum([product([WinogradRow::IN, WinogradRow::panels(g, from_chw)]), whole_vectors(g.filters)])
}
