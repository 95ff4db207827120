//! Weight gradients of convolutions with many channels, from an x with its channels last: `[position][sample][channel]`.

use crate::LANES;
use crate::arithmetic::{div, max, min, product, sum, whole_vectors};
use crate::geometry::{Conv, Conv1d};

/// The tiling: strips of rows of y.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChannelsLast {
    /// Channels of x, filled up to whole vectors.
    pub channels: usize,
    /// Rows of y at a time: both sides stay in the second-level cache, but sums are not so short that adding them to the rest shows.
    pub strip: usize,
}

impl ChannelsLast {
    /// Filters at once.
    pub const FILTERS: usize = 6;
    /// Vectors of channels at once.
    pub const VECTORS: usize = 4;

    /// The tiling of this convolution.
    #[inline]
    #[must_use]
    pub const fn new(g: &Conv) -> Self {
        /// Three quarters of a megabyte, in floats.
        const CACHE: usize = 3 << 16;
        const LEAST: usize = 64;
        let channels = whole_vectors(g.channels);
        let (mut height, mut too_high) = (1, sum([g.out_height, 1]));
        while height + 1 < too_high {
            let middle = height + (too_high - height) / 2;
            let y = product([middle, g.out_width]);
            let floats = product([sum([product([Self::reach(g, middle), g.width, channels]), product([y, g.filters])]), LANES]);
            if y <= LEAST || floats <= CACHE {
                height = middle;
            } else {
                too_high = middle;
            }
        }
        Self { channels, strip: height }
    }

    /// Rows of x that some rows of y see, padding included.
    #[inline]
    #[must_use]
    pub const fn reach(g: &Conv, height: usize) -> usize {
        sum([product([height - 1, g.stride[0]]), product([g.dilation[0], g.kernel[0].saturating_sub(1)]), 1])
    }
}

/// Floats of scratch: x of a strip, channels last, and the sums of some filters.
#[inline]
#[must_use]
pub const fn channels_last_scratch(g: &Conv) -> usize {
    let ChannelsLast { channels, strip } = ChannelsLast::new(g);
    let rows = min(ChannelsLast::reach(g, strip), g.height);
    let sums = product([ChannelsLast::FILTERS * ChannelsLast::VECTORS * LANES, g.area()]);
    sum([product([rows, g.width, LANES, channels]), sums])
}

/// Steps of y at a time over a sequence (of x, if it is transposed): as rows of an image.
#[inline]
#[must_use]
pub const fn conv1d_channels_last_steps(g: &Conv1d) -> usize {
    /// Three quarters of a megabyte, in floats.
    const CACHE: usize = 3 << 16;
    const LEAST: usize = 64;
    let conv = g.conv();
    let step = product([sum([product([whole_vectors(conv.channels), conv.stride[1]]), conv.filters]), LANES]);
    max(min(max(div(CACHE, step), LEAST), conv.out_width), 1)
}

/// Floats of scratch over a sequence: x of so many steps, channels last, and the sums of some filters.
#[inline]
#[must_use]
pub const fn conv1d_channels_last_scratch(g: &Conv1d) -> usize {
    let conv = g.conv();
    let seen = sum([product([conv1d_channels_last_steps(g) - 1, conv.stride[1]]), conv.reach(1), 1]);
    let sums = product([ChannelsLast::FILTERS * ChannelsLast::VECTORS * LANES, conv.area()]);
    sum([product([min(seen, conv.width), LANES, whole_vectors(conv.channels)]), sums])
}
