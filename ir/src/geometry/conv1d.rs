//! Convolutions over the time of a sequence.

use super::Conv;

/// The sizes of a convolution from x `[time][features]` to y `[out_time][channels]`, or of a transposed one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conv1d {
    /// The steps of x.
    pub time: usize,
    /// The features of x.
    pub features: usize,
    /// The steps of y.
    pub out_time: usize,
    /// The features of y.
    pub channels: usize,
    /// The taps of the kernel.
    pub kernel: usize,
    /// The stride.
    pub stride: usize,
    /// The padding before; that after follows from the sizes.
    pub pad: usize,
    /// The dilation.
    pub dilation: usize,
    /// The groups of features, which do not see each other.
    pub groups: usize,
    /// Whether it is transposed: the input gradient of the convolution from y to x, which has this kernel, stride, pad and dilation.
    pub transposed: bool,
}

impl Conv1d {
    /// The convolution, from x to y or, of a transposed one, from y to x: time is the width of a map of height 1.
    #[inline]
    #[must_use]
    pub const fn conv(&self) -> Conv {
        let (x, y) = ([self.time, self.features], [self.out_time, self.channels]);
        let ([width, channels], [out_width, filters]) = if self.transposed { (y, x) } else { (x, y) };
        Conv {
            channels,
            height: 1,
            width,
            filters,
            out_height: 1,
            out_width,
            kernel: [1, self.kernel],
            stride: [1, self.stride],
            pad: [0, self.pad],
            dilation: [1, self.dilation],
            groups: self.groups,
        }
    }

    /// How many steps the last tap lies behind the first.
    #[inline]
    #[must_use]
    pub const fn reach(&self) -> usize {
        self.conv().reach(1)
    }

    /// Numbers of the state of one that runs step by step: the inputs that it reaches back to, in a ring, and where the oldest stands.
    #[inline]
    #[must_use]
    pub const fn state_len(&self) -> usize {
        self.reach().saturating_mul(self.features).saturating_add(1)
    }
}
