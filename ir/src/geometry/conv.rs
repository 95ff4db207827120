//! Convolutions and transposed convolutions.

use super::Axis;
use crate::arithmetic::{div, product};

/// Sizes of a convolution from x `[channels][height][width]` to y `[filters][out_height][out_width]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conv {
    /// Channels of x.
    pub channels: usize,
    /// Of x.
    pub height: usize,
    /// Of x.
    pub width: usize,
    /// Channels of y.
    pub filters: usize,
    /// Of y.
    pub out_height: usize,
    /// Of y.
    pub out_width: usize,
    /// Height and width of the kernel.
    pub kernel: [usize; 2],
    /// Down and across.
    pub stride: [usize; 2],
    /// Before, down and across; what stands after follows from the sizes.
    pub pad: [usize; 2],
    /// Down and across.
    pub dilation: [usize; 2],
    /// Channels are convolved in this many groups of their own.
    pub groups: usize,
}

impl Conv {
    /// The taps of one kernel.
    #[inline]
    #[must_use]
    pub const fn area(&self) -> usize {
        product(self.kernel)
    }

    /// Channels and filters of one group.
    #[inline]
    #[must_use]
    pub const fn per_group(&self) -> [usize; 2] {
        [div(self.channels, self.groups), div(self.filters, self.groups)]
    }

    /// The weight's shape: `[filters, channels / groups, kernel height, kernel width]`.
    #[inline]
    #[must_use]
    pub const fn weight(&self) -> [usize; 4] {
        [self.filters, self.per_group()[0], self.kernel[0], self.kernel[1]]
    }

    /// Positions of a channel of y.
    #[inline]
    #[must_use]
    pub const fn out_map(&self) -> usize {
        product([self.out_height, self.out_width])
    }

    /// Down the image: forward, or in the direction of the input gradient.
    #[inline]
    #[must_use]
    pub const fn rows(&self, backward: bool) -> Axis {
        self.axis(0, [self.height, self.out_height], backward)
    }

    /// Across the image.
    #[inline]
    #[must_use]
    pub const fn cols(&self, backward: bool) -> Axis {
        self.axis(1, [self.width, self.out_width], backward)
    }

    #[inline]
    const fn axis(&self, which: usize, sizes: [usize; 2], backward: bool) -> Axis {
        Axis::of(which, sizes, [self.kernel, self.stride, self.pad, self.dilation], backward)
    }
}
