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

/// Whether a convolution can be trained so: what the kernels ask for, and a padding that leaves one for the gradient of x.
#[inline]
#[must_use]
pub const fn conv_winograd_chw16c_fits(g: &Conv) -> bool {
    let once = g.stride[0] == 1 && g.stride[1] == 1 && g.dilation[0] == 1 && g.dilation[1] == 1;
    g.kernel[0] == 3 && g.kernel[1] == 3 && once && g.groups == 1 && g.pad[0] <= 2 && g.pad[1] <= 2
}
