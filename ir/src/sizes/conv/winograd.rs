//! Winograd's F(4×4, 3×3) and F(4×4, 2×2) in `chwn16`: forward pass and input gradient.

use crate::LANES;
use crate::arithmetic::{div_ceil, max, min, product, sum, whole_vectors};
use crate::geometry::Conv;

/// Outputs of a tile along one axis, whatever the kernel.
pub const WINOGRAD_OUT: usize = 4;

/// The tiling, chosen so that it stays in the second-level cache: weights are transformed for some tiles anew, for which they
/// need not be stored and read again, and tiles for some results.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Winograd {
    /// Products of a tile.
    pub products: usize,
    /// Tiles at once.
    pub tiles: usize,
    /// Results at once, a multiple of 16.
    pub results: usize,
    /// Channels of the source at once.
    pub sources: usize,
    /// Summands of a product: a source channel has one for each phase.
    pub depth: usize,
}

impl Winograd {
    /// The tiling of this convolution, forward or transposed.
    #[inline]
    #[must_use]
    pub const fn new(g: &Conv, transposed: bool) -> Self {
        /// Tiles × results, and tiles × sources.
        const AT_ONCE: usize = 256;
        let (sources, results, phases) =
            if transposed { (g.filters, g.channels, 1) } else { (g.channels, g.filters, product([g.stride[0], g.stride[0]])) };
        let [height, width] = if transposed { [g.height, g.width] } else { [g.out_height, g.out_width] };
        let step = if transposed { product([WINOGRAD_OUT, g.stride[0]]) } else { WINOGRAD_OUT };
        let all = product([div_ceil(height, step), div_ceil(width, step)]);
        // The more tiles, the rarer a weight is transformed; the fewer, the rarer a tile is.
        let tiles = match AT_ONCE.checked_div(results) {
            Some(tiles @ 4..=15) => tiles,
            Some(0..=3) => 4,
            _ => 16,
        };
        let tiles = min(tiles, all);
        let room = match AT_ONCE.checked_div(tiles) {
            Some(room) => room,
            None => AT_ONCE,
        };
        let most = whole_vectors(results);
        let results = if most < room { most } else { room / LANES * LANES };
        let most = match min(room, 64).checked_div(phases) {
            Some(most) => most,
            None => 1,
        };
        let sources = min(sources, most);
        let products = if g.kernel[0] == 3 { 36 } else { 25 };
        Self { products, tiles, results, sources, depth: product([sources, phases]) }
    }

    /// Floats of a weight, sixteen of its results side by side.
    #[inline]
    #[must_use]
    pub const fn transposed(&self, g: &Conv) -> usize {
        sum([product([self.sources, g.area(), LANES]), LANES * LANES])
    }

    /// Floats of scratch in this direction.
    #[inline]
    #[must_use]
    pub const fn scratch(&self, g: &Conv) -> usize {
        let [inputs, outputs] = [product([self.depth, self.tiles]), product([self.results, self.tiles])];
        sum([
            self.transposed(g),
            product([self.products, sum([product_stride(self.depth), product_stride(inputs), product_stride(outputs)])]),
        ])
    }
}

/// Floats from one product to the next: a line more than its vectors, so that the products of a tile or of a weight, which are stored one
/// after the other, do not fall into one set of the first-level cache.
#[inline]
#[must_use]
pub const fn product_stride(vectors: usize) -> usize {
    product([sum([vectors, 1]), LANES])
}

/// Floats of scratch of forward pass and input gradient.
#[inline]
#[must_use]
pub const fn winograd_scratch(g: &Conv) -> usize {
    max(Winograd::new(g, false).scratch(g), Winograd::new(g, true).scratch(g))
}
