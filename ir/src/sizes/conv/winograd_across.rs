//! Training by Winograd's F(4×4, 3×3) in `chw16c`: across all samples of a batch, or of a single one.

use super::few_positions::few_positions_scratch;
use super::winograd::{WINOGRAD_OUT, product_stride};
use super::winograd_chw16c::WinogradChw16c;
use crate::LANES;
use crate::arithmetic::{div, div_ceil, max, min, product, sum, whole_vectors};
use crate::geometry::Conv;

/// The tiling, which does not know how many samples there are: the tiles of all of them are taken some at a time, and for these some panels of sixteen
/// filters at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WinogradAcross {
    /// Vectors of channels.
    pub channels: usize,
    /// The channels at once whose products are added up: whole vectors.
    pub depth: usize,
    /// Panels at once.
    pub panels: usize,
    /// The most tiles at once.
    pub at_once: usize,
}

impl WinogradAcross {
    /// Floats from one product of sixteen channels and filters to the next.
    pub const SUMS: usize = product_stride(LANES);

    /// As many tiles that their inputs, the weights of four panels and 64 channels and the results of these stay in the second-level cache where channels
    /// are few, and in any case so many that a weight is rarely transformed.
    const fn tiling(g: &Conv, depth: usize, panels: usize) -> Self {
        let channels = g.channels.div_ceil(LANES);
        Self {
            channels,
            depth: max(min(whole_vectors(g.channels), depth), LANES),
            panels: max(min(g.filters.div_ceil(LANES), panels), 1),
            at_once: min(max(div(256, channels), 64), 128),
        }
    }

    /// The tiling of forward pass and input gradient. Registers hold the results of four panels, for which an input is read once.
    #[inline]
    #[must_use]
    pub const fn new(g: &Conv) -> Self {
        Self::tiling(g, 4 * LANES, 4)
    }

    /// The tiling of the weight gradient: panels are those of the gradient of y, and stay in the second-level cache for all channels.
    #[inline]
    #[must_use]
    pub const fn of_weight(g: &Conv) -> Self {
        Self::tiling(g, LANES, 2)
    }

    /// The same where there are no more tiles than this: then scratch is shorter.
    #[inline]
    #[must_use]
    pub const fn most(self, tiles: usize) -> Self {
        Self { at_once: min(self.at_once, tiles), ..self }
    }

    /// The tiles of a sample.
    #[inline]
    #[must_use]
    pub const fn tiles(g: &Conv) -> usize {
        product([g.out_height.div_ceil(WINOGRAD_OUT), g.out_width.div_ceil(WINOGRAD_OUT)])
    }

    /// How many of the tiles that are left are taken next: parts as large as each other.
    #[inline]
    #[must_use]
    pub const fn next(&self, left: usize) -> usize {
        min(div_ceil(left, div_ceil(left, self.at_once)), self.at_once)
    }

    /// Floats from one product of so many tiles to the next: of inputs.
    #[inline]
    #[must_use]
    pub const fn inputs(&self, tiles: usize) -> usize {
        product_stride(product([self.channels, tiles]))
    }

    /// Of results, or of their gradients.
    #[inline]
    #[must_use]
    pub const fn results(&self, tiles: usize) -> usize {
        product_stride(product([self.panels, tiles]))
    }

    /// Of weights.
    #[inline]
    #[must_use]
    pub const fn weights(&self) -> usize {
        product_stride(product([self.panels, self.depth]))
    }

    /// Floats of scratch of the forward pass: biases, inputs, weights and results.
    #[inline]
    #[must_use]
    pub const fn scratch(&self, g: &Conv) -> usize {
        let one = sum([self.inputs(self.at_once), self.weights(), self.results(self.at_once)]);
        sum([whole_vectors(g.filters), product([WinogradChw16c::PRODUCTS, one])])
    }

    /// Floats of scratch of the weight gradient: inputs, gradients and the sums of products, those of taps, and these transposed.
    #[inline]
    #[must_use]
    pub const fn weight_scratch(&self) -> usize {
        let one = sum([self.inputs(self.at_once), self.results(self.at_once), Self::SUMS]);
        sum([product([WinogradChw16c::PRODUCTS, one]), 2 * LANES * LANES * 9])
    }
}

/// The most that forward pass, input gradient and weight gradient take, where these and the input gradient have no more tiles than this.
const fn most(g: &Conv, [tiles, back_tiles]: [usize; 2]) -> usize {
    let back = &g.back();
    let forward = WinogradAcross::new(g).most(tiles).scratch(g);
    let backward = WinogradAcross::new(back).most(back_tiles).scratch(back);
    max(max(forward, backward), WinogradAcross::of_weight(g).most(tiles).weight_scratch())
}

/// Floats of scratch for each share, whatever the number of samples.
#[inline]
#[must_use]
pub const fn conv_winograd_across_scratch(g: &Conv) -> usize {
    max(most(g, [usize::MAX; 2]), few_positions_scratch(g))
}

/// Floats of scratch where a single sample is trained.
#[inline]
#[must_use]
pub const fn conv_winograd_chw16c_train_scratch(g: &Conv) -> usize {
    most(g, [WinogradAcross::tiles(g), WinogradAcross::tiles(&g.back())])
}
