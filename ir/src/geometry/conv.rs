//! Convolutions and transposed convolutions.

use super::Axis;
use crate::arithmetic::{div, product};

/// The sizes of a convolution from x `[channels][height][width]` to y `[filters][out_height][out_width]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conv {
    /// The channels of x.
    pub channels: usize,
    /// The height of x.
    pub height: usize,
    /// The width of x.
    pub width: usize,
    /// The channels of y.
    pub filters: usize,
    /// The height of y.
    pub out_height: usize,
    /// The width of y.
    pub out_width: usize,
    /// The height and width of the kernel.
    pub kernel: [usize; 2],
    /// The strides down and across.
    pub stride: [usize; 2],
    /// The padding before, down and across; that after follows from the sizes.
    pub pad: [usize; 2],
    /// The dilations down and across.
    pub dilation: [usize; 2],
    /// The groups of channels, which do not see each other.
    pub groups: usize,
}

impl Conv {
    /// The taps of one kernel.
    #[inline]
    #[must_use]
    pub const fn area(&self) -> usize {
        product(self.kernel)
    }

    /// The channels and filters of one group.
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

    /// The positions of a channel of y.
    #[inline]
    #[must_use]
    pub const fn out_map(&self) -> usize {
        product([self.out_height, self.out_width])
    }

    /// How many positions of an axis the last tap lies behind the first.
    #[inline]
    #[must_use]
    pub const fn reach(&self, axis: usize) -> usize {
        self.dilation[axis].saturating_mul(self.kernel[axis].saturating_sub(1))
    }

    /// The convolution from the gradient of y to that of x, of one without strides that is padded by no more than its reach: by the same kernel turned
    /// around.
    #[inline]
    #[must_use]
    pub const fn back(&self) -> Self {
        Self {
            channels: self.filters,
            height: self.out_height,
            width: self.out_width,
            filters: self.channels,
            out_height: self.height,
            out_width: self.width,
            pad: [self.reach(0).saturating_sub(self.pad[0]), self.reach(1).saturating_sub(self.pad[1])],
            ..*self
        }
    }

    /// The axis down the image, in the direction of the forward pass or of the input gradient.
    #[inline]
    #[must_use]
    pub const fn rows(&self, backward: bool) -> Axis {
        self.axis(0, [self.height, self.out_height], backward)
    }

    /// The axis across the image.
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
