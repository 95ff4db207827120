//! Pools.

use super::Axis;

/// Sizes of a pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pool {
    /// Of both sides.
    pub channels: usize,
    /// Of x.
    pub height: usize,
    /// Of x.
    pub width: usize,
    /// Of y.
    pub out_height: usize,
    /// Of y.
    pub out_width: usize,
    /// Height and width of a window.
    pub kernel: [usize; 2],
    /// Down and across.
    pub stride: [usize; 2],
    /// Before, down and across.
    pub pad: [usize; 2],
    /// After, down and across (it counts for the mean alone).
    pub pad_after: [usize; 2],
    /// Down and across.
    pub dilation: [usize; 2],
    /// A mean divides by the positions in the padding too.
    pub count_pad: bool,
}

impl Pool {
    /// Down and across.
    #[inline]
    #[must_use]
    pub const fn axes(&self) -> [Axis; 2] {
        [self.axis(0, [self.height, self.out_height]), self.axis(1, [self.width, self.out_width])]
    }

    #[inline]
    const fn axis(&self, which: usize, sizes: [usize; 2]) -> Axis {
        Axis::of(which, sizes, [self.kernel, self.stride, self.pad, self.dilation], false)
    }

    /// Whether its windows are whole ones of 2×2 side by side.
    #[inline]
    #[must_use]
    pub fn four(&self) -> bool {
        let fits = self.out_height <= self.height / 2 && self.out_width <= self.width / 2;
        fits && [self.kernel, self.stride] == [[2, 2]; 2] && self.pad == [0, 0] && self.dilation == [1, 1]
    }
}
