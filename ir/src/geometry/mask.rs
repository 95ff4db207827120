//! Masks of convolutions.

/// The mask of a convolution that sees only what comes before each pixel: rows from the top, in a row from the left, in a pixel color by color (van den
/// Oord et al. 2016, arXiv 1601.06759). Channels are the colors in order, as many of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mask {
    /// Channels of y.
    pub filters: usize,
    /// Channels of x.
    pub channels: usize,
    /// The kernel's height and width, both odd.
    pub kernel: [usize; 2],
    /// The colors of a pixel, which divide the channels of x and y.
    pub colors: usize,
    /// Whether a color of a pixel sees itself: mask B, not A.
    pub own: bool,
}

impl Mask {
    /// Numbers of the weight `[filters, channels, …kernel]`.
    #[inline]
    #[must_use]
    pub const fn numbers(&self) -> usize {
        self.filters * self.channels * self.kernel[0] * self.kernel[1]
    }

    /// The taps before the pixel itself, which are seen of every channel.
    #[inline]
    #[must_use]
    pub const fn before(&self) -> usize {
        self.kernel[0] / 2 * self.kernel[1] + self.kernel[1] / 2
    }

    /// Whether it leaves the weight as it is.
    #[inline]
    #[must_use]
    pub const fn keeps_all(&self) -> bool {
        self.before() == 0 && self.own && self.colors == 1
    }

    /// Whether it leaves this number of the weight.
    #[must_use]
    pub const fn keeps(&self, place: usize) -> bool {
        let (row, tap) = (place / (self.kernel[0] * self.kernel[1]), place % (self.kernel[0] * self.kernel[1]));
        if tap != self.before() {
            return tap < self.before();
        }
        // Color c has the channels from c · channels / colors on.
        let (filter, channel) = (row / self.channels, row % self.channels);
        channel * self.colors / self.channels < filter * self.colors / self.filters + self.own as usize
    }
}
