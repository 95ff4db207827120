//! Masks of convolutions.

use super::Conv;

/// The mask of a convolution that sees only what comes before each pixel: rows from the top, in a row from the left, in a pixel color by color (van den
/// Oord et al. 2016, arXiv 1601.06759). Channels are the colors in order, as many of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mask {
    /// The colors of a pixel, which divide the channels of x and y.
    pub colors: usize,
    /// Whether a color of a pixel sees itself: mask B, not A.
    pub own: bool,
}

impl Mask {
    /// The tap on the pixel itself, down and across.
    #[inline]
    #[must_use]
    pub const fn center(g: &Conv) -> [usize; 2] {
        [g.kernel[0] / 2, g.kernel[1] / 2]
    }

    /// How many colors of a pixel, the first ones, this color of it sees.
    #[inline]
    #[must_use]
    pub const fn seen(&self, color: usize) -> usize {
        color + self.own as usize
    }

    /// Whether it leaves this weight: of a filter, a channel and a tap.
    #[must_use]
    pub const fn keeps(&self, g: &Conv, filter: usize, channel: usize, tap: usize) -> bool {
        let [row, column] = Self::center(g);
        let center = row * g.kernel[1] + column;
        if tap != center {
            return tap < center;
        }
        // Color c has the channels from c · channels / colors on.
        let (of_filter, of_channel) = (filter * self.colors / g.filters, channel * self.colors / g.channels);
        of_channel < self.seen(of_filter)
    }
}
