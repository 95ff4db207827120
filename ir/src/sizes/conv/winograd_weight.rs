//! Weight gradients by Winograd's transforms.

use super::winograd::{WINOGRAD_OUT, product_stride};
use crate::LANES;
use crate::arithmetic::{div_ceil, max, min, product, sum};
use crate::geometry::Conv;

/// The tiling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WinogradWeight {
    /// Products of a tile.
    pub products: usize,
    /// Tiles at once.
    pub tiles: usize,
    /// Channels of x at once.
    pub channels: usize,
    /// Channels times phases.
    pub sources: usize,
    /// Vectors of filters.
    pub panels: usize,
}

impl WinogradWeight {
    /// Channels times phases that are summed at once.
    pub const BLOCK: usize = 16;

    /// The tiling of this convolution.
    #[inline]
    #[must_use]
    pub const fn new(g: &Conv) -> Self {
        let all = product([div_ceil(g.out_height, WINOGRAD_OUT), div_ceil(g.out_width, WINOGRAD_OUT)]);
        // Enough that the way from products to taps does not show; then few enough that the gradients stay in the second-level cache.
        let tiles = match 512_usize.checked_div(g.filters) {
            Some(tiles @ 4..=15) => tiles,
            Some(0..=3) => 4,
            _ => 16,
        };
        let tiles = min(tiles, all);
        let phases = product([g.stride[0], g.stride[0]]);
        // Two blocks for four tiles: of inputs, 200 KB.
        let blocks = if tiles < 4 { 8 } else { div_ceil(8, tiles) };
        let most = match (blocks * Self::BLOCK).checked_div(phases) {
            Some(most) => most,
            None => 1,
        };
        let channels = min(g.channels, most);
        let products = if g.kernel[0] == 3 { 36 } else { 25 };
        Self { products, tiles, channels, sources: product([channels, phases]), panels: g.filters.div_ceil(LANES) }
    }

    /// Floats from one panel of gradients to the next.
    #[inline]
    #[must_use]
    pub const fn panel(&self) -> usize {
        product([self.products, product_stride(self.tiles * LANES)])
    }

    /// Floats of transformed inputs.
    #[inline]
    #[must_use]
    pub const fn inputs(&self) -> usize {
        product([self.products, product_stride(product([self.tiles, self.sources]))])
    }
}

/// Floats of scratch: gradients and inputs of some tiles, transformed; the sums of a block; those of its taps; these, or a tile of gradients,
/// transposed.
#[inline]
#[must_use]
pub const fn winograd_weight_scratch(g: &Conv) -> usize {
    let plan = WinogradWeight::new(g);
    let taps = product([plan.channels, g.area(), LANES]);
    let tile = WINOGRAD_OUT * WINOGRAD_OUT * LANES * LANES;
    let sums = product([plan.products, product_stride(WinogradWeight::BLOCK)]);
    sum([product([plan.panels, plan.panel()]), plan.inputs(), sums, taps, max(taps, tile)])
}
