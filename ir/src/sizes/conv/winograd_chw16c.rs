//! Winograd's F(4×4, 3×3) of a single sample in `chw16c`.

use super::winograd::{WINOGRAD_OUT, product_stride};
use crate::LANES;
use crate::arithmetic::{div, max, min, product, sum, whole_vectors};
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

/// The tiling of training where all tiles are taken at once: the weight of sixteen filters is transformed at a time, and stays in the second-level
/// cache. (Where there are more tiles, the whole weight is packed first.)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WinogradChw16cPanels {
    /// All tiles.
    pub tiles: usize,
    /// Whether they are taken at once.
    pub at_once: bool,
    /// Floats from one product to the next: of inputs.
    pub inputs: usize,
    /// Of weights.
    pub weights: usize,
    /// Of results.
    pub results: usize,
}

impl WinogradChw16cPanels {
    /// The tiling of this convolution.
    #[inline]
    #[must_use]
    pub const fn new(g: &Conv) -> Self {
        let tiles = product([g.out_height.div_ceil(WINOGRAD_OUT), g.out_width.div_ceil(WINOGRAD_OUT)]);
        Self {
            tiles,
            at_once: WinogradChw16c::new(g).at_once == tiles,
            inputs: product_stride(product([g.channels.div_ceil(LANES), tiles])),
            weights: product_stride(whole_vectors(g.channels)),
            results: product_stride(tiles),
        }
    }

    /// Floats of scratch of the forward pass.
    #[inline]
    #[must_use]
    pub const fn scratch(&self, g: &Conv) -> usize {
        if self.at_once {
            let products = product([WinogradChw16c::PRODUCTS, sum([self.inputs, self.weights, self.results])]);
            return sum([whole_vectors(g.filters), products]);
        }
        sum([conv_winograd_chw16c_len(g), conv_winograd_chw16c_scratch(g)])
    }
}

/// The tiling of the weight gradient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WinogradChw16cWeight {
    /// Tiles at once.
    pub at_once: usize,
    /// Floats from one product to the next: of inputs.
    pub inputs: usize,
    /// Of gradients.
    pub gradients: usize,
    /// Of the sums of sixteen channels and filters.
    pub sums: usize,
}

impl WinogradChw16cWeight {
    /// The tiling of this convolution.
    #[inline]
    #[must_use]
    pub const fn new(g: &Conv) -> Self {
        let [channels, filters] = [g.channels.div_ceil(LANES), g.filters.div_ceil(LANES)];
        let tiles = product([g.out_height.div_ceil(WINOGRAD_OUT), g.out_width.div_ceil(WINOGRAD_OUT)]);
        // Enough that the way from products to taps does not show, which is taken for all of them.
        let at_once = min(tiles, max(div(192, sum([channels, filters])), 48));
        Self {
            at_once,
            inputs: product_stride(product([channels, at_once])),
            gradients: product_stride(product([filters, at_once])),
            sums: product_stride(LANES),
        }
    }

    /// Floats of scratch: transformed inputs and gradients, the sums of products, those of taps, and these transposed.
    #[inline]
    #[must_use]
    pub const fn scratch(&self) -> usize {
        let products = product([WinogradChw16c::PRODUCTS, sum([self.inputs, self.gradients, self.sums])]);
        sum([products, 2 * LANES * LANES * 9])
    }
}

/// Floats of scratch of training: the most that forward pass, input gradient and weight gradient take.
#[inline]
#[must_use]
pub const fn conv_winograd_chw16c_train_scratch(g: &Conv) -> usize {
    let back = &g.back();
    let values = max(WinogradChw16cPanels::new(g).scratch(g), WinogradChw16cPanels::new(back).scratch(back));
    max(values, WinogradChw16cWeight::new(g).scratch())
}
